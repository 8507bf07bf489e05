"""What an editor does with a thing: save a draft, publish versions, withdraw, cancel, delete.

Every way in (admin, seed, restore) goes through these functions, so that each step leaves its version or its
publication, and nothing becomes public in any other way.
"""

from datetime import timedelta

import reversion
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from reversion.models import Version

from website.publishing.advice import advice
from website.publishing.edition import Edition
from website.publishing.models import Publication, Serial
from website.publishing.texts import fingerprint

REVIEWED_FOR = timedelta(days=365)


class NewerDraft(ValidationError):
    """Somebody has saved the thing after the version that was shown."""


class Incomplete(ValidationError):
    """A text is missing in a language that the law asks for."""


def save_draft(thing, by=None, comment="", translated_from=None):
    """Saves the row and keeps its version, unless no text and no value changed.

    Each translation remembers the Finnish text it was made from: the one of the save that changed it. Whoever brings
    back older texts gives what those remembered.
    """
    if translated_from is None:
        before, translated_from = latest_version(thing), {}
        before = before and before._object_version.object
        for name, finnish in thing.translations():
            if text := fingerprint(getattr(thing, name)):
                kept = before and text == fingerprint(getattr(before, name))
                kept = kept and (thing.translated_from.get(name) or fingerprint(getattr(before, finnish)))
                translated_from[name] = kept or fingerprint(getattr(thing, finnish))
    thing.translated_from = translated_from
    with reversion.create_revision():
        thing.save()
        reversion.set_comment(comment)
        if by is not None:
            reversion.set_user(by)


def still_correct(thing, name, by=None):
    """Says that a translation suits the Finnish text as it is now. Writes nothing else."""
    finnish = getattr(thing, dict(thing.translations())[name])
    save_draft(thing, by, translated_from=thing.translated_from | {name: fingerprint(finnish)})


def restore(thing, version, names, by=None):
    """Brings these fields of an older version back into the draft, never straight to the public.

    ValidationError where they do not fit the rest of it.
    """
    older = version._object_version.object
    marks = {name: mark for name, mark in thing.translated_from.items() if name not in names}
    for name in names:
        setattr(thing, name, getattr(older, name))
    marks |= {name: mark for name, mark in older.translated_from.items() if name in names}
    thing.validate_constraints()
    save_draft(thing, by, gettext_noop("older texts brought back"), marks)


def deleted(model):
    """The newest version of each thing of a kind that is there no more."""
    return Version.objects.get_deleted(model).select_related("revision__user")


def bring_back(version):
    """A deleted thing is a draft again, under the key it had. That version is its newest: there is no other to keep."""
    version.revert()
    return version._object_version.object


def newest_versions(things):
    """The newest version of each thing, in one query."""
    wanted = Q(pk=None)
    for thing in things:
        wanted |= Q(content_type=ContentType.objects.get_for_model(thing), object_id=str(thing.pk))
    newest = Version.objects.filter(wanted).order_by().values("content_type", "object_id").annotate(newest=Max("pk"))
    found = Version.objects.filter(pk__in=newest.values("newest")).order_by("pk")
    return list(found.select_related("content_type", "revision__user"))


def review(thing):
    """Reviewed, nothing to change: it is asked again after a year."""
    thing.review_due = timezone.localdate() + REVIEWED_FOR
    thing.save(update_fields=["review_due"])


def latest_version(thing):
    """The newest version of a thing, or None for a row that no desk has seen."""
    return Version.objects.get_for_object(thing).select_related("revision__user").first()


@transaction.atomic
def publish(versions, by=None, starts=None, note=None, minor=False):
    """Makes exactly these versions public together, now or at the moment `starts`; asked twice, it does so once.

    `note` holds the note to readers by language. NewerDraft where a version is not the newest of its thing,
    Incomplete where something stops it, ValidationError where `starts` has passed; then nothing is published.
    """
    Serial.advance()
    moment = timezone.now()
    if starts is not None and starts <= moment:
        raise ValidationError({"starts": _("Choose a moment that is still to come.")})
    edition = Edition.load()
    things = [version._object_version.object for version in versions]
    newest = newest_versions(things)
    publications = []
    for version, thing in zip(versions, things, strict=True):
        if version not in newest:
            raise NewerDraft(_("“%(thing)s” has a newer draft than the one shown.") % {"thing": version.object_repr})
        if sentences := [finding.message for finding in advice(thing) if finding.stops]:
            raise Incomplete(sentences)
        same = (p for p in edition.publications_of(thing) if p.version_id == version.pk)
        done = next((p for p in same if (p.starts == starts if starts else p.starts <= moment)), None)
        publications.append(done or _published(thing, version, by, starts or moment, note, minor))
    return publications


@transaction.atomic
def withdraw(thing, by=None, reason=None):
    """Takes a thing from the public, at once; ValidationError for what the site cannot do without."""
    if thing.permanent:
        raise ValidationError(_("The site cannot do without this: change its text instead."))
    Serial.advance()
    return _published(thing, None, by, timezone.now(), reason, False)


def _published(thing, version, by, starts, note, minor):
    kind = ContentType.objects.get_for_model(thing)
    facts = {"starts": starts, "published_by": by, "minor": minor}
    facts |= {f"note_{language}": text for language, text in (note or {}).items()}
    return Publication.objects.create(content_type=kind, object_id=str(thing.pk), version=version, **facts)


@transaction.atomic
def cancel(publication, by):
    """Takes back a publication before it starts; ValidationError when it is too late or done already."""
    Serial.advance()
    moment = timezone.now()
    waiting = Publication.objects.filter(pk=publication.pk, cancelled_at=None, starts__gt=moment)
    if not waiting.update(cancelled_at=moment, cancelled_by=by):
        raise ValidationError(_("It is public already, or has been cancelled."))


def deletable(thing, edition):
    """Only what the public neither sees nor will see may be deleted."""
    return not (thing.permanent or edition.public(thing) or edition.to_come(thing))

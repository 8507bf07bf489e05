"""What an editor does with a thing: save a draft, publish versions, withdraw, cancel, delete.

Every way in (admin, seed, restore) goes through these functions, so that each step leaves its version or its
publication, and nothing becomes public in any other way.
"""

from datetime import timedelta

import reversion
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from reversion.models import Version

from website.publishing.advice import faults
from website.publishing.models import Publication, Serial
from website.publishing.texts import LANGUAGES, fingerprint

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
    thing.translated_from = _translated_from(thing) if translated_from is None else translated_from
    with reversion.create_revision():
        thing.save()
        reversion.set_comment(comment)
        if by is not None:
            reversion.set_user(by)


def _translated_from(thing):
    version = latest_version(thing) if thing.pk else None
    before = version._object_version.object if version else None
    remembered = {}
    for field in thing.translated_fields():
        finnish = f"{field}_{settings.LANGUAGE_CODE}"
        for name in (f"{field}_{code}" for code in LANGUAGES if code != settings.LANGUAGE_CODE):
            if not getattr(thing, name):
                continue
            if before and fingerprint(getattr(thing, name)) == fingerprint(getattr(before, name)):
                known = thing.translated_from.get(name) or before.translated_from.get(name)
                remembered[name] = known or fingerprint(getattr(before, finnish))
            else:
                remembered[name] = fingerprint(getattr(thing, finnish))
    return remembered


def still_correct(thing, name, by=None):
    """Says that a translation suits the Finnish text as it is now. Writes nothing else."""
    finnish = getattr(thing, f"{name.rpartition('_')[0]}_{settings.LANGUAGE_CODE}")
    save_draft(thing, by, translated_from=thing.translated_from | {name: fingerprint(finnish)})


def restore(thing, version, names, by=None):
    """Brings these fields of an older version back into the draft, never straight to the public."""
    older = version._object_version.object
    remembered = dict(thing.translated_from)
    for name in names:
        setattr(thing, name, getattr(older, name))
        remembered.pop(name, None)
        if name in older.translated_from:
            remembered[name] = older.translated_from[name]
    save_draft(thing, by, f"restored from version {version.pk}", remembered)


def deleted(model):
    """The newest version of each thing of a kind that is there no more."""
    there = {str(key) for key in model._base_manager.values_list("pk", flat=True)}
    gone = [pk for (_kind, key), pk in _newest(Version.objects.get_for_model(model)).items() if key not in there]
    return Version.objects.filter(pk__in=gone).select_related("revision__user")


@transaction.atomic
def bring_back(version, by=None):
    """A deleted thing is a draft again, under the key it had."""
    thing = version._object_version.object
    if type(thing)._base_manager.filter(pk=thing.pk).exists():
        raise ValidationError(_("It is there already."))
    save_draft(thing, by, f"brought back from version {version.pk}", thing.translated_from)
    return thing


def _newest(versions):
    groups = versions.order_by().values_list("content_type_id", "object_id").annotate(newest=Max("pk"))
    return {(kind, key): pk for kind, key, pk in groups}


def newest_versions(things):
    """The newest version of each thing, in one query."""
    wanted = Q(pk=None)
    for thing in things:
        wanted |= Q(content_type=ContentType.objects.get_for_model(thing), object_id=str(thing.pk))
    newest = _newest(Version.objects.filter(wanted)).values()
    return list(Version.objects.filter(pk__in=newest).select_related("revision__user").order_by("pk"))


def review(thing):
    """Reviewed, nothing to change: it is asked again after a year."""
    thing.review_due = timezone.localdate() + REVIEWED_FOR
    thing.save(update_fields=["review_due"])


def latest_version(thing):
    """The newest version of a thing, or None for a row that no desk has seen."""
    return Version.objects.get_for_object(thing).select_related("revision__user").first()


@transaction.atomic
def publish(versions, by=None, starts=None, note=None, minor=False):
    """Makes exactly these versions public together, now or at the moment `starts`.

    `note` holds the note to readers by language. NewerDraft where a version is not the newest of its thing,
    Incomplete where a national language is not complete; then nothing is published.
    """
    Serial.advance()
    moment = timezone.now()
    if starts is not None and starts <= moment:
        raise ValidationError(_("Choose a moment that is still to come."))
    publications = []
    for version in versions:
        newest = Version.objects.get_for_object_reference(version._model, version.object_id).first()
        if newest.pk != version.pk:
            raise NewerDraft(_("“%(thing)s” has a newer draft than the one shown.") % {"thing": version.object_repr})
        if sentences := [f.message for f in faults(version._object_version.object) if f.stops]:
            raise Incomplete(sentences)
        publications.append(
            _published(version.content_type, version.object_id, version, by, starts or moment, note, minor)
        )
    return publications


@transaction.atomic
def withdraw(thing, by=None, reason=None):
    """Takes a thing from the public, at once; ValidationError for what the site cannot do without."""
    if thing.permanent:
        raise ValidationError(_("The site cannot do without this: change its text instead."))
    Serial.advance()
    content_type = ContentType.objects.get_for_model(thing)
    return _published(content_type, str(thing.pk), None, by, timezone.now(), reason, False)


def _published(content_type, object_id, version, by, starts, note, minor):
    notes = {f"note_{language}": text for language, text in (note or {}).items()}
    return Publication.objects.create(
        content_type=content_type,
        object_id=object_id,
        version=version,
        starts=starts,
        published_by=by,
        minor=minor,
        **notes,
    )


@transaction.atomic
def cancel(publication, by):
    """Takes back a publication before it starts; ValidationError when it is too late or done already."""
    Serial.advance()
    moment = timezone.now()
    waiting = Publication.objects.filter(pk=publication.pk, cancelled_at=None, starts__gt=moment)
    if not waiting.update(cancelled_at=moment, cancelled_by=by):
        raise ValidationError(_("It is public already, or has been cancelled."))


def deletable(thing):
    """Only what the public neither sees nor will see may be deleted."""
    if thing.permanent:
        return False
    moment = timezone.now()
    publications = Publication.objects.of(thing)
    current = publications.in_force(moment).first()
    return not (current and current.version_id) and not publications.standing().filter(starts__gt=moment).exists()

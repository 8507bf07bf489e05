"""What an editor does with a thing: save a draft, publish versions, withdraw, cancel, delete.

Every way in (admin, seed, restore) goes through these functions, so that each step leaves its version or its
publication, and nothing becomes public in any other way.
"""

import reversion
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from reversion.models import Version

from website.publishing.models import Publication, Serial


class NewerDraft(ValidationError):
    """Somebody has saved the thing after the version that was shown."""


class Incomplete(ValidationError):
    """A text is missing in a language that the law asks for."""


def save_draft(thing, by=None, comment=""):
    """Saves the row and keeps its version, unless no text and no value changed."""
    with reversion.create_revision():
        thing.save()
        reversion.set_comment(comment)
        if by is not None:
            reversion.set_user(by)


def latest_version(thing):
    """The newest version of a thing, or None for a row that no desk has seen."""
    return Version.objects.get_for_object(thing).select_related("revision__user").first()


def hindrances(thing):
    """Sentences that name each text which must be there before the thing can be published."""
    names = {"fi": _("in Finnish"), "sv": _("in Swedish"), "en": _("in English")}
    return [
        _("“%(field)s” is missing %(language)s.") % {"field": field.verbose_name, "language": names[code]}
        for code, field in thing.missing_texts()
    ]


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
        if sentences := hindrances(version._object_version.object):
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

"""What may happen to a thing: save a draft, publish, withdraw, cancel, restore, bring back, review.

Every way in (admin, seed, restore) calls these functions, so that each step leaves its version or its publication,
and nothing becomes public in any other way.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import CharField, TextField
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from website.publishing import clock
from website.publishing.edition import Edition
from website.publishing.models import Publication, Publishable, Serial
from website.publishing.rules import advice
from website.publishing.texts import fingerprint
from website.publishing.versions import (
    Version,
    blank_versions,
    latest_version,
    latest_versions,
    revert,
    save_with_version,
    thing_from,
)

REVIEWED_FOR = timedelta(days=365)


class NewerDraft(ValidationError):
    """Somebody has saved the thing after the version that was shown."""


class AlreadySo(ValidationError):
    """Nothing would change for the readers: nothing is written."""


class Incomplete(ValidationError):
    """A text is missing in a language that the law asks for."""


def save_draft(
    thing: Publishable,
    by: AbstractBaseUser | None = None,
    comment: str = "",
    translated_from: dict[str, str] | None = None,
) -> None:
    """Saves the row and keeps its version, unless no text and no value changed.

    Each translation remembers the fingerprint of the Finnish text it was made from. `translated_from` overrides
    what is remembered, by column name: `restore` brings it back together with the older texts.
    """
    thing.translated_from = _finnish_sources(thing) if translated_from is None else translated_from
    save_with_version(thing, by, comment)


def _finnish_sources(thing: Publishable) -> dict[str, str]:
    """By column name of each translation, the fingerprint of the Finnish text at the save that last changed it."""
    latest = latest_version(thing)
    before = latest and thing_from(latest)
    sources = {}
    for name, finnish in thing.translations():
        text = fingerprint(getattr(thing, name))
        if not text:
            continue
        source = None
        if before and text == fingerprint(getattr(before, name)):  # this save does not change the translation
            source = thing.translated_from.get(name) or fingerprint(getattr(before, finnish))
        sources[name] = source or fingerprint(getattr(thing, finnish))
    return sources


def confirm_translation(thing: Publishable, name: str, by: AbstractBaseUser | None = None) -> None:
    """Marks the translation in column `name` as made from the Finnish text as it is now. Writes nothing else."""
    finnish = getattr(thing, dict(thing.translations())[name])
    save_draft(thing, by, translated_from=thing.translated_from | {name: fingerprint(finnish)})


def restore(thing: Publishable, version: Version, names: Iterable[str], by: AbstractBaseUser | None = None) -> None:
    """Brings the fields `names` of an older version back into the draft, never straight to the public.

    Raises ValidationError where they do not fit the rest of it.
    """
    older = thing_from(version)
    translated_from = {name: source for name, source in thing.translated_from.items() if name not in names}
    for name in names:
        setattr(thing, name, getattr(older, name))
    translated_from |= {name: source for name, source in older.translated_from.items() if name in names}
    thing.validate_constraints()
    save_draft(thing, by, gettext_noop("older texts brought back"), translated_from)


def bring_back(version: Version) -> Publishable:
    """Makes a deleted thing a draft again, under the key it had. That version stays its newest one."""
    return revert(version)


@transaction.atomic
def blank(version: Version) -> None:
    """Empties the texts of every version of a deleted thing, for good: the site as it was shows a gap there.

    Its publications stay, with their notes. Printed pages follow at once.
    """
    Serial.advance()
    model = type(thing_from(version))
    texts = (CharField, TextField)
    fields = [f for f in model.content_fields() if (isinstance(f, texts) and not f.choices) or f.null]
    blank_versions(version, [field.name for field in fields])


def review(thing: Publishable) -> None:
    """Records that there is nothing to change: the admin asks again after a year."""
    thing.review_due = timezone.localdate() + REVIEWED_FOR
    thing.save(update_fields=["review_due"])


@transaction.atomic
def publish(
    versions: Sequence[Version],
    by: AbstractBaseUser | None = None,
    starts: datetime | None = None,
    note: dict[str, str] | None = None,
    minor: bool = False,
    *,
    withdrawals: Sequence[Publishable] = (),
    ends: datetime | None = None,
    confirmed: bool = False,
) -> list[Publication]:
    """Makes exactly these versions public, and `withdrawals` not, together: now, or at the moment `starts`.

    `note` holds the note to readers by language code. With `ends` the versions disappear again at that moment.
    `confirmed`: somebody has looked at what `advice` only asks about. Returns the publications.

    Raises NewerDraft where a version is not the newest of its thing, Incomplete where something stops it, AlreadySo
    where all of it is so already, ValidationError for a moment that has passed; then nothing is written.
    """
    Serial.advance()
    now = clock.synced_now()
    _stop_unless_to_come(starts, ends, now)
    things = [thing_from(version) for version in versions]
    _stop_unless_complete(versions, things, confirmed)
    if any(thing.permanent for thing in (*withdrawals, *(things if ends else ()))):
        raise ValidationError(_("The site cannot do without this: change its text instead."))
    edition, publications, newly = Edition.load(), [], []
    for thing, version in [*zip(things, versions, strict=True), *((thing, None) for thing in withdrawals)]:
        begins = starts or Publication.objects.earliest_start(thing, now)
        in_force = edition.in_force_of(thing, begins)
        if (in_force.version_id if in_force else None) != (version and version.pk):
            publications.append(_create_publication(thing, version, by, now, begins, note, minor))
            newly.append(thing)
    if ends:
        # What was public before may have its end already.
        ending = [thing for thing in things if thing in newly or _is_public_at(edition, thing, ends)]
        publications += [_create_publication(thing, None, by, now, ends, None, True) for thing in ending]
    if not publications:
        raise AlreadySo(_("Nothing has been written: for the readers it is so already."))
    return publications


def _stop_unless_to_come(starts: datetime | None, ends: datetime | None, now: datetime) -> None:
    if starts is not None and starts <= now:
        raise ValidationError({"starts": _("Choose a moment that is still to come.")})
    if ends is not None and ends <= (starts or now):
        raise ValidationError({"ends": _("It must end after it begins.")})


def _is_public_at(edition: Edition, thing: Publishable, moment: datetime) -> bool:
    in_force = edition.in_force_of(thing, moment)
    return bool(in_force and in_force.version_id)


def _stop_unless_complete(versions: Sequence[Version], things: Sequence[Publishable], confirmed: bool) -> None:
    """Raises NewerDraft or Incomplete for the first version that may not be published."""
    latest = latest_versions(things)
    for version, thing in zip(versions, things, strict=True):
        if version not in latest:
            raise NewerDraft(_("“%(thing)s” has a newer draft than the one shown.") % {"thing": version.object_repr})
        findings = advice(thing)
        if sentences := [
            finding.message for finding in findings if finding.stops or (finding.needs_confirmation and not confirmed)
        ]:
            raise Incomplete(sentences)


def withdraw(
    thing: Publishable,
    by: AbstractBaseUser | None = None,
    reason: dict[str, str] | None = None,
    starts: datetime | None = None,
) -> Publication:
    """Takes a thing from the public, at once or at a moment. `reason` holds the note to readers by language code.

    Raises ValidationError for what the site cannot do without, and AlreadySo for what is not public then.
    """
    return publish([], by, starts, reason, withdrawals=[thing])[0]


def _create_publication(
    thing: Publishable,
    version: Version | None,
    by: AbstractBaseUser | None,
    now: datetime,
    starts: datetime,
    note: dict[str, str] | None,
    minor: bool,
) -> Publication:
    """A row of Publication; `version` is None for a withdrawal. Raises Incomplete for a note in one language."""
    national = [bool(note and note.get(language)) for language in settings.NATIONAL_LANGUAGES]
    if any(national) and not all(national):
        raise Incomplete(_("Tell it in Finnish and in Swedish, or in neither."))
    notes = {f"note_{language}": text for language, text in (note or {}).items()}
    publication = Publication.objects.create(  # type: ignore[misc]  # publishing does not know which user model there is
        content_type=ContentType.objects.get_for_model(thing),
        object_id=str(thing.pk),
        version=version,
        starts=starts,
        published_by=by,
        minor=minor,
        **notes,
    )
    # By the same clock as `starts`; on its creation the field takes this host's.
    Publication.objects.filter(pk=publication.pk).update(published_at=now)
    publication.published_at = now
    return publication


@transaction.atomic
def cancel(publication: Publication, by: AbstractBaseUser) -> None:
    """Takes back a publication before it starts. Raises ValidationError when it is too late or done already."""
    Serial.advance()
    now = clock.synced_now()
    waiting = Publication.objects.filter(pk=publication.pk, cancelled_at=None, starts__gt=now)
    if not waiting.update(cancelled_at=now, cancelled_by=by):
        raise ValidationError(_("It is public already, or has been cancelled."))


def cancel_repetitions(publications: Sequence[Publication], by: AbstractBaseUser) -> None:
    """Cancels each thing's next publication where these have made it none: the same is so already now.

    Where they are still to come themselves, nothing is cancelled: somebody may cancel them.
    """
    edition = Edition.load()
    for publication in (one for one in publications if one.starts <= edition.at):
        later = (change for change in edition.publications if change.starts > publication.starts)
        following = next((change for change in later if change.is_of_same_thing(publication)), None)
        if following and following.version_id == publication.version_id:
            with suppress(ValidationError):  # it has just begun
                cancel(following, by)


def may_be_deleted(thing: Publishable, edition: Edition) -> bool:
    """Only what the public neither sees nor will see may be deleted."""
    return not (thing.permanent or edition.public(thing) or edition.to_come(thing))

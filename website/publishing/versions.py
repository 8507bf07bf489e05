"""Everything the site asks of django-reversion; no other module imports it.

A version is one row as it was at one save, in all languages. django-reversion stores it as JSON.
"""

import json
from collections.abc import Iterable
from typing import Any

import reversion
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.contenttypes.models import ContentType
from django.core import serializers
from django.db.models import Max, Model, Q, QuerySet
from reversion.models import Version


def keep_versions_of(model: type[Model], exclude: list[str]) -> None:
    """Registers a model: each `save_with_version` keeps its fields, except those named in `exclude`."""
    reversion.register(model, exclude=exclude, ignore_duplicates=True)


def save_with_version(thing: Model, by: AbstractBaseUser | None = None, comment: str = "") -> None:
    """Saves the row, and a version of it unless it equals the newest one. `by` is a user or None."""
    with reversion.create_revision():
        thing.save()
        reversion.set_comment(comment)
        if by is not None:
            reversion.set_user(by)


def thing_from(version: Version) -> Any:
    """A new model instance with what the version holds. Costs no query; the row in the database may differ.

    Fields that the model no longer has are left out. Raises DeserializationError if the model itself is gone.
    """
    # Not by django-reversion's own way, which is private and asks the database for the content type.
    rows = serializers.deserialize(version.format, version.serialized_data, ignorenonexistent=True)
    return next(iter(rows)).object


def versions_of(thing: Model) -> QuerySet[Version]:
    """Queryset of all versions of a thing, the newest first, each with its revision and user."""
    return Version.objects.get_for_object(thing).select_related("revision__user")


def latest_version(thing: Model) -> Version | None:
    """The newest version of a thing, or None if it was never saved with a version."""
    return versions_of(thing).first()


def latest_versions(things: Iterable[Model]) -> list[Version]:
    """List of the newest version of each thing, in one query; things without a version are left out."""
    condition = Q(pk=None)
    for thing in things:
        condition |= Q(content_type=ContentType.objects.get_for_model(thing), object_id=str(thing.pk))
    groups = Version.objects.filter(condition).order_by().values("content_type", "object_id")
    latest = Version.objects.filter(pk__in=groups.annotate(latest=Max("pk")).values("latest"))
    return list(latest.order_by("pk").select_related("content_type", "revision__user"))


def newest_versions() -> dict[tuple[int, str], Version]:
    """The newest version of everything, without its content, by the keys of its content type and of its row."""
    newest = Version.objects.order_by().values("content_type", "object_id").annotate(latest=Max("pk")).values("latest")
    versions = Version.objects.filter(pk__in=newest).select_related("revision__user").defer("serialized_data")
    return {(version.content_type_id, version.object_id): version for version in versions}


def version_by_key(key: int) -> Version | None:
    """The version with this primary key, or None."""
    return Version.objects.filter(pk=key).first()


#: The name of versions whose values have been blanked.
BLANKED = "–"


def deleted_versions(model: type[Model]) -> QuerySet[Version]:
    """Queryset of the newest version of each deleted row of a model, those that have been blanked left out."""
    return Version.objects.get_deleted(model).exclude(object_repr=BLANKED).select_related("revision__user")


def blank_versions(version: Version, names: Iterable[str]) -> None:
    """Empties the fields `names` in every version of a version's row, for good: texts to "", others to null."""
    for row in Version.objects.filter(content_type=version.content_type_id, object_id=version.object_id):
        (stored,) = json.loads(row.serialized_data)
        for name in names:
            if stored["fields"].get(name) is not None:
                stored["fields"][name] = "" if isinstance(stored["fields"][name], str) else None
        row.serialized_data, row.object_repr = json.dumps([stored]), BLANKED
        row.save(update_fields=["serialized_data", "object_repr"])


def revert(version: Version) -> Any:
    """Writes the version's row to the database again, under its old key, and returns it."""
    version.revert()
    return thing_from(version)

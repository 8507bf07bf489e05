"""The edition: everything in force at a moment, as one immutable object."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.http import Http404, HttpRequest
from django.urls import ResolverMatch, URLResolver, get_resolver, reverse
from django.utils.translation import override

from website.publishing import clock
from website.publishing.models import Publication, Publishable, Serial, State
from website.publishing.texts import LANGUAGES

MAX_NOTES = 100  # publications that the page of changes goes back
WITHDRAWN_KEPT = timedelta(days=30)  # how long it is known what a withdrawal took away


@dataclass(frozen=True)
class Edition:
    """What the public reads at one moment. `things(model)` lists one kind, `get(model, key)` gives one of it.

    Models are given as classes or, by apps that may not import each other, as labels: "contacts.Contact".
    It holds the publications to come as well, so that it can move on by itself when their moment passes.
    """

    at: datetime
    serial: int
    publications: tuple  # in force when it was loaded, then those to come, by (starts, id)
    with_note: tuple = ()  # those with a note to the readers, the newest first
    serial_id: str = "0"  # the serial's random id, in hexadecimal
    last_before_withdrawal: tuple = ()  # of what has been withdrawn lately: the last publications, with a version
    replaced: tuple = ()  # things shown in place of the published ones, in a preview

    _loaded: ClassVar["Edition | None"] = None  # what `current` loaded last

    @classmethod
    def load(cls, at: datetime | None = None) -> "Edition":
        """The site now, or as it was at a moment, in a constant number of queries."""
        moment = at or clock.synced_now()
        known = Publication.objects.not_cancelled().select_related("version").with_last_change()
        if at is not None:
            known = known.filter(starts__lte=at)
        while True:
            serial = Serial.state()
            # The rank is counted per thing among what has started: what is to come is a query of its own.
            publications = [
                *known.in_force(moment).order_by("starts", "id"),
                *known.filter(starts__gt=moment).order_by("starts", "id"),
            ]
            with_note = tuple(known.filter(minor=False, note_fi__gt="").order_by("-starts", "-id")[:MAX_NOTES])
            last_before_withdrawal = tuple(known.withdrawn_since(moment - WITHDRAWN_KEPT, moment))
            if Serial.state() == serial:
                number, random_id = serial
                return cls(moment, number, tuple(publications), with_note, random_id, last_before_withdrawal)

    @classmethod
    def current(cls) -> "Edition":
        """The site now, in one query while nobody has published: what this process loaded last, moved on."""
        loaded, state, now = cls._loaded, Serial.state(), clock.synced_now()
        if loaded is None or (loaded.serial, loaded.serial_id) != state or now < loaded.at:
            loaded = cls._loaded = cls.load()
        return loaded.moved_to(max(now, loaded.at))

    def moved_to(self, at: datetime) -> "Edition":
        """The same publications at another, later moment, without the database."""
        return replace(self, at=at)

    def replacing(self, thing: Publishable) -> "Edition":
        """The preview: this edition with one thing as given."""
        return replace(self, replaced=(*self.replaced, thing))

    @cached_property
    def _things(self) -> dict[tuple[type[Publishable], Any], Publishable]:
        things = {}
        for publication in self.publications:
            if publication.starts <= self.at:
                things[publication.content_type_id, publication.object_id] = publication.thing()
        live = {(type(thing), thing.pk): thing for thing in things.values() if thing is not None}
        return live | {(type(thing), thing.pk): thing for thing in self.replaced}

    def things(self, model: type[Publishable] | str = Publishable) -> list[Any]:
        """List of what is public of one kind and shown at this moment, in its order; of every kind by default."""
        model = _model(model)
        things = [thing for thing in self.public_things() if isinstance(thing, model) and thing.shown_at(self.at)]
        return sorted(things, key=lambda thing: (thing._meta.label, thing.sort_key))

    def public_things(self) -> list[Publishable]:
        """Everything public, of every kind, and whether lists show it at this moment or not."""
        return list(self._things.values())

    def withdrawn(self, model: type[Publishable] | str) -> list[tuple[Any, Publication]]:
        """What was withdrawn in the last 30 days (WITHDRAWN_KEPT), in its order: as it was last public, and by what."""
        model, since = _model(model), self.at - WITHDRAWN_KEPT
        by = {(p.content_type_id, p.object_id): p for p in self.publications if not p.version and p.starts > since}
        things = [(p.thing(), by.get((p.content_type_id, p.object_id))) for p in self.last_before_withdrawal]
        gone = [(thing, p) for thing, p in things if p and isinstance(thing, model) and not self.public(thing)]
        return sorted(gone, key=lambda pair: pair[0].sort_key)

    def get(self, model: type[Publishable] | str, key: Any) -> Any:
        """One thing by its primary key. Raises Http404 where it is not public."""
        model = _model(model)
        if thing := self._things.get((model, key)):
            return thing
        raise Http404(f"{model.__name__} {key}")

    @property
    def changes(self) -> list[Publication]:
        """What was published with a note to the readers until now, the newest first."""
        return [publication for publication in self.with_note if publication.starts <= self.at]

    @cached_property
    def language_by_path(self) -> dict[str, str]:
        """The language code of each path that a text may link to.

        Pages of things count in the languages in which they are live, other pages of the site in every language.
        """
        things = [thing.paths_by_language() for thing in self.things()]
        of_things = {path: code for paths in things for code, path in paths.items()}
        not_live = {path for path, required in self.paths().items() if required} - of_things.keys()
        others = {path: path.split("/")[1] for path in self.paths() if path not in not_live}
        return others | of_things

    def state_of(self, draft: Publishable) -> State:
        if public := self.public(draft):
            if public.content() != draft.content():
                return State.CHANGED
            return State.PUBLIC if public.shown_at(self.at) else State.UNSEEN
        return State.WITHDRAWN if any(p.starts <= self.at for p in self.publications_of(draft)) else State.NEW

    @cached_property
    def _by_thing(self) -> dict[tuple[int, str], list[Publication]]:
        publications: dict[tuple[int, str], list[Publication]] = {}
        for publication in self.publications:
            publications.setdefault((publication.content_type_id, publication.object_id), []).append(publication)
        return publications

    def publications_of(self, thing: Publishable) -> list[Publication]:
        """What is in force of a thing and what is to come."""
        return self._by_thing.get((ContentType.objects.get_for_model(thing).pk, str(thing.pk)), [])

    def in_force_of(self, thing: Publishable, moment: datetime) -> Publication | None:
        """The publication of a thing that counts at this or a later moment; it may be a withdrawal."""
        started = [p for p in self.publications_of(thing) if p.starts <= moment]
        return started[-1] if started else None

    def to_come(self, thing: Publishable) -> list[Publication]:
        """The publications of a thing that have not started."""
        return [p for p in self.publications_of(thing) if p.starts > self.at]

    def public(self, thing: Publishable) -> Any:
        """The thing as the public has it, or None."""
        return self._things.get((type(thing), thing.pk))

    @cached_property
    def _moments(self) -> list[datetime]:
        """The moments at which a page changes by itself, in order."""
        moments = {publication.starts for publication in self.publications}
        moments.update(moment for p in self.publications if p.version for moment in p.thing().known_change_moments())
        moments.update(p.starts + WITHDRAWN_KEPT for p in self.publications if not p.version)
        return sorted(moments)

    @property
    def boundaries(self) -> list[datetime]:
        """Those still to come."""
        return [moment for moment in self._moments if moment > self.at]

    @property
    def last_boundary(self) -> datetime:
        """The latest boundary that has passed; 1970-01-01 if none has.

        Of two editions with the same serial, the one with the later boundary is newer.
        """
        passed = [moment for moment in self._moments if moment <= self.at]
        return passed[-1] if passed else datetime(1970, 1, 1, tzinfo=UTC)

    def paths(self) -> dict[str, bool]:
        """Every path that the public may read, in every language, those of pages that fall back included.

        A dict to whether it is the page of a thing, which must be there; the rest is every URL of the site that takes
        no argument, so that a new list, feed or file is known without being named here.
        """
        paths: dict[str, bool] = {}
        for language in LANGUAGES:
            with override(language):
                paths |= {reverse(name): False for name in _names_without_arguments(get_resolver())}
                paths |= {path: True for thing in self.things() if (path := thing.get_absolute_url())}
                paths |= {path: False for thing in self.things() if (path := thing.get_file_url())}
        return paths


class EditionRequest(HttpRequest):
    """For type hints: a request as views get it, with what website.middleware.edition adds."""

    edition: Edition
    becomes_visible: Callable[[int], bool]
    resolver_match: ResolverMatch


def _model(model: type[Publishable] | str) -> type[Publishable]:
    """The class of a model that is given as a class or as a label."""
    return apps.get_model(model) if isinstance(model, str) else model


def _names_without_arguments(resolver: URLResolver, namespaces: tuple[str, ...] = ()) -> Iterator[str]:
    """Yields the full name of each URL pattern without arguments, the admin's left out."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                inner = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
                yield from _names_without_arguments(pattern, inner)
        elif pattern.name and not pattern.pattern.converters:
            yield ":".join((*namespaces, pattern.name))

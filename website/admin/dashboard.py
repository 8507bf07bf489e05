"""What the first page of the admin and the timeline are made of. Each app registers its own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from website.admin.words import day_in_words, moment_in_words

AHEAD_DAYS = 30  # what the first page shows of the timeline


@dataclass(frozen=True)
class Waiting:
    """One thing that waits for somebody: its name, why, and the one thing to do."""

    name: Any
    why: Any
    verb: Any
    url: str
    person: bool = False  # somebody waits for an answer
    days_left: int | None = None  # negative when it is overdue; None where nothing is due
    days_waited: int = 0
    suspected: bool = False  # of being spam: it comes last
    official: bool = False  # the name is that of a text that the public reads

    @property
    def urgency(self) -> tuple[bool, bool, int, int]:
        """Sorts people: who is due first, then who has waited longest; the suspected last."""
        return self.suspected, self.days_left is None, self.days_left or 0, -self.days_waited


@dataclass(frozen=True)
class Event:
    """Something on the timeline. `on` is a moment, or a day where no time of day is known."""

    on: datetime | date
    what: Any
    name: Any
    url: str
    who: Any = ""
    publication: Any = None  # what can be cancelled

    @property
    def day(self) -> date:
        return timezone.localdate(self.on) if isinstance(self.on, datetime) else self.on

    @property
    def has_time(self) -> bool:
        return isinstance(self.on, datetime)

    @property
    def when(self) -> str:
        return moment_in_words(self.on) if isinstance(self.on, datetime) else day_in_words(self.on)

    @property
    def order(self) -> tuple[date, bool, Any]:
        """Sorts: by day, and on one day first what has no time."""
        return self.day, self.has_time, self.on


Source = Callable[[HttpRequest], Iterable[Any]]
_waiting: list[tuple[str, Source]] = []
_events: list[tuple[str, Source]] = []


def waiting(permission: str) -> Callable[[Source], Source]:
    """Decorator: registers a function that takes the request and yields Waiting to users with the permission."""
    return _register(_waiting, permission)


def event(permission: str) -> Callable[[Source], Source]:
    """Decorator: registers a function that takes the request and yields Events to users with the permission."""
    return _register(_events, permission)


def _register(sources: list[tuple[str, Source]], permission: str) -> Callable[[Source], Source]:
    def decorator(source: Source) -> Source:
        sources.append((permission, source))
        return source

    return decorator


def _gathered(sources: list[tuple[str, Source]], request: Any) -> list[Any]:
    return [item for permission, source in sources if request.user.has_perm(permission) for item in source(request)]


def waiting_for(request: HttpRequest) -> dict[str, list[Waiting]]:
    """What waits for the user: `people` by urgency, and `things`."""
    items = _gathered(_waiting, request)
    people = sorted((item for item in items if item.person), key=lambda item: item.urgency)
    return {"people": people, "things": [item for item in items if not item.person]}


def events_for(request: HttpRequest) -> list[Event]:
    """Everything on the timeline that the user may see, from today on, by day."""
    return sorted(_gathered(_events, request), key=lambda item: item.order)


def soon(events: list[Event]) -> list[Event]:
    last = timezone.localdate() + timedelta(days=AHEAD_DAYS)
    return [event for event in events if event.day <= last]

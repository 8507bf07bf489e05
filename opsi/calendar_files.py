"""Deadlines of calls for the reader's own calendar, in iCalendar (RFC 5545)."""

from datetime import UTC, date, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext
from icalendar import Calendar, Event, Timezone

from opsi.models import Call
from website.publishing.texts import language_of

FIRST_CALL = date(2019, 1, 1)  # no call is older: the time zone is told from here on
ASK_EACH = timedelta(days=1)  # how often a program that subscribes asks again


def subscription(edition):
    """The calendar to subscribe to, as text: each public call with a known end, and for 30 days each withdrawn one.

    Whoever subscribes sees a withdrawn call struck out for that long, where a deadline that vanished without a word
    might go unnoticed. A call that was over before it was withdrawn is not called off.
    """
    events = [_event(call, call.publication, "CONFIRMED") for call in edition.things(Call) if call.end]
    for call, withdrawal in edition.withdrawn(Call):
        if call.end and call.end > withdrawal.starts:
            events.append(_event(call, withdrawal, "CANCELLED"))
    calendar = _calendar(events)
    for name in ("name", "x-wr-calname"):  # the second is what most programs read
        calendar.add(name, gettext("Deadlines of the Call for Innovations"))
    calendar.add("refresh-interval", ASK_EACH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "P1D")
    return calendar.to_ical().decode()


def deadline(call):
    """The calendar with the deadline of one call, as text."""
    return _calendar([_event(call, call.publication, "CONFIRMED")]).to_ical().decode()


def _calendar(events):
    calendar = Calendar()
    calendar.add("prodid", "-//innovaatiojulistus//website//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(Timezone.from_tzid(settings.TIME_ZONE, first_date=FIRST_CALL))
    for event in events:
        calendar.add_component(event)
    return calendar


def _event(call, publication, status):
    """The end of a call: a moment, or a whole day where no time is known.

    Its moments are those of the publication, so that the bytes change with the content alone. Of two publications the
    later has the greater SEQUENCE, which counts minutes since 1970; within a minute DTSTAMP decides.
    """
    event = Event()
    event.add("uid", f"call-{call.pk}@{urlsplit(settings.SITE_URL).hostname}")
    event.add("dtstamp", publication.starts.astimezone(UTC))
    event.add("sequence", int(publication.starts.timestamp()) // 60)
    event.add("status", status)
    event.add("dtstart", localtime(call.closes) if call.closes else call.closes_on)
    words = gettext("Deadline: %(call)s") % {"call": call.name.plain}
    event.add("summary", words, parameters=language_of(call.name))
    if call.theme:
        event.add("description", call.theme.plain, parameters=language_of(call.theme))
    event.add("url", settings.SITE_URL + reverse("opsi:opsi"))
    event.add("transp", "TRANSPARENT")  # a deadline takes no time of anybody's day
    return event

"""What one takes along: deadlines for one's calendar and contact cards, read back by two programs for such files."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import vobject
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override
from icalendar import Calendar

from contacts.models import Contact
from opsi.models import Call
from tests.conftest import LANGUAGES
from tests.public_pages import CONTACTS, OPSI, published, read
from website.prerender import render
from website.publishing import workflow
from website.publishing.edition import WITHDRAWN_KEPT, Edition
from website.publishing.stored import from_json, to_json

pytestmark = [pytest.mark.django_db, pytest.mark.once]

FEED = {"fi": "/fi/opsi/haut.ics", "sv": "/sv/opsi/utlysningar.ics", "en": "/en/opsi/calls.ics"}
NAME = "Haku; Åland, Ähtäri \\ " + "pitkä nimi " * 6 + "loppu"


@pytest.fixture
def noon(time_machine):
    """The clock stands still on a day in winter."""
    time_machine.move_to("2027-01-15 12:00:00+02:00", tick=False)
    return timezone.now()


def a_call(**dates):
    names = {f"name_{code}": f"{NAME} {code}" for code in LANGUAGES}
    return published(Call(**names, theme_fi="Yksi, kaksi; kolme", theme_sv="Ett, två; tre", **dates))


def text_of(client, path, kind):
    """The file at this address, whose lines are all as long as they may be."""
    response = client.get(path)
    assert response.status_code == 200, path
    assert response["Content-Type"] == f"text/{kind}; charset=utf-8"
    assert response["Content-Language"] == path[1:3]
    assert response.content.endswith(b"\r\n")
    assert all(len(line) <= 75 for line in response.content.split(b"\r\n"))
    return response.content.decode()


def deadlines(client, path):
    """The events at this address by their UID, as icalendar has them; vobject must find the same."""
    text = text_of(client, path, "calendar")
    calendar = Calendar.from_ical(text)
    assert not calendar.errors and calendar["version"] == "2.0" and calendar["method"] == "PUBLISH"
    assert [str(zone["tzid"]) for zone in calendar.timezones] == ["Europe/Helsinki"]
    events = {str(event["uid"]): event for event in calendar.events}
    assert all(not event.errors for event in calendar.events) and len(events) == len(calendar.events)
    others = {event.uid.value: event for event in vobject.readOne(text).contents.get("vevent", [])}
    assert others.keys() == events.keys()
    for uid, event in events.items():
        assert others[uid].summary.value == event["summary"]
        start = others[uid].dtstart.value
        assert start == event.start if isinstance(start, datetime) else start == event["dtstart"].dt
    return events


def test_one_address_has_the_deadline_of_every_call_whose_deadline_is_known(client, noon):
    day = timedelta(days=1)
    dates = {
        "upcoming": {"opens": noon + day, "closes": noon + 40 * day},
        "open": {"opens": noon - day, "closes": noon + 40 * day},
        "closing": {"opens": noon - day, "closes": noon + day},
        "closed": {"opens": noon - 2 * day, "closes": noon - day},
    }
    calls = {state: a_call(**of_it) for state, of_it in dates.items()}
    assert all(call.state(noon) == state for state, call in calls.items())
    calls["day"] = a_call(closes_on=date(2027, 7, 1))
    unknown = [a_call(opens=noon + day), a_call()]
    for language, word in (("fi", "Määräaika"), ("sv", "Tidsfrist"), ("en", "Deadline")):
        events = deadlines(client, FEED[language])
        first_content = {f"call-{number}@testserver" for number in (1, 2, 3, 4, 5)}
        assert events.keys() - first_content == {f"call-{call.pk}@testserver" for call in calls.values()}
        for state, call in calls.items():
            event = events[f"call-{call.pk}@testserver"]
            assert (event["summary"], event["status"]) == (f"{word}: {NAME} {language}", "CONFIRMED")
            assert event["url"] == f"http://testserver{OPSI[language]}"
            assert event["description"] == ("Ett, två; tre" if language == "sv" else "Yksi, kaksi; kolme")
            assert event["description"].params.get("LANGUAGE") == ("fi" if language == "en" else None)
            with override(language):
                assert deadlines(client, call.get_file_url()) == {event["uid"]: event}
            if state == "day":
                assert event["dtstart"].params["VALUE"] == "DATE" and event.start == date(2027, 7, 1)
            else:
                assert event["dtstart"].params["TZID"] == "Europe/Helsinki" and event.start == call.closes
        with override(language):
            addresses = [reverse("opsi:deadline", args=[call.pk]) for call in unknown]
            assert not any(call.get_file_url() for call in unknown)
        assert [client.get(address).status_code for address in addresses] == [404, 404]


def test_a_summer_s_deadline_is_in_summer_time_for_a_program_that_knows_only_the_file(client, noon):
    call = a_call(closes=datetime(2027, 7, 1, 15, 45, tzinfo=ZoneInfo("Europe/Helsinki")))
    text = text_of(client, f"/fi/opsi/haut/{call.pk}.ics", "calendar").replace("Europe/Helsinki", "Nowhere/Known")
    start = Calendar.from_ical(text).events[0].start
    assert start.astimezone(UTC) == datetime(2027, 7, 1, 12, 45, tzinfo=UTC)


def test_the_bytes_change_with_the_content_alone_and_each_publication_counts_up(client, noon, time_machine):
    call = a_call(closes=noon + timedelta(days=2))
    uid, before = f"call-{call.pk}@testserver", client.get(FEED["sv"]).content
    time_machine.shift(timedelta(days=3))
    assert client.get(FEED["sv"]).content == before
    first = deadlines(client, FEED["sv"])[uid]
    assert first["dtstamp"].dt == noon
    published(call, closes=noon + timedelta(days=9))
    second = deadlines(client, FEED["sv"])[uid]
    assert second["sequence"] > first["sequence"] and second["dtstamp"].dt == timezone.now()
    assert second.start == noon + timedelta(days=9)


def test_a_withdrawn_call_is_called_off_for_thirty_days(client, noon, time_machine):
    call, over = a_call(closes_on=date(2027, 7, 1)), a_call(closes_on=date(2027, 1, 10))
    uid, confirmed = f"call-{call.pk}@testserver", deadlines(client, FEED["en"])
    time_machine.shift(timedelta(hours=1))
    for each in (call, over):
        workflow.withdraw(each, reason={"fi": "Peruttu", "sv": "Inställd"})
    events = deadlines(client, FEED["en"])
    assert (events[uid]["status"], events[uid].start) == ("CANCELLED", date(2027, 7, 1))
    assert events[uid]["sequence"] > confirmed[uid]["sequence"]
    assert f"call-{over.pk}@testserver" not in events
    assert client.get(f"/en/opsi/calls/{call.pk}.ics").status_code == 404
    # The host that has no database ends it at the same moment, and knows that moment.
    edition = from_json(to_json(Edition.load()))
    end = timezone.now() + WITHDRAWN_KEPT
    assert end in edition.boundaries
    assert edition.moved_to(end - timedelta(seconds=1)).withdrawn(Call) and not edition.moved_to(end).withdrawn(Call)
    time_machine.move_to(end, tick=False)
    assert uid not in deadlines(client, FEED["en"])
    published(call)
    assert deadlines(client, FEED["en"])[uid]["status"] == "CONFIRMED"


def card(client, contact, language):
    with override(language):
        return vobject.readOne(text_of(client, contact.get_file_url(), "vcard"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_contact_is_a_card_in_the_reader_s_language(client, language):
    for contact in Edition.load().things(Contact):
        read_back = card(client, contact, language)
        with override(language):
            assert (read_back.version.value, read_back.fn.value) == ("3.0", contact.name)
            assert f"{read_back.n.value.given} {read_back.n.value.family}" == contact.name
            assert read_back.title.value == contact.title
            assert read_back.org.value == [contact.organisation, contact.department, contact.unit]
        assert read_back.tel.value == contact.phone.replace(" ", "")
        assert "email" not in read_back.contents


def test_names_with_commas_semicolons_and_long_titles_come_through(client):
    texts = {f"title_{code}": f"nimike, {NAME} {code}" for code in ("fi", "sv")}
    texts |= {"organisation_fi": "A, B; C", "title_en": ""}
    person = published(Contact.objects.get(pk=1), name="Åsa von Öst; jr, tj.", email="asa@vm.example", **texts)
    read_back = card(client, person, "en")
    assert (read_back.fn.value, read_back.email.value) == ("Åsa von Öst; jr, tj.", "asa@vm.example")
    assert (read_back.title.value, read_back.title.params["LANGUAGE"]) == (f"nimike, {NAME} fi", ["fi"])
    assert card(client, person, "fi").org.value[0] == "A, B; C"
    mailbox = published(Contact.objects.get(pk=3), email="verkosto@vm.example")
    read_back = card(client, mailbox, "sv")
    assert read_back.fn.value == read_back.n.value.family == "Innovationsnätverkets e-post"
    assert "title" not in read_back.contents and "tel" not in read_back.contents


def test_a_mailbox_without_an_address_has_no_card(client):
    assert client.get("/fi/yhteystiedot/3.vcf").status_code == 404
    assert client.get("/fi/yhteystiedot/99.vcf").status_code == 404


def test_pages_lead_to_the_files_and_every_file_is_printed(client):
    call = a_call(closes_on=timezone.localdate() + timedelta(days=40))
    printed, sitemap = render.render(Edition.load()), client.get("/sitemap.xml").content.decode()
    for language in LANGUAGES:
        pages = [read(client, paths[language]).markup for paths in (OPSI, CONTACTS)]
        files = [link["href"] for page in pages for link in page.all("a") if link["type"]]
        with override(language):
            contacts = [contact.get_file_url() for contact in Edition.load().things(Contact)]
            assert files == [call.get_file_url(), FEED[language], *contacts]
        assert all(printed[f"site{path}"] == client.get(path).content for path in files)
        assert not any(path in sitemap for path in files)

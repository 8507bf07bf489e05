"""Days begin and end at midnight in Helsinki, in winter and in summer, and on the nights when the clocks change.

At half past midnight it is still yesterday in UTC.
"""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from contacts.admin import feedback_waiting, overdue
from contacts.models import Message
from network.admin import as_csv
from network.models import JoinRequest
from opsi.models import Call
from tests.admin_pages import INBOX, QUEUE, a_message, a_request, address_of, filled_in
from tests.conftest import LANGUAGES
from website.checks import questions
from website.correspondence import retention
from website.correspondence.hourly_limits import admit
from website.correspondence.models import DailyKey, MonthCount, Tally
from website.pages.models import AccessibilityStatement, Notice, Page
from website.publishing import workflow
from website.publishing.admin.overview import ContentRow
from website.publishing.edition import Edition
from website.publishing.versions import latest_version

pytestmark = pytest.mark.django_db

HELSINKI = ZoneInfo("Europe/Helsinki")
ONE_DAY = timedelta(days=1)
#: In the middle of winter and of summer; the days on which a fortnight crosses the change of the clocks.
WINTER, SUMMER = date(2027, 1, 15), date(2027, 7, 15)
BEFORE_SPRING, BEFORE_AUTUMN = date(2027, 3, 20), date(2027, 10, 25)
each_season = pytest.mark.parametrize("day", [WINTER, SUMMER], ids=["winter", "summer"])
each_day = pytest.mark.parametrize(
    "day", [WINTER, SUMMER, BEFORE_SPRING, BEFORE_AUTUMN], ids=["winter", "summer", "to summer time", "to winter time"]
)
each_half_hour = pytest.mark.parametrize("clock", ["0.30", "23.30"])


def at(day, clock):
    """The moment at which clocks in Helsinki show that."""
    hour, minute = clock.split(".")
    return datetime(day.year, day.month, day.day, int(hour), int(minute), tzinfo=HELSINKI)


def written(day):
    return f"{day.day}.{day.month}.{day.year}"


# --- The 14 days of the law ----------------------------------------------------------------------------------------


@each_day
@each_half_hour
def test_feedback_has_fourteen_days_whatever_the_hour(time_machine, day, clock):
    time_machine.move_to(at(day, clock), tick=False)
    row = a_message()
    assert row.days_left == 14
    for days, left in ((0, 14), (1, 13), (13, 1), (14, 0), (15, -1)):
        for moment in ("0.30", "23.30"):
            if (days, moment) >= (0, clock):
                time_machine.move_to(at(day + days * ONE_DAY, moment), tick=False)
                assert row.days_left == left, (days, moment)
                # The list of what is overdue, and the first page, say the same.
                assert overdue(Message.objects).exists() is (left < 0), (days, moment)
                assert [item.days_left for item in feedback_waiting(None)] == [left]


@each_day
def test_the_inbox_says_the_days_that_are_left(signed_in, coordinator, time_machine, day):
    time_machine.move_to(at(day, "23.30"), tick=False)
    a_message()
    time_machine.move_to(at(day + ONE_DAY, "0.30"), tick=False)
    shown = signed_in(coordinator).get(INBOX).content.decode()
    assert re.search(r'field-days_left[^>]*">13<', shown)


# --- Counts by day and by month ------------------------------------------------------------------------------------


@each_day
def test_forms_are_counted_by_the_day_and_the_hour_of_helsinki(time_machine, day):
    counted = []
    for moment in (at(day, "23.30"), at(day + ONE_DAY, "0.30")):
        time_machine.move_to(moment, tick=False)
        admit("203.0.113.7", False)
        counted.append(set(Tally.objects.values_list("day", "hour", "count")))
        assert set(DailyKey.objects.values_list("day", flat=True)) == {moment.date()}
    # The new day's key has taken yesterday's counts with it.
    assert counted == [{(day, 23, 1)}, {(day + ONE_DAY, 0, 1)}]


@pytest.mark.parametrize("last", [date(2026, 12, 31), date(2027, 7, 31), date(2027, 3, 31), date(2027, 10, 31)])
def test_what_was_erased_is_counted_in_the_month_of_helsinki(time_machine, last):
    for moment in (at(last, "23.30"), at(last + ONE_DAY, "0.30")):
        time_machine.move_to(moment, tick=False)
        a_message(moment.hour).erase("erased")
    months = MonthCount.objects.order_by("month").values_list("month", "what", "count")
    what = "contacts.message erased"
    assert list(months) == [(last.replace(day=1), what, 1), (last + ONE_DAY, what, 1)]


# --- What is purged --------------------------------------------------------------------------------------------------


@each_day
def test_counts_are_purged_by_the_day_of_helsinki(time_machine, settings, day):
    settings.KEEP_DAYS = settings.KEEP_DAYS | {"tallies": 1}

    def left_at(moment):
        time_machine.move_to(moment, tick=False)
        Tally.objects.all().delete()
        for number in (-2, -1, 0, 1):
            Tally.objects.create(day=day + number * ONE_DAY, hour=0, name="x")
        retention.purge()
        return sorted((tally.day - day).days for tally in Tally.objects.all())

    assert left_at(at(day, "0.30")) == left_at(at(day, "23.30")) == [0, 1]
    assert left_at(at(day + ONE_DAY, "0.30")) == [1]


@each_day
def test_a_period_is_as_many_times_24_hours(time_machine, settings, day):
    days = settings.KEEP_DAYS["unconfirmed"]
    time_machine.move_to(at(day, "0.30"), tick=False)
    row = a_request(state="unconfirmed")
    time_machine.shift(timedelta(days=days) - timedelta(hours=1))
    retention.purge()
    assert JoinRequest.objects.filter(pk=row.pk).exists()
    time_machine.shift(timedelta(hours=1, seconds=1))
    retention.purge()
    assert not JoinRequest.objects.filter(pk=row.pk).exists()


def test_each_kind_of_request_has_its_own_period(time_machine, settings):
    """Also where the suspected are kept for less time than the others."""
    for unconfirmed, suspected in ((5, 20), (20, 5)):
        settings.KEEP_DAYS = settings.KEEP_DAYS | {"unconfirmed": unconfirmed, "suspected": suspected}
        time_machine.move_to(at(WINTER, "0.30"), tick=False)
        JoinRequest.objects.all().delete()
        a_request(1, state="unconfirmed")
        a_request(2, state="unconfirmed", suspected=True)
        a_request(3, state="waiting", suspected=True)
        time_machine.shift(timedelta(days=10))
        retention.purge()
        left = "Henkilö 2" if unconfirmed < suspected else "Henkilö 1"
        assert sorted(JoinRequest.objects.values_list("name", flat=True)) == sorted([left, "Henkilö 3"])


# --- What colleagues are told ----------------------------------------------------------------------------------------


@each_season
@each_half_hour
def test_a_conflict_tells_when_the_colleague_saved(administrator, editor, time_machine, day, clock):
    """Of a person, whose form compares values, and of a draft, whose form compares versions."""
    second = get_user_model().objects.create_superuser("bertil", "bertil@example.fi", "correct horse battery")
    time_machine.move_to(at(day, clock), tick=False)
    anna, bertil = Client(), Client()
    anna.force_login(administrator)
    bertil.force_login(second)
    for address, name in (
        (address_of(editor), "first_name"),
        ("/fi/hallinta/pages/page/network/change/", "title_fi"),
    ):
        mine, theirs = filled_in(anna, address), filled_in(bertil, address)
        assert bertil.post(address, theirs | {name: "Toinen"}).status_code == 302
        form = anna.post(address, mine | {name: "Ensimmäinen"}).context["adminform"].form
        (told,) = form.non_field_errors()
        assert "bertil" in told and f"{written(day)} klo {clock}" in told


@each_season
@each_half_hour
def test_steps_notes_and_mails_bear_the_day_of_helsinki(signed_in, coordinator, time_machine, day, clock):
    time_machine.move_to(at(day, clock), tick=False)
    row = a_request()
    row.accept(coordinator)
    row.notes.create(text="Muistiinpano", by=coordinator)
    shown = signed_in(coordinator).get(f"{QUEUE}{row.pk}/change/").content.decode()
    moment = f"{written(day)} klo {clock}"
    assert f"{moment}, coordinator</span><br>Muistiinpano" in shown
    assert f"{moment}, coordinator</li>" in shown  # the step
    # In the list for spreadsheets as well.
    assert f";{day:%d.%m.%Y}\r\n" in [*as_csv(JoinRequest.objects.all())][-1]


@each_season
def test_the_members_list_is_named_by_the_day(signed_in, coordinator, time_machine, day):
    time_machine.move_to(at(day, "0.30"), tick=False)
    answer = signed_in(coordinator).post(f"{QUEUE}export/", {"why": "Kutsut"})
    assert f"members-{day}.csv" in answer["Content-Disposition"]


# --- Reviews ---------------------------------------------------------------------------------------------------------


@each_season
def test_a_review_is_due_from_midnight_on(time_machine, signed_in, editor, day):
    page, other = Page.objects.get(pk="network"), Page.objects.get(pk="privacy")
    page.review_due, other.review_due = day + ONE_DAY, day + 2 * ONE_DAY
    for thing in (page, other):
        thing.save()

    def due():
        return [thing.pk for thing in (page, other) if ContentRow(thing, Edition.load()).review_is_due]

    time_machine.move_to(at(day, "23.30"), tick=False)
    assert due() == []
    time_machine.move_to(at(day + ONE_DAY, "0.30"), tick=False)
    assert due() == [page.pk]
    waiting = signed_in(editor).get("/en/hallinta/").context["waiting"]["things"]
    assert [str(item.verb) for item in waiting] == ["Review"]
    workflow.review(page)
    assert (page.review_due - (day + ONE_DAY)).days == 365
    assert due() == []


@each_season
def test_the_statement_is_asked_for_again_after_a_year(time_machine, day):
    statement = AccessibilityStatement.objects.get()
    statement.prepared_on, statement.status, statement.unit_fi, statement.unit_sv = day, "mostly", "Yksikkö", "Enhet"
    workflow.save_draft(statement)
    workflow.publish([latest_version(statement)])
    asked = []
    for days, clock in ((365, "0.30"), (365, "23.30"), (366, "0.30")):
        time_machine.move_to(at(day + days * ONE_DAY, clock), tick=False)
        asked.append(any("more than a year ago" in question for question in questions(Edition.load())))
    assert asked == [False, False, True]


# --- The public site -------------------------------------------------------------------------------------------------


@each_day
def test_a_call_opens_and_closes_at_midnight(day):
    """And its last fortnight begins at midnight, also where the clocks change within it."""
    call = Call(opens_on=day, closes_on=day + 30 * ONE_DAY)
    last = day + 30 * ONE_DAY
    moments = [
        (at(day - ONE_DAY, "23.30"), "upcoming"),
        (at(day, "0.30"), "open"),
        (at(last - 14 * ONE_DAY, "23.30"), "open"),
        (at(last - 13 * ONE_DAY, "0.30"), "closing"),
        (at(last, "0.30"), "closing"),
        (at(last, "23.30"), "closing"),
        (at(last + ONE_DAY, "0.30"), "closed"),
    ]
    assert [call.state(moment) for moment, _state in moments] == [state for _moment, state in moments]
    local = [timezone.localtime(moment) for moment in call.known_change_moments()]
    assert [(moment.hour, moment.minute) for moment in local] == [(0, 0)] * 3
    assert [moment.date() for moment in local] == [day, last - 13 * ONE_DAY, last + ONE_DAY]


@each_day
def test_the_edition_changes_at_the_midnight_at_which_a_call_does(day):
    call = Call(opens_on=day, closes_on=day, name_fi="Haku", name_sv="Utlysning")
    workflow.save_draft(call)
    workflow.publish([latest_version(call)])
    for clock_day, clock, state in ((day - ONE_DAY, "23.30", "upcoming"), (day, "0.30", "closing")):
        (shown,) = [c for c in Edition.load(at(clock_day, clock)).things(Call) if c.pk == call.pk]
        assert shown.state(at(clock_day, clock)) == state


@each_season
@each_half_hour
@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_tell_the_day_of_a_change_as_it_is_in_helsinki(client, time_machine, day, clock, language):
    time_machine.move_to(at(day, clock) - timedelta(minutes=1), tick=False)
    page = Page.objects.get(pk="network")
    page.title_fi = "Uusi otsikko"
    workflow.save_draft(page)
    workflow.publish([latest_version(page)])
    time_machine.move_to(at(day, clock), tick=False)
    shown = client.get({"fi": "/fi/verkosto/", "sv": "/sv/natverk/", "en": "/en/network/"}[language]).content.decode()
    dates = re.findall(r'<time datetime="([\d-]{10})', shown)
    assert str(day) in dates
    assert str(day - ONE_DAY) not in dates and str(day + ONE_DAY) not in dates


@each_season
def test_a_notice_ends_at_the_time_that_was_written_in_helsinki(signed_in, editor, day):
    address = "/fi/hallinta/pages/notice/add/"
    client = signed_in(editor)
    texts = {"level": "info", "text_fi": "Katko", "text_sv": "Avbrott", "text_en": "Outage"}
    moments = {"begins_0": written(day), "begins_1": "0.30", "ends_0": written(day), "ends_1": "23.30"}
    assert client.post(address, texts | moments).status_code == 302
    notice = Notice.objects.get()
    assert (notice.begins, notice.ends) == (at(day, "0.30"), at(day, "23.30"))

"""Two people and two things wherever one would hide a lost filter; steps that overlap, and steps that break halfway."""

import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts.models import Contact, Message
from declaration.models import Commitment
from network.models import Export, JoinRequest
from tests.admin_pages import INBOX, QUEUE, a_message, a_request, address_of, filled_in, hidden_fields
from tests.forms import press
from tests.markup import Markup
from tests.running import until
from website.correspondence import receiving
from website.correspondence.models import IllegalStep, Link, MonthCount, Purge, Submission, digest_of, submissions_from
from website.links.models import BrokenLink
from website.mail.models import MailQuerySet
from website.pages.models import Page
from website.publishing import workflow
from website.publishing.edition import Edition
from website.publishing.models import Publication, Serial
from website.publishing.versions import latest_version

pytestmark = pytest.mark.django_db

User = get_user_model()
CORRECTED = {
    "organisation": "Toinen virasto",
    "organisation_type": "agency",
    "language": "fi",
    "title": "",
    "interests": [],
}
CORRECTED |= {"name": "Korjattu Nimi", "description": ""}


class Broken(Exception):
    """What a test makes happen in the middle of a step."""


def break_down(*args, **kwargs):
    raise Broken


# --- Each link is one person's --------------------------------------------------------------------------------------


@pytest.fixture
def three():
    """Three requests; the second is the one whose link is used."""
    return [a_request(number, state="unconfirmed") for number in (1, 2, 3)]


def states():
    return [(row.state, row.name) for row in JoinRequest.objects.order_by("pk")]


def test_a_link_shows_and_confirms_the_request_of_its_own_address_alone(client, three):
    page = reverse("network:confirm", args=[Link.make(three[1].normalised_email)])
    shown = client.get(page)
    assert shown.context["joinrequest"] == three[1]
    client.post(page, hidden_fields(shown))
    assert [state for state, _name in states()] == ["unconfirmed", "waiting", "unconfirmed"]


def test_a_link_corrects_the_request_of_its_own_address_alone(client, three):
    page = reverse("network:correct", args=[Link.make(three[1].normalised_email)])
    shown = client.get(page)
    assert three[1].name in shown.content.decode()
    assert client.post(page, hidden_fields(shown) | CORRECTED).status_code == 303
    assert [name for _state, name in states()] == ["Henkilö 1", "Korjattu Nimi", "Henkilö 3"]


def test_a_link_whose_address_has_no_request_opens_and_corrects_nobody_s(client, three):
    token = Link.make("nobody@vm.example")
    before = states()
    page = reverse("network:confirm", args=[token])
    assert (client.get(page).status_code, client.post(page).status_code) == (404, 404)
    client.post(reverse("network:correct", args=[token]), CORRECTED)
    assert states() == before
    shown = client.get(reverse("correspondence:own", args=[token])).content.decode()
    assert not any(row.name in shown for row in three)


def test_the_own_page_and_the_download_hold_what_came_from_one_address(client, three):
    texts = {row.normalised_email: a_message(row.pk, normalised_email=row.normalised_email).message for row in three}
    token = Link.make(three[1].normalised_email)
    for view in ("own", "download"):
        shown = client.get(reverse(f"correspondence:{view}", args=[token])).content.decode()
        assert texts[three[1].normalised_email] in shown and three[1].name in shown
        for other in (three[0], three[2]):
            assert other.name not in shown and texts[other.normalised_email] not in shown


def test_leaving_takes_one_s_own_rows_and_links_alone(client, three):
    tokens = [Link.make(row.normalised_email) for row in three]
    for row in three:
        a_message(row.pk, normalised_email=row.normalised_email)
    press(client, reverse("correspondence:erase", args=[tokens[1]]))
    left = {three[0].normalised_email, three[2].normalised_email}
    for model in (JoinRequest, Message, Link):
        assert set(model.objects.values_list("normalised_email", flat=True)) == left, model
    assert [Link.find(token) is not None for token in tokens] == [True, False, True]


def test_the_last_request_gone_takes_the_links_of_its_address_alone(three):
    tokens = [Link.make(row.normalised_email) for row in three]
    three[1].erase("purged")
    assert [Link.find(token) is not None for token in tokens] == [True, False, True]


def test_a_correction_of_one_s_own_is_in_nobody_else_s_trail(three):
    three[1].correct({"name": "Korjattu"}, digest_of(three[1]))
    assert [len(row.steps) for row in JoinRequest.objects.order_by("pk")] == [0, 1, 0]


# --- Each thing has its own last change -----------------------------------------------------------------------------


def published(thing, at, *, minor=False):
    workflow.save_draft(thing)
    kind, version = ContentType.objects.get_for_model(thing), latest_version(thing)
    row = {"content_type": kind, "object_id": str(thing.pk), "version": version, "starts": at, "minor": minor}
    return Publication.objects.create(**row).pk


def test_the_date_of_the_last_change_is_that_of_the_thing_itself():
    """Beside another thing of the kind, and another kind with the same key."""
    now = timezone.now()
    days = [now + timedelta(days=number) for number in range(1, 5)]
    keys = [
        published(Commitment.objects.get(pk=1), days[0]),
        published(Commitment.objects.get(pk=2), days[1]),
        published(Contact.objects.get(pk=1), days[2]),
        published(Commitment.objects.get(pk=1), days[3], minor=True),
    ]
    changed = dict(Publication.objects.with_last_change().values_list("pk", "changed"))
    assert [changed[key] for key in keys] == [days[0], days[1], days[2], days[0]]


# --- Steps that overlap ---------------------------------------------------------------------------------------------


def waits_for_a_lock():
    """Whether another connection of this database waits for a lock; SQLite cannot say, and cannot overlap."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0] > 0


@contextmanager
def stopped_in(monkeypatch, place, name):
    """The first call of a method stops after its work, in its transaction; yields two events: reached, go on."""
    reached, go_on = threading.Event(), threading.Event()
    work = getattr(place, name)

    def stops(*args, **kwargs):
        result = work(*args, **kwargs)
        if not reached.is_set():
            reached.set()
            go_on.wait(30)
        return result

    monkeypatch.setattr(place, name, stops)
    try:
        yield reached, go_on
    finally:
        go_on.set()


def overlap(monkeypatch, place, name, first, second):
    """Runs `first` until it is inside `place.name`, then `second` until it waits; what each returned or raised."""
    outcomes = {}

    def run(key, step):
        try:
            outcomes[key] = step()
        except Exception as error:
            outcomes[key] = error
        finally:
            connections.close_all()

    with stopped_in(monkeypatch, place, name) as (reached, go_on):
        one = threading.Thread(target=run, args=("first", first))
        one.start()
        assert reached.wait(30)
        two = threading.Thread(target=run, args=("second", second))
        two.start()
        until(waits_for_a_lock, seconds=30)
        go_on.set()
        one.join(60)
        two.join(60)
    return outcomes["first"], outcomes["second"]


at_once = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@at_once
@pytest.mark.parametrize(
    ("first", "second", "state", "trail"),
    [
        ("accept", "refuse", "member", ["accepted"]),
        ("refuse", "accept", "refused", ["refused"]),
        ("accept", "accept", "member", ["accepted"]),
    ],
)
def test_of_two_decisions_at_once_the_first_counts(monkeypatch, coordinator, first, second, state, trail):
    row = a_request()
    steps = [
        lambda name=name: getattr(JoinRequest.objects.get(pk=row.pk), name)(coordinator) for name in (first, second)
    ]
    one, two = overlap(monkeypatch, JoinRequest, "step", *steps)
    assert one is None and isinstance(two, IllegalStep)
    row.refresh_from_db()
    assert (row.state, [step["what"] for step in row.steps]) == (state, trail)


@at_once
def test_a_correction_and_a_decision_at_once_are_both_kept(monkeypatch, coordinator):
    row = a_request()
    outcomes = overlap(
        monkeypatch,
        JoinRequest,
        "step",
        lambda: JoinRequest.objects.get(pk=row.pk).correct({"name": "Korjattu"}, digest_of(row)),
        lambda: JoinRequest.objects.get(pk=row.pk).accept(coordinator),
    )
    assert outcomes == (None, None)
    row.refresh_from_db()
    assert (row.name, row.state) == ("Korjattu", "member")
    assert [step["what"] for step in row.steps] == ["corrected by the person", "accepted"]


@at_once
def test_two_answers_at_once_are_one(monkeypatch, coordinator):
    row = a_message()
    answers = [lambda text=text: Message.objects.get(pk=row.pk).be_answered(coordinator, text) for text in ("A", "B")]
    one, two = overlap(monkeypatch, Message, "step", *answers)
    assert one is None and isinstance(two, IllegalStep)
    row.refresh_from_db()
    assert (row.answer, len(row.steps)) == ("A", 1)


@at_once
def test_what_is_being_erased_takes_no_step_and_comes_back_for_none(monkeypatch, coordinator):
    row, other = a_request(1), a_request(2)
    one, two = overlap(
        monkeypatch,
        MonthCount,
        "add",
        lambda: JoinRequest.objects.get(pk=row.pk).erase("left"),
        lambda: JoinRequest(pk=row.pk).accept(coordinator),
    )
    assert one is None and isinstance(two, IllegalStep)
    assert list(JoinRequest.objects.all()) == [other]


@at_once
def test_two_administrators_who_save_at_once_meet(monkeypatch, administrator, editor):
    second = User.objects.create_superuser("bertil", "bertil@example.fi", "correct horse battery")
    clients = Client(), Client()
    for client, person in zip(clients, (administrator, second), strict=True):
        client.force_login(person)
    address = address_of(editor)
    mine, theirs = (filled_in(client, address) for client in clients)
    from website.accounts.admin_site import PersonAdmin

    one, two = overlap(
        monkeypatch,
        PersonAdmin,
        "save_model",
        lambda: clients[0].post(address, mine | {"is_active": ""}).status_code,
        lambda: clients[1].post(address, theirs | {"first_name": "Elli"}).status_code,
    )
    assert (one, two) == (302, 200)
    editor.refresh_from_db()
    assert (editor.is_active, editor.first_name) == (False, "")


@at_once
def test_two_notes_at_the_same_moment_both_stay(monkeypatch, coordinator):
    row = a_request()
    clients = Client(), Client()
    for client in clients:
        client.force_login(coordinator)
    address = f"{QUEUE}{row.pk}/change/"
    from network.admin import JoinRequestAdmin

    outcomes = overlap(
        monkeypatch,
        JoinRequestAdmin,
        "take_posted",
        *(lambda c=c, n=n: c.post(address, {"note": f"Merkintä {n}"}).status_code for n, c in enumerate(clients)),
    )
    assert outcomes == (302, 302)
    assert [note.text for note in row.notes.all()] == ["Merkintä 0", "Merkintä 1"]


# --- Steps that break halfway ---------------------------------------------------------------------------------------


@pytest.fixture
def notice_to_come():
    page = Page.objects.get(pk="network")
    page.title_fi = "Uusi otsikko"
    workflow.save_draft(page)
    (publication,) = workflow.publish([latest_version(page)], starts=timezone.now() + timedelta(days=1))
    return publication


def test_a_withdrawal_that_breaks_halfway_changes_nothing(monkeypatch):
    contact = Contact.objects.first()
    before = Serial.current(), Publication.objects.count()
    monkeypatch.setattr(Publication, "save", break_down)
    with pytest.raises(Broken):
        workflow.withdraw(contact)
    assert (Serial.current(), Publication.objects.count()) == before
    assert Edition.load().public(contact)


def test_a_cancellation_that_breaks_halfway_changes_nothing(monkeypatch, notice_to_come, publisher):
    before = Serial.current()
    monkeypatch.setattr(timezone, "now", break_down)
    with pytest.raises(Broken):
        workflow.cancel(notice_to_come, by=publisher)
    monkeypatch.undo()
    assert Serial.current() == before
    assert Publication.objects.get(pk=notice_to_come.pk).cancelled_at is None


@pytest.mark.parametrize(("place", "name"), [(MonthCount, "add"), (MailQuerySet, "delete")])
def test_erasing_that_breaks_halfway_leaves_everything(monkeypatch, coordinator, place, name):
    row = a_request()
    row.notes.create(text="Soitettu", by=coordinator)
    Link.make(row.normalised_email)
    monkeypatch.setattr(place, name, break_down)
    with pytest.raises(Broken):
        JoinRequest.objects.get(pk=row.pk).erase("left")
    assert (JoinRequest.objects.count(), row.notes.count(), Link.objects.count()) == (1, 1, 1)
    assert not MonthCount.objects.exists()


def test_leaving_that_breaks_at_the_second_row_leaves_both(client, monkeypatch):
    row = a_request()
    a_message(normalised_email=row.normalised_email)
    token = Link.make(row.normalised_email)
    erase, erased = Submission.erase, []

    def second_breaks(self, why):
        if erased:
            raise Broken
        erased.append(self)
        erase(self, why)

    monkeypatch.setattr(Submission, "erase", second_breaks)
    with pytest.raises(Broken):
        press(client, reverse("correspondence:erase", args=[token]))
    assert (JoinRequest.objects.count(), Message.objects.count(), Link.objects.count()) == (1, 1, 1)


def test_a_confirmation_whose_mail_to_the_team_breaks_is_none(client, monkeypatch, settings):
    settings.TEAM_MAILBOX = "team@vm.example"
    row = a_request(state="unconfirmed")
    page = reverse("network:confirm", args=[Link.make(row.normalised_email)])
    fields = hidden_fields(client.get(page))
    monkeypatch.setattr(receiving, "enqueue", break_down)
    with pytest.raises(Broken):
        client.post(page, fields)
    row.refresh_from_db()
    assert (row.state, row.steps, row.confirmed_at) == ("unconfirmed", [], None)


@pytest.mark.parametrize("step", ["accept", "refuse", "correct"])
def test_a_step_that_breaks_before_it_is_saved_leaves_no_trace(monkeypatch, coordinator, step):
    row = a_request()
    monkeypatch.setattr(JoinRequest, "save", break_down)
    with pytest.raises(Broken):
        if step == "correct":
            row.correct({"name": "Korjattu"}, digest_of(row))
        else:
            getattr(row, step)(coordinator)
    row = JoinRequest.objects.get()
    assert (row.state, row.steps, row.name) == ("waiting", [], "Henkilö 1")


# --- The trail ------------------------------------------------------------------------------------------------------


def test_each_step_is_written_after_the_others_with_when_and_by_whom(time_machine, coordinator, client):
    second = User.objects.create_user("bertil", is_staff=True)
    other = a_request(2)
    row = a_request(1, state="unconfirmed")
    taken = [
        ("confirmed", "", lambda: row.confirm(row.digest_to_confirm)),
        ("refused", "coordinator", lambda: row.refuse(coordinator)),
        ("reconsidered", "bertil", lambda: row.reconsider(second)),
        ("corrected by the person", "", lambda: row.correct({"title": "Päällikkö"}, digest_of(row))),
        ("accepted", "bertil", lambda: row.accept(second)),
    ]
    for day, (_what, _by, step) in enumerate(taken, 1):
        time_machine.move_to(f"2027-01-0{day} 12:00:00+02:00", tick=False)
        step()
    row = JoinRequest.objects.get(pk=row.pk)
    assert [(step["what"], step["by"]) for step in row.steps] == [(what, by) for what, by, _step in taken]
    assert [step["at"].day for step in row.steps_taken] == [1, 2, 3, 4, 5]
    assert JoinRequest.objects.get(pk=other.pk).steps == []
    # The person reads what and when in the same order, and nobody's name.
    shown = client.get(reverse("correspondence:own", args=[Link.make(row.normalised_email)])).content.decode()
    places = [shown.index(f"{day}.1.2027") for day in (1, 2, 3, 4, 5)]
    assert places == sorted(places)
    assert "bertil" not in shown and "coordinator" not in shown
    assert [set(step) for step in row.everything()["steps"]] == [{"what", "at"}] * 5
    # Colleagues read the names as well.
    client.force_login(coordinator)
    shown = Markup(client.get(f"{QUEUE}{row.pk}/change/").content.decode()).one("main").text
    assert (shown.count(", coordinator"), shown.count(", bertil")) == (1, 2)


def test_feedback_keeps_its_trail_as_well(coordinator):
    row, other = a_message(1, suspected=True), a_message(2, suspected=True)
    row.be_trusted(coordinator)
    row.be_answered(None, "Kiitos")
    row.refresh_from_db()
    assert [(s["what"], s["by"]) for s in row.steps] == [
        ("mark of suspicion removed", "coordinator"),
        ("answered by mail", ""),
    ]
    assert Message.objects.get(pk=other.pk).steps == []


# --- The order of lists ---------------------------------------------------------------------------------------------


def dated(model, column, makers):
    """Rows whose moments are the second, the third and the first day: neither their keys' order nor its reverse."""
    rows = [make() for make in makers]
    for row, day in zip(rows, (2, 3, 1), strict=True):
        model.objects.filter(pk=row.pk).update(**{column: timezone.now() - timedelta(days=10 - day)})
    return [rows[2].pk, rows[0].pk, rows[1].pk]  # the oldest first


def test_lists_of_what_people_did_begin_with_the_newest(coordinator):
    exports = dated(Export, "at", [lambda: Export.objects.create(by=coordinator, why="x", members=1)] * 3)
    purges = dated(Purge, "finished_at", [lambda: Purge.objects.create(counts={})] * 3)
    requests = dated(JoinRequest, "created_at", [lambda n=n: a_request(n) for n in (1, 2, 3)])
    messages = dated(Message, "created_at", [lambda n=n: a_message(n) for n in (1, 2, 3)])
    for model, oldest_first in ((Export, exports), (Purge, purges), (JoinRequest, requests), (Message, messages)):
        assert list(model.objects.values_list("pk", flat=True)) == oldest_first[::-1], model


def test_links_in_trouble_begin_with_those_that_have_been_so_longest():
    def trouble(number):
        now = timezone.now()
        return BrokenLink.objects.create(url=f"https://example.fi/{number}", since=now, checked_at=now)

    expected = dated(BrokenLink, "since", [lambda n=n: trouble(n) for n in (1, 2, 3)])
    assert list(BrokenLink.objects.values_list("pk", flat=True)) == expected


def test_publications_come_in_the_order_in_which_they_start():
    contact = Contact.objects.first()
    days = (2, 3, 1)
    keys = [published(contact, timezone.now() + timedelta(days=day)) for day in days]
    found = Publication.objects.filter(pk__in=keys)
    assert list(found.values_list("pk", flat=True)) == [keys[2], keys[0], keys[1]]


def test_what_is_held_about_a_person_begins_with_the_oldest_of_its_kind():
    address = "maija@vm.example"
    oldest_first = dated(Message, "created_at", [lambda n=n: a_message(n, normalised_email=address) for n in (1, 2, 3)])
    assert [row.pk for row in submissions_from(address)] == oldest_first


def test_the_inbox_begins_with_what_has_waited_longest_and_ends_with_what_is_answered(signed_in, coordinator):
    expected = dated(Message, "created_at", [lambda n=n: a_message(n) for n in (1, 2, 3)])
    Message.objects.get(pk=expected[0]).be_answered(coordinator)
    listed = signed_in(coordinator).get(INBOX).context["cl"].result_list
    assert [row.pk for row in listed] == [expected[1], expected[2], expected[0]]


def test_the_members_list_is_sorted_by_organisation_then_name(signed_in, coordinator):
    for number, (organisation, name) in enumerate(
        [("Bodin", "Ä"), ("Ahola", "Pekka"), ("Bodin", "Aino"), ("Ahola", "Anna")]
    ):
        a_request(number, organisation=organisation, name=name, state="member")
    answer = signed_in(coordinator).post(f"{QUEUE}export/", {"why": "Kutsut"})
    lines = b"".join(answer.streaming_content).decode().splitlines()[1:]
    assert [line.split(";")[0] for line in lines] == ["Anna", "Pekka", "Aino", "Ä"]


def test_the_public_lists_follow_their_order_and_then_their_keys():
    keys = [contact.pk for contact in Contact.objects.order_by("pk")[:3]]
    for key, order in zip(keys, (7, 5, 5), strict=True):
        contact = Contact.objects.get(pk=key)
        contact.order, contact.email = order, f"{key}@example.fi"
        published(contact, timezone.now())
    shown = [contact.pk for contact in Edition.load().things(Contact) if contact.pk in keys]
    assert shown == [keys[1], keys[2], keys[0]]

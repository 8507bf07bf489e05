"""Deciding where one reads: the page of a request or a message, its mail, its queue, and many at once."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group

from contacts.models import Message
from network.models import JoinRequest
from tests.admin_pages import INBOX, QUEUE, a_message, a_request, decide, decide_together, hidden_fields
from tests.conftest import person
from tests.markup import Markup
from website.correspondence.models import state_shown
from website.mail.models import Mail

CONFIRMED = datetime(2026, 1, 1, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(signed_in, coordinator):
    return signed_in(coordinator)


def change(row, query=""):
    return f"{QUEUE if isinstance(row, JoinRequest) else INBOX}{row.pk}/change/{query}"


def page_of(desk, row, query=""):
    return Markup(desk.get(change(row, query)).content.decode())


def test_the_page_shows_the_very_mail_that_goes_with_a_greeting_by_name(desk):
    row = a_request(language="sv", name="Maija Meikäläinen")
    page = page_of(desk, row)
    (field,) = [e for e in page.all("textarea", name="sv") if e["id"] == "id_accept_sv"]
    text = "".join(field.pieces).strip()
    assert text.startswith("Hej Maija Meikäläinen")
    end = "".join(page.all("pre", lang="sv")[0].pieces)
    decide(desk, row, "accept", text)
    mail = Mail.objects.get()
    assert mail.body.startswith(text)
    lines = [line for line in end.splitlines() if line and not line.startswith("(")]
    assert [line for line in lines if line not in mail.body] == [] and len(lines) > 5
    assert page.all("dd", lang="sv")[0].text == mail.subject


@pytest.mark.parametrize("decision, row", [("ask", a_request), ("answer", a_message)])
def test_a_mail_without_a_question_or_an_answer_does_not_go(desk, decision, row):
    row = row(email="x@vm.example", normalised_email="x@vm.example", name="Maija")
    (field,) = [e for e in page_of(desk, row).all("textarea", name="fi") if e["id"] == f"id_{decision}_fi"]
    text = "".join(field.pieces).strip()
    assert text.startswith("Hei Maija")
    assert decide(desk, row, decision, text).status_code == 200 and not Mail.objects.exists()
    assert decide(desk, row, decision, f"{text}\n\nSelvä.").status_code == 302 and Mail.objects.exists()


def test_a_question_leaves_the_request_waiting_and_stays_among_its_notes(desk, coordinator):
    row = a_request()
    assert decide(desk, row, "ask", "Mitä kokeilette?").status_code == 302
    row.refresh_from_db()
    assert row.state == "waiting" and row.steps[-1]["what"] == "asked for more"
    assert [(note.text, note.by) for note in row.notes.all()] == [("Mitä kokeilette?", coordinator)]
    assert "Mitä kokeilette?" in Mail.objects.get().body
    assert decide(desk, row, "ask", " ").status_code == 200  # nothing was asked
    assert row.notes.count() == 1


def test_a_colleague_sees_in_the_list_whom_more_was_asked(desk, coordinator):
    asked, accepted, waiting = (a_request(number, confirmed_at=CONFIRMED) for number in (1, 2, 3))
    asked.ask(coordinator, "Mitä kokeilette?")
    accepted.ask(coordinator, "Mitä kokeilette?")
    accepted.accept(coordinator)
    for page in (QUEUE, "/fi/hallinta/"):
        assert desk.get(page).content.decode().count("lisää kysytty") == 1, page
    assert "lisää kysytty" not in desk.get(change(waiting)).content.decode()
    assert "vain roskaposti hylätään" in desk.get(change(waiting)).content.decode()


@pytest.mark.parametrize(
    ("made", "meanwhile"),
    [
        (a_request, lambda row, by: row.accept(by)),
        (a_request, lambda row, by: row.refuse(by)),
        (a_request, lambda row, by: row.notes.create(text="Odota vielä", by=by)),
        (a_message, lambda row, by: row.be_answered(by)),
    ],
    ids=["accepted", "spam", "noted", "answered"],
)
def test_a_decision_on_a_row_that_changed_meanwhile_is_shown_again_and_not_saved(desk, made, meanwhile):
    row = made(normalised_email="a@vm.example")
    shown, decision = state_shown([row]), "accept" if made is a_request else "answer"
    meanwhile(row, person("bertil", Group.objects.get(name="Network coordinators").name))
    before = type(row).objects.values().get()
    answer = desk.post(change(row), {"decision": decision, "shown": shown, "fi": "Kauan kirjoitettu"})
    assert answer.status_code == 409
    assert "Kauan kirjoitettu" in answer.content.decode() and "bertil" in answer.content.decode()
    assert type(row).objects.values().get() == before and not Mail.objects.exists()


def test_several_are_decided_as_they_were_shown_or_not_at_all(desk, coordinator):
    rows = [a_request(1), a_request(2)]
    page = desk.post(QUEUE, {"action": "accept", "_selected_action": [row.pk for row in rows]})
    rows[0].notes.create(text="Odota vielä", by=coordinator)
    assert list(page.context["messages"]) == []
    again = desk.post(f"{QUEUE}decide/", hidden_fields(page) | {"fi": "Tervetuloa"})
    assert again.status_code == 409 and not Mail.objects.exists()
    assert ["katso vielä" in str(message) for message in again.context["messages"]] == [True]
    assert desk.post(f"{QUEUE}decide/", hidden_fields(again) | {"fi": "Tervetuloa"}).status_code == 302
    assert Mail.objects.count() == 2


def test_the_page_of_feedback_has_its_subject_as_heading_and_not_once_more(desk):
    page = page_of(desk, a_message(kind="content", page="/sv/kontakt/"))
    assert page.one("h1").text == "Sisältö: jotain on väärin tai puuttuu"
    labels = [label.text for label in page.all("dt")]
    assert "Palautteen aihe" not in labels and "Kieli" in labels


def test_the_next_that_waits_within_the_filters_follows_and_suspected_come_last(desk):
    rows = [
        a_request(
            number,
            name=name,
            suspected=name == "Epäilty",
            organisation_type=kind,
            confirmed_at=CONFIRMED + timedelta(days=number),
        )
        for number, (name, kind) in enumerate(
            [("Epäilty", "county"), ("Aino", "county"), ("Bertta", "agency"), ("Cecilia", "county")], 1
        )
    ]
    filters = "?_changelist_filters=organisation_type__exact%3Dcounty"
    page = page_of(desk, rows[1], filters).one("nav", class_="in-queue")
    assert "1/3" in page.text and "Cecilia" in page.text
    answer = desk.post(change(rows[1], filters), {"decision": "refuse", "shown": state_shown([rows[1]])})
    assert answer["Location"] == change(rows[3], filters)
    answer = decide(desk, rows[3], "refuse")  # without filters all that wait follow
    assert answer["Location"] == change(rows[0])
    assert "Epäilty" in page_of(desk, rows[2]).one("nav", class_="in-queue").text


def test_it_is_said_what_was_done_to_which_and_that_the_next_is_shown(desk):
    first, second = a_request(1, confirmed_at=CONFIRMED), a_request(2, confirmed_at=CONFIRMED + timedelta(days=1))
    decided = decide(desk, first, "accept", "Tervetuloa")
    assert set(decided.cookies) == {"session"}  # a name leaves this server on the page alone
    shown = desk.get(decided.url).context["messages"]
    told = [str(message) for message in shown]
    assert told == ["Hyväksytty, ja viesti on matkalla: Henkilö 1, Virasto.", "Tässä on seuraava odottava."]
    shown = desk.get(decide(desk, second, "refuse").url).context["messages"]
    assert [str(message) for message in shown] == ["Hylätty roskapostina, viestiä ei lähetetty: Henkilö 2, Virasto."]


def test_refusing_spam_is_set_apart_and_has_to_be_confirmed(desk):
    row = a_request()
    rare = page_of(desk, row).one("details", class_="destructive")
    assert rare["open"] is None and "Roskaposti" in rare.text
    page = desk.post(QUEUE, {"action": "refuse", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert row.state == "waiting" and page.status_code == 200
    decide_together(desk, "refuse", [row])
    row.refresh_from_db()
    assert row.state == "refused" and not Mail.objects.exists()
    assert decide(desk, row, "reconsider").status_code == 302


def many(number):
    Message.objects.bulk_create(
        Message(message=f"Viesti {n}", kind="other", language="fi", digest=str(n)) for n in range(number)
    )
    return list(Message.objects.values_list("pk", flat=True))


def test_as_many_as_fit_on_a_page_are_chosen_one_by_one(desk):
    page = desk.post(INBOX, {"action": "mark_answered", "_selected_action": many(200), "select_across": "0"})
    assert page.status_code == 200 and len(hidden_fields(page)["keys"].split()) == 200


@pytest.mark.parametrize("action", ["mark_answered", "delete_selected"])
def test_all_of_a_list_longer_than_a_form_may_be_are_chosen_and_decided(desk, settings, action):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 20
    page = desk.post(INBOX, {"action": action, "_selected_action": many(30)[:1], "select_across": "1"})
    target = re.search(r'action="([^"]+decide/[^"]*)"', page.content.decode())
    answer = desk.post(target[1] if target else INBOX, hidden_fields(page))
    assert answer.status_code == 302 and len(answer["Location"]) < 200
    assert not Message.objects.filter(answered_at=None).exists()


def test_a_list_tells_what_is_chosen_and_how_it_is_sorted(desk):
    a_request()
    page = Markup(desk.get(f"{QUEUE}?state__exact=waiting&o=-1").content.decode())
    chosen = [e.text for e in page.all("a") if e["aria-current"] and page.one("nav", id="changelist-filter") in e.above]
    assert "odottaa päätöstä" in chosen and "jäsen" not in chosen
    (column,) = [e for e in page.all("th") if e["aria-sort"]]
    assert column["aria-sort"] == "descending" and "Nimi" in column.text
    assert page.all("ul", class_="object-tools") != []
    assert Markup(desk.get(INBOX).content.decode()).all("ul", class_="object-tools") == []

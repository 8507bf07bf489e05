"""The steps of a request to join, the coordinators' queue and the members' list."""

import csv
import io
import tracemalloc

import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from network.admin import as_csv
from network.models import Export, JoinRequest
from tests.admin_pages import QUEUE, hidden_fields
from tests.conftest import LANGUAGES
from tests.forms import (
    ANSWERS,
    asked,
    deliver,
    press,
    send,
    the_request,
)
from tests.markup import Markup
from website.correspondence.models import IllegalStep

pytestmark = pytest.mark.django_db


# --- The states and the steps between them ---------------------------------------------------------------------------

STATES = ("unconfirmed", "waiting", "member", "refused")
HELLO = {"fi": "Hei", "sv": "Hej", "en": "Hello"}
LEGAL = {
    "accept": {"waiting": "member"},
    "ask": {"waiting": "waiting"},
    "refuse": {"unconfirmed": "refused", "waiting": "refused"},
    "reconsider": {"refused": "waiting"},
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("step", LEGAL)
def test_each_step_has_one_rule_and_says_who_and_when(client, coordinator, step, state):
    send(client)
    JoinRequest.objects.update(state=state)
    row, text = the_request(), ["Missä?"] if step == "ask" else []
    if state not in LEGAL[step]:
        with pytest.raises(IllegalStep):
            getattr(row, step)(coordinator, *text)
        assert (the_request().state, the_request().steps) == (state, [])
        return
    getattr(row, step)(coordinator, *text)
    row = the_request()
    assert row.state == LEGAL[step][state]
    assert row.steps[-1]["by"] == "coordinator"
    assert row.steps[-1]["at"][:4].isdigit()


def test_the_database_knows_four_states_and_no_fifth(client):
    send(client)
    with pytest.raises(IntegrityError), transaction.atomic():
        JoinRequest.objects.update(state="left")


def test_a_decision_is_taken_once_however_many_coordinators_press(client, coordinator):
    press(client, asked(client))
    stale = the_request()
    the_request().accept(coordinator)
    with pytest.raises(IllegalStep):
        stale.refuse(coordinator)
    assert the_request().state == "member"


# --- The coordinators' queue -----------------------------------------------------------------------------------------


def waiting(client, number, **changes):
    press(client, asked(client, email=f"{number}@vm.example", **changes))
    return JoinRequest.objects.get(normalised_email=f"{number}@vm.example")


def test_several_are_accepted_with_the_mail_that_was_seen_in_each_one_s_language(client, signed_in, coordinator):
    rows = [waiting(client, number, language=language) for number, language in enumerate(LANGUAGES)]
    unconfirmed = asked(client, email="unconfirmed@vm.example") and JoinRequest.objects.latest("pk")
    desk = signed_in(coordinator)
    chosen = desk.post(QUEUE, {"action": "accept", "_selected_action": [r.pk for r in (*rows, unconfirmed)]})
    shown = Markup(chosen.content.decode())
    texts = {e["name"]: "".join(e_pieces for e_pieces in e.pieces).strip() for e in shown.all("textarea")}
    assert set(texts) == set(LANGUAGES)
    assert all(shown.one("textarea", name=code)["lang"] == code for code in LANGUAGES)
    assert str(unconfirmed) in chosen.content.decode()
    texts["sv"] = "Hej och välkommen, {{ vän }}!"
    fields = hidden_fields(chosen) | texts
    assert desk.post(f"{QUEUE}decide/", fields).status_code == 302
    mails = {m.to[0]: m.body.replace("\r\n", "\n") for m in deliver()}
    assert set(mails) == {row.normalised_email for row in rows}
    for row in rows:
        row.refresh_from_db()
        assert row.state == "member"
        begins = f"{HELLO[row.language]} {row.name}\n\n{texts[row.language]}".replace("\r\n", "\n")
        assert mails[row.normalised_email].startswith(begins)
        assert f"/{row.language}/" in mails[row.normalised_email]
    unconfirmed.refresh_from_db()
    assert unconfirmed.state == "unconfirmed"
    desk.post(f"{QUEUE}decide/", fields)  # sent twice: nothing happens twice
    assert deliver() == []


def test_what_was_sent_is_read_only_and_a_note_can_be_added(client, signed_in, coordinator):
    row = waiting(client, 1)
    desk = signed_in(coordinator)
    page = Markup(desk.get(f"{QUEUE}{row.pk}/change/").content.decode())
    controls = page.all("input", "textarea", "select")
    assert {e["name"] for e in controls if e["name"] and e["type"] not in ("hidden", "submit", "search")} == {
        "note",
        "fi",
    }
    desk.post(f"{QUEUE}{row.pk}/change/", {"note": "Soitettu", "name": "Joku muu", "state": "member"})
    row.refresh_from_db()
    assert (row.notes.get().text, row.name, row.state) == ("Soitettu", ANSWERS["name"], "waiting")
    (entry,) = LogEntry.objects.all()
    assert "Soitettu" not in entry.change_message + entry.object_repr


@pytest.mark.parametrize(
    "query", ["state__exact=waiting", "organisation_type__exact=agency", "interest=3", "language__exact=fi"]
)
def test_the_queue_can_be_narrowed(client, signed_in, coordinator, query):
    waiting(client, "maija", organisation="Löydettävä")
    send(
        client,
        email="x@kunta.example",
        language="sv",
        interests=["2"],
        name="X",
        organisation="Muu",
        organisation_type="other",
    )
    listed = Markup(signed_in(coordinator).get(f"{QUEUE}?{query}").content.decode()).one("table", id="result_list").text
    assert "Löydettävä" in listed
    assert "Muu" not in listed


def test_another_request_with_the_same_name_is_hinted_at(client, signed_in, coordinator):
    send(client, email="one@vm.example")
    send(client, email="two@vm.example", name=ANSWERS["name"].upper().replace("Ä", "ä"))
    send(client, email="three@vm.example", name="Toinen Henkilö")
    listed = signed_in(coordinator).get(QUEUE).context["cl"].result_list
    assert {row.email: row.same_name for row in listed} == {
        "one@vm.example": True,
        "two@vm.example": True,
        "three@vm.example": False,
    }


@pytest.mark.parametrize("who, status", [("editor", 403), ("publisher", 403), ("coordinator", 200)])
def test_only_coordinators_see_requests(request, signed_in, who, status):
    desk = signed_in(request.getfixturevalue(who))
    for path in (QUEUE, f"{QUEUE}export/", "/fi/hallinta/contacts/message/"):
        assert desk.get(path).status_code == status


def test_a_hundred_thousand_requests_cost_the_list_no_more_queries(client, signed_in, coordinator, settings):
    desk = signed_in(coordinator)

    def queries():
        counts = []
        for path in (QUEUE, f"{QUEUE}?state__exact=waiting&mail=undelivered"):
            with CaptureQueriesContext(connection) as captured:
                assert desk.get(path).status_code == 200
            counts.append(len(captured))
        return counts

    many(3)
    queries()  # the first request of a process loads what is public
    few = queries()
    many(settings.MANY)
    assert queries() == few


def many(number):
    JoinRequest.objects.bulk_create(
        [
            JoinRequest(
                normalised_email=f"{number}.{n}@vm.example",
                email=f"{number}.{n}@vm.example",
                name=f"Henkilö {n}",
                organisation=f"Virasto {n % 100}",
                organisation_type="agency",
                language="fi",
                state="member",
            )
            for n in range(number)
        ],
        batch_size=5000,
    )


# --- The members' list -----------------------------------------------------------------------------------------------


def test_members_are_exported_for_a_spreadsheet_and_the_export_is_recorded(client, signed_in, coordinator):
    formulas = ["=1+1", "+1", "-1", "@SUM(A1)", "  =1", "=cmd|' /C calc'!A0"]
    for number, formula in enumerate(formulas):
        waiting(client, number, name='Å; "Ö"', organisation=formula, description=f"{formula}\r\n=2").accept(coordinator)
    waiting(client, "waiting")
    desk = signed_in(coordinator)
    assert desk.post(f"{QUEUE}export/", {"why": ""}).status_code == 200
    assert not Export.objects.exists()
    answer = desk.post(f"{QUEUE}export/", {"why": "Tapaamisen kutsut"})
    written = b"".join(answer.streaming_content)
    assert written.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert len(rows) == 1 + len(formulas)
    assert {row[0] for row in rows[1:]} == {'Å; "Ö"'}
    assert all(cell == "" or cell.lstrip()[0] not in "=+-@" for row in rows[1:] for cell in row)
    export = Export.objects.get()
    assert (export.by, export.why, export.members) == (coordinator, "Tapaamisen kutsut", len(formulas))


def test_an_export_of_many_streams_with_flat_memory(settings):
    many(settings.MANY)
    tracemalloc.start()
    lines, highest = 0, 0
    for _line in as_csv(JoinRequest.objects.filter(state="member").order_by("pk")):
        lines += 1
        if lines % 5000 == 0:
            highest = max(highest, tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert lines == settings.MANY + 2
    assert highest < 12_000_000  # bytes; all rows at once would be some hundred million

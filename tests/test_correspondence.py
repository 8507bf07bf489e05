"""What both forms share: a person's own page, erasure, retention, mails and the way the admin answers them."""

import io
import json
import re
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from contacts.models import Message
from network.models import Export, JoinRequest
from tests.admin_pages import decide
from tests.conftest import LANGUAGES
from tests.forms import (
    ANSWERS,
    ASK,
    WORDS,
    asked,
    deliver,
    everything_stored,
    give,
    members_link,
    own_link,
    press,
    send,
)
from tests.markup import Markup
from website.correspondence import retention
from website.correspondence.models import Link, MonthCount, Purge, state_shown
from website.mail.models import Mail
from website.mail.outbox import enqueue

pytestmark = pytest.mark.django_db


# --- A person's own page --------------------------------------------------------------------------------------------


def test_every_mail_to_a_person_has_the_link_to_their_own_page(client, signed_in, coordinator, settings):
    press(client, asked(client))
    give(client, email="maija@vm.example")
    row = JoinRequest.objects.get()
    decide(signed_in(coordinator), row, "accept", "Tervetuloa")
    send(client)
    client.post(ASK["sv"], {"email": "maija@vm.example"})
    mails = deliver()
    assert len(mails) == 4
    assert [client.get(own_link(message)).status_code for message in mails] == [200] * 4


def test_the_own_page_shows_an_answer_and_a_newer_text_where_there_is_one(client, coordinator):
    person = {"name": "Aino", "organisation": "Virasto", "organisation_type": "agency", "language": "fi"}
    newest = person | {"email": "a@vm.example", "organisation": "Uusi virasto"}
    for email, newer in (("a@vm.example", newest), ("b@vm.example", None)):
        row = JoinRequest.objects.create(normalised_email=email, email=email, state="waiting", newest=newer, **person)
        message = Message.objects.create(
            normalised_email=email, message="Viesti", kind="other", language="fi", digest=email
        )
        if newer:
            message.be_answered(coordinator, "Vastauksemme.")
        shown = client.get(f"{ASK['fi']}{Link.make(email)}/").content.decode()
        found = ["Uusi virasto" in shown, "Vastauksemme." in shown, "Uudempi, vielä vahvistamaton teksti" in shown]
        assert found == [bool(newer)] * 3, row


def test_the_own_page_shows_everything_held_and_is_kept_nowhere(client, coordinator):
    link = members_link(client)
    give(client, email=ANSWERS["email"])
    for words in ("Puhelinkeskustelu keväällä", "Toinen muistiinpano"):
        JoinRequest.objects.get().notes.create(text=words, by=coordinator)
    page = client.get(link)
    assert page["Cache-Control"] == "no-store"
    markup = Markup(page.content.decode())
    assert markup.one("meta", name="robots")["content"] == "noindex"
    text = markup.one("main").text
    for words in (
        *(ANSWERS[f] for f in ("name", "email", "organisation", "title")),
        "Kokeilu alkoi",
        "Puhelinkeskustelu",
        "Toinen muistiinpano",
        WORDS["message"],
    ):
        assert words in text
    assert coordinator.username not in text


def test_the_download_holds_every_field_but_the_row_s_own_number(client, coordinator):
    link = members_link(client)
    JoinRequest.objects.get().notes.create(text="Soitettu", by=coordinator)
    answer = client.get(f"{link}lataa/")
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Cache-Control"] == "no-store"
    (held,) = json.loads(answer.content)["held"]
    columns = {field.name for field in JoinRequest._meta.fields} - {"id", "normalised_email"}
    assert set(held) == columns | {"kind", "notes"}
    assert [(note["text"], set(note)) for note in held["notes"]] == [("Soitettu", {"text", "at"})]
    assert held["interests"] == ["1", "3"]
    assert [step["what"] for step in held["steps"]] == ["confirmed"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_person_corrects_their_data_but_not_the_address(client, language):
    link = members_link(client)
    token = link.rstrip("/").rsplit("/", 1)[1]
    address = {"fi": "/fi/verkosto/korjaa/", "sv": "/sv/natverk/ratta/", "en": "/en/network/correct/"}[
        language
    ] + f"{token}/"
    form = Markup(client.get(address).content.decode())
    assert form.one("input", name="name")["value"] == ANSWERS["name"]
    assert not form.all("input", name="email")
    shown = {"shown": form.one("input", name="shown")["value"]}
    wrong = client.post(address, ANSWERS | shown | {"name": "", "title": "Säilyvä titteli"})
    assert wrong.status_code == 422
    assert "Säilyvä titteli" in wrong.content.decode()
    corrected = ANSWERS | shown | {"name": "Maija Oikea", "email": "joku.muu@vm.example"}
    assert client.post(address, corrected).status_code == 303
    row = JoinRequest.objects.get()
    assert (row.name, row.normalised_email, row.email, row.state) == (
        "Maija Oikea",
        "maija@vm.example",
        "maija@vm.example",
        "waiting",
    )
    assert row.steps[-1]["what"] == "corrected by the person"


def test_leaving_asks_once_and_erases_at_once(client):
    link = members_link(client)
    page = client.get(f"{link}poista/")
    assert JoinRequest.objects.exists()
    assert Markup(page.content.decode()).one("button", name="shown")
    assert press(client, f"{link}poista/").status_code == 303
    assert not JoinRequest.objects.exists() and not Link.objects.exists()
    assert client.post(f"{link}poista/").status_code == 303  # a double click
    assert client.get(link).status_code == 404
    assert MonthCount.objects.get().count == 1


def test_two_erasures_of_one_row_count_once(client):
    members_link(client)
    first, second = JoinRequest.objects.get(), JoinRequest.objects.get()
    first.erase("left")
    second.erase("left")
    assert MonthCount.objects.get().count == 1


def test_leaving_cannot_be_made_to_happen_by_another_site(client):
    link = members_link(client)
    assert client.post(f"{link}poista/", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert JoinRequest.objects.exists()


def test_the_own_link_works_for_thirty_days(client, time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    link = members_link(client)
    time_machine.shift(timedelta(days=30) - timedelta(seconds=1))
    assert client.get(link).status_code == 200
    time_machine.shift(timedelta(seconds=1))
    for path in (link, f"{link}lataa/", f"{link}poista/"):
        assert client.get(path).status_code == 404
    press(client, f"{link}poista/")
    assert JoinRequest.objects.exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_link_is_sent_anew_and_nobody_learns_who_is_known(client, language, django_assert_num_queries):
    asked(client)
    deliver()

    def ask(address):
        with connection.execute_wrapper(counted := Statements()):
            return client.post(ASK[language], {"email": address}), counted.kinds

    ask("warm.up@vm.example")
    known, work = ask("maija@vm.example")
    unknown, same_work = ask("nobody@vm.example")
    assert (known.status_code, known["Location"], known.content) == (
        unknown.status_code,
        unknown["Location"],
        unknown.content,
    )
    assert [w for w in work if w in WRITES] == [w for w in same_work if w in WRITES]
    mails = {m.to[0]: m for m in deliver()}
    assert ANSWERS["organisation"] in client.get(own_link(mails["maija@vm.example"])).content.decode()
    assert "/your-data/" not in mails["nobody@vm.example"].body  # there is nothing to see behind a link


WRITES = ("INSERT", "UPDATE", "DELETE")


class Statements:
    """Which kinds of statement were run, in order."""

    def __init__(self):
        self.kinds, self.statements = [], []

    def __call__(self, execute, sql, params, many, context):
        self.kinds.append(sql.split(None, 1)[0])
        # The names of savepoints are numbers, and an empty column is written as a word.
        self.statements.append(re.sub(r'"s\d+_x\d+"|= (NULL|%s)', "", sql))
        return execute(sql, params, many, context)


def test_a_known_address_costs_the_same_statements_as_a_new_one(client):
    for state in ("unconfirmed", "waiting", "member", "refused"):
        send(client, email=f"{state}@vm.example")
        JoinRequest.objects.filter(normalised_email=f"{state}@vm.example").update(state=state)
    works, answers = set(), set()
    for name in ("unconfirmed", "waiting", "member", "refused", "new"):
        with connection.execute_wrapper(statements := Statements()):
            answer = send(client, email=f"{name}@vm.example")
        works.add(tuple(statements.statements))
        answers.add((answer.status_code, answer["Location"], answer.content))
    assert len(works) == 1
    assert len(answers) == 1


# --- Erased means gone ----------------------------------------------------------------------------------------------

MARK = "zyxmerkki"


def test_what_is_erased_is_in_no_table_and_no_log(client, signed_in, coordinator, administrator, caplog, time_machine):
    """Every flow with marked words, then erasing and the purge: the mark is nowhere any more."""
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    fill_every_flow(client, signed_in, coordinator)
    assert everything_stored().count(MARK) > 10
    logged = "".join(record.getMessage() for record in caplog.records)
    assert MARK not in logged

    desk = signed_in(coordinator)
    left = members_link(client, email=f"{MARK}.left@vm.example", name=MARK)
    press(client, f"{left}poista/")
    for row in [*JoinRequest.objects.all(), *Message.objects.all()]:
        label = row._meta.label_lower.replace(".", "/")
        assert desk.post(f"/fi/hallinta/{label}/{row.pk}/delete/", {"post": "yes"}).status_code == 302
    # At once, but for who tried to sign in and an address that asked and is nobody's: the purge takes those.
    assert [line for line in traces() if "/login/" not in line and f"{MARK}.ask@" not in line] == []
    time_machine.shift(timedelta(days=31))
    call_command("purge_personal_data", stdout=io.StringIO())
    assert traces() == []
    assert LogEntry.objects.exists() and MonthCount.objects.exists()


def traces():
    return [line for line in everything_stored().splitlines() if MARK in line]


def fill_every_flow(client, signed_in, coordinator):
    marked = {"name": f"{MARK} nimi", "organisation": f"{MARK} virasto", "title": MARK, "description": f"{MARK} työ"}
    address = f"{MARK}@vm.example"
    link = asked(client, email=address, **marked)
    press(client, link)
    send(client, email=address, **marked | {"name": f"{MARK} uusi"})
    send(client, email=f"{MARK}.robot@vm.example", remark="x", **marked)
    refused = f"{MARK}.refused@vm.example"
    send(client, email=refused, **marked)
    give(client, email=f"{MARK}.f@vm.example", name=MARK, message=f"{MARK} viesti", page=MARK)
    client.post(ASK["fi"], {"email": f"{MARK}.ask@vm.example"})
    desk = signed_in(coordinator)
    row, second = JoinRequest.objects.get(normalised_email=address), JoinRequest.objects.get(normalised_email=refused)
    desk.post(f"/fi/hallinta/network/joinrequest/{row.pk}/change/", {"note": f"{MARK} muistiinpano"})
    row.refresh_from_db()
    decide(desk, row, "accept", f"Tervetuloa {MARK}")
    decide(desk, second, "refuse")
    message = Message.objects.get()
    decide(desk, message, "answer", f"Answer {MARK}")
    type(client)().post("/fi/hallinta/login/", {"username": MARK, "password": f"{MARK} salasana"})
    failing = enqueue(address, "network/mail/known.txt", "fi", {"token": "x" * 43, "days": 30})
    Mail.objects.filter(pk=failing.pk).update(state="refused", answer=f"550 {MARK} unknown here")


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_what_is_erased_is_not_in_the_database_s_file_either(client, signed_in, coordinator, time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    fill_every_flow(client, signed_in, coordinator)
    deliver()
    folder = django_settings.VAR_DIR
    assert places_with_mark(folder)
    for row in [*JoinRequest.objects.all(), *Message.objects.all()]:
        row.erase("erased")
    time_machine.shift(timedelta(days=31))
    retention.purge()
    assert places_with_mark(folder) == []


def places_with_mark(folder):
    if connection.vendor != "sqlite":  # PostgreSQL's files are its own; its tables can be searched
        return traces()
    return [str(path) for path in folder.rglob("*") if path.is_file() and MARK.encode() in path.read_bytes()]


def test_a_person_held_elsewhere_keeps_their_links(client):
    link = members_link(client)
    give(client, email=ANSWERS["email"])
    JoinRequest.objects.get().erase("erased")
    assert WORDS["message"] in client.get(link).content.decode()


def test_what_came_without_an_address_is_shown_to_nobody(client):
    give(client, email="")
    assert Message.objects.get().normalised_email == ""
    assert WORDS["message"] not in client.get(f"/en/your-data/{Link.make('')}/").content.decode()


def test_references_name_nobody(client):
    send(client)
    give(client)
    for row in (JoinRequest.objects.get(), Message.objects.get(), Link.objects.first()):
        for word in ("Maija", "maija", "Aino", "aino", "vm.example"):
            assert word not in str(row)


# --- Retention ------------------------------------------------------------------------------------------------------


def test_every_kind_of_data_with_a_period_is_in_the_register_and_the_other_way_round():
    assert {entry.setting for entry in retention.REGISTER.values()} == set(django_settings.KEEP_DAYS)


OLD = {
    "unconfirmed": lambda c: send(c),
    "suspected": lambda c: send(c, remark="x"),
    "refused": lambda c: (send(c), JoinRequest.objects.get().refuse(None)),
    "suspected_feedback": lambda c: give(c, remark="x", kind="content"),
    "feedback": lambda c: (give(c), Message.objects.get().be_answered(None)),
    "mails": lambda c: (send(c), deliver()),
    "links": lambda c: send(c),
    "tallies": lambda c: send(c),
    "login_failures": lambda c: c.post("/fi/hallinta/login/", {"username": "x", "password": "y"}),
}


@pytest.mark.parametrize("name", OLD)
def test_what_has_had_its_time_is_purged_and_not_a_day_before(client, time_machine, name):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    OLD[name](client)
    entry = retention.REGISTER[name]
    time_machine.shift(timedelta(days=entry.days) - timedelta(seconds=1 if name != "tallies" else 43_201))
    assert retention.purge(dry_run=True)[name] == 0
    time_machine.shift(timedelta(seconds=2 if name != "tallies" else 43_202))
    assert retention.purge(dry_run=True)[name] > 0
    assert Purge.objects.count() == 0
    retention.purge()
    assert retention.purge(dry_run=True)[name] == 0
    assert Purge.objects.get().counts[name] > 0


def test_members_and_unanswered_feedback_stay(client, time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    press(client, asked(client))
    JoinRequest.objects.get().accept(None)
    send(client, email="waiting@vm.example")
    press(client, asked(client, email="waiting2@vm.example"))
    give(client)
    time_machine.shift(timedelta(days=1000))
    retention.purge()
    assert sorted(JoinRequest.objects.values_list("state", flat=True)) == ["member", "waiting"]
    assert Message.objects.count() == 1


def test_a_newer_text_that_nobody_confirmed_goes_and_the_request_stays(client, time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    press(client, asked(client))
    send(client, name="Uudempi Nimi")
    time_machine.shift(timedelta(days=14, seconds=1))
    retention.purge()
    row = JoinRequest.objects.get()
    assert (row.name, row.newest) == (ANSWERS["name"], None)


def test_the_command_counts_and_a_dry_run_deletes_nothing(client, time_machine, capsys):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    send(client)
    time_machine.shift(timedelta(days=15))
    call_command("purge_personal_data", "--dry-run")
    assert re.search(r"^unconfirmed +1$", capsys.readouterr().out, re.M)
    assert JoinRequest.objects.exists()
    call_command("purge_personal_data")
    assert re.search(r"^unconfirmed +1$", capsys.readouterr().out, re.M)
    assert not JoinRequest.objects.exists()


def test_the_worker_purges_once_a_day_and_an_overdue_run_is_counted(time_machine):
    from website.correspondence.admin import purge_overdue
    from website.management.commands.worker import purge_when_due

    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)

    def overdue():
        return len(list(purge_overdue(None)))

    assert overdue() == 1
    purge_when_due()
    purge_when_due()
    assert (Purge.objects.count(), overdue()) == (1, 0)
    time_machine.shift(timedelta(hours=24))
    purge_when_due()
    assert Purge.objects.count() == 2
    time_machine.shift(timedelta(hours=26))
    assert overdue() == 1


# --- Mails ----------------------------------------------------------------------------------------------------------


def test_undelivered_mail_shows_the_server_s_words_and_is_sent_again(client, signed_in, coordinator):
    send(client)
    Mail.objects.update(state="refused", answer="550 5.1.1 no such mailbox", finished_at=timezone.now())
    row = JoinRequest.objects.get()
    desk = signed_in(coordinator)
    assert (
        "550 5.1.1 no such mailbox" in desk.get(f"/fi/hallinta/network/joinrequest/{row.pk}/change/").content.decode()
    )
    listed = desk.get("/fi/hallinta/network/joinrequest/?mail=undelivered").content.decode()
    assert ANSWERS["organisation"] in listed
    assert deliver() == []
    desk.post("/fi/hallinta/network/joinrequest/", {"action": "send_again", "_selected_action": [row.pk]})
    assert len(deliver()) == 1
    assert (
        ANSWERS["organisation"] not in desk.get("/fi/hallinta/network/joinrequest/?mail=undelivered").content.decode()
    )


def test_the_team_hears_of_a_confirmed_request_without_personal_data(client, settings):
    settings.TEAM_MAILBOX = "team@vm.example"
    link = asked(client)
    press(client, link)
    press(client, link)
    (told,) = deliver()
    assert told.to == ["team@vm.example"]
    assert "/hallinta/network/joinrequest/" in told.body
    for word in (ANSWERS["name"], "maija", ANSWERS["organisation"], "Kokeilu"):
        assert word not in told.subject + told.body


# --- Sessions that end ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page, name", [("decide/", "fi"), ("{0}/change/", "fi"), ("{0}/change/", "note"), ("export/", "why")]
)
def test_an_expired_session_loses_nothing_that_a_coordinator_typed(client, coordinator, page, name):
    press(client, asked(client))
    row = JoinRequest.objects.get()
    address = f"/fi/hallinta/network/joinrequest/{page.format(row.pk)}"
    typed = "Pitkään kirjoitettu"
    data = {name: typed} | ({"decision": "accept", "keys": row.pk, "shown": state_shown([row])} if name == "fi" else {})
    sign_in = client.post(address, data).content.decode()
    fields = {e["name"]: e["value"] for e in Markup(sign_in).all("input") if e["type"] == "hidden"}
    back = client.post(address, fields | {"username": "coordinator", "password": "correct horse battery"})
    assert back.status_code == 200 and "Mitään ei ole vielä tallennettu eikä lähetetty" in back.content.decode()
    field = Markup(back.content.decode()).all("input", "textarea", name=name)[0]
    assert typed in (field["value"], field.text)
    # Nothing was done with it yet, and a press of the button does it.
    for nothing in (True, False):
        row.refresh_from_db()
        assert ((row.state, row.notes.count(), Export.objects.count()) == ("waiting", 0, 0)) is nothing
        client.post(address, data)

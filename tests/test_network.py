"""Asking to join the network: the form, the mail, the link and the button, from the address down."""

import csv
import io
import random
import re
import threading
import tracemalloc
from datetime import timedelta
from urllib.parse import quote, urlencode

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail as sent
from django.core.mail.backends.locmem import EmailBackend
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import gettext, override

from network.admin import as_csv
from network.models import Export, JoinRequest
from tests.conftest import LANGUAGES
from tests.markup import Markup
from website.correspondence.models import IllegalStep, Link
from website.mail import sender
from website.mail.models import Mail

pytestmark = pytest.mark.django_db

FORM = {"fi": "/fi/verkosto/liity/", "sv": "/sv/natverk/anmal-dig/", "en": "/en/network/join/"}
URLENCODED = "application/x-www-form-urlencoded"
ANSWERS = {
    "name": "Maija Meikäläinen",
    "email": "maija@vm.example",
    "organisation": "Valtiokonttori",
    "organisation_type": "agency",
    "language": "fi",
    "title": "Kehittämispäällikkö",
    "interests": ["1", "3"],
    "description": "Kokeilu alkoi keväällä.\r\nSe jatkuu.",
    "remark": "",
}


def send(client, page="fi", *, headers=None, **changes):
    """Posts the form as a browser does."""
    body = urlencode(ANSWERS | changes, doseq=True)
    return client.post(FORM[page], body, content_type=URLENCODED, headers=headers)


def the_request():
    return JoinRequest.objects.get()


def deliver():
    """Sends what is due and returns it."""
    before = len(sent.outbox)
    sender.send_due()
    return sent.outbox[before:]


def link_in(message):
    """The path of the link to press a button behind."""
    return re.search(r"^http://testserver(/\S+)$", message.body, re.MULTILINE)[1]


def asked(client, **changes):
    """A request was sent and its mail has come: the link in it."""
    assert send(client, **changes).status_code == 303
    return link_in(deliver()[-1])


def press(client, link):
    """Opens the page behind a link and presses its button, where it has one."""
    buttons = Markup(client.get(link).content.decode()).all("button", name="shown")
    return client.post(link, {button["name"]: button["value"] for button in buttons})


def everything_stored():
    """Every value in every table, as one text."""
    with connection.cursor() as cursor:
        values = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            values.extend(repr(row) for row in cursor.fetchall())
    return "\n".join(values)


# --- The main road --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_official_asks_to_join_and_confirms(client, language):
    response = send(client, language, language=language)
    assert response.status_code == 303
    assert client.get(response["Location"]).status_code == 200
    assert the_request().state == "unconfirmed"

    (message,) = deliver()
    assert message.to == ["maija@vm.example"]
    link = link_in(message)
    assert link.startswith(f"/{language}/")
    shown = client.get(link)
    assert shown.status_code == 200
    assert ANSWERS["organisation"] in shown.content.decode()

    assert press(client, link).status_code == 200
    joinrequest = the_request()
    assert joinrequest.state == "waiting"
    assert joinrequest.confirmed_at
    assert joinrequest.interests == ["1", "3"]
    assert joinrequest.description == "Kokeilu alkoi keväällä.\nSe jatkuu."


def test_everything_written_is_stored_as_it_was_written(client):
    answers = {
        "name": "Ylva Åkerblom 🙂",
        "title": "<b>chef</b>",
        "organisation": "Kyrkslätt & co",
        "description": "{{ 1 }}",
    }
    assert send(client, **answers).status_code == 303
    assert {field: getattr(the_request(), field) for field in answers} == answers


@pytest.mark.parametrize(
    "pasted",
    ["yhdys\u00adsana", "👩‍💻 tiimi", "\uf0b7 ensimmäinen kohta", "\ufeffalku", "rivi\u2028toinen", "rivi\x0btoinen"],
    ids=ascii,
)
def test_work_pasted_from_a_document_is_taken(client, pasted):
    """Soft hyphens, joined emoji, Word's bullets and line breaks: nobody could find them to remove them."""
    assert send(client, description=f"Kokeilu: {pasted}").status_code == 303


def test_a_line_break_is_one_character_as_the_browser_counts(client):
    """A browser lets 1,000 characters into the field, and sends each line break as two."""
    lines = ["x" * 99] * 9 + ["x" * 100]
    assert send(client, description="\r\n".join(lines)).status_code == 303
    assert the_request().description == "\n".join(lines)


def test_the_form_may_come_in_parts(client):
    assert client.post(FORM["fi"], ANSWERS).status_code == 303
    assert the_request().interests == ["1", "3"]


@pytest.mark.parametrize("page", LANGUAGES)
@pytest.mark.parametrize("chosen", LANGUAGES)
def test_the_mail_is_in_the_language_that_was_chosen(client, page, chosen):
    send(client, page, language=chosen)
    (message,) = deliver()
    with override(chosen):
        assert message.subject == gettext("Confirm your request to join the innovation network")
    assert link_in(message).startswith(f"/{chosen}/")
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"


def test_mails_in_three_languages_differ(client):
    subjects = set()
    for language in LANGUAGES:
        send(client, language=language, email=f"{language}@vm.example")
        subjects.add(deliver()[0].subject)
    assert len(subjects) == 3


# --- The page of the form is the same for everybody -----------------------------------------------------------------


def test_the_form_s_page_carries_no_token_and_is_the_same_for_everybody(client):
    pages = [Client().get(FORM["fi"]), client.get(FORM["fi"]), client.get(FORM["fi"], REMOTE_ADDR="203.0.113.9")]
    assert len({page.content for page in pages}) == 1
    markup = Markup(pages[0].content.decode())
    assert markup.all("input", type="hidden") == []
    assert not pages[0].cookies


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_s_own_language_is_chosen_beforehand(client, language):
    markup = Markup(client.get(FORM[language]).content.decode())
    chosen = [e["value"] for e in markup.all("input", name="language") if e["checked"] is not None]
    assert chosen == [language]


# --- One row for one address ----------------------------------------------------------------------------------------


def test_a_double_click_is_harmless(client):
    assert [send(client).status_code for _ in range(2)] == [303, 303]
    the_request()


def test_forty_posts_make_one_row_and_three_mails(client):
    assert {send(client).status_code for _ in range(40)} == {303}
    the_request()
    assert len(deliver()) == 3


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_forty_posts_at_once_make_one_row_and_three_mails():
    statuses = []
    gate = threading.Barrier(8)

    def visitor():
        client = Client()
        gate.wait()
        for _ in range(5):
            statuses.append(send(client).status_code)
        connections.close_all()

    threads = [threading.Thread(target=visitor) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [303] * 40
    the_request()
    assert Mail.objects.count() == 3


@pytest.mark.parametrize("variant", ["MAIJA@VM.EXAMPLE", "Maija@vm.Example", "  maija@vm.example\t"])
def test_an_address_in_other_letters_is_the_same_address(client, variant):
    send(client)
    assert send(client, email=variant).status_code == 303
    the_request()


def test_a_domain_with_letters_of_ours_is_one_however_it_is_written(client):
    send(client, email="maija@hämeenkyrö.fi")
    send(client, email=f"maija@{'hämeenkyrö'.encode('idna').decode()}.fi")
    the_request()


def test_an_unconfirmed_request_keeps_the_newest_text_and_shows_it(client):
    send(client)
    link = asked(client, name="Maija Uusi")
    assert the_request().name == "Maija Uusi"
    assert "Maija Uusi" in client.get(link).content.decode()


def test_a_confirmed_request_waits_with_its_text_until_the_newer_one_is_confirmed(client):
    press(client, asked(client))
    link = asked(client, name="Maija Uusi")
    assert the_request().name == ANSWERS["name"]
    assert "Maija Uusi" in client.get(link).content.decode()
    assert the_request().name == ANSWERS["name"]
    press(client, link)
    joinrequest = the_request()
    assert (joinrequest.name, joinrequest.state, joinrequest.newest) == ("Maija Uusi", "waiting", None)


@pytest.mark.parametrize("state", ["member", "refused"])
def test_a_decided_request_is_not_changed_and_the_mail_says_so(client, state):
    asked(client)
    JoinRequest.objects.update(state=state)
    send(client, name="Joku Muu", language="en")
    joinrequest = the_request()
    assert (joinrequest.name, joinrequest.state, joinrequest.newest) == (ANSWERS["name"], state, None)
    (message,) = deliver()
    subjects = {"member": "You are already a member of the network", "refused": "The ministry already has your request"}
    assert message.subject == subjects[state]
    assert "Nothing was changed" in message.body
    assert "confirm" not in message.body


def test_three_mails_in_a_day_and_a_fourth_the_day_after(client, time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    for _ in range(5):
        assert send(client).status_code == 303
    assert len(deliver()) == 3
    time_machine.shift(timedelta(hours=23, minutes=59))
    send(client)
    assert deliver() == []
    time_machine.shift(timedelta(minutes=1))
    send(client)
    assert len(deliver()) == 1


def test_nobody_learns_from_an_answer_who_is_in_the_network(client):
    for state in ("unconfirmed", "waiting", "member", "refused"):
        send(client, email=f"{state}@vm.example")
        JoinRequest.objects.filter(normalised_email=f"{state}@vm.example").update(state=state)
    answers = [send(client, email=f"{state}@vm.example") for state in ("unconfirmed", "waiting", "member", "refused")]
    answers.append(send(client, email="new@vm.example"))
    answers.append(send(client, email="trapped@vm.example", remark="https://spam.example"))
    answers += [send(client, email="often@vm.example") for _ in range(5)]
    assert len({(a.status_code, tuple(sorted(a.headers.items())), a.content) for a in answers}) == 1


# --- Robots and floods ----------------------------------------------------------------------------------------------


def test_what_falls_into_the_trap_is_kept_as_suspected_until_confirmed(client):
    link = asked(client, remark="https://spam.example")
    assert the_request().suspected
    press(client, link)
    assert not the_request().suspected


def test_many_from_one_network_are_suspected_and_not_refused(client, settings):
    settings.REQUESTS_PER_PREFIX_PER_HOUR = 3
    for number in range(5):
        body = urlencode(ANSWERS | {"email": f"{number}@vm.example"}, doseq=True)
        answer = client.post(FORM["fi"], body, content_type=URLENCODED, REMOTE_ADDR=f"203.0.113.{number}")
        assert answer.status_code == 303
    elsewhere = urlencode(ANSWERS | {"email": "elsewhere@vm.example"}, doseq=True)
    client.post(FORM["fi"], elsewhere, content_type=URLENCODED, REMOTE_ADDR="203.0.114.1")
    suspected = JoinRequest.objects.filter(suspected=True).values_list("normalised_email", flat=True)
    assert sorted(suspected) == ["3@vm.example", "4@vm.example"]


def test_the_hour_s_count_starts_again_with_the_next(client, settings, time_machine):
    settings.REQUESTS_PER_PREFIX_PER_HOUR = 1
    time_machine.move_to("2027-01-01 12:59:00+02:00", tick=False)
    send(client)
    send(client, email="second@vm.example")
    time_machine.shift(timedelta(minutes=1))
    send(client, email="third@vm.example")
    assert [r.normalised_email for r in JoinRequest.objects.filter(suspected=True)] == ["second@vm.example"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_flood_from_everywhere_is_asked_to_come_back_and_keeps_what_was_typed(client, settings, language):
    settings.REQUESTS_PER_SITE_PER_HOUR = 1
    send(client)
    answer = send(client, language, email="second@vm.example")
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 3600
    assert answer["Cache-Control"] == "no-store"
    assert the_request().normalised_email == "maija@vm.example"
    markup = Markup(answer.content.decode())
    with override(language):
        assert markup.one("div", class_="summary").text.startswith(gettext("We cannot take the request just now"))
    assert typed(markup) == {**ANSWERS, "email": "second@vm.example", "description": ANSWERS["description"]}
    assert client.get(FORM[language]).status_code == 200


def typed(markup):
    """What a form's page holds in its fields."""
    held = dict.fromkeys(ANSWERS, "") | {"interests": []}
    for control in markup.all("input", "textarea"):
        name = control["name"]
        if control.tag == "textarea":
            # A browser leaves out the first line break, and sends others as two characters.
            held[name] = "".join(control.pieces).removeprefix("\r\n").removeprefix("\n")
        elif control["type"] == "checkbox":
            held[name] += [control["value"]] if control["checked"] is not None else []
        elif control["type"] == "radio":
            held[name] = control["value"] if control["checked"] is not None else held[name]
        else:
            held[name] = control["value"] or ""
    return held


# --- What is stored, and what is not --------------------------------------------------------------------------------


def test_no_network_address_is_stored_anywhere(client):
    body = urlencode(ANSWERS, doseq=True)
    client.post(FORM["fi"], body, content_type=URLENCODED, REMOTE_ADDR="203.0.113.77")
    client.post(FORM["fi"], body, content_type=URLENCODED, REMOTE_ADDR="2001:db8:7:7::77")
    stored = everything_stored()
    assert "maija@vm.example" in stored
    for trace in ("203.0.113", "2001:db8", "20010db8"):
        assert trace not in stored


def test_the_token_is_stored_nowhere_once_its_mail_is_sent(client):
    token = asked(client).rstrip("/").rsplit("/", 1)[-1]
    assert len(token) >= 43
    assert token not in everything_stored()


def test_yesterday_s_counts_and_their_key_are_gone(client, time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    send(client)
    yesterday = {line for line in everything_stored().splitlines() if "2027, 1, 1)" in line}
    assert yesterday
    time_machine.shift(timedelta(days=1))
    send(client)
    assert not [line for line in everything_stored().splitlines() if "datetime.date(2027, 1, 1)" in line]


def test_a_request_that_is_erased_in_the_very_moment_of_a_step_breaks_nothing(client, coordinator, monkeypatch):
    link = asked(client)
    gone = the_request()
    JoinRequest.objects.all().delete()
    monkeypatch.setattr("network.views._request_behind", lambda *args: gone)
    assert press(client, link).status_code == 404
    token = link.rstrip("/").rpartition("/")[2]
    corrected = client.post(f"/fi/verkosto/korjaa/{token}/", ANSWERS)
    assert corrected.headers["Location"].endswith(f"/{token}/")
    with pytest.raises(IllegalStep):
        gone.refuse(coordinator)


# --- The link and its button ----------------------------------------------------------------------------------------


def test_opening_the_link_confirms_nothing(client):
    link = asked(client)
    for _ in range(3):
        client.get(link)
        client.head(link)
    assert the_request().state == "unconfirmed"


def test_pressing_twice_is_harmless(client):
    link = asked(client)
    first = press(client, link)
    confirmed_at = the_request().confirmed_at
    assert press(client, link).content == first.content
    assert (the_request().state, the_request().confirmed_at) == ("waiting", confirmed_at)


def test_every_link_that_was_mailed_works(client):
    links = [asked(client) for _ in range(3)]
    assert len(set(links)) == 3
    assert press(client, links[0]).status_code == client.get(links[1]).status_code == 200


def test_an_old_link_never_takes_back_a_decision(client):
    link = asked(client)
    JoinRequest.objects.update(state="member")
    press(client, link)
    assert the_request().state == "member"


def test_the_link_works_for_fourteen_days(client, time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    link = asked(client)
    time_machine.shift(timedelta(days=14) - timedelta(seconds=1))
    assert client.get(link).status_code == 200
    time_machine.shift(timedelta(seconds=1))
    assert client.get(link).status_code == 404
    assert press(client, link).status_code == 404
    assert the_request().state == "unconfirmed"


def test_the_page_behind_the_link_is_kept_nowhere(client):
    for response in (client.get(asked(client)), client.get("/fi/verkosto/vahvista/unknown/")):
        assert response["Cache-Control"] == "no-store"
        assert response["Referrer-Policy"] == "same-origin"
        assert Markup(response.content.decode()).one("meta", name="robots")["content"] == "noindex"


# --- Posts from elsewhere -------------------------------------------------------------------------------------------

FOREIGN = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": "http://testserver"},
    {"origin": "null"},
    {"origin": ""},
    {"origin": "https://evil.example"},
    {"origin": "http://testserver.evil.example"},
    {"origin": "http://testserver:8000"},
    {"origin": "testserver"},
    {"origin": "http://["},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_posts_from_another_site_are_refused(client, headers):
    link = asked(client)
    for answer in (send(client, "en", headers=headers, email="x@vm.example"), client.post(link, headers=headers)):
        assert answer.status_code == 403
        assert Markup(answer.content.decode()).one("h1").text
    assert the_request().state == "unconfirmed"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "same-origin", "origin": "null"},
        {"origin": "http://testserver"},
        {},
    ],
    ids=str,
)
def test_posts_from_our_own_pages_are_taken(client, headers):
    assert send(client, headers=headers).status_code == 303


# --- Bad input ------------------------------------------------------------------------------------------------------

UNDELIVERABLE = [
    "maija",
    "maija@localhost",
    "maija@[127.0.0.1]",
    "maija@[IPv6:::1]",
    "maija@127.0.0.1",
    f"{'a' * 65}@vm.example",
    f"{'a' * 60}@{'b.' * 97}fi",
    "=?utf-8?q?maija?=@vm.example",
    "äiti@vm.example",
    "maija@" + "ä" * 64 + ".fi",
    f"{'a' * 60}@{'ä.' * 30}fi",  # short to read; 303 characters as mail servers write it
    "maija@-vm.example",
    "maija@vm..example",
    "maija@.example",
    "maija@xn--.example",
    "maija@vm.example.",
    '"maija m"@vm.example',
    "maija@vm.example, pentti@vm.example",
    "Maija <maija@vm.example>",
    "maija@vm.example\r\nBcc: everybody@vm.example",
    "maija@vm.example\x00",
    "maija@@vm.example",
    "@vm.example",
    "maija@",
]

BAD = [
    *(("email", address) for address in UNDELIVERABLE),
    ("email", ""),
    ("name", ""),
    ("name", "   "),
    ("name", "x" * 101),
    ("name", "Maija\x00"),
    ("name", "Maija\x1b[31m"),
    ("name", "\u202e\u200b\u3164"),
    ("organisation", ""),
    ("organisation", "x" * 151),
    ("title", "x" * 101),
    ("title", "a\x07b"),
    ("organisation_type", ""),
    ("organisation_type", "bank"),
    ("language", "ru"),
    ("language", ""),
    ("interests", ["6"]),
    ("interests", ["1", "x"]),
    ("interests", "1' OR '1'='1"),
    ("description", "x" * 1001),
    ("description", "a\x00b"),
    ("description", "a\x1bb"),
    ("description", "😀" * 1001),
    ("description", "x" * 900_000),
]


@pytest.mark.parametrize("field, value", BAD, ids=lambda value: ascii(value)[:40])
@pytest.mark.parametrize("language", LANGUAGES)
def test_bad_input_gets_an_error_at_its_field_and_keeps_what_was_typed(client, language, field, value):
    answer = send(client, language, **{field: value})
    assert answer.status_code == 422
    assert not JoinRequest.objects.exists() and not Mail.objects.exists()
    markup = Markup(answer.content.decode())
    (error,) = markup.all("div", class_="error")
    assert error["id"] == f"id_{field}_error"
    control = markup.all("input", "textarea", name=field)[0]
    described = " ".join(e["aria-describedby"] or "" for e in (control, *control.above) if e.tag != "div")
    assert error["id"] in described.split()
    summary = markup.one("div", class_="summary")
    targets = [e["href"].removeprefix("#") for e in markup.all("a") if summary in e.above]
    assert {target.removesuffix("_0") for target in targets} == {f"id_{field}"}
    kept, expected = typed(markup), ANSWERS | {field: value}
    if field in ("organisation_type", "language", "interests"):
        del kept[field], expected[field]  # what is no choice cannot be shown as chosen
    assert {name: text for name, text in kept.items() if name != field} == {
        name: text for name, text in expected.items() if name != field
    }
    if field in kept and "\x00" not in value:  # which HTML cannot hold
        assert kept[field] == value


@pytest.mark.parametrize("language", LANGUAGES)
def test_errors_are_in_the_language_of_the_page_and_name_the_limit(client, language):
    answer = send(client, language, name="x" * 101, email="maija@localhost", organisation="", title="a\x07")
    errors = {e["id"]: e.text for e in Markup(answer.content.decode()).all("div", class_="error")}
    with override(language):
        wanted = {
            "id_email_error": gettext("Enter the e-mail address in the form name@example.fi"),
            "id_title_error": gettext("Part of this is not text. Paste it as plain text, or write it again."),
            "id_organisation_error": gettext("Enter the name of your organisation"),
        }
        word = gettext("Error:")
    assert "100" in errors.pop("id_name_error")
    assert errors == {name: f"{word} {text}" for name, text in wanted.items()}
    if language != "en":
        assert not set(wanted.values()) & {
            "Enter the e-mail address in the form name@example.fi",
            "Part of this is not text. Paste it as plain text, or write it again.",
            "Enter the name of your organisation",
        }


RAW = {
    "a lone surrogate": (b"name=%ED%A0%80", 422),
    "a byte that is no letter": (b"name=%ff%fe", 422),
    "half an escape": (b"name=%&email=%4", 422),
    "raw bytes": (b"name=\xff\x00\xfe&\x00=\x00", 422),
    "nothing": (b"", 422),
    "only separators": (b"&&&===;;;", 422),
    "the same field many times": (b"name=a&" * 150, 422),
    "too many fields": (b"a=b&" * 500, 400),
    "too many bytes": (b"name=" + b"x" * 1_100_000, 400),
    "many choices": (b"interests=1&" * 190, 422),
}


@pytest.mark.parametrize("body, status", RAW.values(), ids=RAW)
def test_bodies_that_no_browser_sends_are_answered_in_words(client, body, status):
    answer = client.post(FORM["sv"], body, content_type=URLENCODED)
    assert answer.status_code == status
    markup = Markup(answer.content.decode())
    assert markup.one("html")["lang"] == "sv"
    assert markup.one("h1").text


@pytest.mark.parametrize("field", ["name", "organisation", "title", "description"])
def test_bytes_that_are_no_text_are_not_stored_as_question_marks(client, field):
    body = urlencode({k: v for k, v in ANSWERS.items() if k != field}, doseq=True) + f"&{field}=Maija%ED%A0%80"
    assert client.post(FORM["fi"], body, content_type=URLENCODED).status_code == 422


NASTY = [
    "",
    " ",
    "\x00",
    "\r\n",
    "%00",
    "\ud800",
    "\u202e",
    "\ufeff",
    "\U0010ffff",
    "a" * 5000,
    "é" * 300,
    "😀" * 120,
    "'; DROP TABLE network_joinrequest; --",
    "<script>alert(1)</script>",
    "{{ settings.SECRET_KEY }}",
    "{% debug %}",
    "../../etc/passwd",
    "-1",
    "1e309",
    "٣",
    "NaN",
    "fi",
    "agency",
    "a@b.fi",
    "a@b.fi\nBcc: c@d.fi",
    "a@" + "b" * 250 + ".fi",
    "İ@İ.fi",
    "ß@ß.fi",
    "a@\u2488.fi",
]


def test_two_thousand_random_bad_submissions_never_break_the_form(client, settings, one_edition):
    settings.REQUESTS_PER_SITE_PER_HOUR = 10_000
    chance = random.Random(20261123)
    taken = set()
    for _ in range(2000):
        pairs = [(name, value) for name, value in ANSWERS.items() if name != "interests"]
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(pairs))
            name = chance.choice([*ANSWERS, "\x00", "name[]", "csrfmiddlewaretoken"])
            value = "".join(chance.choice(NASTY) for _ in range(chance.randint(1, 2)))
            pairs[place : place + chance.randint(0, 1)] = [(name, value)]
        body = "&".join(f"{quote(k)}={quote(v, errors='surrogatepass')}" for k, v in pairs)
        language = chance.choice(LANGUAGES)
        answer = client.post(FORM[language], body, content_type=URLENCODED)
        assert answer.status_code in (303, 400, 422), body
        if answer.status_code == 303:
            taken.add(JoinRequest.objects.order_by("-pk").first().pk)
        elif answer.status_code == 422:
            page = answer.content.decode()
            assert f'<html lang="{language}">' in page and 'class="error"' in page, body
            (typed,) = [value for name, value in pairs if name == "description"][-1:] or [""]
            if not re.search("[\x00\ud800\r\n]", typed):  # HTML cannot hold these as they are
                assert typed in "".join(Markup(page).one("textarea", name="description").pieces), body
    stored = "".join(r.name + r.organisation + r.title + r.email for r in JoinRequest.objects.all())
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd]", stored)
    # What was taken can be mailed, and the rest left no trace.
    assert JoinRequest.objects.count() == len(taken)
    waiting = Mail.objects.count()
    assert len(deliver()) == waiting


# --- The mail server ------------------------------------------------------------------------------------------------


class MailServer(EmailBackend):
    """A mail server that may be down."""

    down = False
    tries = []

    def send_messages(self, messages):
        self.tries.extend(message.message()["Message-ID"] for message in messages)
        if self.down:
            raise ConnectionRefusedError("the mail server is down")
        return super().send_messages(messages)


@pytest.fixture
def mail_server(settings, monkeypatch):
    settings.EMAIL_BACKEND = "tests.test_network.MailServer"
    monkeypatch.setattr(MailServer, "tries", [])
    monkeypatch.setattr(MailServer, "down", True)
    return MailServer


def test_a_mail_server_that_is_down_loses_nothing(client, mail_server, time_machine, monkeypatch):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    answer = send(client)
    assert answer.status_code == 303
    assert deliver() == []
    assert the_request().state == "unconfirmed"
    for _ in range(3):
        time_machine.shift(timedelta(minutes=3))
        assert deliver() == []
    monkeypatch.setattr(mail_server, "down", False)
    time_machine.shift(timedelta(minutes=3))
    (message,) = deliver()
    assert press(client, link_in(message)).status_code == 200
    assert the_request().state == "waiting"


def test_a_mail_tried_again_is_the_same_mail(client, mail_server, time_machine, monkeypatch):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    send(client)
    deliver()
    time_machine.shift(timedelta(minutes=3))
    monkeypatch.setattr(mail_server, "down", False)
    deliver()
    first, second = mail_server.tries
    assert first == second
    assert first.endswith("@testserver>")


def test_a_mail_server_that_is_down_does_not_hold_up_the_form(client, mail_server):
    send(client)
    assert mail_server.tries == []


def test_the_text_of_a_mail_is_deleted_once_it_is_sent(client):
    send(client)
    row = Mail.objects.get()
    assert row.recipient == ANSWERS["email"] and row.body
    deliver()
    row.refresh_from_db()
    assert (row.state, row.body) == ("sent", "")


def test_the_mail_quotes_nothing_that_was_typed(client):
    send(client, language="sv", description="Kokeilu & kehitys")
    (message,) = deliver()
    for word in ("Maija", "Valtiokonttori", "Kokeilu", "Kehittämispäällikkö"):
        assert word not in message.subject + message.body


def test_a_request_and_its_mail_are_stored_together_or_not_at_all(client, monkeypatch):
    monkeypatch.setattr("website.correspondence.receiving.enqueue", lambda *mail: 1 / 0)
    client.raise_request_exception = False
    assert send(client).status_code == 500
    assert not JoinRequest.objects.exists()
    assert not Link.objects.exists() and not Mail.objects.exists()


# --- The states and the steps between them ---------------------------------------------------------------------------

STATES = ("unconfirmed", "waiting", "member", "refused")
LEGAL = {
    "accept": {"waiting": "member"},
    "refuse": {"unconfirmed": "refused", "waiting": "refused"},
    "reconsider": {"refused": "waiting"},
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("step", LEGAL)
def test_each_step_has_one_rule_and_says_who_and_when(client, coordinator, step, state):
    send(client)
    JoinRequest.objects.update(state=state)
    row = the_request()
    if state not in LEGAL[step]:
        with pytest.raises(IllegalStep):
            getattr(row, step)(coordinator)
        assert (the_request().state, the_request().steps) == (state, [])
        return
    getattr(row, step)(coordinator)
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

QUEUE = "/fi/hallinta/network/joinrequest/"


def waiting(client, number, **changes):
    press(client, asked(client, email=f"{number}@vm.example", **changes))
    return JoinRequest.objects.get(normalised_email=f"{number}@vm.example")


def test_several_are_accepted_with_the_mail_that_was_seen_in_each_one_s_language(client, signed_in, coordinator):
    rows = [waiting(client, number, language=language) for number, language in enumerate(LANGUAGES)]
    unconfirmed = asked(client, email="unconfirmed@vm.example") and JoinRequest.objects.latest("pk")
    desk = signed_in(coordinator)
    chosen = desk.post(QUEUE, {"action": "accept", "_selected_action": [r.pk for r in (*rows, unconfirmed)]})
    page = desk.get(chosen["Location"])
    shown = Markup(page.content.decode())
    texts = {e["name"]: "".join(e_pieces for e_pieces in e.pieces).strip() for e in shown.all("textarea")}
    assert set(texts) == set(LANGUAGES)
    assert all(shown.one("textarea", name=code)["lang"] == code for code in LANGUAGES)
    assert str(unconfirmed) in page.content.decode()
    texts["sv"] = "Hej och välkommen, {{ vän }}!"
    assert desk.post(chosen["Location"], texts).status_code == 302
    mails = {m.to[0]: m.body.replace("\r\n", "\n") for m in deliver()}
    assert set(mails) == {row.normalised_email for row in rows}
    for row in rows:
        row.refresh_from_db()
        assert row.state == "member"
        assert mails[row.normalised_email].startswith(texts[row.language].replace("\r\n", "\n"))
        assert f"/{row.language}/" in mails[row.normalised_email]
    unconfirmed.refresh_from_db()
    assert unconfirmed.state == "unconfirmed"
    desk.post(chosen["Location"], texts)  # sent twice: nothing happens twice
    assert deliver() == []


def test_what_was_sent_is_read_only_and_a_note_can_be_added(client, signed_in, coordinator):
    row = waiting(client, 1)
    desk = signed_in(coordinator)
    page = Markup(desk.get(f"{QUEUE}{row.pk}/change/").content.decode())
    controls = page.all("input", "textarea", "select")
    assert {e["name"] for e in controls if e["name"] and e["type"] not in ("hidden", "submit")} == {"note"}
    desk.post(f"{QUEUE}{row.pk}/change/", {"note": "Soitettu", "name": "Joku muu", "state": "member"})
    row.refresh_from_db()
    assert (row.notes.get().text, row.name, row.state) == ("Soitettu", ANSWERS["name"], "waiting")
    (entry,) = LogEntry.objects.all()
    assert "Soitettu" not in entry.change_message + entry.object_repr


@pytest.mark.parametrize(
    "query", ["state__exact=waiting", "organisation_type__exact=agency", "interest=3", "language__exact=fi", "q=maija"]
)
def test_the_queue_can_be_narrowed_and_searched(client, signed_in, coordinator, query):
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
    for path in (QUEUE, f"{QUEUE}export/", f"{QUEUE}reply/?key=1", "/fi/hallinta/contacts/message/"):
        assert desk.get(path).status_code == status


def test_a_hundred_thousand_requests_cost_the_list_no_more_queries(client, signed_in, coordinator, settings):
    desk = signed_in(coordinator)

    def queries():
        counts = []
        for path in (QUEUE, f"{QUEUE}?q=virasto", f"{QUEUE}?state__exact=waiting&mail=undelivered"):
            with CaptureQueriesContext(connection) as captured:
                assert desk.get(path).status_code == 200
            counts.append(len(captured))
        return counts

    many(3)
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

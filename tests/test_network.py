"""Asking to join the network: the form, the mail, the link and the button, from the address down."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.utils.translation import gettext, override

from network.models import JoinRequest
from tests.conftest import LANGUAGES
from tests.forms import (
    ANSWERS,
    FORM,
    URLENCODED,
    asked,
    deliver,
    everything_stored,
    link_in,
    press,
    send,
    the_request,
    typed,
)
from tests.markup import Markup
from tests.running import all_at_once
from website.correspondence import hourly_limits
from website.correspondence.models import IllegalStep, Link, digest_of
from website.mail.models import Mail

pytestmark = pytest.mark.django_db


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


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_forty_posts_at_once_make_one_row_and_three_mails():
    statuses = []
    all_at_once(lambda: statuses.extend(send(Client()).status_code for _post in range(5)))
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


def test_a_request_with_the_honeypot_filled_is_suspected_until_confirmed(client):
    link = asked(client, remark="https://spam.example")
    assert the_request().suspected
    press(client, link)
    assert not the_request().suspected


def test_many_from_one_network_are_suspected_and_not_refused(client, monkeypatch):
    monkeypatch.setattr(hourly_limits, "REQUESTS_PER_NETWORK_PER_HOUR", 3)
    for number in range(5):
        body = urlencode(ANSWERS | {"email": f"{number}@vm.example"}, doseq=True)
        answer = client.post(FORM["fi"], body, content_type=URLENCODED, REMOTE_ADDR=f"203.0.113.{number}")
        assert answer.status_code == 303
    elsewhere = urlencode(ANSWERS | {"email": "elsewhere@vm.example"}, doseq=True)
    client.post(FORM["fi"], elsewhere, content_type=URLENCODED, REMOTE_ADDR="203.0.114.1")
    suspected = JoinRequest.objects.filter(suspected=True).values_list("normalised_email", flat=True)
    assert sorted(suspected) == ["3@vm.example", "4@vm.example"]


def test_the_hour_s_count_starts_again_with_the_next(client, monkeypatch, time_machine):
    monkeypatch.setattr(hourly_limits, "REQUESTS_PER_NETWORK_PER_HOUR", 1)
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
    corrected = client.post(f"/fi/verkosto/korjaa/{token}/", ANSWERS | {"shown": digest_of(gone)})
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

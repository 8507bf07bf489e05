"""The outbox and its sender: one recipient, a claim first, every answer of a mail server, and what is never doubled."""

import re
import threading
from datetime import timedelta
from itertools import pairwise

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connections
from django.utils import timezone
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from contacts.models import Message
from network.models import JoinRequest
from tests.admin_pages import decide
from tests.conftest import LANGUAGES
from tests.forms import ANSWERS, ASK, correct, deliver, give, send
from tests.mailserver import MailServer
from tests.running import all_at_once
from website.correspondence.models import Link
from website.mail import sender
from website.mail.addresses import normalised
from website.mail.checks import addresses_in_the_settings
from website.mail.models import Mail
from website.mail.outbox import enqueue
from website.management.commands import worker

pytestmark = pytest.mark.django_db
RESET = "/fi/hallinta/password-reset/"


@pytest.fixture(autouse=True)
def nothing_remembered():
    sender._sent_but_not_recorded.clear()


@pytest.fixture
def server(settings):
    """A mail server on a loopback port, to which the sender's own backend talks."""
    server = MailServer()
    settings.EMAIL_BACKEND = "website.mail.sender.Backend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 0.3
    yield server
    server.close()


def queued(*addresses):
    """Mails that wait; the rows, in that order."""
    words = {"token": "x" * 43, "days": 30}
    return [enqueue(address, "network/mail/known.txt", "fi", words) for address in addresses]


def state_of(mail):
    mail.refresh_from_db()
    return mail.state


# --- One mail, one recipient ------------------------------------------------------------------------------------------

NOT_ONE_ADDRESS = [
    '"x,victim@evil.example,y"@vm.example',
    '"victim@evil.example"@vm.example',
    "maija@vm.example,victim@evil.example",
    "maija@vm.example;victim@evil.example",
    "maija@vm.example victim@evil.example",
    "(comment)maija@vm.example",
    "maija(victim@evil.example)@vm.example",
    "maija@vm.example(comment)",
    "Maija <victim@evil.example>",
    "victim%evil.example@vm.example",
    "evil.example!victim@vm.example",
    "|program@vm.example",
    "@evil.example:maija@vm.example",
    "maija@[127.0.0.1]",
    "maija@127.0.0.1",
    "maija@faß.de",
    "maija@βόλος.gr",
    "ma..ija@vm.example",
    ".maija@vm.example",
    "maija.@vm.example",
    "maija\\@evil.example@vm.example",
]


@pytest.mark.once
@pytest.mark.parametrize("address", NOT_ONE_ADDRESS)
def test_what_is_not_one_address_is_refused_by_every_form(client, signed_in, administrator, address):
    assert send(client, email=address).status_code == 422
    assert give(client, email=address).status_code == 422
    assert client.post(ASK["en"], {"email": address}).status_code == 422
    assert client.post(RESET, {"email": address}).status_code == 200  # the form again
    person = {"username": "anna", "email": address}
    assert signed_in(administrator).post("/fi/hallinta/accounts/user/add/", person).status_code == 200
    assert not (JoinRequest.objects.exists() or Message.objects.exists() or Mail.objects.exists())
    assert not get_user_model().objects.filter(username="anna").exists()


@pytest.mark.parametrize(
    "address, known_as",
    [
        ("Maija.Meikalainen+x@VM.example", "maija.meikalainen+x@vm.example"),
        ("maija@hämeenkyrö.fi", f"maija@{'hämeenkyrö'.encode('idna').decode()}.fi"),
        ("o'brien@vm.example", "o'brien@vm.example"),
        ("maija@xn--fa-hia.de", "maija@xn--fa-hia.de"),  # faß.de itself, as mail servers write it
    ],
)
def test_an_address_has_one_form(address, known_as):
    assert normalised(address) == known_as == normalised(known_as)


SIGNS = st.text(alphabet="ab.@,;:<>()\"\\ %!|'+-=?ßς\u200dä\r\n\t[]", max_size=20)


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.one_of(st.text(max_size=30), SIGNS, st.builds("{}@{}.example".format, SIGNS, SIGNS), st.emails()))
@example("a@b.example")
@example("'@'@b.example")
def test_any_text_is_refused_or_goes_to_exactly_the_address_it_is(server, address):
    try:
        known_as = normalised(address)
    except ValidationError:
        return
    server.recipients_seen.clear()
    (mail,) = queued(address)
    mail.refresh_from_db()
    assert mail.recipient == known_as
    assert sender.send_due() == 1
    assert server.recipients_seen == server.taken[-1].recipients == [known_as]


@pytest.mark.once
@pytest.mark.parametrize("recipient", [*NOT_ONE_ADDRESS, "MAIJA@vm.example", ""])
def test_a_row_that_holds_anything_else_is_never_sent(server, recipient):
    (mail,) = queued("maija@vm.example")
    Mail.objects.update(recipient=recipient)
    sender.send_due()
    assert (state_of(mail), server.recipients_seen, server.taken) == ("refused", [], [])


# --- Claim, send, record ----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_claim_is_committed_before_the_mail_leaves(server):
    queued("maija@vm.example")
    seen = []

    def look():
        seen.append(Mail.objects.get())
        connections.close_all()

    server.at_data = look
    sender.send_due()
    (mail,) = seen
    assert mail.claim and mail.handed_over and mail.due_at > timezone.now() + timedelta(seconds=60)
    assert state_of(mail) == "sent" and mail.body == ""


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_senders_at_once_send_each_mail_once(server):
    queued(*(f"{number}@vm.example" for number in range(12)))
    all_at_once(sender.send_due, 4)
    sender.send_due()
    assert sorted(server.recipients_seen) == sorted(f"{number}@vm.example" for number in range(12))


def test_what_was_sent_and_could_not_be_recorded_is_not_sent_again(server, monkeypatch, time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    first, second = queued("first@vm.example", "second@vm.example")
    record_sent = sender.record_sent

    def read_only(key):
        raise DatabaseError("cannot execute UPDATE in a read-only transaction")

    monkeypatch.setattr(sender, "record_sent", read_only)
    for _round in range(5):
        with pytest.raises(DatabaseError):
            sender.send_due()
        time_machine.shift(timedelta(hours=1))
    assert server.recipients_seen == ["first@vm.example"]
    monkeypatch.setattr(sender, "record_sent", record_sent)
    sender.send_due()
    assert server.recipients_seen == ["first@vm.example", "second@vm.example"]
    assert (state_of(first), state_of(second)) == ("sent", "sent")


def test_a_database_that_cannot_be_written_sends_nothing(server, monkeypatch):
    (mail,) = queued("maija@vm.example")
    mail = sender.claimed(mail)

    def read_only(mail):
        raise DatabaseError("cannot execute UPDATE in a read-only transaction")

    monkeypatch.setattr(sender, "hand_over", read_only)
    with pytest.raises(DatabaseError):
        sender.deliver(mail)
    assert server.taken == []


def test_a_thawed_sender_reads_its_claim_again_before_data(server, time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    (mail,) = queued("maija@vm.example")
    frozen = sender.claimed(mail)
    time_machine.shift(timedelta(minutes=3))
    assert sender.send_due() == 1  # another sender, once the claim has run out
    sender.deliver(frozen)
    assert len(server.taken) == 1
    assert state_of(mail) == "sent"


def test_a_claim_holds_for_one_interval(server, time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    (mail,) = queued("maija@vm.example")
    assert sender.claimed(mail)
    assert sender.claimed(mail) is None  # as it was read before the claim
    time_machine.shift(timedelta(seconds=119))
    assert sender.send_due() == 0
    time_machine.shift(timedelta(seconds=1))
    assert sender.send_due() == 1


def test_a_mail_whose_data_was_begun_waits_one_interval_more_for_its_sender(server, time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    (mail,) = queued("maija@vm.example")
    sender.hand_over(sender.claimed(mail))  # and its sender is killed
    time_machine.shift(timedelta(minutes=2))
    assert sender.send_due() == 0
    time_machine.shift(timedelta(minutes=2))
    assert sender.send_due() == 1


def test_what_is_erased_while_it_is_under_way_does_not_leave(server):
    (mail,) = queued("maija@vm.example")
    under_way = sender.claimed(mail)
    Mail.objects.to("maija@vm.example").delete()
    sender.deliver(under_way)
    assert server.taken == []
    assert not Mail.objects.exists()


def test_erasing_a_person_erases_their_mails_alone(client):
    send(client)
    send(client, email="pentti@vm.example")
    JoinRequest.objects.get(normalised_email="maija@vm.example").erase("left")
    assert [mail.recipient for mail in Mail.objects.all()] == ["pentti@vm.example"]
    assert [link.normalised_email for link in Link.objects.all()] == ["pentti@vm.example"]


# --- A server that hangs, and the end of the process ------------------------------------------------------------------


def test_a_server_that_hangs_holds_up_one_mail_a_round_and_new_mail_comes_first(server):
    queued("first@vm.example", "second@vm.example")
    server.mode = "hang"
    assert sender.send_due() == 0
    assert [mail.recipient for mail in Mail.objects.exclude(answer="")] == ["first@vm.example"]
    server.mode = "fine"
    queued("new@vm.example")
    Mail.objects.update(due_at=timezone.now())
    sender.send_due()
    assert server.recipients_seen == ["second@vm.example", "new@vm.example", "first@vm.example"]


def test_a_round_sends_what_was_due_when_it_began(server):
    queued("first@vm.example")
    original = sender.deliver

    def deliver_and_more_arrives(mail):
        queued(f"more{Mail.objects.count()}@vm.example")
        return original(mail)

    sender.deliver = deliver_and_more_arrives
    try:
        assert sender.send_due() == 1
    finally:
        sender.deliver = original


def test_a_worker_that_is_told_to_stop_ends_with_the_mail_under_way(server, monkeypatch):
    queued("first@vm.example", "second@vm.example")
    stopped = threading.Event()
    server.at_data = stopped.set
    monkeypatch.setattr(worker, "stopped", stopped)
    worker.send_mail()
    assert server.recipients_seen == ["first@vm.example"]


# --- What a mail server answers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["550", "552"])
def test_refused_for_good_is_refused_for_good_and_shown(client, signed_in, coordinator, server, time_machine, mode):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    send(client)
    server.mode = mode
    sender.send_due()
    mail = Mail.objects.get()
    assert (mail.state, mail.answer[:3], mail.finished_at) == ("refused", mode, timezone.now())
    time_machine.shift(timedelta(hours=1))
    server.mode = "fine"
    assert sender.send_due() == 0
    page = f"/fi/hallinta/network/joinrequest/{JoinRequest.objects.get().pk}/change/"
    assert mail.answer in signed_in(coordinator).get(page).content.decode().replace("&lt;", "<").replace("&gt;", ">")


@pytest.mark.once
@pytest.mark.parametrize("mode", ["451", "hang", "cut", "down"])
def test_the_rest_is_tried_again_with_growing_pauses_for_three_days(server, time_machine, mode):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    (mail,) = queued("maija@vm.example")
    server.mode, began, pauses = mode, timezone.now(), []
    while state_of(mail) == "queued":
        sender.send_due()
        mail.refresh_from_db()
        pauses.append(mail.due_at - timezone.now())
        time_machine.move_to(max(mail.due_at, timezone.now()), tick=False)
    assert state_of(mail) == "given up"
    assert timedelta(days=3) <= timezone.now() - began < timedelta(days=3, hours=6)
    assert pauses[0] == timedelta(minutes=2)
    assert pauses[:-1] == sorted(pauses[:-1])
    assert len({taken.message_id for taken in server.taken}) <= 1


def test_a_mail_that_was_cut_after_data_comes_again_as_the_same_mail(server, time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    queued("maija@vm.example")
    server.mode = "cut"
    assert sender.send_due() == 0
    server.mode = "fine"
    time_machine.shift(timedelta(minutes=2))
    assert sender.send_due() == 1
    first, second = server.taken
    assert first.message_id == second.message_id


def test_the_monitoring_tells_one_wrong_address_from_a_server_that_refuses_everybody(server, time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)

    def told():
        since = Mail.waiting_since()
        return (since and timezone.now() - since, Mail.addresses_refused_in_a_row())

    for mode in ("550", "451"):
        server.mode = mode
        for _time in range(3):
            queued(f"mistyped{mode}@vm.example")
            sender.send_due()
            time_machine.shift(timedelta(minutes=1))
    assert told() == (None, 2)
    server.mode = "fine"
    queued("pentti@vm.example")
    sender.send_due()
    assert told() == (None, 0)
    server.mode = "550"
    time_machine.shift(timedelta(seconds=1))
    queued(*(f"{number}@vm.example" for number in range(4)))
    sender.send_due()
    assert told()[1] == 4
    server.mode = "down"
    queued("waits@vm.example")
    sender.send_due()
    time_machine.shift(timedelta(minutes=30))
    assert told()[0] == timedelta(minutes=30)


# --- Limits that harm nobody ------------------------------------------------------------------------------------------


def test_what_strangers_cause_stops_none_of_a_person_s_own_steps(client, editor):
    editor.email = "maija@vm.example"
    editor.save()
    for _time in range(5):
        send(client)
        client.post(RESET, {"email": "maija@vm.example"})
        client.post(ASK["fi"], {"email": "maija@vm.example"})
        give(client, email="maija@vm.example", message=f"Viesti {_time}")
    causes = sorted(Mail.objects.values_list("cause", flat=True))
    assert causes == ["feedback"] * 3 + ["join"] * 3 + ["own data"] * 3 + ["password"] * 3


def test_decisions_and_invitations_are_stopped_by_nothing(client, signed_in, coordinator):
    for _time in range(5):
        send(client)
    JoinRequest.objects.update(state="waiting")
    row = JoinRequest.objects.get()
    decide(signed_in(coordinator), row, "accept", "Tervetuloa")
    assert Mail.objects.filter(cause="").count() == 1


# --- What a mail says -------------------------------------------------------------------------------------------------

PEOPLE = {
    "network/mail/confirm.txt": {"token": "t" * 43, "days": 30, "confirmation_days": 14},
    "network/mail/known.txt": {"token": "t" * 43, "days": 30, "member": True},
    "contacts/mail/received.txt": {"token": "t" * 43, "days": 30},
    "correspondence/mail/link.txt": {"token": "t" * 43, "days": 30, "held": True},
    "correspondence/mail/reply.txt": {"token": "t" * 43, "days": 30, "subject": "Aihe", "text": "Teksti"},
    "accounts/mail/password.txt": {"uid": "x", "token": "y", "days": 3},
    "accounts/mail/invitation.txt": {"uid": "x", "token": "y", "days": 3},
    "network/mail/team.txt": {"admin_list": "admin:index"},
    "contacts/mail/team.txt": {"admin_list": "admin:index"},
}
NAMES = {
    "fi": "Innovaatiojulistus, valtiovarainministeriö",
    "sv": "Innovationsdeklarationen, finansministeriet",
    "en": "Innovation Declaration, Ministry of Finance",
}
NOT_READ = {"fi": "vastauksia ei lueta", "sv": "läses inte", "en": "are not read"}
REPLY = {"fi": "Voit vastata", "sv": "Du kan svara", "en": "You can reply"}
NOTHING = {"fi": "ei tarvitse tehdä mitään", "sv": "behöver du inte göra något", "en": "need not do anything"}


@pytest.mark.once
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", PEOPLE)
def test_every_mail_says_where_it_comes_from_and_whether_it_can_be_answered(
    server, settings, editor, template, language
):
    settings.DEFAULT_FROM_EMAIL = "noreply@vm.example"
    for team in ("", "team@vm.example"):
        settings.TEAM_MAILBOX = team
        enqueue("maija@vm.example", template, language, PEOPLE[template] | {"user": editor})
        sender.send_due()
        message = server.taken[-1].message
        text = message.get_content().replace("\r\n", "\n")
        (author,) = message["From"].addresses
        assert (author.display_name, author.addr_spec) == (NAMES[language], "noreply@vm.example")
        assert message["Reply-To"] == (team or None)
        assert (REPLY if team else NOT_READ)[language] in text
        assert f"\nhttp://testserver/{language}/\n" in text
        assert "team.txt" in template or NOTHING[language] in text
        assert message["Auto-Submitted"] == "auto-generated"
        assert "\n\n\n" not in text and "&" not in text


def test_the_confirmation_has_two_links_under_two_headings_own_data_last(client):
    send(client, language="en")
    (message,) = deliver()
    lines = message.body.splitlines()
    headings = [above for above, below in pairwise(lines) if re.fullmatch("-+", below)]
    assert headings == ["Confirm your request", "Your own data"]
    assert re.findall(r"works for (\d+) days", message.body) == ["14", "30"]


def test_nobody_s_words_reach_an_address_that_nobody_has_confirmed(client, signed_in, coordinator):
    typed = {"name": "Osta halvalla", "organisation": "Kauppa evil.example", "title": "Klikkaa", "description": "Heti"}
    for state in ("unconfirmed", "waiting", "member", "refused"):
        send(client, **typed)
        JoinRequest.objects.update(state=state)
    send(client, **typed)
    give(client, name="Osta halvalla", message="Klikkaa evil.example", page="evil.example")
    message = Message.objects.get()
    decide(signed_in(coordinator), message, "answer", "Thanks")
    mails = deliver()
    assert len(mails) == 5
    for mail in mails:
        for words in ("Osta", "evil", "Klikkaa", "Heti"):
            assert words not in mail.subject + mail.body


def test_what_was_written_stands_behind_the_link_with_a_way_to_correct_it(client):
    send(client, language="en")
    link = re.search(r"http://testserver(/en/network/\S+)", deliver()[0].body)[1]
    page = client.get(link).content.decode()
    assert "You sent us:" in page and ANSWERS["organisation"] in page
    correction = re.search(r'href="(/en/network/correct/[^"]+)"', page)[1]
    assert correct(client, correction, organisation="Oikea virasto").status_code == 303
    assert "Oikea virasto" in client.get(link).content.decode()


# --- The settings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["DEFAULT_FROM_EMAIL", "TEAM_MAILBOX"])
@pytest.mark.parametrize("address", ["noreply@vm", "noreply@vm.fi\n", "VM <noreply@vm.fi>", "a@vm.fi, b@vm.fi"])
def test_a_wrong_address_in_the_settings_is_a_clear_error_at_the_start(settings, name, address):
    setattr(settings, name, address)
    (error,) = addresses_in_the_settings()
    assert name in error.msg and repr(address) in error.msg


def test_the_addresses_of_the_settings_are_looked_at(settings):
    settings.DEFAULT_FROM_EMAIL, settings.TEAM_MAILBOX = "noreply@vm.fi", ""
    assert list(addresses_in_the_settings()) == []


# --- What small faults showed to be held by nothing ------------------------------------------------------------------


def test_who_has_lost_the_claim_records_no_failure():
    """A sender that was frozen between its try and its record finds that another has the mail."""
    (mail,) = queued("first@vm.example")
    mine = sender.claimed(mail)
    mail.refresh_from_db()
    theirs = sender.claimed(mail)
    before = Mail.objects.values().get()
    for outcome in (Mail.State.REFUSED, sender.PUT_OFF, sender.NO_ANSWER):
        sender.record_failure(mine, outcome, "550 no such person")
        assert Mail.objects.values().get() == before
    sender.record_failure(theirs, Mail.State.REFUSED, "550 no such person")
    assert state_of(mail) == Mail.State.REFUSED


def test_an_address_is_as_long_as_mail_servers_and_the_row_take_it():
    local, domain = "a" * 64, ".".join(["b" * 60] * 3)
    longest = f"{local}@{domain}.fi"
    padded = f"{local}@{'c' * (254 - len(longest) - 1)}.{domain}.fi"
    assert len(padded) == 254
    assert normalised(padded) == padded
    for too_long in (padded.replace("@", "@d", 1), f"a{local}@vm.example"):
        with pytest.raises(ValidationError):
            normalised(too_long)

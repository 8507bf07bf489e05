"""The sender against a real mail server: Debian's Postfix on a loopback port, delivering to files."""

import os
import socket
import tempfile
import threading
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from django.utils import timezone

from tests.browser import missing
from tests.mailserver import POSTFIX, Postfix
from tests.running import free_port, until
from website.mail import sender
from website.mail.models import Mail

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def started():
    if not POSTFIX or os.geteuid() != 0:
        missing("Postfix, started as root")
    with tempfile.TemporaryDirectory(prefix="postfix-") as folder:
        Path(folder).chmod(0o755)  # its parts run as users of their own
        postfix = Postfix(Path(folder))
        yield postfix
        postfix.close()


@pytest.fixture
def postfix(started, settings):
    settings.EMAIL_BACKEND = "website.mail.sender.Backend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", started.port, 2
    settings.DEFAULT_FROM_EMAIL = "noreply@vm.example"
    sender._sent_but_not_recorded.clear()
    return started


def send(recipient, body="Hyvää päivää\n"):
    """Queues a mail, runs one round and returns the row."""
    values = {"subject": "Vahvista pyyntösi", "language": "fi", "message_id": f"<{os.urandom(8).hex()}@vm.example>"}
    mail = Mail.objects.create(recipient=recipient, body=body, **values)
    sender.send_due()
    mail.refresh_from_db()
    return mail


def delivered(postfix, mail, copies=1):
    """The mails of that Message-ID in the mailbox, once there are so many."""

    def found():
        inbox = [message_from_bytes(raw, policy=policy.default) for raw in postfix.inbox()]
        return [message for message in inbox if message["Message-ID"] == mail.message_id]

    until(lambda: len(found()) >= copies)
    return found()


def test_250_is_delivered_to_the_one_recipient(postfix):
    mail = send("maija@vm.example")
    assert (mail.state, mail.body) == ("sent", "")
    (message,) = delivered(postfix, mail)
    assert (message["X-Original-To"], message["Return-Path"]) == ("maija@vm.example", "<noreply@vm.example>")
    assert message["From"].addresses[0].display_name == "Innovaatiojulistus, valtiovarainministeriö"
    assert message["Subject"] == "Vahvista pyyntösi"


def test_451_at_rcpt_is_tried_again(postfix):
    mail = send("putoff@vm.example")
    assert mail.state == "queued" and mail.answer.startswith("451 4.3.0")
    assert mail.due_at > timezone.now() + timedelta(seconds=60)


def test_550_at_rcpt_is_refused_for_good(postfix):
    mail = send("unknown@vm.example")
    assert mail.state == "refused" and mail.answer.startswith("550 5.1.1")


def test_552_at_data_is_refused_for_good(postfix):
    mail = send("maija@vm.example", body="Liian pitkä rivi\n" * 5000)
    assert mail.state == "refused" and mail.answer.startswith("552 5.3.4")


def test_letters_of_ours_and_long_lines_pass_a_server_that_takes_seven_bits_and_short_lines(postfix):
    body = "Ääkköset, åäö ja 🩷\n" + "pitkä " * 400 + "\n.\n..pisteet\n" + "http://testserver/" + "x" * 1200 + "\n"
    mail = send("maija@vm.example", body)
    assert mail.state == "sent", mail.answer
    (message,) = delivered(postfix, mail)
    assert message.get_content() == body
    raw = message.as_bytes()
    assert raw.isascii() and max(len(line) for line in raw.splitlines()) <= 998


def test_a_server_that_hangs_is_left_after_a_while_and_the_mail_goes_later(postfix):
    with postfix.hanging():
        mail = send("maija@vm.example")
    assert mail.state == "queued" and mail.answer.startswith("no answer")
    Mail.objects.update(due_at=timezone.now())
    assert sender.send_due() == 1
    assert len(delivered(postfix, mail)) == 1


def test_a_line_that_is_cut_after_data_doubles_at_most_under_one_message_id(postfix, settings):
    settings.EMAIL_PORT = cut_after_data(postfix.port)
    mail = send("maija@vm.example")
    assert mail.state == "queued" and mail.answer.startswith("no answer")
    settings.EMAIL_PORT = postfix.port
    Mail.objects.update(due_at=timezone.now())
    assert sender.send_due() == 1
    assert len(delivered(postfix, mail, copies=2)) == 2


def cut_after_data(port):
    """A way to the server for one session, cut when the server has answered the end of the mail. Returns its port."""
    listener = socket.create_server(("127.0.0.1", free_port()))

    def pass_on():
        client, server = listener.accept()[0], socket.create_connection(("127.0.0.1", port))
        with listener, client, server:
            client.sendall(server.recv(4096))
            seen = b""
            while not seen.endswith(b"\r\n.\r\n"):
                part = client.recv(65536)
                seen += part
                server.sendall(part)
                answer = server.recv(4096)
                if not seen.endswith(b"\r\n.\r\n"):
                    client.sendall(answer)

    threading.Thread(target=pass_on, daemon=True).start()
    return listener.getsockname()[1]

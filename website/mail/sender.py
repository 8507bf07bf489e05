"""Sends the mails that are due: claims each, sends it, records the result. Several hosts may run a sender."""

import smtplib
from collections.abc import Callable
from datetime import timedelta
from email.charset import QP, Charset
from email.utils import formataddr
from threading import Event
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends import smtp
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext, override

from website.mail.addresses import normalised
from website.mail.models import Mail

TRIED_FOR = timedelta(days=3)
LONGEST_PAUSE = timedelta(hours=6)
# Outcomes of one try that leave a mail in the queue; the others are states of Mail.
NO_ANSWER, PUT_OFF, CLAIM_LOST = "no answer", "put off", "claim lost"
QUOTED_PRINTABLE = Charset("utf-8")  # seven bits and short lines: every mail server can pass it on as it is
QUOTED_PRINTABLE.body_encoding = QP

#: Primary keys of mails that this process has sent and could not record yet. It never sends them again.
_sent_but_not_recorded: set[int] = set()


class ClaimLost(Exception):
    """Another sender has claimed the mail, or it was erased."""


class Session(smtplib.SMTP):
    """An SMTP session that calls `before_data` just before it sends the mail's text."""

    before_data: Callable[[], None]

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.before_data()
        return super().data(msg)


class Backend(smtp.EmailBackend):
    connection_class = Session

    def __init__(self, *args: Any, before_data: Callable[[], None] = lambda: None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.before_data = before_data

    def open(self) -> bool | None:
        opened = super().open()
        if isinstance(self.connection, Session):
            self.connection.before_data = self.before_data
        return opened


def send_due(stopped: Event | None = None) -> int:
    """Sends the mails that are due at the beginning of the call, new ones first, until `stopped` is set.

    Ends early when the mail server does not reply: the next call begins with the mails that are new by then.
    Returns how many mails were sent.
    """
    for key in list(_sent_but_not_recorded):
        record_sent(key)
    due = Mail.objects.filter(state=Mail.State.QUEUED, due_at__lte=timezone.now())
    sent = 0
    due = due.order_by(F("first_tried_at").asc(nulls_first=True), "due_at", "pk").defer("body")
    for unclaimed in list(due):
        if stopped and stopped.is_set():
            break
        mail = claimed(unclaimed)
        if mail is None:
            continue
        outcome = deliver(mail)
        if outcome == Mail.State.SENT:
            sent += 1
        if outcome == NO_ANSWER:
            break
    return sent


def claimed(mail: Mail) -> Mail | None:
    """Claims a mail for settings.MAIL_RETRY and returns it as stored; None if it is not to be sent now.

    A mail whose DATA was begun and never recorded is not sent in this round: its sender may have sent it and only lack
    the database, and gets one interval more to record that.
    """
    now, name = timezone.now(), uuid4().hex
    as_read = Mail.objects.filter(pk=mail.pk, state=Mail.State.QUEUED, claim=mail.claim)
    as_read.update(
        claim=name,
        due_at=now + settings.MAIL_RETRY,
        handed_over=False,
        first_tried_at=Coalesce("first_tried_at", Value(now)),
    )
    return None if mail.handed_over else Mail.objects.filter(pk=mail.pk, claim=name).first()


def deliver(mail: Mail) -> str:
    """Sends a claimed mail, records the outcome and returns it."""
    connection = get_connection(before_data=lambda: hand_over(mail))
    try:
        outcome, reply = attempt(connection, mail)
        if outcome == Mail.State.SENT:
            _sent_but_not_recorded.add(mail.pk)
            record_sent(mail.pk)
        elif outcome != CLAIM_LOST:
            record_failure(mail, outcome, reply)
    finally:
        connection.close()  # after recording: it may take as long as the mail server likes
    return outcome


def attempt(connection: Any, mail: Mail) -> tuple[str, str]:
    """Sends a mail to its one recipient. Returns the outcome and the mail server's reply."""
    try:
        connection.open()
        connection.send_messages([message(mail)])
    except ClaimLost:
        return CLAIM_LOST, ""
    except ValidationError:
        return Mail.State.REFUSED, "not one e-mail address"
    except smtplib.SMTPRecipientsRefused as error:
        return answered(*error.recipients[mail.recipient])
    except smtplib.SMTPDataError as error:
        return answered(error.smtp_code, error.smtp_error)
    except (smtplib.SMTPException, OSError) as error:
        return NO_ANSWER, f"no answer: {type(error).__name__} {error}"
    return Mail.State.SENT, ""


def message(mail: Mail) -> EmailMessage:
    """The message that is sent. Raises ValidationError unless its recipient is one normalised address."""
    if normalised(mail.recipient) != mail.recipient:
        raise ValidationError("not as it is stored by the outbox")
    with override(mail.language):
        sender = formataddr((gettext("Innovation Declaration, Ministry of Finance"), settings.DEFAULT_FROM_EMAIL))
    made = EmailMessage(
        mail.subject,
        mail.body,
        from_email=sender,
        to=[mail.recipient],
        reply_to=[settings.TEAM_MAILBOX] if settings.TEAM_MAILBOX else None,
        headers={
            "Message-ID": mail.message_id,
            "Auto-Submitted": "auto-generated",
            "Content-Language": mail.language,
        },
    )
    made.encoding = QUOTED_PRINTABLE
    return made


def hand_over(mail: Mail) -> None:
    """Called just before DATA: renews the claim and marks the mail as handed over.

    Raises ClaimLost if the claim is no longer this sender's.
    """
    mine = Mail.objects.filter(pk=mail.pk, claim=mail.claim, state=Mail.State.QUEUED)
    if not mine.update(handed_over=True, due_at=timezone.now() + settings.MAIL_RETRY):
        raise ClaimLost


def answered(code: int, reply: bytes | str) -> tuple[str, str]:
    """The outcome of a reply to RCPT or DATA, and its text: 5xx is final, anything else is tried again."""
    text = reply.decode(errors="replace") if isinstance(reply, bytes) else reply
    return (Mail.State.REFUSED if code >= 500 else PUT_OFF), f"{code} {text}"


def record_sent(key: int) -> None:
    """Records that a mail was sent, even if another sender has claimed it meanwhile."""
    Mail.objects.filter(pk=key).update(state=Mail.State.SENT, body="", answer="", finished_at=timezone.now())
    _sent_but_not_recorded.discard(key)


def record_failure(mail: Mail, outcome: str, reply: str) -> None:
    """Ends the mail, or puts it off: the pause is as long as the time since the first try, within limits."""
    now = timezone.now()
    tried_for = now - (mail.first_tried_at or now)
    values: dict[str, Any] = {
        "answer": reply[:200],
        "answered_at": None if outcome == NO_ANSWER else now,
        "handed_over": False,
    }
    if outcome == Mail.State.REFUSED:
        values |= {"state": outcome, "finished_at": now}
    elif tried_for >= TRIED_FOR:
        values |= {"state": Mail.State.GIVEN_UP, "finished_at": now}
    else:
        values |= {"due_at": now + min(max(tried_for, settings.MAIL_RETRY), LONGEST_PAUSE)}
    Mail.objects.filter(pk=mail.pk, claim=mail.claim).update(**values)

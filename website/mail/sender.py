"""Sending what is due: claim, send, record. Several senders may run, on several hosts."""

import smtplib
from datetime import timedelta
from email.charset import QP, Charset
from email.utils import formataddr
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

#: What this process has sent and could not record yet: the mails' keys. It never sends them again.
_sent_but_not_recorded = set()


class ClaimLost(Exception):
    """Another sender has the mail by now, or it was erased."""


class Session(smtplib.SMTP):
    """An SMTP session that calls `before_data` when everything but the mail itself has been agreed on."""

    def data(self, msg):
        self.before_data()
        return super().data(msg)


class Backend(smtp.EmailBackend):
    connection_class = Session

    def __init__(self, *args, before_data=lambda: None, **kwargs):
        super().__init__(*args, **kwargs)
        self.before_data = before_data

    def open(self):
        opened = super().open()
        self.connection.before_data = self.before_data
        return opened


def send_due(stopped=None):
    """One round: sends what is due when it begins, new mails first, until `stopped` (a threading.Event) is set.

    It ends where the mail server gives no answer, so that mails that are new by then come first in the next.
    Returns how many mails were sent.
    """
    for key in list(_sent_but_not_recorded):
        record_sent(key)
    due = Mail.objects.filter(state=Mail.State.QUEUED, due_at__lte=timezone.now())
    sent = 0
    for mail in list(due.order_by(F("first_tried_at").asc(nulls_first=True), "due_at", "pk").defer("body")):
        if stopped and stopped.is_set():
            break
        mail = claimed(mail)
        if mail:
            outcome = deliver(mail)
            sent += outcome == Mail.State.SENT
            if outcome == NO_ANSWER:
                break
    return sent


def claimed(mail):
    """The mail as it is stored, taken for one interval by a committed update; None where it is not to be sent now.

    Where DATA was begun and never recorded, its sender gets one interval more: it may only have lacked a database.
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


def deliver(mail):
    """Sends a claimed mail and records what came of it, which is returned."""
    connection = get_connection(before_data=lambda: hand_over(mail))
    try:
        outcome, words = attempt(connection, mail)
        if outcome == Mail.State.SENT:
            _sent_but_not_recorded.add(mail.pk)
            record_sent(mail.pk)
        elif outcome != CLAIM_LOST:
            record_failure(mail, outcome, words)
    finally:
        connection.close()  # after recording: it may take as long as the mail server likes
    return outcome


def attempt(connection, mail):
    """Sends a mail to its one recipient. Returns the outcome and the mail server's words."""
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


def message(mail):
    """The mail as it is sent. ValidationError unless its recipient is one address."""
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


def hand_over(mail):
    """Just before DATA: the claim is read again, renewed, and marked. ClaimLost where it is not this sender's."""
    mine = Mail.objects.filter(pk=mail.pk, claim=mail.claim, state=Mail.State.QUEUED)
    if not mine.update(handed_over=True, due_at=timezone.now() + settings.MAIL_RETRY):
        raise ClaimLost


def answered(code, words):
    """What the mail server's answer to RCPT or DATA means: 5xx is for good."""
    words = words.decode(errors="replace") if isinstance(words, bytes) else words
    return (Mail.State.REFUSED if code >= 500 else PUT_OFF), f"{code} {words}"


def record_sent(key):
    """Whoever has the claim by now: what was sent is sent."""
    Mail.objects.filter(pk=key).update(state=Mail.State.SENT, body="", answer="", finished_at=timezone.now())
    _sent_but_not_recorded.discard(key)


def record_failure(mail, outcome, words):
    """Ends the mail, or puts it off for as long again as it has been tried."""
    now = timezone.now()
    tried_for = now - mail.first_tried_at
    values = {"answer": words[:200], "answered_at": None if outcome == NO_ANSWER else now, "handed_over": False}
    if outcome == Mail.State.REFUSED:
        values |= {"state": outcome, "finished_at": now}
    elif tried_for >= TRIED_FOR:
        values |= {"state": Mail.State.GIVEN_UP, "finished_at": now}
    else:
        values |= {"due_at": now + min(max(tried_for, settings.MAIL_RETRY), LONGEST_PAUSE)}
    Mail.objects.filter(pk=mail.pk, claim=mail.claim).update(**values)

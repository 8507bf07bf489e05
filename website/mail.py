"""The outbox: a mail is a row in the transaction of what it is about, and the worker alone sends it."""

import contextlib
from datetime import timedelta
from email.utils import make_msgid

from django.conf import settings
from django.db import connection
from django.db.models import OuterRef, Subquery
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import override
from post_office.mail import get_queued, send_queued
from post_office.models import PRIORITY, STATUS, Email, Log

from website.locks import only_one

_LOCK = 0x5EED  # one number for all processes; PostgreSQL keeps advisory locks by number


def enqueue(address, template, language, context):
    """Writes a mail to the outbox. The template's first line is the subject; ValidationError for a bad address.

    Not through post_office's own send(): that runs the finished text as a template, and people's words are in it.
    """
    with override(language):
        subject, body = render_to_string(template, context | {"site_url": settings.SITE_URL}).split("\n", 1)
    mail = message(address, subject=subject.strip(), body=body.strip() + "\n")
    mail.save()
    return mail


def message(address, subject="", body=""):
    """A mail for the outbox, not saved. Its Message-ID stays: a mail sent twice is one to the reader's programme."""
    return Email(
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[address],
        subject=subject,
        message=body,
        priority=PRIORITY.medium,
        status=STATUS.queued,
        headers={"Auto-Submitted": "auto-generated"},
        message_id=make_msgid(domain=settings.ALLOWED_HOSTS[0]),
    )


def worn_out(address):
    """Whether an address has had all the mail that others can make us send it in a day."""
    lately = Email.objects.filter(to=[address], created__gt=timezone.now() - timedelta(days=1))
    return lately.count() >= settings.MAILS_PER_ADDRESS_PER_DAY


def send_due():
    """Sends what is due, one mail at a time and by one sender at a time; bodies of sent mails are deleted."""
    sent = 0
    with _only_sender() as alone:
        while alone and get_queued().exists():
            sent += send_queued()[0]
            _keep_the_server_s_last_words()
            drop_texts(sent_with_text())
    return sent


def sent_with_text():
    """Sent mails that still hold what they said."""
    return Email.objects.filter(status=STATUS.sent).exclude(message="", html_message="")


def drop_texts(mails):
    return mails.update(message="", html_message="")


def _keep_the_server_s_last_words():
    """A mail that is tried for days says only why it failed last."""
    last = Log.objects.filter(email=OuterRef("email")).order_by("-pk").values("pk")[:1]
    Log.objects.exclude(pk=Subquery(last)).delete()


def undelivered():
    """Mails that the mail server has not taken so far, whether they are tried again or not."""
    return Email.objects.filter(status__in=(STATUS.failed, STATUS.requeued))


def to(address):
    """The mails to one address, newest first; `server_s_words` says why one was not taken."""
    last = Log.objects.filter(email=OuterRef("pk")).order_by("-pk").values("message")[:1]
    return Email.objects.filter(to=[address]).annotate(server_s_words=Subquery(last)).order_by("-created")


def send_again(mails):
    """Puts mails back into the outbox, due at once."""
    return mails.update(status=STATUS.queued, number_of_retries=None, scheduled_time=None)


def forget(keys):
    Email.objects.filter(pk__in=keys).delete()


@contextlib.contextmanager
def _only_sender():
    if connection.vendor == "postgresql":
        # Held until the worker's connection ends: whichever host has it goes on sending.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
            yield cursor.fetchone()[0]
    else:
        with only_one(settings.VAR_DIR / "sender.lock") as alone:
            yield alone

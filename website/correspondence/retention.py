"""The register of personal data: what is kept, for how long, and how it is deleted.

The purge, the privacy notice and the tests all read it, so they cannot differ. Each app registers rules for its models
in its module `retention`; the number of days is in settings.KEEP_DAYS. Notes of colleagues need no rule: they are
deleted together with the request or message that they are about.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django import forms
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from website.correspondence.erasures import Erasure
from website.correspondence.fields import PublicForm
from website.correspondence.models import PURGED, DailyKey, Link, Purge, Tally
from website.mail.models import Mail
from website.publishing.models import PublishingRequest

BATCH_SIZE = 1000  # rows deleted in one transaction
#: The classes of the public forms, whose fields the privacy notice lists.
FORMS: list[type[forms.BaseForm]] = []


#: Takes a moment and returns querysets of the rows that are older.
ExpiredRows = Callable[[datetime], list[QuerySet]]
#: Takes such a queryset and returns how many rows it deleted.
Delete = Callable[[Any], int]


@dataclass(frozen=True)
class RetentionRule:
    """One kind of personal data: its name in the privacy notice, which rows have expired, and how to delete them."""

    name: str
    what: Any  # a lazy translation
    expired_rows: ExpiredRows
    delete: Delete
    setting: str  # the key of settings.KEEP_DAYS
    form: type | None  # the public form, or a base class of several, that the data comes from; None if from the admin

    @property
    def days(self) -> int:
        return settings.KEEP_DAYS[self.setting]


#: Every rule by its name.
REGISTER: dict[str, RetentionRule] = {}


def delete(rows: QuerySet) -> int:
    """Deletes the rows of a queryset, BATCH_SIZE in each transaction. Returns how many there were.

    The rows are locked first: one that changes meanwhile, and is no longer in the queryset, stays.
    """
    deleted = 0
    while True:
        with transaction.atomic():
            keys = list(rows.select_for_update().values_list("pk", flat=True)[:BATCH_SIZE])
            rows.model.objects.filter(pk__in=keys).delete()
        deleted += len(keys)
        if not keys:
            return deleted


def erase(rows: QuerySet) -> int:
    """Erases rows of a subclass of Submission with their links and mails, one in each transaction. Returns how many."""
    erased = 0
    for pk in list(rows.values_list("pk", flat=True)):
        with transaction.atomic():
            row = rows.select_for_update().filter(pk=pk).first()
            if row:
                row.erase(PURGED)
                erased += 1
    return erased


def retention_rule(
    name: str, what: Any, delete: Delete = delete, setting: str | None = None, form: type | None = None
) -> Callable[[ExpiredRows], ExpiredRows]:
    """Decorator: registers a RetentionRule for a function that takes a moment and returns querysets of older rows."""

    def register(expired_rows: ExpiredRows) -> ExpiredRows:
        REGISTER[name] = RetentionRule(name, what, expired_rows, delete, setting or name, form)
        return expired_rows

    return register


def periods_of(form_class: type) -> list[RetentionRule]:
    """The rules for the data that comes from a form. The page of the form lists them."""
    return [entry for entry in REGISTER.values() if entry.form and issubclass(form_class, entry.form)]


def purge(dry_run: bool = False) -> dict[str, int]:
    """Deletes the rows that have expired; with `dry_run` it only counts them. Returns their number by rule."""
    counts = {}
    for entry in REGISTER.values():
        due = entry.expired_rows(timezone.now() - timedelta(days=entry.days))
        counts[entry.name] = sum(rows.count() if dry_run else entry.delete(rows) for rows in due)
    if not dry_run:
        Purge.objects.create(counts=counts)
        if connection.vendor == "sqlite" and not connection.in_atomic_block:
            # Otherwise deleted rows could be read in the write-ahead log until it is overwritten.
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return counts


def drop_texts(mails: QuerySet) -> int:
    return mails.update(body="")


@retention_rule("mail_texts", _("The text of an e-mail, once it has been sent"), drop_texts, form=PublicForm)
def sent_texts(before: datetime) -> list[QuerySet]:
    return [Mail.objects.sent_with_text().filter(finished_at__lte=before)]


@retention_rule(
    "mails", _("The address and the time of an e-mail that was sent or could not be delivered"), form=PublicForm
)
def finished_mails(before: datetime) -> list[QuerySet]:
    return [Mail.objects.finished().filter(finished_at__lt=before)]


@retention_rule("links", _("A link to your own data, sent by e-mail"), form=PublicForm)
def old_links(before: datetime) -> list[QuerySet]:
    return [Link.objects.filter(mailed_at__lt=before)]


@retention_rule(
    "tallies", _("The number of forms sent from one IP network (the IP address is not stored)"), form=PublicForm
)
def old_tallies(before: datetime) -> list[QuerySet]:
    return [model.objects.filter(day__lte=timezone.localtime(before).date()) for model in (Tally, DailyKey)]


@retention_rule("login_failures", _("Sign-ins to the administration pages, and failed sign-ins"))
def old_sign_ins(before: datetime) -> list[QuerySet]:
    return [model.objects.filter(attempt_time__lt=before) for model in (AccessAttempt, AccessFailureLog, AccessLog)]


@retention_rule("sessions", _("Sessions in the administration pages, after they have ended"))
def ended_sessions(before: datetime) -> list[QuerySet]:
    return [Session.objects.filter(expire_date__lt=before)]


@retention_rule("wishes", _("What an editor wrote when asking a publisher to publish a text"))
def old_publishing_requests(before: datetime) -> list[QuerySet]:
    return [PublishingRequest.objects.filter(at__lt=before)]


@retention_rule("backups", _("Backups, and the codes by which erased data is recognised if a backup is restored"))
def old_erasures(before: datetime) -> list[QuerySet]:
    return [Erasure.objects.filter(at__lt=before)]

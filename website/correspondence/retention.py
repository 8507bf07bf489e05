"""The register of personal data: what is kept, how long, and what deletes it.

The purge, the privacy notice and the tests are all made from it, so none of them can drift from the others.
Each app registers what it owns; how many days is settings.KEEP_DAYS alone. The notes of colleagues need no entry:
the database deletes them with the request or the message they are about.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from website.correspondence.erasures import Erasure
from website.correspondence.fields import PublicForm
from website.correspondence.models import PURGED, DailyKey, Link, Purge, Tally
from website.mail.models import Mail

REGISTER = {}
AT_ONCE = 1000  # rows deleted in one transaction
#: The public forms: the privacy notice names their fields.
FORMS = []


@dataclass(frozen=True)
class RetentionRule:
    """One kind of personal data: what it is in the notice's words, and which rows are past their time."""

    name: str
    what: str
    expired_rows: Callable  # takes a moment, returns querysets of what is older
    delete: Callable  # takes such a queryset, returns how many rows it deleted
    setting: str
    form: type | None  # the public form, or the kind of them, through which it comes; None for the administration's

    @property
    def days(self):
        return settings.KEEP_DAYS[self.setting]


def delete(rows):
    """Deletes rows that are still past their time once they are locked: one may change while the purge runs."""
    deleted = 0
    while True:
        with transaction.atomic():
            held = list(rows.select_for_update().values_list("pk", flat=True)[:AT_ONCE])
            rows.model.objects.filter(pk__in=held).delete()
        deleted += len(held)
        if not held:
            return deleted


def erase(rows):
    """The same for what people wrote: one at a time, each with its links and mails, so that nobody waits for long."""
    erased = 0
    for pk in list(rows.values_list("pk", flat=True)):
        with transaction.atomic():
            row = rows.select_for_update().filter(pk=pk).first()
            if row:
                row.erase(PURGED)
                erased += 1
    return erased


def retention_rule(name, what, delete=delete, setting=None, form=None):
    """Registers a function that, given a moment, gives the querysets of rows older than it."""

    def register(expired_rows):
        REGISTER[name] = RetentionRule(name, what, expired_rows, delete, setting or name, form)
        return expired_rows

    return register


def periods_of(form_class):
    """What of the register comes through a form: said in the form's own page."""
    return [entry for entry in REGISTER.values() if entry.form and issubclass(form_class, entry.form)]


def purge(dry_run=False):
    """Deletes what is past its time and returns how many rows of each kind."""
    counts = {}
    for entry in REGISTER.values():
        due = entry.expired_rows(timezone.now() - timedelta(days=entry.days))
        counts[entry.name] = sum(rows.count() if dry_run else entry.delete(rows) for rows in due)
    if not dry_run:
        Purge.objects.create(counts=counts)
        if connection.vendor == "sqlite" and not connection.in_atomic_block:
            # What was deleted would stand in the write-ahead log until others wrote over it.
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return counts


def drop_texts(mails):
    return mails.update(body="")


@retention_rule("mail_texts", _("The text of an e-mail, once it has been sent"), drop_texts, form=PublicForm)
def sent_texts(before):
    return [Mail.objects.sent_with_text().filter(finished_at__lte=before)]


@retention_rule(
    "mails", _("The address and the time of an e-mail that was sent or could not be delivered"), form=PublicForm
)
def finished_mails(before):
    return [Mail.objects.finished().filter(finished_at__lt=before)]


@retention_rule("links", _("The link in an e-mail to your own data"), form=PublicForm)
def old_links(before):
    return [Link.objects.filter(mailed_at__lt=before)]


@retention_rule("tallies", _("How many forms came from one network, without its address"), form=PublicForm)
def old_tallies(before):
    return [model.objects.filter(day__lte=timezone.localtime(before).date()) for model in (Tally, DailyKey)]


@retention_rule("login_failures", _("Sign-ins to the administration and failures to sign in"))
def old_sign_ins(before):
    return [model.objects.filter(attempt_time__lt=before) for model in (AccessAttempt, AccessFailureLog, AccessLog)]


@retention_rule("sessions", _("Sessions of the administration, after they have ended"))
def ended_sessions(before):
    return [Session.objects.filter(expire_date__lt=before)]


@retention_rule("backups", _("Backups, and the codes by which erased data is recognised if one is restored"))
def old_erasures(before):
    return [Erasure.objects.filter(at__lt=before)]

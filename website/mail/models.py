from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class MailQuerySet(models.QuerySet["Mail"]):
    def to(self, email: Any) -> "MailQuerySet":
        """The mails to one normalised e-mail address, or to that of an outer query (OuterRef)."""
        return self.filter(recipient=email)

    def undelivered(self) -> "MailQuerySet":
        """Mails that were tried at least once and not accepted by the mail server, to be tried again or not."""
        return self.exclude(state=Mail.State.SENT).exclude(answer="")

    def sent_with_text(self) -> "MailQuerySet":
        return self.filter(state=Mail.State.SENT).exclude(body="")

    def finished(self) -> "MailQuerySet":
        return self.exclude(state=Mail.State.QUEUED)

    def send_again(self) -> int:
        """Puts the mails into the queue as if they were new. Returns how many there are."""
        return self.update(
            state=Mail.State.QUEUED,
            answer="",
            due_at=timezone.now(),
            first_tried_at=None,
            answered_at=None,
            finished_at=None,
        )


class Mail(models.Model):
    """One mail to one recipient, from the transaction that caused it until the retention period has passed."""

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting to be sent")
        SENT = "sent", _("sent")
        REFUSED = "refused", _("refused by the mail server")
        GIVEN_UP = "given up", _("given up after three days")

    recipient = models.CharField(max_length=254)
    language = models.CharField(max_length=2, choices=settings.LANGUAGES)
    subject = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    message_id = models.CharField(max_length=254)
    #: What a visitor did with somebody's address to cause the mail, for the daily limit; empty where visitors cannot.
    cause = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=20, choices=State.choices, default=State.QUEUED)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    #: A random name: the sender that wrote it last is the one that may send the mail.
    claim = models.CharField(max_length=32, blank=True)
    #: Whether SMTP's DATA was begun under this claim and its result is not recorded: the server may have the mail.
    handed_over = models.BooleanField(default=False)
    first_tried_at = models.DateTimeField(null=True)
    #: The mail server's last reply about this mail, or why there was none.
    answer = models.CharField(max_length=200, blank=True)
    #: When the mail server last replied about this mail; empty if the latest try got no reply.
    answered_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["state", "due_at"]),
            models.Index(fields=["recipient", "cause", "created_at"]),
        ]

    def __str__(self) -> str:
        return f"mail {self.pk}"

    @classmethod
    def limit_reached(cls, email: str, cause: str) -> bool:
        """Whether an address has got as many mails with this cause as it may get within 24 hours."""
        since = timezone.now() - timedelta(days=1)
        lately = cls.objects.to(email).filter(cause=cause, created_at__gt=since)
        return lately.count() >= settings.MAILS_PER_ADDRESS_PER_DAY

    # --- For the monitoring ------------------------------------------------------------------------------------------
    @classmethod
    def waiting_since(cls) -> datetime | None:
        """The moment since which the oldest mail waits for any reply of the mail server; None if no mail waits.

        A mail that the server put off (4xx) does not count: the fault may lie with its recipient alone.
        """
        unanswered = cls.objects.filter(state=cls.State.QUEUED, answered_at=None)
        return unanswered.aggregate(since=models.Min(Coalesce("first_tried_at", "due_at")))["since"]

    @classmethod
    def addresses_refused_in_a_row(cls) -> int:
        """How many different recipients were refused or put off since the mail server last accepted a mail."""
        last_sent = cls.objects.filter(state=cls.State.SENT).aggregate(at=models.Max("finished_at"))["at"]
        refused = cls.objects.undelivered().filter(answered_at__isnull=False)
        if last_sent:
            refused = refused.filter(answered_at__gt=last_sent)
        return refused.values("recipient").distinct().count()

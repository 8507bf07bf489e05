from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class MailQuerySet(models.QuerySet):
    def to(self, email):
        return self.filter(recipient=email)

    def undelivered(self):
        """Tried at least once and not taken by the mail server, whether it is tried again or not."""
        return self.exclude(state=Mail.State.SENT).exclude(answer="")

    def sent_with_text(self):
        return self.filter(state=Mail.State.SENT).exclude(body="")

    def finished(self):
        return self.exclude(state=Mail.State.QUEUED)

    def send_again(self):
        """Due at once, and for as long as a new mail."""
        again = {"due_at": timezone.now(), "first_tried_at": None, "answered_at": None, "finished_at": None}
        return self.update(state=Mail.State.QUEUED, answer="", **again)


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
    #: What a stranger did with the address, counted for the day's limit; empty where nobody else can cause the mail.
    cause = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=20, choices=State.choices, default=State.QUEUED)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    #: The random name of the sender's latest claim.
    claim = models.CharField(max_length=32, blank=True)
    #: DATA was begun under this claim, and its end is not recorded yet: the mail server may have the mail.
    handed_over = models.BooleanField(default=False)
    first_tried_at = models.DateTimeField(null=True)
    #: The mail server's last words about this mail, or why there were none.
    answer = models.CharField(max_length=200, blank=True)
    #: When the mail server last answered for this recipient; empty after a try without an answer.
    answered_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["state", "due_at"]),
            models.Index(fields=["recipient", "cause", "created_at"]),
        ]

    def __str__(self):
        return f"mail {self.pk}"

    @classmethod
    def limit_reached(cls, email, cause):
        """Whether strangers have caused as many mails of one kind to one recipient as may be sent in a day."""
        since = timezone.now() - timedelta(days=1)
        lately = cls.objects.to(email).filter(cause=cause, created_at__gt=since)
        return lately.count() >= settings.MAILS_PER_ADDRESS_PER_DAY

    # --- For the monitoring ------------------------------------------------------------------------------------------
    @classmethod
    def waiting_since(cls):
        """The moment since which the mail server has given no answer for the oldest mail; None where none waits.

        A mail that was put off by an answer (451) does not count here: its address alone may be at fault.
        """
        unanswered = cls.objects.filter(state=cls.State.QUEUED, answered_at=None)
        return unanswered.aggregate(since=models.Min(Coalesce("first_tried_at", "due_at")))["since"]

    @classmethod
    def addresses_refused_in_a_row(cls):
        """How many different addresses were refused or put off since the mail server last took a mail."""
        last_sent = cls.objects.filter(state=cls.State.SENT).aggregate(at=models.Max("finished_at"))["at"]
        refused = cls.objects.undelivered().filter(answered_at__isnull=False)
        if last_sent:
            refused = refused.filter(answered_at__gt=last_sent)
        return refused.values("recipient").distinct().count()

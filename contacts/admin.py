from django.contrib import admin
from django.db.models import F
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact, Message
from website.admin.dashboard import counter
from website.admin.pages import choices_filter
from website.correspondence import admin as correspondence
from website.publishing.admin import OrderedAdmin

INBOX = reverse_lazy("admin:contacts_message_changelist")

admin.site.register(Contact, OrderedAdmin, list_display=["__str__", "phone", "email"])


def overdue(rows):
    """The messages without an answer whose last day for it has passed."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return rows.filter(answered_at=None, created_at__lt=today - Message.ANSWERED_WITHIN)


Answered = choices_filter(
    "answer",
    _("answer"),
    [("waiting", _("not answered yet")), ("overdue", _("overdue")), ("answered", _("answered"))],
    lambda rows, state, request: (
        overdue(rows) if state == "overdue" else rows.filter(answered_at__isnull=state == "waiting")
    ),
)


@admin.register(Message)
class MessageAdmin(correspondence.WrittenAdmin):
    """The inbox of feedback: unanswered messages first, the oldest on top."""

    list_display = ["first_words", "kind", "page", "language", "days_left", "remarks"]
    list_filter = [Answered, "kind", "language", "suspected", correspondence.Undelivered]
    search_fields = ["message", "page", "name", "email"]
    ordering = [F("answered_at").desc(nulls_first=True), "created_at"]
    actions = ["answer", "mark_answered", "clear_suspicion", "send_again"]
    more_fields = ("language", "created_at", "days_left", "answer", "answered_at")
    reply_heading = _("Answer by e-mail")
    reply_template = "contacts/mail/answer.txt"
    mail_template = "contacts/mail/reply.txt"

    @admin.display(description=_("message"))
    def first_words(self, row):
        """In lists alone: the row's own name ends in logs and holds nothing of what was written."""
        return Truncator(row.message).words(8, truncate=" …")

    @admin.display(description=_("days left"))
    def days_left(self, row):
        return _("answered") if row.days_left is None else row.days_left

    @admin.action(description=_("Answer by e-mail …"), permissions=["change"])
    def answer(self, request, rows):
        return self.to_reply(rows)

    mark_answered = correspondence.step_action("be_answered", _("Mark as answered, without an e-mail"))
    clear_suspicion = correspondence.step_action("be_trusted", _("It is no spam"))

    def may_be_replied(self, row):
        return bool(row.normalised_email) and not row.answered_at

    def reply(self, row, by, text):
        row.be_answered(by, text)


@counter(_("Feedback that waits for an answer"), "contacts.view_message")
def feedback_waiting(request):
    return Message.objects.filter(answered_at=None).count(), f"{INBOX}?answer=waiting"


@counter(_("Feedback whose 14 days have passed"), "contacts.view_message")
def feedback_overdue(request):
    return overdue(Message.objects).count(), f"{INBOX}?answer=overdue"

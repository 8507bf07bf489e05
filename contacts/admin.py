import re

from django.contrib import admin
from django.db.models import F
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact, Message
from website.admin.dashboard import Event, Waiting, event, waiting
from website.admin.pages import choices_filter
from website.correspondence import admin as correspondence
from website.correspondence.decisions import Decision, as_action
from website.publishing.admin import OrderedAdmin

admin.site.register(Contact, OrderedAdmin, list_display=["__str__", "phone", "email"])


MAX_ON_DASHBOARD = 50  # messages on the first page and on the timeline, those that have waited longest


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


DECISIONS = [
    Decision(
        "answer",
        _("Answer by e-mail"),
        _("Send the answer"),
        _("The answer is on its way: %(things)s."),
        fits=lambda row: row.is_waiting,
        take=lambda row, by, text: row.be_answered(by, text),
        template="contacts/mail/answer.txt",
        needs_words=True,
    ),
    Decision(
        "mark_answered",
        _("Mark as answered, without an e-mail"),
        _("Mark as answered"),
        _("Marked as answered, without a mail: %(things)s."),
        fits=lambda row: not row.answered_at,
        take=lambda row, by, text: row.be_answered(by),
        explanation=_("It was answered elsewhere, or it needs no answer."),
    ),
    Decision(
        "clear_suspicion",
        _("It is no spam"),
        _("Remove the mark"),
        _("No longer suspected of being spam: %(things)s."),
        fits=lambda row: row.suspected,
        take=lambda row, by, text: row.be_trusted(by),
    ),
]


def page_link(path):
    return format_html('<a href="{}">{}</a>', path, path)


@admin.register(Message)
class MessageAdmin(correspondence.SubmissionAdmin):
    """The inbox of feedback: unanswered messages first, the oldest on top."""

    list_display = ["first_words", "kind", "page", "language", "days_left", "remarks"]
    list_filter = [Answered, "kind", "language", "suspected", correspondence.Undelivered]
    found_by = ("message", "page", "name", "email")
    ordering = [F("answered_at").desc(nulls_first=True), "created_at"]
    decisions = DECISIONS
    actions = [*map(as_action, DECISIONS), "send_again", "delete_selected"]
    main_text_field = "message"
    mail_template = "contacts/mail/reply.txt"

    @admin.display(description=_("message"))
    def first_words(self, row):
        """In lists alone: the row's own name ends in logs and holds nothing of what was written."""
        return Truncator(row.message).words(8, truncate=" …")

    def name_in_lists(self, row):
        return self.first_words(row)

    @admin.display(description=_("days left"))
    def days_left(self, row):
        return _("answered") if row.days_left is None else row.days_left

    def heading(self, row):
        return row.get_kind_display()

    def status_labels(self, row):
        if row.answered_at:
            yield _("answered")
        else:
            yield _("to be answered by %(day)s") % {"day": date_format(row.answer_due, "DATE_FORMAT")}

    def waiting(self, rows):
        return rows.filter(answered_at=None).order_by("suspected", "created_at", "pk")

    def other_answers(self, request, row):
        kind, page = (self.opts.get_field(name).verbose_name for name in ("kind", "page"))
        pairs = [pair for pair in super().other_answers(request, row) if pair[0] != kind]  # stands in the heading
        if re.fullmatch(r"(/[\w-]+)+/", row.page):
            pairs = [(label, page_link(text) if label == page else text) for label, text in pairs]
        answer = [(_("answer"), row.answer)] if row.answer else []
        return [*pairs, (_("language"), row.get_language_display()), *answer]


@waiting("contacts.view_message")
def feedback_waiting(request):
    rows = admin.site.get_model_admin(Message)
    for row in rows.get_queryset(request).filter(answered_at=None).order_by("created_at")[:MAX_ON_DASHBOARD]:
        kind, url = row.get_kind_display(), rows.admin_url("change", row.pk)
        why = _("answer by %(day)s") % {"day": date_format(row.answer_due)}
        why = ", ".join(str(part) for part in (why, *rows.remarks_on(row)))
        name = f"{kind}: {rows.first_words(row)}"
        yield Waiting(
            name, why, _("Read and answer"), url, person=True, days_left=row.days_left, suspected=row.suspected
        )


@event("contacts.view_message")
def answers_due(request):
    rows = admin.site.get_model_admin(Message)
    for row in Message.objects.filter(answered_at=None).order_by("created_at")[:MAX_ON_DASHBOARD]:
        yield Event(row.answer_due, _("to be answered at the latest"), row, rows.admin_url("change", row.pk))

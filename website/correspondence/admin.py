"""The admin of what people wrote: staff read it, add notes, reply by mail and erase it, but cannot edit it."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import product
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import linebreaksbr
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import localize
from django.utils.html import format_html_join
from django.utils.timesince import timesince
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from website.admin.dashboard import Waiting, waiting
from website.admin.guard import GuardedAdmin
from website.admin.pages import ExtraPagesMixin, ReadOnlyAdmin, choices_filter
from website.correspondence.models import IllegalStep, Purge
from website.correspondence.receiving import mail_to_person
from website.mail.models import Mail
from website.mail.outbox import frame
from website.text.forms import ParagraphField


def with_undelivered_mail(rows: QuerySet, *_filter_arguments: Any) -> QuerySet:
    """The rows whose person has a mail that the mail server did not accept. Also used as a filter with one choice."""
    return rows.filter(normalised_email__in=Mail.objects.undelivered().values("recipient"))


Undelivered = choices_filter("mail", _("mail"), [("undelivered", _("not delivered"))], with_undelivered_mail)


def step_action(step: str, description: Any) -> Callable[..., HttpResponse]:
    """An admin action that calls the method `step` of each chosen row with the user."""

    @admin.action(description=description, permissions=["change"])
    def take(self: "WrittenAdmin", request: HttpRequest, rows: QuerySet) -> HttpResponse:
        return self.each(request, rows, lambda row: getattr(row, step)(request.user))

    return take


class ReplyForm(forms.Form):
    """The text of a mail, to be read and changed before it is sent: one field for each language in `languages`.

    The first line of the template is the subject, the rest is the initial text.
    """

    def __init__(self, data: Any, template: str, languages: set[str], context: dict[str, Any]) -> None:
        super().__init__(data)
        for code, name in settings.LANGUAGES:
            if code in languages:
                with override(code):
                    subject, _newline, text = render_to_string(template, frame() | context).partition("\n")
                    end = render_to_string("correspondence/mail/end.txt", frame() | {"preview": True})
                widget = forms.Textarea({"lang": code, "rows": 10, "class": "vLargeTextField"})
                field: Any = ParagraphField(label=name, max_length=5000, widget=widget, initial=text.strip())
                field.subject, field.end = subject, end.strip()
                self.fields[code] = field


class NoteForm(forms.ModelForm):
    """The change form of what people wrote: it adds a note and changes nothing of the row."""

    note = ParagraphField(
        label=_("New note"),
        max_length=2000,
        widget=forms.Textarea({"rows": 4, "class": "vLargeTextField"}),
        help_text=_("For colleagues. The person may read it too: it is part of what is held about them."),
    )


class WrittenAdmin(GuardedAdmin, ExtraPagesMixin, admin.ModelAdmin):
    """Base of the admin of what people wrote.

    A subclass defines `may_be_replied(row)` and `reply(row, by, text)`, the step to be taken when a reply is sent.
    """

    form = NoteForm
    change_form_template = "correspondence/change_form.html"
    extra_pages = {"reply": "reply/"}
    #: The heading of the page “reply”, and the template of the initial text of the mail.
    reply_heading: Any = ""
    reply_template = ""
    #: The template of the mail that the text is sent in.
    mail_template = "correspondence/mail/reply.txt"
    #: The names of fields that are shown after what the person wrote.
    more_fields: tuple[str, ...] = ()
    #: The columns that the search of every page looks in. Django's own search would write names into addresses.
    found_by: tuple[str, ...] = ()
    #: Views that after signing in again show what was posted, without acting on it.
    shows_unsaved = ("change_view", "reply_view", "export_view")

    def may_be_replied(self, row: Any) -> bool:
        raise NotImplementedError

    def reply(self, row: Any, by: Any, text: str) -> None:
        raise NotImplementedError

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        undelivered = Exists(Mail.objects.undelivered().to(OuterRef("normalised_email")))
        return super().get_queryset(request).annotate(undelivered=undelivered)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        of_the_ministry = ["remarks", "what_was_done", "mails", "notes"]
        adding = ["note"] if self.has_change_permission(request, obj) else []
        model: Any = self.model
        return [*model.ANSWERS, *self.more_fields, *of_the_ministry, *adding]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [field for field in self.get_fields(request, obj) if field != "note"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def found_by_post(self, request: HttpRequest, text: str) -> Iterator[tuple[str, str]]:
        """Name and URL of the newest rows that hold a text; it comes in the body of a request, never in its URL."""
        condition = Q()
        # Both databases compare without case, SQLite only a to z.
        for column, spelling in product(self.found_by, {text, text.lower(), text.upper(), text.title()}):
            condition |= Q(**{f"{column}__icontains": spelling})
        for row in self.get_queryset(request).filter(condition).order_by("-pk")[:50]:
            yield self.name_in_lists(row), self.admin_url("change", row.pk)

    def name_in_lists(self, row: Any) -> str:
        """What a list of several kinds shows of a row."""
        raise NotImplementedError

    # --- What is seen --------------------------------------------------------------------------------------------
    @admin.display(description=_("age"), ordering="-created_at")
    def age(self, row: Any) -> str:
        return timesince(row.created_at, depth=1)

    @admin.display(description=_("remarks"))
    def remarks(self, row: Any) -> str:
        """Warnings for the list, like “suspected”."""
        return ", ".join(str(remark) for remark in self.remarks_on(row)) or "–"

    def remarks_on(self, row: Any) -> Iterator[Any]:
        if row.suspected:
            yield _("suspected")
        if row.undelivered:
            yield _("e-mail not delivered")

    @admin.display(description=_("what was done"))
    def what_was_done(self, row: Any) -> str:
        person = gettext("the person")  # xgettext does not look into f-strings
        return _lines(
            f"{gettext(step['what'])}: {_local(step['at'])}, {step['by'] or person}" for step in row.steps_taken
        )

    @admin.display(description=_("e-mails"))
    def mails(self, row: Any) -> str:
        """The person's newest mails with their state, and the mail server's reply if it did not accept them."""
        if not row.normalised_email:
            return "–"
        mails = Mail.objects.to(row.normalised_email).order_by("-created_at")[:20]
        return _lines(
            f"{_local(mail.created_at)} {mail.subject}: {mail.get_state_display()} {mail.answer}" for mail in mails
        )

    @admin.display(description=_("notes"))
    def notes(self, row: Any) -> str:
        notes = row.notes.select_related("by")
        lines = ((_local(note.at), note.by, linebreaksbr(note.text)) for note in notes)
        return format_html_join("", "<p>{}, {}<br>{}</p>", lines) or "–"

    # --- What is done --------------------------------------------------------------------------------------------
    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.notes.create(text=form.cleaned_data["note"], by=request.user)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        messages.success(request, _("The note has been added."))
        return HttpResponseRedirect(request.get_full_path())

    @admin.action(description=_("Send undelivered e-mails again"), permissions=["change"])
    def send_again(self, request: HttpRequest, rows: QuerySet) -> None:
        emails = list(rows.exclude(normalised_email="").values_list("normalised_email", flat=True))
        count = Mail.objects.undelivered().filter(recipient__in=emails).send_again()
        messages.success(request, _("E-mails that are tried again at once: %(count)d") % {"count": count})

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        obj.erase("erased")

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        for row in queryset:
            row.erase("erased")

    def each(self, request: HttpRequest, rows: Iterable[Any], step: Callable[[Any], None]) -> HttpResponse:
        """Calls `step` for each row, in a transaction of its own, and returns to the list.

        Messages say how many steps were taken, and name the rows that the step is not allowed for.
        """
        done = 0
        for row in rows:
            try:
                with transaction.atomic():
                    step(row)
                    self.log_change(request, row, [{"changed": {"fields": ["state"]}}])
                    done += 1
            except IllegalStep:
                messages.warning(request, _("%(thing)s was left as it is: it is not at this step.") % {"thing": row})
        if done:
            messages.success(request, _("Done: %(count)d") % {"count": done})
        return HttpResponseRedirect(self.admin_url("changelist"))

    # --- Answering by mail ---------------------------------------------------------------------------------------
    def to_reply(self, rows: QuerySet) -> HttpResponse:
        """Redirects to the page “reply” for these rows."""
        keys = list(rows.values_list("pk", flat=True))
        return HttpResponseRedirect(f"{self.admin_url('reply')}?{urlencode({'key': keys}, doseq=True)}")

    def reply_view(self, request: HttpRequest) -> HttpResponse:
        """The page on which the text of a reply is read and changed, and sent to every row that it fits."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        keys = [key for key in request.GET.getlist("key") if re.fullmatch(r"\d{1,18}", key)][:500]
        rows = list(self.get_queryset(request).filter(pk__in=keys).order_by("pk"))
        recipients = [row for row in rows if self.may_be_replied(row)]
        languages = {row.language for row in recipients}
        form = ReplyForm(request.POST or None, self.reply_template, languages, self.reply_context(request))
        if recipients and form.is_valid() and not hasattr(request, "unsaved"):
            return self.each(request, recipients, lambda row: self.send_reply(row, request.user, form))
        context = {"form": form, "recipients": recipients, "left_out": [row for row in rows if row not in recipients]}
        return self.render_page(request, "correspondence/reply.html", self.reply_heading, **context)

    def reply_context(self, request: Any) -> dict[str, Any]:
        """The template context of `reply_template`."""
        return {}

    def send_reply(self, row: Any, by: Any, form: Any) -> None:
        language = row.language  # as on the page: the person may have changed it since then
        subject, text = form.fields[language].subject, form.cleaned_data[language]
        self.reply(row, by, text)
        context = {"subject": subject, "text": text, "written": row}
        mail_to_person(row.normalised_email, self.mail_template, language, context)


def _local(moment: datetime) -> str:
    return localize(timezone.localtime(moment))


def _lines(texts: Iterable[str]) -> str:
    return linebreaksbr("\n".join(texts)) or "–"


@admin.register(Purge)
class PurgeAdmin(ReadOnlyAdmin):
    """When personal data were purged, and how many rows of each kind."""

    list_display = ["finished_at", "deleted"]
    fields = ["finished_at", "deleted"]

    @admin.display(description=_("deleted"))
    def deleted(self, purge: Purge) -> str:
        return ", ".join(f"{name}: {count}" for name, count in purge.counts.items() if count) or "–"


@waiting("correspondence.view_purge")
def purge_overdue(request: HttpRequest) -> Iterator[Waiting]:
    if Purge.overdue(hours=26):
        why = _("Personal data should have been deleted: tell those who run the site.")
        url = reverse("admin:correspondence_purge_changelist")
        yield Waiting(_("Purge of personal data overdue"), why, _("Look"), url)

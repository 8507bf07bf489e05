"""The admin of what people wrote: staff read it, add notes, decide, answer by mail and erase it, but cannot edit it."""

import re
from collections.abc import Iterable, Iterator
from copy import copy
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _

from website.admin.dashboard import Waiting, waiting
from website.admin.lost_updates import GuardedDeletion
from website.admin.pages import ExtraPagesMixin, PeopleMixin, ReadOnlyAdmin, choices_filter
from website.correspondence.decisions import Decision, DecisionForm, NoteForm, fitting
from website.correspondence.models import IllegalStep, Purge
from website.mail.models import Mail


def with_undelivered_mail(rows: QuerySet, *_filter_arguments: Any) -> QuerySet:
    """The rows whose person has a mail that the mail server did not accept. Also used as a filter with one choice."""
    return rows.filter(normalised_email__in=Mail.objects.undelivered().values("recipient"))


Undelivered = choices_filter("mail", _("mail"), [("undelivered", _("not delivered"))], with_undelivered_mail)


#: Said when a row has changed since the page was opened.
CHANGED = _(
    "This has changed after you had opened the page, for example because a colleague has decided. "
    "Nothing has been done or sent: look at it once more."
)


class SubmissionAdmin(GuardedDeletion, PeopleMixin, ExtraPagesMixin, admin.ModelAdmin):
    """Base of the admin of what people wrote: a list, a page on which one is read and decided, a page for several."""

    extra_pages = {"decide": "decide/"}
    #: What may be done, in the order of the page; the first that fits a row is open.
    decisions: list[Decision] = []
    #: What those who decide have to know, in a sentence.
    policy: Any = ""
    #: The template of the mail that the text is sent in.
    mail_template = "correspondence/mail/reply.txt"
    #: The field that is shown as a text of its own, below the others that the person filled in.
    main_text_field = ""
    #: Views that after signing in again show what was posted, without acting on it.
    shows_unsaved = ("change_view", "decide_view", "export_view")

    def heading(self, row: Any) -> str:
        """What stands as the heading of the page of one row."""
        return self.name_in_lists(row)

    def status_labels(self, row: Any) -> Iterator[Any]:
        """The state of a row in a few words each, for the line above its heading."""
        raise NotImplementedError

    def waiting(self, rows: QuerySet) -> QuerySet:
        """Those of the rows that wait for the ministry, in the order in which they are to be handled."""
        raise NotImplementedError

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return []  # what a person wrote is read, not changed

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        undelivered = Exists(Mail.objects.undelivered().to(OuterRef("normalised_email")))
        return super().get_queryset(request).annotate(undelivered=undelivered)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    # --- What is seen --------------------------------------------------------------------------------------------
    @admin.display(description=_("how long ago"), ordering="-created_at")
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

    def other_answers(self, request: HttpRequest, row: Any) -> list[tuple[Any, Any]]:
        """What the person filled in beside the main text, as pairs of a label and a text."""
        label = self.opts.get_field(self.main_text_field).verbose_name  # type: ignore[union-attr]
        return [pair for pair in row.summary() if pair[0] != label]

    # --- One row: read and decided on the same page --------------------------------------------------------------
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        with transaction.atomic():
            self.row_now(request, object_id)  # locks it
            row: Any = self.get_object(request, unquote(object_id))
            if row is None:
                return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
            if not self.has_view_permission(request, row):
                raise PermissionDenied
            page = self.page_of(request, row)
            if request.method == "POST":
                if not self.has_change_permission(request, row):
                    raise PermissionDenied
                answer = None if hasattr(request, "unsaved") else self.take_posted(request, row, page)
                if answer:
                    return answer
        response = self.render_page(request, "correspondence/change_form.html", str(row).capitalize(), **page)
        response.status_code = 409 if page["unsent"] else 200
        return response

    def page_of(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """The template context of the page of one row."""
        posted = request.POST.get("decision")
        forms = []
        if self.has_change_permission(request, row):
            for decision in fitting(self.decisions, row):
                data = request.POST if decision.name == posted else None
                forms.append(DecisionForm(data, decision, [row], self.mail_template, self.mail_context(request)))
        note = NoteForm(request.POST if "note" in request.POST else None)
        mails = Mail.objects.to(row.normalised_email).order_by("-created_at")[:20] if row.normalised_email else []
        return {
            "row": row,
            "heading": self.heading(row),
            "status_labels": [*self.status_labels(row), *self.remarks_on(row)],
            "other_answers": self.other_answers(request, row),
            "main_text": getattr(row, self.main_text_field),
            "main_text_label": self.opts.get_field(self.main_text_field).verbose_name,  # type: ignore[union-attr]
            "notes": row.notes.select_related("by"),
            "mails": mails,
            "forms": forms,
            "policy": self.policy,
            "open": posted if any(form.is_bound for form in forms) else forms[0].decision.name if forms else "",
            "note_form": note,
            "may_change": self.has_change_permission(request, row),
            "may_delete": self.has_delete_permission(request, row),
            "unsent": None,
            "filters": self.filters(request),
            "list_url": self.list_url(request),
            **self.place_in_queue(request, row),
        }

    def take_posted(self, request: HttpRequest, row: Any, page: dict[str, Any]) -> HttpResponse | None:
        """Adds the posted note or takes the posted decision. None if the page has to be shown again."""
        if page["note_form"].is_bound:
            if not page["note_form"].is_valid():
                return None
            row.notes.create(text=page["note_form"].cleaned_data["note"], by=request.user)
            self.log_change(request, row, [{"changed": {"fields": ["note"]}}])
            messages.success(request, _("The note has been added."))
            return HttpResponseRedirect(request.get_full_path())
        form = next((form for form in page["forms"] if form.is_bound), None)
        if form is None or form.has_changed_meanwhile():
            page["unsent"] = {"form": form, "text": request.POST.get(row.language, "")}
            return None
        if not form.is_valid():
            return None
        self.each(request, [row], form)
        following = page["next"]
        if following:
            messages.info(request, _("The next that waits is shown here."))
        address = self.admin_url("change", following.pk) + self.filters(request) if following else page["list_url"]
        return HttpResponseRedirect(address)

    def mail_context(self, request: Any) -> dict[str, Any]:
        """The template context of the initial texts of mails."""
        return {}

    # --- The queue -----------------------------------------------------------------------------------------------
    def filters(self, request: HttpRequest) -> str:
        """The filters of the list that led here, as the query of an address."""
        filters = self.get_preserved_filters(request)
        return f"?{filters}" if filters else ""

    def list_url(self, request: HttpRequest) -> str:
        query = QueryDict(self.filters(request)[1:]).get("_changelist_filters", "")
        return self.admin_url("changelist") + (f"?{query}" if query else "")

    def place_in_queue(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Which of the waiting rows this one is, counted within the filters of the list, and which comes next."""
        listed = copy(request)
        listed.GET = QueryDict(QueryDict(self.filters(request)[1:]).get("_changelist_filters", ""))
        try:
            rows = self.get_changelist_instance(listed).queryset
        except IncorrectLookupParameters:
            rows = self.get_queryset(request)
        keys = list(self.waiting(rows).values_list("pk", flat=True))
        place = keys.index(row.pk) if row.pk in keys else -1
        others = [*keys[place + 1 :], *keys[: max(place, 0)]]
        following = self.get_queryset(request).get(pk=others[0]) if others else None
        return {
            "place": place + 1,
            "queue": len(keys),
            "next": following,
            "next_name": following and self.name_in_lists(following),
        }

    # --- Several rows --------------------------------------------------------------------------------------------
    def decide_view(self, request: HttpRequest) -> HttpResponse:
        """Takes a decision on the rows whose keys are posted in one field, however many there are."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        decision = next((one for one in self.decisions if one.name == request.POST.get("decision")), None)
        if decision is None:
            return HttpResponseRedirect(self.admin_url("changelist"))
        keys = re.findall(r"\b\d{1,18}\b", request.POST.get("keys", ""))
        return self.decide_together(request, decision, self.get_queryset(request).filter(pk__in=keys))

    def decide_together(self, request: HttpRequest, decision: Decision, chosen: QuerySet) -> HttpResponse:
        """The page on which several are decided: the texts of the mails are read and changed before they go."""
        rows = list(chosen.order_by("pk").prefetch_related("notes"))
        fit = [row for row in rows if decision.fits(row)]
        data = request.POST if "keys" in request.POST else None
        form = DecisionForm(data, decision, fit, self.mail_template, self.mail_context(request))
        changed = form.is_bound and form.has_changed_meanwhile()
        if fit and not changed and not hasattr(request, "unsaved") and form.is_valid():
            self.each(request, fit, form)
            return HttpResponseRedirect(self.list_url(request))
        if changed and not hasattr(request, "unsaved"):
            messages.warning(request, CHANGED)
        context = {"form": form, "rows": fit, "left_out": [row for row in rows if row not in fit]}
        context |= {"keys": " ".join(str(row.pk) for row in rows), "filters": self.filters(request)}
        context |= {"address": self.admin_url("decide"), "list_url": self.list_url(request)}
        response = self.render_page(request, "correspondence/decide.html", decision.label, **context)
        response.status_code = 409 if changed and fit else 200
        return response

    def each(self, request: HttpRequest, rows: Iterable[Any], form: DecisionForm) -> None:
        """Takes the decision of a valid form on each row, in a transaction of its own.

        Messages say what was done, and name the rows that it is not allowed for.
        """
        done = []
        for row in rows:
            try:
                with transaction.atomic():
                    form.take(row, request.user)
                    self.log_change(request, row, [{"changed": {"fields": ["state"]}}])
                    done.append(row)
            except IllegalStep:
                messages.warning(
                    request,
                    _("%(thing)s was left as it is: it is not at this step.") % {"thing": self.name_in_lists(row)},
                )
        if done:
            things = self.name_in_lists(done[0]) if len(done) == 1 else len(done)
            messages.success(request, form.decision.done % {"things": things})

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

import csv
from types import SimpleNamespace

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.db.models.functions import Lower
from django.http import StreamingHttpResponse
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from network.models import Export, JoinRequest, names_of_commitments
from website.admin.dashboard import Waiting, waiting
from website.admin.pages import ReadOnlyAdmin, choices_filter
from website.correspondence import admin as correspondence
from website.correspondence.decisions import Decision, as_action
from website.text.forms import LineField

QUEUE = reverse_lazy("admin:network_joinrequest_changelist")
State = JoinRequest.State
MAX_ON_DASHBOARD = 50  # requests on the first page, those that have waited longest


# Both databases store the list of interests as text, like ["1", "3"].
Interest = choices_filter(
    "interest",
    _("commitment of interest"),
    lambda request: names_of_commitments(request.edition).items(),
    lambda rows, number, request: rows.filter(interests__icontains=f'"{number}"'),
)


class ExportForm(forms.Form):
    why = LineField(label=_("What is the list for?"), max_length=200, help_text=_("Kept with your name and the time."))


#: The network is open to everybody: nobody is refused but spam.
DECISIONS = [
    Decision(
        "accept",
        _("Accept"),
        _("Accept and send"),
        _("Accepted, and the mail is on its way: %(things)s."),
        fits=lambda row: row.is_waiting,
        take=lambda row, by, text: row.accept(by),
        template="network/mail/accepted.txt",
    ),
    Decision(
        "ask",
        _("Ask more"),
        _("Send the question"),
        _("The question is on its way: %(things)s."),
        fits=lambda row: row.is_waiting,
        take=lambda row, by, text: row.ask(by, text),
        explanation=_("The request goes on waiting for a decision. The question is kept among the notes."),
        template="network/mail/question.txt",
        needs_words=True,
    ),
    Decision(
        "reconsider",
        _("Take back: it is no spam"),
        _("Take back"),
        _("Waits for a decision again: %(things)s."),
        fits=lambda row: row.state == State.REFUSED,
        take=lambda row, by, text: row.reconsider(by),
        explanation=_("The request waits for a decision again. No e-mail is sent."),
    ),
    Decision(
        "refuse",
        _("Spam"),
        _("It is spam: refuse it"),
        _("Refused as spam, without a mail: %(things)s."),
        fits=lambda row: row.state in (State.UNCONFIRMED, State.WAITING),
        take=lambda row, by, text: row.refuse(by),
        explanation=_(
            "No e-mail is sent. Spam is deleted after the time in the privacy notice; until then it can be taken back."
        ),
        is_destructive=True,
    ),
]


@admin.register(JoinRequest)
class JoinRequestAdmin(correspondence.SubmissionAdmin):
    """The requests to join, and the coordinators' decisions on them."""

    change_list_template = "network/change_list.html"
    extra_pages = {**correspondence.SubmissionAdmin.extra_pages, "export": "export/"}
    list_display = ["name", "organisation", "organisation_type", "language", "state", "age", "remarks"]
    list_filter = ["state", "organisation_type", Interest, "language", "suspected", correspondence.Undelivered]
    found_by = ("name", "email", "organisation")
    decisions = DECISIONS
    policy = _("The network is open to everybody: nobody is refused but spam.")
    actions = [*map(as_action, DECISIONS), "send_again", "delete_selected"]
    main_text_field = "description"

    def get_queryset(self, request):
        namesakes = JoinRequest.objects.annotate(lower=Lower("name")).filter(lower=Lower(OuterRef("name")))
        others = namesakes.exclude(pk=OuterRef("pk"))
        return super().get_queryset(request).annotate(same_name=Exists(others))

    def remarks_on(self, row):
        yield from super().remarks_on(row)
        if row.same_name:
            yield _("another with the same name")
        if row.is_waiting and row.steps and row.steps[-1]["what"] == "asked for more":
            asked = timezone.localtime(row.steps_taken[-1]["at"])
            yield _("asked for more on %(day)s") % {"day": date_format(asked, "SHORT_DATE_FORMAT")}

    def name_in_lists(self, row):
        return f"{row.name}, {row.organisation}"

    def status_labels(self, row):
        yield row.get_state_display()
        if row.is_waiting:
            yield _("waiting since %(day)s") % {
                "day": date_format(timezone.localtime(row.confirmed_at or row.created_at), "DATE_FORMAT")
            }

    def waiting(self, rows):
        return rows.filter(state=State.WAITING).order_by("suspected", "confirmed_at", "pk")

    def other_answers(self, request, row):
        row.commitment_names = names_of_commitments(request.edition)
        newest = [(_("newer text, not confirmed yet"), text) for _label, text in row.as_awaiting_confirmation.summary()]
        return super().other_answers(request, row) + (newest if row.newest else [])

    def mail_context(self, request):
        return {"page": request.edition.get("pages.Page", "network")}

    # --- The members' list ---------------------------------------------------------------------------------------
    def export_view(self, request):
        if not self.has_change_permission(request):
            raise PermissionDenied
        form = ExportForm(request.POST or None)
        if form.is_valid() and not hasattr(request, "unsaved"):
            members = JoinRequest.objects.filter(state=State.MEMBER).order_by("organisation", "name", "pk")
            Export.objects.create(by=request.user, why=form.cleaned_data["why"], members=members.count())
            name = f"members-{timezone.localdate()}.csv"
            headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
            return StreamingHttpResponse(as_csv(members), content_type="text/csv; charset=utf-8", headers=headers)
        return self.render_page(request, "network/export.html", _("Export the members"), form=form)


BATCH_SIZE = 1000  # members of an export that are read together


def as_csv(members):
    """Yields the lines of a CSV file for spreadsheets with Finnish settings: semicolons and a byte order mark."""
    columns = (*JoinRequest.ANSWERS, "confirmed_at", "decided_at")
    # A writer whose writerow() returns the line, so that the whole file is never in memory.
    writer = csv.writer(SimpleNamespace(write=str), delimiter=";")
    yield "\ufeff"
    yield writer.writerow(str(JoinRequest._meta.get_field(column).verbose_name) for column in columns)
    names = names_of_commitments()
    keys = list(members.values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH_SIZE):  # without a cursor in the database, which poolers do not keep
        for member in members.filter(pk__in=keys[start : start + BATCH_SIZE]):
            member.commitment_names = names
            yield writer.writerow(_cell(member.display_value(column)) for column in columns)


#: Characters with which a formula may begin in spreadsheets, full-width forms included.
_FORMULA = ("=", "+", "-", "@", "|", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def _cell(value):
    """The text of a cell. A text that spreadsheets would run as a formula gets an apostrophe in front."""
    if hasattr(value, "astimezone"):
        return timezone.localtime(value).strftime("%d.%m.%Y")
    text = str(value or "")
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


EXPORTED = ["at", "by", "why", "members"]
admin.site.register(Export, ReadOnlyAdmin, list_display=EXPORTED, fields=EXPORTED, list_select_related=["by"])


@waiting("network.view_joinrequest")
def people_who_wait(request):
    rows = admin.site.get_model_admin(JoinRequest)
    for row in rows.get_queryset(request).filter(state=State.WAITING).order_by("confirmed_at")[:MAX_ON_DASHBOARD]:
        facts = (row.get_organisation_type_display(), row.get_language_display(), *rows.remarks_on(row))
        why = ", ".join(str(fact) for fact in facts)
        waited = (timezone.now() - (row.confirmed_at or row.created_at)).days
        url = rows.admin_url("change", row.pk)
        who, verb = rows.name_in_lists(row), _("Read and decide")
        yield Waiting(who, why, verb, url, person=True, days_waited=waited, suspected=row.suspected)


@waiting("network.view_joinrequest")
def undelivered(request):
    number = correspondence.with_undelivered_mail(JoinRequest.objects).count()
    if number:
        name = ngettext("%(number)d e-mail was not delivered", "%(number)d e-mails were not delivered", number)
        yield Waiting(name % {"number": number}, "", _("See to whom"), f"{QUEUE}?mail=undelivered")

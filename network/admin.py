import csv
from types import SimpleNamespace

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.db.models.functions import Lower
from django.http import StreamingHttpResponse
from django.template.defaultfilters import linebreaksbr
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from network.models import Export, JoinRequest, names_of_commitments
from website.admin.dashboard import counter
from website.admin.pages import ReadOnlyAdmin, choices_filter
from website.correspondence import admin as correspondence
from website.text.forms import LineField

QUEUE = reverse_lazy("admin:network_joinrequest_changelist")
State = JoinRequest.State


# Both databases store the list of interests as text, like ["1", "3"].
Interest = choices_filter(
    "interest",
    _("commitment of interest"),
    lambda request: names_of_commitments(request.edition).items(),
    lambda rows, number, request: rows.filter(interests__icontains=f'"{number}"'),
)


class ExportForm(forms.Form):
    why = LineField(label=_("What is the list for?"), max_length=200, help_text=_("Kept with your name and the time."))


@admin.register(JoinRequest)
class JoinRequestAdmin(correspondence.WrittenAdmin):
    """The requests to join, and the coordinators' decisions on them."""

    change_list_template = "network/change_list.html"
    extra_pages = {**correspondence.WrittenAdmin.extra_pages, "export": "export/"}
    list_display = ["name", "organisation", "organisation_type", "language", "state", "age", "remarks"]
    list_filter = ["state", "organisation_type", Interest, "language", "suspected", correspondence.Undelivered]
    search_fields = ["name", "email", "organisation"]
    actions = ["accept", "refuse", "reconsider", "send_again"]
    more_fields = ("state", "created_at", "asked_at", "confirmed_at", "decided_at", "newest")
    reply_heading = _("Accept into the network")
    reply_template = "network/mail/accepted.txt"

    def get_queryset(self, request):
        namesakes = JoinRequest.objects.annotate(lower=Lower("name")).filter(lower=Lower(OuterRef("name")))
        others = namesakes.exclude(pk=OuterRef("pk"))
        return super().get_queryset(request).annotate(same_name=Exists(others))

    def remarks_on(self, row):
        yield from super().remarks_on(row)
        if row.same_name:
            yield _("another with the same name")

    def get_fields(self, request, obj=None):
        return ["chosen_commitments" if name == "interests" else name for name in super().get_fields(request, obj)]

    @admin.display(description=_("commitments of interest"))
    def chosen_commitments(self, row):
        return linebreaksbr(row.display_value("interests")) or "–"

    # --- Decisions -----------------------------------------------------------------------------------------------
    @admin.action(description=_("Accept: read the e-mail first …"), permissions=["change"])
    def accept(self, request, rows):
        return self.to_reply(rows)

    refuse = correspondence.step_action("refuse", _("Mark as spam, without an e-mail"))
    reconsider = correspondence.step_action("reconsider", _("Take back a refusal"))

    def may_be_replied(self, row):
        return row.state == State.WAITING

    def reply(self, row, by, text):
        row.accept(by)

    def reply_context(self, request):
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


AT_ONCE = 1000  # members of an export that are read together


def as_csv(members):
    """Yields the lines of a CSV file for spreadsheets with Finnish settings: semicolons and a byte order mark."""
    columns = (*JoinRequest.ANSWERS, "confirmed_at", "decided_at")
    # A writer whose writerow() returns the line, so that the whole file is never in memory.
    writer = csv.writer(SimpleNamespace(write=str), delimiter=";")
    yield "\ufeff"
    yield writer.writerow(str(JoinRequest._meta.get_field(column).verbose_name) for column in columns)
    names = names_of_commitments()
    keys = list(members.values_list("pk", flat=True))
    for start in range(0, len(keys), AT_ONCE):  # without a cursor in the database, which poolers do not keep
        for member in members.filter(pk__in=keys[start : start + AT_ONCE]):
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


@counter(_("Requests waiting for a decision"), "network.view_joinrequest")
def waiting(request):
    return JoinRequest.objects.filter(state=State.WAITING).count(), f"{QUEUE}?state__exact={State.WAITING}"


@counter(_("Requests with an e-mail that was not delivered"), "network.view_joinrequest")
def undelivered(request):
    return correspondence.with_undelivered_mail(JoinRequest.objects).count(), f"{QUEUE}?mail=undelivered"

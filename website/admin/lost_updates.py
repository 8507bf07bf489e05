"""The guard against lost updates: a form carries the state of the row when it was opened, and compares it on saving.

If a colleague has changed the row meanwhile, nothing is saved, and the form shows both values. Drafts compare their
versions (website.publishing.forms), all other rows the values of the form, pages that delete the rows they showed.
"""

import json
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import actions
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.core import serializers, signing
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.formats import localize
from django.utils.translation import gettext_lazy as _

SAVED_MEANWHILE = _(
    "%(who)s saved this on %(when)s, after you had opened it. Nothing of yours is saved yet, and nothing "
    "is lost. What differs is marked below: choose or edit, and save."
)
CHANGED_MEANWHILE = _(
    "This has been changed after you had opened it. Nothing of yours is saved yet, and nothing is lost. "
    "What differs is marked below: edit, and save."
)
TAKEN = _("Your colleague changed this and you did not: theirs is in the field below.")
BOTH_CHANGED = _("You and your colleague have both changed this. Yours is in the field below.")
THEIRS = _("Theirs:")
DELETE_AGAIN = _("This has been changed after you had opened the page. Nothing is deleted yet: look at it once more.")


class ConflictForm(forms.ModelForm):
    """A form that can show the present value of the row in place of the posted one."""

    def take_theirs(self, name: str) -> None:
        """Shows in field `name` the value that the row has now."""
        field: Any = self.fields[name]
        field.bound_data = lambda posted, saved: saved
        self.cleaned_data[name] = self.initial[name]
        self.errors.pop(name, None)

    def say_who_saved(self, who: Any, moment: datetime) -> None:
        """Adds the error that says which colleague saved the row, and when."""
        names = {"who": who or "–", "when": localize(timezone.localtime(moment))}
        self.add_error(None, SAVED_MEANWHILE % names)


class HiddenStateField(forms.Field):
    """A hidden field with a signed text: when a page was opened, and in a form the values that the row had then."""

    widget = forms.HiddenInput

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class TimedActionForm(ActionForm):
    """The form of a list's actions, with the moment when the list was opened."""

    opened_on = HiddenStateField(label="", required=False, initial=lambda: signing.dumps(timezone.now().isoformat()))

    @classmethod
    def opened_at(cls, request: HttpRequest) -> datetime | None:
        """When the list was opened that an action was posted from; None if the request does not say."""
        try:
            return datetime.fromisoformat(signing.loads(request.POST.get("opened_on", "")))
        except signing.BadSignature:
            return None


class GuardedForm(ConflictForm):
    """A model form with the row's values when it was opened: it marks the fields that a colleague has changed since."""

    opened_on = HiddenStateField(required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not self.instance._state.adding:
            opened = {"at": timezone.now().isoformat(), "values": self.values_now()}
            self.initial["opened_on"] = signing.dumps(opened, salt=self.salt())

    def salt(self) -> str:
        """The salt of the signature, different for each row: the field of one row is not valid for another."""
        return f"{__name__} {self._meta.model._meta.label_lower} {self.instance.pk}"

    def values_now(self) -> dict[str, Any]:
        """The present values of the row by field, as JSON can hold them."""
        now = {}
        for name in self.fields.keys() & self.initial.keys():
            value: Any = self.fields[name].prepare_value(self.initial[name])
            now[name] = sorted(value) if isinstance(value, list) else value
        return json.loads(json.dumps(now, cls=DjangoJSONEncoder))

    def clean(self) -> Any:
        cleaned = super().clean()
        if not self.instance._state.adding and not self.errors:
            self.add_conflict_errors()
        return cleaned

    def add_conflict_errors(self) -> None:
        """Adds errors if a colleague has changed a field to another value than the posted one."""
        try:
            opened = signing.loads(self.cleaned_data["opened_on"] or "", salt=self.salt())
        except signing.BadSignature:
            opened = {"at": None, "values": {}}  # the page cannot be trusted to have shown anything
        now, then = self.values_now(), opened["values"]
        now.pop("opened_on")
        differing = [name for name in now if name in self.changed_data]
        changed = [name for name in differing if name not in then or then[name] != now[name]]
        for name in changed:
            self.show_theirs(name, mine=name not in then or self.fields[name].has_changed(then[name], self[name].data))
        if changed:
            self.take_theirs("opened_on")
            entry = opened["at"] and self.last_entry(since=datetime.fromisoformat(opened["at"]))
            if entry:
                self.say_who_saved(entry.user, entry.action_time)
            else:
                self.add_error(None, CHANGED_MEANWHILE)

    def show_theirs(self, name: str, mine: bool) -> None:
        """Adds an error at the field. `mine`: whether this user changed the field as well."""
        if mine:
            field, theirs = self.fields[name], self.initial[name]
            self.add_error(name, [BOTH_CHANGED, f"{THEIRS} {readable(field, theirs)}"])
        else:
            self.take_theirs(name)
            self.add_error(name, TAKEN)

    def last_entry(self, since: datetime) -> LogEntry | None:
        """The newest entry of the admin's log about this row, or None."""
        kind = ContentType.objects.get_for_model(self.instance)
        entries = LogEntry.objects.filter(content_type=kind, object_id=str(self.instance.pk), action_time__gte=since)
        return entries.select_related("user").order_by("action_time", "pk").last()


def readable(field: forms.Field, value: Any) -> str:
    """The value of a form field as text for people."""
    if isinstance(field, forms.ModelMultipleChoiceField):
        return ", ".join(field.label_from_instance(row) for row in value) or "–"
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return localize(value) or "–"


def state_of(model_admin: admin.ModelAdmin, request: HttpRequest, rows: Any) -> str:
    """A keyed hash of the columns of some rows, and of how many other rows would be deleted with them."""
    _tree, numbers, _lacking, _protected = model_admin.get_deleted_objects(rows, request)
    text = serializers.serialize("json", rows) + str(sum(numbers.values()))
    return salted_hmac(__name__, text, algorithm="sha256").hexdigest()


def changed_since_shown(request: HttpRequest, state: str) -> bool:
    """Whether the request confirms a deletion on a page that showed the rows in another state."""
    shown_state = request.POST.get("opened_on")
    return shown_state is not None and not constant_time_compare(shown_state, state)


class GuardedDeletion(admin.ModelAdmin):
    """Mixin of a ModelAdmin: a row that has changed since the page “Delete” was opened is shown again, not deleted."""

    def row_now(self, request: HttpRequest, object_id: str) -> Any:
        """The row with that key, or None. For a POST it is locked until the transaction ends."""
        row = self.get_object(request, unquote(object_id))
        if row is None or request.method != "POST":
            return row
        return self.model._default_manager.select_for_update().filter(pk=row.pk).first()

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        with transaction.atomic():
            context = dict(extra_context or {})
            row = self.row_now(request, object_id)
            if row:
                context["opened_on"] = state_of(self, request, [row])
                if changed_since_shown(request, context["opened_on"]):
                    messages.warning(request, DELETE_AGAIN)
                    request.POST = QueryDict()  # without data Django shows the page that asks
            return super().delete_view(request, object_id, context)


class GuardedAdmin(GuardedDeletion):
    """Mixin of a ModelAdmin: the form is compared with the row and saved while the row is locked."""

    form: type[forms.ModelForm] = GuardedForm

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        with transaction.atomic():
            if object_id:
                self.row_now(request, object_id)
            return super().changeform_view(request, object_id, form_url, extra_context)


_django_delete_selected: Any = actions.delete_selected


@admin.action(permissions=["delete"], description=_django_delete_selected.short_description)
def delete_selected(model_admin: admin.ModelAdmin, request: HttpRequest, chosen: Any) -> Any:
    """Django's action; if a row has changed since its page was opened, the page is shown again."""
    with transaction.atomic():
        keys = list(chosen.values_list("pk", flat=True))
        locked = model_admin.model._default_manager.select_for_update().filter(pk__in=keys).order_by("pk")
        state = state_of(model_admin, request, locked)
        if changed_since_shown(request, state):
            messages.warning(request, DELETE_AGAIN)
            posted = request.POST.copy()
            del posted["post"]
            request.POST = posted  # type: ignore[assignment]  # Django itself assigns it
        page = _django_delete_selected(model_admin, request, chosen)
        if page:
            page.context_data["opened_on"] = state
        return page

"""One guard against lost updates: a form knows what it was opened on, and meets what colleagues saved since.

Nothing is written until somebody has looked at both. Drafts compare their versions (website.publishing.forms);
every other row compares the values of its form. A page that deletes compares the rows it showed.
"""

import json
from datetime import datetime

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
from django.http import QueryDict
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


class MeetingForm(forms.ModelForm):
    """A form that can show what is in the row now, in place of what was posted."""

    def take_theirs(self, name):
        self.fields[name].bound_data = lambda posted, saved: saved
        self.cleaned_data[name] = self.initial[name]
        self.errors.pop(name, None)

    def say_who_saved(self, who, moment):
        saved = {"who": who or "–", "when": localize(timezone.localtime(moment))}
        self.add_error(None, SAVED_MEANWHILE % saved)


class OpenedOn(forms.Field):
    """What a page was opened on, signed: the moment, and more where it is a form."""

    widget = forms.HiddenInput

    def has_changed(self, initial, data):
        return False


class OpenedList(ActionForm):
    """The actions of a list, with the moment when the list was opened."""

    opened_on = OpenedOn(label="", required=False, initial=lambda: signing.dumps(timezone.now().isoformat()))

    @classmethod
    def moment(cls, request):
        """When the list was opened from which an action came, or None where the request does not say."""
        try:
            return datetime.fromisoformat(signing.loads(request.POST.get("opened_on", "")))
        except signing.BadSignature:
            return None


class GuardedForm(MeetingForm):
    """Carries the values it was opened on. What a colleague changed since is shown at its field."""

    opened_on = OpenedOn(required=False)

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if not self.instance._state.adding:
            opened = {"at": timezone.now().isoformat(), "values": self.values_now()}
            self.initial["opened_on"] = signing.dumps(opened, salt=self.salt())

    def salt(self):
        """A form of one row says nothing about another."""
        return f"{__name__} {self._meta.model._meta.label_lower} {self.instance.pk}"

    def values_now(self):
        """What the row holds, by field, in values that JSON knows."""
        now = {}
        for name in self.fields.keys() & self.initial.keys():
            value = self.fields[name].prepare_value(self.initial[name])
            now[name] = sorted(value) if isinstance(value, list) else value
        return json.loads(json.dumps(now, cls=DjangoJSONEncoder))

    def clean(self):
        cleaned = super().clean()
        if not self.instance._state.adding and not self.errors:
            self.meet_colleague()
        return cleaned

    def meet_colleague(self):
        """Stops where a colleague changed a field that was posted otherwise."""
        try:
            opened = signing.loads(self.cleaned_data["opened_on"] or "", salt=self.salt())
        except signing.BadSignature:
            opened = {"at": None, "values": {}}  # nobody knows what was on that screen
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

    def show_theirs(self, name, mine):
        """An error at the field; `mine` says whether what was posted there was typed or only came along."""
        if mine:
            field, theirs = self.fields[name], self.initial[name]
            self.add_error(name, [BOTH_CHANGED, f"{THEIRS} {readable(field, theirs)}"])
        else:
            self.take_theirs(name)
            self.add_error(name, TAKEN)

    def last_entry(self, since):
        """The newest entry of the admin's log about this row, or None."""
        kind = ContentType.objects.get_for_model(self.instance)
        entries = LogEntry.objects.filter(content_type=kind, object_id=str(self.instance.pk), action_time__gte=since)
        return entries.select_related("user").order_by("action_time", "pk").last()


def readable(field, value):
    """The value of a form's field as a person reads it."""
    if isinstance(field, forms.ModelMultipleChoiceField):
        return ", ".join(field.label_from_instance(row) for row in value) or "–"
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return localize(value) or "–"


def state_of(model_admin, request, rows):
    """A keyed digest of rows: of their columns, and of how many others would be deleted with them."""
    _tree, numbers, _lacking, _protected = model_admin.get_deleted_objects(rows, request)
    text = serializers.serialize("json", rows) + str(sum(numbers.values()))
    return salted_hmac(__name__, text, algorithm="sha256").hexdigest()


def changed_since_shown(request, state):
    """Whether rows are to be deleted that are not as the page showed them."""
    shown = request.POST.get("opened_on")
    return shown is not None and not constant_time_compare(shown, state)


class GuardedDeletion:
    """For an admin: what changed after the page that deletes it was opened is shown again, and not deleted."""

    def row_now(self, request, object_id):
        """The row of that key, or None; held until the transaction ends where something is written."""
        row = self.get_object(request, unquote(object_id))
        if row is None or request.method != "POST":
            return row
        return self.model._default_manager.select_for_update().filter(pk=row.pk).first()

    def delete_view(self, request, object_id, extra_context=None):
        with transaction.atomic():
            context = dict(extra_context or {})
            if row := self.row_now(request, object_id):
                context["opened_on"] = state_of(self, request, [row])
                if changed_since_shown(request, context["opened_on"]):
                    messages.warning(request, DELETE_AGAIN)
                    request.POST = QueryDict()  # so Django shows the page that asks
            return super().delete_view(request, object_id, context)


class GuardedAdmin(GuardedDeletion):
    """For an admin whose rows are edited: the form is compared and saved while the row is held."""

    form = GuardedForm

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        with transaction.atomic():
            if object_id:
                self.row_now(request, object_id)
            return super().changeform_view(request, object_id, form_url, extra_context)


@admin.action(permissions=["delete"], description=actions.delete_selected.short_description)
def delete_selected(model_admin, request, chosen):
    """Django's action; what changed after its page was opened is shown again."""
    with transaction.atomic():
        keys = list(chosen.values_list("pk", flat=True))
        held = model_admin.model._default_manager.select_for_update().filter(pk__in=keys).order_by("pk")
        state = state_of(model_admin, request, held)
        if changed_since_shown(request, state):
            messages.warning(request, DELETE_AGAIN)
            request.POST = request.POST.copy()
            del request.POST["post"]
        page = actions.delete_selected(model_admin, request, chosen)
        if page:
            page.context_data["opened_on"] = state
        return page

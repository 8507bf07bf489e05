"""Things in an order that people choose: a new one comes last, a copy begins a new one, and the list moves them."""

from django.contrib import admin
from django.db import transaction
from django.http import HttpResponseRedirect
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from website.admin.pages import get_row_or_404
from website.publishing import workflow
from website.publishing.admin.drafts import PublishableAdmin


class OrderedAdmin(PublishableAdmin):
    """Of a model with the field `order`: it is no number to fill in, but the place in the list."""

    #: Fields whose values divide the list into lists of their own.
    ordered_within: tuple[str, ...] = ()
    exclude = ("order",)

    def get_fieldsets(self, request, obj=None):
        groups = super().get_fieldsets(request, obj)
        for _name, group in groups:
            group["fields"] = [name for name in group["fields"] if name != "order"]
        return groups

    def get_changeform_initial_data(self, request):
        """A copy begins with what the thing `?copy=` has."""
        if "copy" not in request.GET:
            return super().get_changeform_initial_data(request)
        return get_row_or_404(self.get_queryset(request), request.GET["copy"]).content()

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        context["may_copy"] = obj is not None and self.has_add_permission(request)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def save_model(self, request, obj, form, change):
        if not change:
            last = self.model.objects.order_by("-order").values_list("order", flat=True).first()
            obj.order = (last or 0) + 1
        super().save_model(request, obj, form, change)

    def get_list_display(self, request):
        columns = [name for name in super().get_list_display(request) if name != "order"]
        return [*columns, "move"] if self.has_change_permission(request) else columns

    @admin.display(description=_("order"))
    def move(self, thing):
        control = '<button type="submit" name="_move" value="{}:{}" title="{}" aria-label="{}: {}">{}</button>'
        up, down = gettext("Move up"), gettext("Move down")
        key, name = thing.pk, str(thing)
        return format_html(control * 2, "up", key, up, up, name, "↑", "down", key, down, down, name, "↓")

    def changelist_view(self, request, extra_context=None):
        way, _colon, key = request.POST.get("_move", "").partition(":")
        if way in ("up", "down") and self.has_change_permission(request):
            with transaction.atomic():
                self._move(get_row_or_404(self.model.objects.select_for_update(), key), way, request.user)
            return HttpResponseRedirect(request.get_full_path())
        return super().changelist_view(request, extra_context)

    def _move(self, thing, way, user):
        """Saves a draft of each thing whose place in the list becomes another."""
        same_list = {name: getattr(thing, name) for name in self.ordered_within}
        things = list(self.model.objects.select_for_update().filter(**same_list).order_by("order", "pk"))
        place = things.index(thing)
        target = place + (1 if way == "down" else -1)
        if not 0 <= target < len(things):
            return
        numbers = [one.order for one in things]
        if len(set(numbers)) < len(numbers):
            numbers = list(range(1, len(things) + 1))
        things[place], things[target] = things[target], things[place]
        for one, number in zip(things, numbers, strict=True):
            if one.order != number:
                one.order = number
                workflow.save_draft(one, by=user)

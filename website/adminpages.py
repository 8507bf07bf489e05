"""Pages of our own in the admin's frame, and lists that are read and written by nobody."""

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse


def environment(request):
    """For every template: which installation it is, where it says so."""
    return {"environment_label": settings.ENVIRONMENT_LABEL}


def only(may):
    if not may:
        raise PermissionDenied


def one(rows, key):
    """The row of that key; a 404 where there is none, or where the key was made up."""
    try:
        return rows.get(pk=key)
    except (rows.model.DoesNotExist, ValueError):
        raise Http404 from None


def unsaved(form, why):
    """The form as it is shown again where it is not to be saved: with what was typed, and why."""

    class Unsaved(form):
        def clean(self):
            self.add_error(None, why)
            return super().clean()

    return Unsaved


def choices_filter(name, heading, choices, pick):
    """A filter of a list: pairs of a value and what it is called, and the function that picks the rows of one."""

    class Filter(admin.SimpleListFilter):
        title, parameter_name = heading, name

        def lookups(self, request, model_admin):
            return choices

        def queryset(self, request, rows):
            return pick(rows, self.value(), request) if self.value() in dict(choices) else rows

    return Filter


class InTheAdminsLook:
    #: Pages of our own by name, with their routes: each is a method, page_view.
    own_pages = {}

    def get_urls(self):
        urls = super().get_urls()
        for name, route in self.own_pages.items():
            view = self.admin_site.admin_view(getattr(self, f"{name}_view"))
            urls.insert(0, path(route, view, name=f"{self.opts.app_label}_{self.opts.model_name}_{name}"))
        return urls

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        return unsaved(form, request.unsaved) if hasattr(request, "unsaved") else form

    def page(self, request, template, title, **context):
        if hasattr(request, "unsaved"):
            messages.warning(request, request.unsaved)
        frame = {"opts": self.opts, "title": title, "list_address": self.address("changelist")}
        return TemplateResponse(request, template, self.admin_site.each_context(request) | frame | context)

    def address(self, name, *keys):
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}", args=keys)

    def done(self, request, address, sentence, thing=None, logged=""):
        """On to another page that says what was done."""
        if thing:
            self.log_change(request, thing, logged)
        messages.success(request, sentence)
        return HttpResponseRedirect(address)


class ToBeRead(admin.ModelAdmin):
    list_display_links = None

    def has_add_permission(self, request, obj=None):
        return False

    has_change_permission = has_delete_permission = has_add_permission

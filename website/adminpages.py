"""Pages of our own in the admin's frame, and lists that are read and written by nobody."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse


def only(may):
    if not may:
        raise PermissionDenied


def one(rows, key):
    """The row of that key; a 404 where there is none, or where the key was made up."""
    try:
        return rows.get(pk=key)
    except (rows.model.DoesNotExist, ValueError):
        raise Http404 from None


class InTheAdminsLook:
    def page(self, request, template, title, **context):
        frame = {"opts": self.opts, "title": title, "list_address": self.address("changelist")}
        return TemplateResponse(request, template, self.admin_site.each_context(request) | frame | context)

    def wrapped(self, route, view):
        name = f"{self.opts.app_label}_{self.opts.model_name}_{view.__name__.removesuffix('_view')}"
        return path(route, self.admin_site.admin_view(view), name=name)

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

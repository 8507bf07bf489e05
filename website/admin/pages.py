"""Parts that the admin classes of several apps share: pages of their own, filters, and read-only lists."""

from django.conf import settings
from django.contrib import admin, messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse

from website.text.cleaning import clean_line


def environment(request):
    """Context processor: the label of this installation (for example “test”), empty in production."""
    return {"environment_label": settings.ENVIRONMENT_LABEL}


def get_row_or_404(queryset, key):
    """Django's get_object_or_404 by primary key; Http404 as well for a key that the column cannot hold."""
    try:
        return get_object_or_404(queryset, pk=key)
    except ValueError:
        raise Http404 from None


def with_unsaved_warning(form_class, reason):
    """A form class that is never valid: it shows again what was typed, and the reason why it is not saved."""

    class UnsavedForm(form_class):
        def clean(self):
            self.add_error(None, reason)
            return super().clean()

    return UnsavedForm


def choices_filter(name, heading, choices, pick):
    """A list filter class; `pick(queryset, value, request)` filters.

    `choices` are pairs of a value and its label, or a function that gives them for a request.
    """

    class Filter(admin.SimpleListFilter):
        title, parameter_name = heading, name

        def lookups(self, request, model_admin):
            return choices(request) if callable(choices) else choices

        def queryset(self, request, rows):
            return pick(rows, self.value(), request) if self.value() in dict(self.lookup_choices) else rows

    return Filter


class CleanSearchMixin:
    """For a ModelAdmin: what is searched for passes the same rule as what is found."""

    def get_search_results(self, request, queryset, search_term):
        return super().get_search_results(request, queryset, clean_line(search_term))


class ExtraPagesMixin(CleanSearchMixin):
    """For a ModelAdmin with pages of its own beside Django's list and form.

    A request whose editor had to sign in again carries `request.unsaved`, the reason why nothing is saved: its pages
    show what was typed and that reason.
    """

    #: Routes by name, below the model's list. The page “x” is the method x_view, its URL name app_model_x.
    extra_pages = {}

    def get_urls(self):
        urls = super().get_urls()
        for name, route in self.extra_pages.items():
            view = self.admin_site.admin_view(getattr(self, f"{name}_view"))
            urls.insert(0, path(route, view, name=f"{self.opts.app_label}_{self.opts.model_name}_{name}"))
        return urls

    def get_form(self, request, obj=None, change=False, **kwargs):
        form_class = super().get_form(request, obj, change=change, **kwargs)
        return with_unsaved_warning(form_class, request.unsaved) if hasattr(request, "unsaved") else form_class

    def render_page(self, request, template, title, **context):
        """Response of one of the extra pages, in the admin's frame."""
        if hasattr(request, "unsaved"):
            messages.warning(request, request.unsaved)
        frame = {"opts": self.opts, "title": title, "list_url": self.admin_url("changelist")}
        return TemplateResponse(request, template, self.admin_site.each_context(request) | frame | context)

    def admin_url(self, name, *args):
        """The URL of one of this model's admin pages: “changelist”, “change”, or a key of `extra_pages`."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}", args=args)

    def redirect_with_message(self, request, url, message, thing=None, log_message=""):
        """Redirects to a page that shows what was done; with a thing, the admin's log records it as well."""
        if thing:
            self.log_change(request, thing, log_message)
        messages.success(request, message)
        return HttpResponseRedirect(url)


class ReadOnlyAdmin(CleanSearchMixin, admin.ModelAdmin):
    """A list that nobody adds to, changes or deletes from in the admin."""

    list_display_links = None

    def has_add_permission(self, request, obj=None):
        return False

    has_change_permission = has_delete_permission = has_add_permission

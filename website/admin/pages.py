"""Parts that the admin classes of several apps share: extra pages, list filters, and read-only lists."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.safestring import SafeString


def environment(request: HttpRequest) -> dict[str, str]:
    """Context processor: the label of this installation (for example “test”), empty in production."""
    return {"environment_label": settings.ENVIRONMENT_LABEL}


def get_row_or_404(queryset: Any, key: Any) -> Any:
    """Django's get_object_or_404 by primary key; Http404 as well for a key that the column cannot hold."""
    try:
        return get_object_or_404(queryset, pk=key)
    except ValueError:
        raise Http404 from None


def with_unsaved_warning(form_class: Any, reason: Any) -> type[forms.ModelForm]:
    """A subclass of the form that is never valid: it shows what was typed, and the reason why it is not saved."""

    class UnsavedForm(form_class):
        def clean(self) -> Any:
            self.add_error(None, reason)
            return super().clean()

    return UnsavedForm


def choices_filter(name: str, heading: Any, choices: Any, pick: Callable[..., models.QuerySet]) -> Any:
    """A list filter class; `pick(queryset, value, request)` filters.

    `choices` are pairs of a value and its label, or a function that gives them for a request.
    """

    class Filter(admin.SimpleListFilter):
        title, parameter_name = heading, name

        def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, Any]]:
            return choices(request) if callable(choices) else choices

        def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
            if self.value() in dict(self.lookup_choices):
                return pick(queryset, self.value(), request)
            return queryset

    return Filter


class KeyMixin(admin.ModelAdmin):
    """Mixin of a ModelAdmin: an empty `_to_field` in an address means none, as in Django's own forms.

    Alone Django answers 500.
    """

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        # `?_to_field=` without a name is no field: Django would look for one of that name, and fail.
        return super().get_object(request, object_id, from_field or None)


class PeopleMixin(admin.ModelAdmin):
    """Mixin of a ModelAdmin of people: the search of every page finds them.

    Django's own search fields would write names into addresses, which logs keep.
    """

    #: The columns that are looked in.
    found_by: tuple[str, ...] = ()

    def name_in_lists(self, row: Any) -> str:
        """What a row is called where its reader sees it. Addresses and logs have str(row) alone."""
        raise NotImplementedError

    def action_checkbox(self, obj: Any) -> SafeString:
        """As Django's, which is named after str(row)."""
        attributes = {"class": "action-select", "aria-label": self.name_in_lists(obj)}
        return forms.CheckboxInput(attributes, lambda value: False).render(ACTION_CHECKBOX_NAME, str(obj.pk))

    def rows_with(self, request: HttpRequest, words: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Name and URL of the newest rows that hold each of the words, in whichever column."""
        rows = self.get_queryset(request)
        for word in words:
            condition = models.Q()
            # Both databases compare without case, SQLite only a to z.
            for column, spelling in product(self.found_by, {word, word.upper(), word.title()}):
                condition |= models.Q(**{f"{column}__icontains": spelling})
            rows = rows.filter(condition)
        change = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        for row in rows.order_by("-pk")[:50]:
            yield self.name_in_lists(row), reverse(change, args=(row.pk,))


class ExtraPagesMixin(KeyMixin):
    """Mixin of a ModelAdmin with pages of its own beside Django's list and form.

    If the user had to sign in again, `request.unsaved` holds the reason why nothing is saved: the pages show what was
    typed and that reason.
    """

    #: Routes below the model's list, by name. The view of the page “x” is the method x_view, its URL name app_model_x.
    extra_pages: dict[str, str] = {}

    def get_urls(self) -> list[Any]:
        urls = super().get_urls()
        for name, route in self.extra_pages.items():
            view = self.admin_site.admin_view(getattr(self, f"{name}_view"))
            urls.insert(0, path(route, view, name=f"{self.opts.app_label}_{self.opts.model_name}_{name}"))
        return urls

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form_class = super().get_form(request, obj, change=change, **kwargs)
        return with_unsaved_warning(form_class, request.unsaved) if hasattr(request, "unsaved") else form_class

    def render_page(self, request: HttpRequest, template: str, title: Any, **context: Any) -> HttpResponse:
        """Response with one of the extra pages."""
        if hasattr(request, "unsaved"):
            messages.warning(request, request.unsaved)
        frame = {"opts": self.opts, "title": title, "list_url": self.admin_url("changelist")}
        return TemplateResponse(request, template, self.admin_site.each_context(request) | frame | context)

    def admin_url(self, name: str, *args: Any) -> str:
        """The URL of one of this model's admin pages: “changelist”, “change”, or a key of `extra_pages`."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}", args=args)

    def redirect_with_message(
        self, request: HttpRequest, url: str, message: Any, thing: Any = None, log_message: str = ""
    ) -> HttpResponse:
        """Redirects to a page that shows the message. With a thing, writes `log_message` to the admin's log."""
        if thing:
            self.log_change(request, thing, log_message)
        messages.success(request, message)
        return HttpResponseRedirect(url)


class ReadOnlyAdmin(KeyMixin):
    """A ModelAdmin whose rows cannot be added, changed or deleted in the admin."""

    list_display_links = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

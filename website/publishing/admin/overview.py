"""All content in one table with its state."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from website.admin.pages import choices_filter
from website.publishing import workflow
from website.publishing.admin.states import state_in_words
from website.publishing.models import State, TranslationState, publishable_models, worst_of
from website.publishing.texts import LANGUAGES

#: Finnish is what the others are translated from.
TRANSLATION_LANGUAGES = LANGUAGES[1:]
WAITING_STATES = (State.NEW, State.CHANGED)
#: What the overview can be narrowed to (`?show=`).
OVERVIEW_FILTERS = {
    "drafts": _("Drafts waiting to be published"),
    "missing": _("Translations missing"),
    "outdated": _("Translations outdated"),
    "review": _("Review due"),
}


def thing_reference(thing):
    """Names a thing in forms and query strings, like “pages.page:network”."""
    return f"{thing._meta.label_lower}:{thing.pk}"


class ContentRow:
    """One draft with its state, its translations and whether its review is due."""

    def __init__(self, thing, edition):
        self.thing = thing
        self.kind = thing._meta.verbose_name
        self.reference = thing_reference(thing)
        self.state = edition.state_of(thing)
        self.is_public = edition.public(thing) is not None
        self.translation_states = thing.translation_states()
        self.translations = [(code, worst_of(self.translation_states, code)) for code in TRANSLATION_LANGUAGES]
        self.review_is_due = bool(thing.review_due and thing.review_due <= timezone.localdate())

    @property
    def change_url(self):
        options = self.thing._meta
        return reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[self.thing.pk])

    @property
    def filter_values(self):
        """Values of the overview's and the lists' filters that show this row, like “changed” or “sv-missing”."""
        values = {self.state, *self.translation_states.values()}
        values.update(f"{code}-{state}" for code, state in self.translations)
        if self.state in WAITING_STATES:
            values.add("drafts")
        if self.review_is_due:
            values.add("review")
        return values


def content_rows(request):
    """A ContentRow for each thing that the user may see. Kept on the request: one page asks several times."""
    if not hasattr(request, "content_rows"):
        rows = []
        for model in publishable_models():
            if admin.site.get_model_admin(model).has_view_permission(request):
                rows.extend(ContentRow(thing, request.edition) for thing in model.objects.all())
        request.content_rows = rows
    return request.content_rows


def count_rows(request, filter_value):
    return sum(filter_value in row.filter_values for row in content_rows(request))


def filter_by_state(queryset, filter_value, request):
    """For list filters about what no column holds: the state against the public, and the state of translations."""
    rows = [ContentRow(thing, request.edition) for thing in queryset]
    return queryset.filter(pk__in=[row.thing.pk for row in rows if filter_value in row.filter_values])


TRANSLATION_CHOICES = [
    (f"{code}-{state}", format_lazy("{}: {}", code.upper(), state.label))
    for code in TRANSLATION_LANGUAGES
    for state in TranslationState
]
StateFilter = choices_filter("state", _("state"), State.choices, filter_by_state)
TranslationFilter = choices_filter("translation", _("translation"), TRANSLATION_CHOICES, filter_by_state)


class OverviewMixin:
    """The page “All content” of PublicationAdmin."""

    def content_view(self, request):
        """All things with their state in each language: drafts waiting, translations, reviews."""
        all_rows = content_rows(request)
        if not all_rows:
            raise PermissionDenied
        if request.method == "POST":
            return self._review(request, all_rows)
        for row in all_rows:
            row.state_in_words = state_in_words(row.thing, request)
        show = request.GET.get("show")
        context = {
            "show": show,
            "rows": [row for row in all_rows if show not in OVERVIEW_FILTERS or show in row.filter_values],
            "views": [(value, label, count_rows(request, value)) for value, label in OVERVIEW_FILTERS.items()],
            "may_publish": request.user.has_perm("publishing.add_publication"),
            "translation_languages": [code.upper() for code in TRANSLATION_LANGUAGES],
        }
        title = OVERVIEW_FILTERS.get(show, _("All content"))
        return self.render_page(request, "publishing/content.html", title, **context)

    def _review(self, request, all_rows):
        """The button “Reviewed, nothing to change” of one row."""
        row = next((row for row in all_rows if row.reference == request.POST.get("reviewed")), None)
        if row is None or not admin.site.get_model_admin(type(row.thing)).has_change_permission(request):
            raise PermissionDenied
        if not row.review_is_due:
            messages.warning(request, _("Somebody has reviewed this meanwhile: it is left as it is."))
            return HttpResponseRedirect(request.get_full_path())
        workflow.review(row.thing)
        message = _("Reviewed. It is asked again in a year.")
        return self.redirect_with_message(request, request.get_full_path(), message)

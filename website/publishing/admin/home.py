"""What the first page of the admin says about content: what waits, what comes, and the site as its readers know it."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from website.admin.dashboard import Event, Waiting, event, waiting
from website.admin.words import display_name
from website.publishing.admin.overview import WAITING_STATES, content_rows
from website.publishing.admin.states import state_in_words, states_of_languages
from website.publishing.models import Publishable, PublishingRequest, publishable_models
from website.publishing.versions import newest_versions

#: A list of so many things shows only those that differ from what is public, until it is opened.
SHOWN_WHOLE = 8


def key_of(thing):
    """The key of a thing in dicts of versions and publications."""
    return ContentType.objects.get_for_model(thing).pk, str(thing.pk)


def versions_by_key(request):
    """The newest version of everything. Kept on the request: one page asks several times."""
    if not hasattr(request, "newest_versions"):
        request.newest_versions = newest_versions()
    return request.newest_versions


def publishing_requests_by_version():
    publishing_requests = PublishingRequest.objects.select_related("asked_by")
    return {one.version_id: one for one in publishing_requests}


@waiting("publishing.view_publication")
def things_that_wait(request):
    """One line for each draft that somebody has to work on: what was asked for first, then drafts, reviews, texts."""
    versions, publishing_requests = versions_by_key(request), publishing_requests_by_version()
    may_publish = request.user.has_perm("publishing.add_publication")
    lines = []
    for row in content_rows(request):
        if admin.site.get_model_admin(type(row.thing)).has_change_permission(request, row.thing):
            version = versions.get(key_of(row.thing))
            publishing_request = version and publishing_requests.get(version.pk)
            rank, why, verb, url = _next_action(row, version, publishing_request, may_publish, request)
            if verb:
                lines.append((rank, Waiting(row.thing, why, verb, url, official=True)))
    return [line for _rank, line in sorted(lines, key=lambda pair: pair[0])]


def _next_action(row, version, publishing_request, may_publish, request):
    """Rank, reason, verb and URL of the first thing to do about a draft; no verb where there is nothing to do."""
    scheduled = version and any(change.version_id == version.pk for change in request.edition.to_come(row.thing))
    if row.state in WAITING_STATES and not scheduled:
        publish_url = f"{reverse('admin:publishing_publication_publish')}?thing={row.reference}"
        state = state_in_words(row.thing, request)
        if publishing_request and may_publish:
            reason = _("%(who)s asks to publish this. %(words)s")
            return (
                0,
                reason % {"who": display_name(publishing_request.asked_by), "words": publishing_request.words},
                _("Review and publish"),
                publish_url,
            )
        if may_publish:
            return 1, state, _("Review and publish"), publish_url
        if not publishing_request:
            return 1, state, _("Go on writing"), row.change_url
    if row.review_is_due:
        return 2, _("review due"), _("Review"), f"{row.change_url}#row-review_due"
    for name, state in row.translation_states.items():
        if state != "current":
            column = row.thing._meta.get_field(name)
            said = {"language": column.language.upper(), "state": state.label}
            return 3, _("%(language)s: %(state)s") % said, _("Translate"), f"{row.change_url}#row-{name}"
    return 4, "", "", ""


@event("publishing.view_publication")
def events_of_content(request):
    """What becomes visible or disappears, what changes by its own dates once it is public, and what is to be reviewed.

    The dates of a scheduled version count from the moment on at which it becomes public.
    """
    edition = request.edition
    rows = {key_of(row.thing): row for row in content_rows(request)}
    for publication in edition.publications:
        row = rows.get((publication.content_type_id, publication.object_id))
        if row and publication.starts > edition.at:
            what = _("becomes visible") if publication.version_id else _("disappears")
            who = display_name(publication.published_by)
            yield Event(publication.starts, what, row.thing, row.change_url, who, publication)
        for moment, what in publication.thing().labelled_change_moments() if row and publication.version_id else ():
            if moment > edition.at and edition.in_force_of(row.thing, moment) == publication:
                yield Event(moment, what, publication.thing(), row.change_url)
    for row in rows.values():
        if row.thing.review_due and row.thing.review_due >= timezone.localdate():
            yield Event(row.thing.review_due, _("to be reviewed"), row.thing, f"{row.change_url}#row-review_due")


# --- The site as its readers know it ---------------------------------------------------------------------------------
@dataclass
class TreeRow:
    """A line of the tree: a thing, or the heading of a list of things of one model."""

    depth: int
    row: Any = None
    states: list = field(default_factory=list)  # triples of a language code, a mark and words
    version: Any = None  # its newest one
    name: Any = ""  # of a list
    list_url: str = ""
    add_url: str = ""
    hidden: int = 0  # how many things of the list are not shown
    open_parameter: str = ""

    @property
    def differs(self):
        return any(mark != "public" for _code, mark, _words in self.states)


class Tree:
    """All things that the user may see, each page under the page whose address it continues."""

    def __init__(self, request):
        self.request, self.versions = request, versions_by_key(request)
        self.rows = content_rows(request)
        with override(settings.LANGUAGE_CODE):
            order = {path: place for place, path in enumerate(request.edition.paths())}
            pages = {row.thing.get_absolute_url(): row for row in self.rows}
            self.home = reverse("home")
            self.places = {model: reverse(model.shown_on or "home") for model in publishable_models()}
        pages.pop(None, None)
        in_order = sorted(pages, key=lambda path: (order.get(path, len(order)), pages[path].thing.sort_key))
        self.pages = {path: pages[path] for path in in_order}
        self.lists = [m for m in publishable_models() if m.get_absolute_url is Publishable.get_absolute_url]

    def branches(self):
        for path in self.pages:
            if self.parent(path) is None:
                yield from self.below(path, 0)

    def parent(self, path):
        """The longest address of a page that this address continues; None for a page of the first level."""
        above = [other for other in self.pages if other not in (path, self.home) and path.startswith(other)]
        return max(above, key=len, default=None)

    def below(self, path, depth):
        yield self.branch(self.pages[path], depth)
        for other in self.pages:
            if self.parent(other) == path:
                yield from self.below(other, depth + 1)
        for model in self.lists:
            if self.places[model] == path:
                yield from self.list_of(model, depth + 1)

    def list_of(self, model, depth):
        model_admin = admin.site.get_model_admin(model)
        branches = [self.branch(row, depth + (not model.permanent)) for row in self.rows if type(row.thing) is model]
        branches.sort(key=lambda branch: branch.row.thing.sort_key)
        if model.permanent:
            yield from branches
        elif model_admin.has_view_permission(self.request):
            visible, label = branches, model._meta.label_lower
            if len(branches) > SHOWN_WHOLE and self.request.GET.get("open") != label:
                visible = [branch for branch in branches if branch.differs]
            yield TreeRow(
                depth,
                name=model._meta.verbose_name_plural,
                list_url=model_admin.admin_url("changelist"),
                add_url=model_admin.admin_url("add") if model_admin.has_add_permission(self.request) else "",
                hidden=len(branches) - len(visible),
                open_parameter=label,
            )
            yield from visible

    def branch(self, row, depth):
        states = states_of_languages(row, self.request.edition)
        return TreeRow(depth, row, states, self.versions.get(key_of(row.thing)))

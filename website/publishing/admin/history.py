"""The pages “History” (compare versions, bring texts back) and “Deleted” of each kind of content."""

from collections import defaultdict

from django.contrib import messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from website.admin.pages import get_row_or_404
from website.publishing import workflow
from website.publishing.admin.states import publication_in_words, state_in_words
from website.publishing.difference import Differences
from website.publishing.models import Publication
from website.publishing.versions import BLANKED, deleted_versions, thing_from, versions_of
from website.publishing.views import LINKS_REVOKED, shared_urls


def with_changes(versions):
    """Pairs of each version, the newest first, and the names of the fields in which it differs from the one before."""
    things = [thing_from(version) for version in versions]
    return [
        (version, [(d.label, d.language.upper()) for d in Differences.between(before, thing)] if before else None)
        for version, thing, before in zip(versions, things, [*things[1:], None], strict=False)
    ]


class HistoryMixin:
    def history_view(self, request, object_id, extra_context=None):
        """Every version; any two compared word by word; the older one's texts brought back into the draft."""
        thing = get_row_or_404(self.get_queryset(request), unquote(object_id))
        if not self.has_view_or_change_permission(request, thing):
            raise PermissionDenied
        versions = versions_of(thing)
        if request.method == "POST" and "revoke" in request.POST:
            return self._revoke(request, thing)
        if request.method == "POST":
            return self._restore(request, thing, versions)
        compared = self._versions_to_compare(request, versions)
        things = [thing_from(version) for version in reversed(compared)]
        publications = Publication.objects.not_cancelled().filter(version__in=versions).order_by("starts", "pk")
        words = defaultdict(list)
        for publication in publications:
            words[publication.version_id].append(publication_in_words(publication, request.edition))
        context = {
            "subtitle": str(thing),
            "thing": thing,
            "state": state_in_words(thing, request),
            "may_restore": self.has_change_permission(request, thing),
            "versions": [(version, what, words[version.pk]) for version, what in with_changes(versions)],
            "newer": compared[0] if compared else None,
            "older": compared[-1] if compared else None,
            "differences": Differences.between(*things) if len(things) == 2 else None,
            "shared": [(version, shared_urls(version)) for version in compared],
        }
        return self.render_page(request, "publishing/history.html", _("History"), **context)

    def _versions_to_compare(self, request, versions):
        """The versions that were chosen, the newer first; the two newest ones where none was."""
        keys = (request.GET.get("older"), request.GET.get("newer"))
        return [version for version in versions if str(version.pk) in keys] or list(versions[:2])

    def _revoke(self, request, thing):
        """The button that ends every link to a draft of this thing that has been made until now."""
        if not self.has_change_permission(request, thing):
            raise PermissionDenied
        message = _("The links made until now no longer open anything.")
        return self.redirect_with_message(request, request.path, message, thing, LINKS_REVOKED)

    def _restore(self, request, thing, versions):
        """Brings one field, one language or all of an older version back into the draft."""
        if not self.has_change_permission(request, thing):
            raise PermissionDenied
        version = get_row_or_404(versions, request.POST.get("version"))
        part = request.POST.get("restore")  # the name of a field, the code of a language, or "all"
        fields = self.model.content_fields()
        names = [f.name for f in fields if part in ("all", f.name, getattr(f, "language", None))]
        try:
            with transaction.atomic():
                thing = self.model.objects.select_for_update().get(pk=thing.pk)
                newest = str(versions_of(thing).first().pk)
                if request.POST.get("newest", newest) != newest:
                    raise workflow.NewerDraft(_("Somebody has saved a newer draft meanwhile: look at it first."))
                workflow.restore(thing, version, names, by=request.user)
        except ValidationError as error:
            reasons = {"why": " ".join(error.messages)}
            messages.error(request, _("Nothing is brought back. %(why)s") % reasons)
            return HttpResponseRedirect(request.path)
        url = self.admin_url("change", thing.pk)
        message = _("Brought back into the draft. The public sees it once you publish it.")
        return self.redirect_with_message(request, url, message, thing, gettext_noop("Restored."))

    def deleted_view(self, request):
        """The newest version of each deleted thing, to be brought back with its key."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        versions = deleted_versions(self.model)
        may_blank = self.has_publish_permission(request)
        if request.method == "POST" and "blank" in request.POST:
            return self._blank(request, get_row_or_404(versions, request.POST["blank"]), may_blank)
        if request.method == "POST":
            thing = workflow.bring_back(get_row_or_404(versions, request.POST.get("version")))
            url = self.admin_url("change", thing.pk)
            message = _("It is a draft again. The public sees it once you publish it.")
            return self.redirect_with_message(request, url, message, thing, gettext_noop("Brought back."))
        context = {"versions": versions, "may_blank": may_blank}
        return self.render_page(request, "publishing/deleted.html", _("Deleted"), **context)

    def _blank(self, request, version, may_blank):
        """Empties the versions of a deleted thing for good, and its name in the admin's log."""
        if not may_blank or "sure" not in request.POST:
            raise PermissionDenied
        with transaction.atomic():
            workflow.blank(version)
            entries = LogEntry.objects.filter(content_type=version.content_type_id, object_id=version.object_id)
            entries.update(object_repr=BLANKED)
        return self.redirect_with_message(request, request.path, _("Its texts have been erased for good."))

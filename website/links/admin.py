from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from website.admin.dashboard import counter
from website.admin.pages import ReadOnlyAdmin
from website.links.models import BrokenLink


@admin.register(BrokenLink)
class BrokenLinkAdmin(ReadOnlyAdmin):
    """The links that the weekly check found broken or moved."""

    list_display = ["url", "problem_in_words", "since", "places", "checked_at"]

    @admin.display(description=_("what is wrong"), ordering="problem")
    def problem_in_words(self, link: BrokenLink) -> str:
        """The problem in the user's language: it is stored in English, and details after a colon stay as they are."""
        words, *details = link.problem.split(": ", 1)
        return ": ".join([gettext(words), *details])

    @admin.display(description=_("used in"))
    def places(self, link: BrokenLink) -> str:
        return ", ".join(link.used_in)


@counter(_("Broken or moved links"), "links.view_brokenlink")
def broken_links(request: HttpRequest) -> tuple[int, str]:
    return BrokenLink.objects.count(), reverse("admin:links_brokenlink_changelist")

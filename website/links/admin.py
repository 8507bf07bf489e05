from collections.abc import Iterator

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from website.admin.dashboard import Waiting, waiting
from website.admin.pages import ReadOnlyAdmin
from website.links.models import BrokenLink

MOST_LINKS = 5  # named on the first page


@admin.register(BrokenLink)
class BrokenLinkAdmin(ReadOnlyAdmin):
    """The links that the weekly check found broken or moved."""

    list_display = ["url", "problem_in_words", "since", "places", "checked_at"]

    @admin.display(description=_("what is wrong"), ordering="problem")
    def problem_in_words(self, link: BrokenLink) -> str:
        return self.in_words(link)

    @staticmethod
    def in_words(link: BrokenLink) -> str:
        """The problem in the user's language: it is stored in English, and details after a colon stay as they are."""
        words, *details = link.problem.split(": ", 1)
        return ": ".join([gettext(words), *details])

    @admin.display(description=_("used in"))
    def places(self, link: BrokenLink) -> str:
        return ", ".join(link.used_in)


@waiting("links.view_brokenlink")
def broken_links(request: HttpRequest) -> Iterator[Waiting]:
    links, url = BrokenLink.objects.all(), reverse("admin:links_brokenlink_changelist")
    for link in links[:MOST_LINKS]:
        yield Waiting(link.url, BrokenLinkAdmin.in_words(link), _("Mend the link"), url)
    if more := len(links) - MOST_LINKS if len(links) > MOST_LINKS else 0:
        yield Waiting(_("%(count)d more broken or moved links") % {"count": more}, "", _("See all"), url)

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from website.adminpages import ReadOnlyAdmin
from website.dashboard import counter
from website.publishing.models import LinkTrouble


@admin.register(LinkTrouble)
class LinkTroubleAdmin(ReadOnlyAdmin):
    """The links that the weekly check found broken or moved."""

    list_display = ["address", "what", "since", "places", "looked_at"]

    @admin.display(description=_("what is wrong"), ordering="trouble")
    def what(self, trouble):
        words, *details = trouble.trouble.split(": ", 1)
        return ": ".join([gettext(words), *details])

    @admin.display(description=_("used in"))
    def places(self, trouble):
        return ", ".join(trouble.used_in)


@counter(_("Broken or moved links"), "publishing.view_linktrouble")
def broken_links(request):
    return LinkTrouble.objects.count(), reverse("admin:publishing_linktrouble_changelist")

"""The OECD's OPSI: its Call for Innovations, open or closed as the dates say, and its resources."""

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from opsi.models import Call, Resource
from website.publishing.admin import PublishableAdmin

STATES = {
    "upcoming": _("upcoming"),
    "open": _("open"),
    "closing": _("open, closing soon"),
    "closed": _("closed"),
    "undated": _("without dates"),
}


@admin.display(description=_("by its dates"))
def state_now(call):
    return STATES[call.state(timezone.now())]


admin.site.register(Call, PublishableAdmin, list_display=["__str__", "closes", "closes_on", state_now])
admin.site.register(
    Resource,
    PublishableAdmin,
    list_display=["__str__", "kind", "order"],
    list_filter=["kind"],
    search_fields=["title_fi", "title_sv", "title_en"],
)

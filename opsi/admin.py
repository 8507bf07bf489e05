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


@admin.register(Call)
class CallAdmin(PublishableAdmin):
    list_display = ["__str__", "closes", "closes_on", "state_now"]

    @admin.display(description=_("by its dates"))
    def state_now(self, call):
        return STATES[call.state(timezone.now())]


@admin.register(Resource)
class ResourceAdmin(PublishableAdmin):
    list_display = ["__str__", "kind", "order"]
    list_filter = ["kind"]
    search_fields = ["title_fi", "title_sv", "title_en"]

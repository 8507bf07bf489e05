"""The OECD's OPSI: its Call for Innovations, open or closed according to its dates, and its resources."""

from django.contrib import admin

from opsi.forms import CallForm
from opsi.models import Call, Resource
from website.publishing.admin import OrderedAdmin, PublishableAdmin


@admin.register(Call)
class CallAdmin(PublishableAdmin):
    form = CallForm
    list_display = ["__str__", "opens", "opens_on", "closes", "closes_on"]

    def get_fieldsets(self, request, obj=None):
        """Each day before its time."""
        groups = super().get_fieldsets(request, obj)
        days_first = ["opens_on", "opens", "closes_on", "closes"]
        for _name, group in groups:
            if "opens" in group["fields"]:
                group["fields"] = [*days_first, *(name for name in group["fields"] if name not in days_first)]
        return groups


admin.site.register(
    Resource, OrderedAdmin, list_display=["__str__", "kind"], list_filter=["kind"], ordered_within=("kind",)
)

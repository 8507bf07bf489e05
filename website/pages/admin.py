"""Texts with a fixed place on the site, and notices above every page."""

from django.contrib import admin

from website.pages.models import AccessibilityStatement, Notice, Page, Shortcoming
from website.publishing.admin import PublishableAdmin


@admin.register(Page)
class PageAdmin(PublishableAdmin):
    list_display = ["__str__", "key"]

    def get_fieldsets(self, request, obj=None):
        """The front page alone holds the short name of the site."""
        groups = super().get_fieldsets(request, obj)
        if obj and obj.key != "home":
            for _name, group in groups:
                group["fields"] = [name for name in group["fields"] if not name.startswith("short_name")]
        return groups


admin.site.register(Notice, PublishableAdmin, list_display=["__str__", "level", "begins", "ends"])
admin.site.register(AccessibilityStatement, PublishableAdmin)
admin.site.register(Shortcoming, PublishableAdmin, list_display=["__str__", "criterion", "planned_on", "order"])

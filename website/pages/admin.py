"""Texts with a fixed place on the site, and notices above every page."""

from django.contrib import admin

from website.pages.models import AccessibilityStatement, Notice, Page, Shortcoming
from website.publishing.admin import PublishableAdmin

admin.site.register(Page, PublishableAdmin, list_display=["__str__", "key"])
admin.site.register(Notice, PublishableAdmin, list_display=["__str__", "level", "begins", "ends"])
admin.site.register(AccessibilityStatement, PublishableAdmin)
admin.site.register(Shortcoming, PublishableAdmin, list_display=["__str__", "criterion", "planned_on", "order"])

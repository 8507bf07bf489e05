"""Texts with a fixed place on the site, and notices above every page."""

from django.contrib import admin

from website.pages.models import AccessibilityStatement, Notice, Page, Shortcoming
from website.publishing.admin import PublishableAdmin

statement_columns = ["__str__", "status", "prepared_on", "reviewed_on"]
admin.site.register(Page, PublishableAdmin, list_display=["__str__", "key"])
admin.site.register(
    Notice, PublishableAdmin, list_display=["__str__", "level", "begins", "ends"], list_filter=["level"]
)
admin.site.register(AccessibilityStatement, PublishableAdmin, list_display=statement_columns)
admin.site.register(Shortcoming, PublishableAdmin, list_display=["__str__", "criterion", "planned_on", "order"])

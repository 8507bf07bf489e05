from django.contrib import admin

from website.pages.models import AccessibilityStatement, Notice, Page, Shortcoming
from website.publishing.admin import PublishableAdmin


@admin.register(Page)
class PageAdmin(PublishableAdmin):
    list_display = ["__str__", "key"]


@admin.register(Notice)
class NoticeAdmin(PublishableAdmin):
    list_display = ["__str__", "level", "begins", "ends"]
    list_filter = ["level"]


@admin.register(AccessibilityStatement)
class AccessibilityStatementAdmin(PublishableAdmin):
    list_display = ["__str__", "status", "prepared_on", "reviewed_on"]


@admin.register(Shortcoming)
class ShortcomingAdmin(PublishableAdmin):
    list_display = ["__str__", "criterion", "planned_on", "order"]

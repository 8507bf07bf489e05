from django.contrib import admin

from website.pages.models import Notice, Page
from website.publishing.admin import PublishableAdmin


@admin.register(Page)
class PageAdmin(PublishableAdmin):
    list_display = ["__str__", "key"]


@admin.register(Notice)
class NoticeAdmin(PublishableAdmin):
    list_display = ["__str__", "level", "begins", "ends"]
    list_filter = ["level"]

"""Lists of the admin that are read, and written by nobody."""

from django.contrib import admin


class ToBeRead(admin.ModelAdmin):
    list_display_links = None

    def has_add_permission(self, request, obj=None):
        return False

    has_change_permission = has_delete_permission = has_add_permission

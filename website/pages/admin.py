"""Texts with a fixed place on the site, and notices above every page."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from website.pages.models import AccessibilityStatement, Notice, Page, Shortcoming
from website.publishing.admin import OrderedAdmin, PublishableAdmin


@admin.register(Page)
class PageAdmin(PublishableAdmin):
    #: Fields that one page alone has, with its key.
    only_on = {"short_name": "home", "welcome": "network"}
    list_display = ["__str__", "key"]

    def get_fieldsets(self, request, obj=None):
        """Without the fields that belong to other pages."""
        groups = super().get_fieldsets(request, obj)
        others = tuple(field for field, key in self.only_on.items() if obj and obj.key != key)
        for _name, group in groups:
            group["fields"] = [name for name in group["fields"] if not name.startswith(others)]
        return groups


@admin.register(Notice)
class NoticeAdmin(PublishableAdmin):
    list_display = ["__str__", "level", "begins", "ends"]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)
        if formfield and db_field.name == "text_fi":
            formfield.help_text = _(
                "Without formatting. A web address becomes a link; a page of this site is shown by its name."
            )
        return formfield


admin.site.register(AccessibilityStatement, PublishableAdmin)
admin.site.register(Shortcoming, OrderedAdmin, list_display=["__str__", "criterion", "planned_on"])

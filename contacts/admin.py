from django.contrib import admin

from contacts.models import Contact
from website.publishing.admin import PublishableAdmin


@admin.register(Contact)
class ContactAdmin(PublishableAdmin):
    list_display = ["__str__", "phone", "email", "order"]

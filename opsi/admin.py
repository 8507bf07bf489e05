"""The OECD's OPSI: its Call for Innovations, open or closed according to its dates, and its resources."""

from django.contrib import admin

from opsi.models import Call, Resource
from website.publishing.admin import PublishableAdmin

admin.site.register(Call, PublishableAdmin, list_display=["__str__", "opens", "opens_on", "closes", "closes_on"])
admin.site.register(Resource, PublishableAdmin, list_display=["__str__", "kind", "order"], list_filter=["kind"])

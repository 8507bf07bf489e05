"""The declaration on public-sector innovation and Finland's five commitments."""

from django.contrib import admin

from declaration.models import Commitment, Declaration
from website.publishing.admin import PublishableAdmin

admin.site.register([Declaration, Commitment], PublishableAdmin)

from django.contrib import admin

from declaration.models import Commitment, Declaration
from website.publishing.admin import PublishableAdmin


@admin.register(Declaration)
class DeclarationAdmin(PublishableAdmin):
    list_display = ["__str__"]


@admin.register(Commitment)
class CommitmentAdmin(PublishableAdmin):
    list_display = ["__str__"]

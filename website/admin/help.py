"""The help page of the admin: for each role that a user has, its work in a few steps."""

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _


def help_page(request: HttpRequest) -> HttpResponse:
    person = get_user_model()._meta
    context = {"title": _("Help"), "person": person, "active": person.get_field("is_active").verbose_name}
    return TemplateResponse(request, "admin/help.html", admin.site.each_context(request) | context)

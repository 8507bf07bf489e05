"""The help page of the admin: for each role that a user has, its work in a few steps."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _


def help_page(request: HttpRequest) -> HttpResponse:
    return TemplateResponse(request, "admin/help.html", admin.site.each_context(request) | {"title": _("Help")})

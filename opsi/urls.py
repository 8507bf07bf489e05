from django.urls import path
from django.utils.translation import gettext_lazy as _

from opsi import views

app_name = "opsi"
urlpatterns = [
    path(_("opsi/"), views.opsi, name="opsi"),
    path(_("opsi/calls.ics"), views.calendar, name="calendar"),
    path(_("opsi/calls/<int:pk>.ics"), views.deadline, name="deadline"),
]

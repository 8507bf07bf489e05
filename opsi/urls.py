from django.urls import path
from django.utils.translation import gettext_lazy as _

from opsi import views

app_name = "opsi"
urlpatterns = [
    path(_("opsi/"), views.opsi, name="opsi"),
]

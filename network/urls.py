from django.urls import path
from django.utils.translation import gettext_lazy as _

from network import views

app_name = "network"
urlpatterns = [
    path(_("network/"), views.network, name="network"),
    path(_("network/join/"), views.join, name="join"),
    path(_("network/join/thanks/"), views.thanks, name="thanks"),
    path(_("network/confirm/<slug:token>/"), views.confirm, name="confirm"),
    path(_("network/correct/<slug:token>/"), views.correct, name="correct"),
]

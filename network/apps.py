from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NetworkConfig(AppConfig):
    name = "network"
    verbose_name = _("Innovation network")

    def ready(self):
        from network import forms, retention  # noqa: F401  they register what is asked, and how long it is kept

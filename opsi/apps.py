from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OpsiConfig(AppConfig):
    name = "opsi"
    verbose_name = _("OPSI")

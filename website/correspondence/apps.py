from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CorrespondenceConfig(AppConfig):
    name = "website.correspondence"
    verbose_name = _("Correspondence")

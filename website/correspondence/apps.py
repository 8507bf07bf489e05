from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CorrespondenceConfig(AppConfig):
    name = "website.correspondence"
    label = "correspondence"
    verbose_name = _("Correspondence")

    def ready(self):
        from website.correspondence import retention  # noqa: F401  registers what is kept here, and how long

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PagesConfig(AppConfig):
    name = "website.pages"
    label = "pages"
    verbose_name = _("Pages and notices")

    def ready(self):
        from website.pages import checks  # noqa: F401  registers them

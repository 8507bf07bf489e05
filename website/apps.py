from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig
from django.utils.module_loading import autodiscover_modules


class WebsiteConfig(AppConfig):
    name = "website"

    def ready(self):
        """Imports every app's `checks` and `retention`, which register system checks and retention rules."""
        autodiscover_modules("checks", "retention")


class AdminConfig(DjangoAdminConfig):
    default_site = "website.accounts.admin_site.SiteAdmin"

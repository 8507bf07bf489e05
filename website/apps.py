from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class WebsiteConfig(AppConfig):
    name = "website"

    def ready(self):
        from website import checks  # noqa: F401  registers them


class AdminConfig(DjangoAdminConfig):
    default_site = "website.admin.SiteAdmin"

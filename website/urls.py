from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path
from django.utils.translation import gettext_lazy as _

from website import status, views
from website.components import components

urlpatterns = [
    path("", views.root, name="root"),
    path("sitemap.xml", views.sitemap, name="sitemap"),
    path("robots.txt", views.robots, name="robots"),
    path(".well-known/security.txt", views.security, name="security"),
    # Without names: an edition prints what has one.
    path("healthz", status.healthz),
    path("readyz", status.readyz),
    path("statusz", status.statusz),
    *i18n_patterns(
        path(f"{settings.ADMIN_PATH}/", admin.site.urls),
        path("", views.home, name="home"),
        path(_("components/"), components, name="components"),
        *(path("", include(f"{room}.urls")) for room in ("declaration", "network", "opsi", "contacts")),
        *(path("", include(f"website.{room}.urls")) for room in ("correspondence", "pages", "publishing")),
    ),
]

handler400 = views.bad_request
handler403 = views.permission_denied
handler404 = views.page_not_found
handler500 = views.failed

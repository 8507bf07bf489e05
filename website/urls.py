"""Every URL of the site: its own pages here, those of each app in the app's urls.py."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path
from django.utils.translation import gettext_lazy as _

from website import status, views

urlpatterns = [
    path("", views.root, name="root"),
    path("sitemap.xml", views.sitemap, name="sitemap"),
    path("robots.txt", views.robots, name="robots"),
    path(".well-known/security.txt", views.security, name="security"),
    # Without names, so that an edition does not print them.
    path("healthz", status.healthz),
    path("readyz", status.readyz),
    path("statusz", status.statusz),
]
urlpatterns += i18n_patterns(
    path(f"{settings.ADMIN_PATH}/", admin.site.urls),
    path("", views.home, name="home"),
    path("", include("declaration.urls")),
    path("", include("network.urls")),
    path("", include("opsi.urls")),
    path("", include("contacts.urls")),
    path("", include("website.correspondence.urls")),
    path("", include("website.pages.urls")),
    path("", include("website.publishing.urls")),
)
if settings.COMPONENTS_PAGE:
    from website.components import components

    urlpatterns += i18n_patterns(path(_("components/"), components, name="components"))

handler400 = "website.views.bad_request"
handler403 = "website.views.permission_denied"
handler404 = "website.views.page_not_found"
handler500 = "website.views.server_error"

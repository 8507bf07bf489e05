"""Every address of the site, named as its view: contacts:feedback is the function feedback in contacts/views.py."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path
from django.utils.translation import gettext_lazy as _

from contacts import views as contacts
from declaration import views as declaration
from network import views as network
from opsi import views as opsi
from website import status, views
from website.components import components
from website.correspondence import views as correspondence
from website.pages import views as pages
from website.publishing import views as publishing


def room(of, **routes):
    """The addresses of one app: the name of a view and its route."""
    patterns = [path(route, getattr(of, name), name=name) for name, route in routes.items()]
    return path("", include((patterns, of.__package__.rpartition(".")[2])))


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
        room(
            declaration,
            declaration=_("declaration/"),
            commitments=_("commitments/"),
            commitment=_("commitments/<int:number>/"),
        ),
        room(
            network,
            network=_("network/"),
            join=_("network/join/"),
            thanks=_("network/join/thanks/"),
            confirm=_("network/confirm/<slug:token>/"),
            correct=_("network/correct/<slug:token>/"),
        ),
        room(opsi, opsi=_("opsi/")),
        room(contacts, contacts=_("contacts/"), feedback=_("feedback/"), thanks=_("feedback/thanks/")),
        room(
            correspondence,
            ask=_("your-data/"),
            thanks=_("your-data/thanks/"),
            erased=_("your-data/erased/"),
            own=_("your-data/<slug:token>/"),
            download=_("your-data/<slug:token>/download/"),
            erase=_("your-data/<slug:token>/erase/"),
        ),
        room(
            pages,
            accessibility=_("accessibility-statement/"),
            privacy=_("data-protection/"),
            changes=_("changes/"),
            feed=_("changes/atom.xml"),
        ),
        room(publishing, draft=_("draft/<str:token>/")),
    ),
]

handler400 = views.bad_request
handler403 = views.permission_denied
handler404 = views.page_not_found
handler500 = views.failed

from django.urls import path
from django.utils.translation import gettext_lazy as _

from website.correspondence import views

app_name = "correspondence"
urlpatterns = [
    path(_("your-data/"), views.ask, name="ask"),
    path(_("your-data/thanks/"), views.thanks, name="thanks"),
    path(_("your-data/erased/"), views.erased, name="erased"),
    path(_("your-data/<slug:token>/"), views.own, name="own"),
    path(_("your-data/<slug:token>/download/"), views.download, name="download"),
    path(_("your-data/<slug:token>/erase/"), views.erase, name="erase"),
]

from django.urls import path
from django.utils.translation import gettext_lazy as _

from website.pages import views

app_name = "pages"
urlpatterns = [
    path(_("accessibility-statement/"), views.accessibility, name="accessibility"),
    path(_("data-protection/"), views.privacy, name="privacy"),
    path(_("changes/"), views.changes, name="changes"),
    path(_("changes/feed.atom"), views.feed, name="feed"),
]

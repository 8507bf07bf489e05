from django.urls import path
from django.utils.translation import gettext_lazy as _

from website.publishing import views

app_name = "publishing"
urlpatterns = [
    path(_("draft/<str:token>/"), views.draft, name="draft"),
]

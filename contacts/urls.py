from django.urls import path
from django.utils.translation import gettext_lazy as _

from contacts import views

app_name = "contacts"
urlpatterns = [
    path(_("contacts/"), views.contacts, name="contacts"),
    path(_("contacts/<int:pk>.vcf"), views.card, name="card"),
    path(_("feedback/"), views.feedback, name="feedback"),
    path(_("feedback/thanks/"), views.thanks, name="thanks"),
]

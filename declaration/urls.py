from django.urls import path
from django.utils.translation import gettext_lazy as _

from declaration import views

app_name = "declaration"
urlpatterns = [
    path(_("declaration/"), views.declaration, name="declaration"),
    path(_("commitments/"), views.commitments, name="commitments"),
    path(_("commitments/<int:number>/"), views.commitment, name="commitment"),
]

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from network.models import JoinRequest
from website.publishing.dashboard import counter


@counter(_("Requests waiting for a decision"), "network.view_joinrequest")
def waiting(request):
    state = JoinRequest.State.WAITING
    address = reverse("admin:network_joinrequest_changelist")
    return JoinRequest.objects.filter(state=state).count(), f"{address}?state__exact={state}"


@admin.register(JoinRequest)
class JoinRequestAdmin(admin.ModelAdmin):
    """What people sent, for the coordinators to read. Nobody edits another's words."""

    list_display = ["name", "organisation", "organisation_type", "language", "state", "mark", "created_at"]
    list_filter = ["state", "suspected", "organisation_type", "language"]
    search_fields = ["name", "email", "organisation"]
    date_hierarchy = "created_at"
    exclude = ["suspected"]
    readonly_fields = ["mark"]

    @admin.display(description=_("mark"), ordering="suspected")
    def mark(self, joinrequest):
        return _("suspected") if joinrequest.suspected else ""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

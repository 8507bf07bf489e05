"""How django-axes counts wrong passwords: by user name and address, and by address alone."""

from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest
from django.utils import timezone

from website.http.client_ip import lockout_ip
from website.text.cleaning import clean_line


def username(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """The user name of an attempt to sign in, cleaned like the field of the form and in lower case."""
    posted: Any = credentials or request.POST
    name = posted.get("username")
    return clean_line(name or "").lower()


class Handler(AxesDatabaseHandler):
    """Also locks an address from which many names were tried, wherever in the admin the attempts were sent to."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Of this name at this address; at least as many as lock it, if the address is locked."""
        of_the_name = super().get_failures(request, credentials)
        since = timezone.now() - settings.AXES_COOLOFF_TIME
        attempts = AccessAttempt.objects.filter(ip_address=lockout_ip(request), attempt_time__gte=since)
        of_the_address = attempts.aggregate(failures=Sum("failures_since_start"))["failures"] or 0
        if of_the_address >= settings.SIGN_IN_FAILURES_PER_ADDRESS:
            return max(of_the_name, settings.AXES_FAILURE_LIMIT)
        return of_the_name

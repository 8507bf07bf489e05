"""Who has the form of a draft open: kept in the session of whoever opened it, and gone with that."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.sessions.models import Session
from django.utils import timezone

from website.admin.words import display_name

_OPEN = "open"  # session key: the draft whose form was opened last, and when, in seconds since 1970


def opened_by_others(request: Any, draft: str) -> Iterator[tuple[str, datetime]]:
    """Notes that the user opens the form of a draft; yields the colleagues whose last one it is too, and when."""
    now = timezone.now()
    request.session[_OPEN] = [draft, now.timestamp()]
    live = Session.objects.filter(expire_date__gt=now).exclude(pk=request.session.session_key)
    opened = {data[SESSION_KEY]: data[_OPEN] for session in live if _OPEN in (data := session.get_decoded())}
    for user in get_user_model().objects.filter(pk__in=opened).exclude(pk=request.user.pk):
        theirs, moment = opened[str(user.pk)]
        if theirs == draft:
            yield display_name(user), datetime.fromtimestamp(moment, timezone.get_current_timezone())

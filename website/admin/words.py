"""Moments, days and people in the words of the admin."""

from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import pgettext


def moment_in_words(moment: datetime) -> str:
    """Like “Tue 1 Dec 2026, 0:00”, in Helsinki time."""
    return date_format(timezone.localtime(moment), pgettext("a moment, for Django's filter “date”", "D j M Y, G:i"))


def day_in_words(day: date) -> str:
    return date_format(day, pgettext("a day, for Django's filter “date”", "D j M Y"))


def display_name(user: Any) -> str:
    """Who did something, for colleagues; a dash for the first content of the installation."""
    return (user.get_full_name() or user.get_username()) if user else "–"

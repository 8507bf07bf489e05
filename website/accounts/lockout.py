"""The user name by which django-axes counts wrong passwords."""

from typing import Any

from django.http import HttpRequest

from website.text.cleaning import clean_line


def username(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """The user name of an attempt to sign in, cleaned like the field of the form and in lower case."""
    posted: Any = credentials or request.POST
    name = posted.get("username")
    return clean_line(name or "").lower()

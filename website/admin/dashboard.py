"""The counters on the first page of the admin, like feedback without an answer. Each app registers its own."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

#: Takes the request and returns a number and the URL of the list behind it.
Counter = Callable[[HttpRequest], tuple[int, str]]

_counters: list[tuple[Any, str, Counter]] = []


def counter(label: Any, permission: str) -> Callable[[Counter], Counter]:
    """Decorator: registers a function that takes the request and returns a number and the URL of the list behind it.

    The function is not called for a user without the permission.
    """

    def decorator(count: Counter) -> Counter:
        _counters.append((label, permission, count))
        return count

    return decorator


def counters(request: HttpRequest) -> list[tuple[Any, int, str]]:
    """A triple of label, number and URL for each counter that the user may see."""
    lines = []
    for label, permission, count in _counters:
        if request.user.has_perm(permission):
            number, url = count(request)
            lines.append((label, number, url))
    return lines

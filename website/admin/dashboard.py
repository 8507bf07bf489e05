"""The first page of the admin: numbers that ask for somebody, each registered by the app that owns it."""

_counters = []


def counter(label, permission):
    """Decorator: registers a function that takes the request and returns a number and the URL of the list behind it.

    The function is not called for a user without the permission.
    """

    def decorator(count):
        _counters.append((label, permission, count))
        return count

    return decorator


def counters(request):
    """A triple of label, number and URL for each counter that the user may see."""
    lines = []
    for label, permission, count in _counters:
        if request.user.has_perm(permission):
            number, url = count(request)
            lines.append((label, number, url))
    return lines

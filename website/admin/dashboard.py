"""The first page of the admin: numbers that ask for somebody, each registered by the app that owns it."""

_counters = []


def counter(label, permission):
    """Registers a function of the request that returns a number and the address of the list behind it.

    Who lacks the permission is not shown it, and the function is not asked.
    """

    def decorator(count):
        _counters.append((label, permission, count))
        return count

    return decorator


def counters(request):
    shown = [(label, count) for label, permission, count in _counters if request.user.has_perm(permission)]
    return [(label, *count(request)) for label, count in shown]

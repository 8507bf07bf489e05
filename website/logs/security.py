"""The log of security events: sign-ins, lockouts, refused forms."""

import logging

_logger = logging.getLogger("website.security")


def log(event, request, user=None, **fields):
    """Logs an event with the primary key of the user and the name of the page, without other personal data."""
    # Without a cookie nobody is signed in, and reading request.user would add “Vary: Cookie” to the response.
    user = user or (request.user if getattr(request, "COOKIES", None) else None)
    match = getattr(request, "resolver_match", None)
    _logger.info(event, extra={"fields": {"user": user and user.pk, "page": match and match.view_name} | fields})

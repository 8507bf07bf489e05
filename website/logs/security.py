"""What happened to accounts and forms, for whoever watches over security."""

import logging

_logger = logging.getLogger("website.security")


def log(event, request, user=None, **fields):
    """A line about who may do what: the person as a number, the page by its name, nothing that they wrote."""
    # Without a cookie there is nobody to look up, and looking would make the answer depend on one.
    user = user or (request.user if getattr(request, "COOKIES", None) else None)
    match = getattr(request, "resolver_match", None)
    _logger.info(event, extra={"fields": {"user": user and user.pk, "page": match and match.view_name} | fields})

"""Whose request it is: the visitor's network address, as far as it can be trusted."""

from django.conf import settings


def client_address(request):
    """The n-th entry from the right of X-Forwarded-For, where n proxies of ours stand in front.

    Everything further to the left is the visitor's own text (../shared/libraries.md, P9).
    """
    if settings.TRUSTED_PROXIES:
        forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        if len(forwarded) >= settings.TRUSTED_PROXIES and forwarded[-settings.TRUSTED_PROXIES]:
            return forwarded[-settings.TRUSTED_PROXIES]
    return request.META.get("REMOTE_ADDR", "")

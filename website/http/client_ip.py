"""The IP address that a request comes from, as far as it can be trusted."""

from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str:
    """The n-th entry from the right of X-Forwarded-For, where n = settings.TRUSTED_PROXIES; else the peer's address.

    Entries further to the left cannot be trusted: a visitor can send them, and proxies append to them.
    """
    if settings.TRUSTED_PROXIES:
        forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        if len(forwarded) >= settings.TRUSTED_PROXIES and forwarded[-settings.TRUSTED_PROXIES]:
            return forwarded[-settings.TRUSTED_PROXIES]
    return request.META.get("REMOTE_ADDR", "")


def network(ip_text: str, ipv4_prefix: int) -> str:
    """The first IP address of the network that an IP address is in: /64 for IPv6, `ipv4_prefix` bits for IPv4.

    A text that is no IP address is returned unchanged.
    """
    try:
        ip = ip_address(ip_text)
    except ValueError:
        return ip_text
    return str(ip_network((ip, ipv4_prefix if ip.version == 4 else 64), strict=False).network_address)


def lockout_ip(request: HttpRequest) -> str:
    """What django-axes counts by: the network for IPv6, where one machine has 2^64 addresses; the address for IPv4."""
    return network(client_ip(request), 32)

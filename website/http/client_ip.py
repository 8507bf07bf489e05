"""The IP address that a request comes from, as far as it can be trusted."""

from ipaddress import ip_address, ip_network

from django.conf import settings


def client_ip(request):
    """The n-th entry from the right of X-Forwarded-For, where n proxies of ours stand in front.

    Everything further to the left is the visitor's own text: proxies append to what they were sent.
    """
    if settings.TRUSTED_PROXIES:
        forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        if len(forwarded) >= settings.TRUSTED_PROXIES and forwarded[-settings.TRUSTED_PROXIES]:
            return forwarded[-settings.TRUSTED_PROXIES]
    return request.META.get("REMOTE_ADDR", "")


def network(address, of_ipv4):
    """The first address of its network: in IPv6 what one site has, in IPv4 the first so many bits."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((ip, of_ipv4 if ip.version == 4 else 64), strict=False).network_address)


def lockout_ip(request):
    """For django-axes: whoever guesses passwords over IPv6 has 2^64 addresses to do so from."""
    return network(client_ip(request), 32)

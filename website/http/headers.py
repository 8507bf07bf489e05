"""The security headers of every response, whether Django, WhiteNoise or nginx sends it."""

from csp.utils import build_policy
from django.conf import settings

#: By header name, its value.
HEADERS = {
    # Sorted: build_policy() gives another order in each process.
    "Content-Security-Policy": "; ".join(sorted(build_policy().split("; "))),
    "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": settings.X_FRAME_OPTIONS,
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
if settings.SECURE_HSTS_SECONDS:
    HEADERS["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"

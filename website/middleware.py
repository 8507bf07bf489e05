import re

from csp.utils import build_policy
from django.conf import settings
from django.http import HttpResponsePermanentRedirect
from django.urls import is_valid_path
from django.utils.translation import get_language_from_path, override

from website.publishing.rendering import PUBLIC

#: The same on every response, also where Django is not asked: redirects, static files, refusals.
HEADERS = {
    "Content-Security-Policy": build_policy(),
    "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": settings.X_FRAME_OPTIONS,
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
if settings.SECURE_HSTS_SECONDS:
    HEADERS["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"
_ADMIN = re.compile(rf"/({'|'.join(code for code, name in settings.LANGUAGES)})/{re.escape(settings.ADMIN_PATH)}(/|$)")


def in_admin(request):
    return bool(_ADMIN.match(request.path_info))


def outermost(get_response):
    """Headers that are the same on every response, errors and static files included.

    The public side neither sees a cookie nor sets one: no session, no language cookie, no Vary: Cookie.
    """

    def middleware(request):
        if not in_admin(request) and not settings.PUBLIC_COOKIES:
            request.META.pop("HTTP_COOKIE", None)
        response = get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if in_admin(request):
            response.headers.setdefault("Cache-Control", "no-store")
        if response.headers.get("Cache-Control") == PUBLIC:
            # Such a page is the same for everybody but for its encoding, which the press chooses.
            response.headers["Vary"] = "Accept-Encoding"
            response.headers.setdefault("X-Accel-Expires", "1")  # second, in nginx; browsers never see it
        return response

    return middleware


def one_redirect_for_slashes(get_response):
    """Doubled or missing slashes lead to the page with one redirect."""

    def middleware(request):
        path = request.path_info
        wanted = re.sub(r"[/\\]{2,}", "/", path)
        # Paths are translated: the one asked for is looked up in its own language.
        with override(get_language_from_path(wanted) or settings.LANGUAGE_CODE):
            if not is_valid_path(wanted) and not wanted.endswith("/"):
                wanted += "/"
            elsewhere = wanted != path and request.method in ("GET", "HEAD") and is_valid_path(wanted)
        if elsewhere:
            query = request.META.get("QUERY_STRING", "")
            return HttpResponsePermanentRedirect(f"{wanted}?{query}" if query else wanted)
        return get_response(request)

    return middleware

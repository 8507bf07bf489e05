import re

from django.conf import settings
from django.http import HttpResponsePermanentRedirect
from django.urls import is_valid_path
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language_from_path, override

from website.headers import HEADERS
from website.prerender import serve
from website.publishing.edition import Edition
from website.publishing.rendering import PUBLIC

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
            # Such a page is the same for everybody but for its encoding.
            response.headers["Vary"] = "Accept-Encoding"
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


def edition(get_response):
    """Gives each request its edition, when it first asks for it, and the function `becomes_visible`.

    It is the one being printed, else the one that readers are served. In the admin, where an editor sees at once what
    publishing did, and where nothing is printed (tests, management commands), it is the database's.
    """

    def served():
        directory = serve.current()
        return (directory and directory.edition) or Edition.load()

    def middleware(request):
        if not hasattr(request, "edition"):
            request.edition = SimpleLazyObject(Edition.load if in_admin(request) else served)
        request.becomes_visible = serve.becomes_visible
        return get_response(request)

    return middleware

import re

from django.conf import settings
from django.http import HttpResponsePermanentRedirect
from django.urls import Resolver404, is_valid_path, resolve
from django.utils.encoding import escape_uri_path
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language_from_path, override

from website.http.headers import HEADERS
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


def _is_ours(path):
    """Whether the path is an address of ours. Paths are translated: it is looked up in its own language."""
    with override(get_language_from_path(path) or settings.LANGUAGE_CODE):
        return is_valid_path(path)


def _in_small_letters(path):
    """The address of ours that was written with capitals, or None. Tokens have capitals of their own: they stay."""
    small = path.lower()
    with override(get_language_from_path(small) or settings.LANGUAGE_CODE):
        try:
            match = resolve(small)
        except Resolver404:
            return None
    values = [str(value) for value in match.kwargs.values()]
    parts = zip(path.split("/"), small.split("/"), strict=True)
    return "/".join(written if lower in values else lower for written, lower in parts)


def meant(path):
    """The address of ours that a path was meant to be, or None where it is none.

    It may have doubled slashes, no slash at its end, capital letters, or what stood after the link in a mail: a
    bracket, a full stop, a quotation mark, a space, a zero-width space. No address of ours ends in such a character.
    """
    path = re.sub(r"[/\\]{2,}", "/", path)
    match = re.match(r".*[\w-]", path, re.DOTALL)
    address = match[0] if match else ""
    path = f"{address}/" if "/" in path[len(address) :] else address
    for candidate in (path, f"{path}/", path.removesuffix("/")):
        if _is_ours(candidate):
            return candidate
    return _in_small_letters(path) or _in_small_letters(f"{path}/")


def one_redirect(get_response):
    """Addresses that are not quite ours lead to what was meant, with one redirect."""

    def middleware(request):
        path = request.path_info
        if request.method in ("GET", "HEAD") and (wanted := meant(path)) not in (path, None):
            query = request.META.get("QUERY_STRING", "")
            address = escape_uri_path(wanted)
            return HttpResponsePermanentRedirect(f"{address}?{query}" if query else address)
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

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


def headers_of_every_response(get_response):
    """Sets the headers that every response has, errors and static files included.

    Removes cookies from requests outside the admin, so that public pages cannot depend on them.
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
            # The response depends on nothing else: no cookie, no language header.
            response.headers["Vary"] = "Accept-Encoding"
        return response

    return middleware


def _is_known(path):
    """Whether a URL pattern matches the path, in the language with which the path begins."""
    with override(get_language_from_path(path) or settings.LANGUAGE_CODE):
        return is_valid_path(path)


def _in_lower_case(path):
    """The path in lower case, if a URL pattern matches that, or None. Arguments like tokens keep their capitals."""
    lower_path = path.lower()
    with override(get_language_from_path(lower_path) or settings.LANGUAGE_CODE):
        try:
            match = resolve(lower_path)
        except Resolver404:
            return None
    values = [str(value) for value in match.kwargs.values()]
    parts = zip(path.split("/"), lower_path.split("/"), strict=True)
    return "/".join(written if lower in values else lower for written, lower in parts)


def existing_path(path):
    """The existing path that a mistyped one stands for, or None.

    Corrects doubled slashes, a missing or additional slash at the end, capital letters, and characters copied from the
    text after a link, like a bracket, a full stop, a quotation mark or a space: no path of this site ends in these.
    """
    path = re.sub(r"[/\\]{2,}", "/", path)
    match = re.match(r".*[\w-]", path, re.DOTALL)
    trimmed = match[0] if match else ""
    path = f"{trimmed}/" if "/" in path[len(trimmed) :] else trimmed
    for candidate in (path, f"{path}/", path.removesuffix("/")):
        if _is_known(candidate):
            return candidate
    return _in_lower_case(path) or _in_lower_case(f"{path}/")


def redirect_to_existing_path(get_response):
    """Redirects mistyped paths to the existing ones, with one redirect. Replaces Django's APPEND_SLASH."""

    def middleware(request):
        path = request.path_info
        target = existing_path(path) if request.method in ("GET", "HEAD") else path
        if target is None or target == path:
            return get_response(request)
        query = request.META.get("QUERY_STRING", "")
        url = escape_uri_path(target)
        return HttpResponsePermanentRedirect(f"{url}?{query}" if query else url)

    return middleware


def edition(get_response):
    """Sets request.edition, which is loaded when it is first used, and request.becomes_visible.

    While an edition is printed the request has that one already; otherwise it is the printed edition that readers see.
    In the admin, and if nothing is printed (tests, management commands), it is loaded from the database.
    """

    def served():
        directory = serve.current()
        return (directory and directory.edition) or Edition.load()

    def middleware(request):
        if not hasattr(request, "edition"):
            request.edition = SimpleLazyObject(Edition.current if in_admin(request) else served)
        request.becomes_visible = serve.becomes_visible
        return get_response(request)

    return middleware

"""Protection of the public forms against cross-site posts, by headers: without a cookie or a token."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt


def from_our_pages(request: HttpRequest) -> bool:
    """Whether a request was sent by a page of this site: by Sec-Fetch-Site, else by Origin, else True.

    The same as Go 1.25's CrossOriginProtection: old browsers that send neither header pass. These forms have no
    session that another site could misuse; refused are other sites' pages that make their visitors send our form.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site in ("same-origin", "none")
    # An origin is a scheme and a host, like SITE_URL. A host of ALLOWED_HOSTS is ours as well.
    own = f"{request.scheme}://{request.get_host()}".lower()
    return request.headers.get("Origin", own) in (own, settings.SITE_URL)


def same_origin_form(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Decorator of a public form's view: it takes posts from our own pages alone, and needs no CSRF token."""

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and not from_our_pages(request):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded

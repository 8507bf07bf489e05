"""Whether a form was sent from our own pages: cross-site posts are refused without any cookie or token."""

from functools import wraps

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.views.decorators.csrf import csrf_exempt


def from_our_pages(request):
    """Sec-Fetch-Site decides where the browser sends it, else Origin; older browsers with neither may pass.

    The way of Go 1.25's CrossOriginProtection. A cookie-less form has no session that a stranger could use:
    what is refused here is a stranger's page that makes its visitors send our form.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site in ("same-origin", "none")
    # An origin is a scheme and a host, as SITE_URL is; "null" is nobody's. The site answers on each of its names.
    own = f"{request.scheme}://{request.get_host()}".lower()
    return request.headers.get("Origin", own) in (own, settings.SITE_URL)


def same_origin_form(view):
    """For the public forms: posts come from our own pages, and need no token."""

    @csrf_exempt
    @wraps(view)
    def guarded(request, *args, **kwargs):
        if request.method == "POST" and not from_our_pages(request):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded

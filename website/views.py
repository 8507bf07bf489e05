from datetime import timedelta

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render as render_alone
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language_from_request, override

from opsi.models import call_now
from website.origins import from_our_pages
from website.publishing.rendering import PUBLIC, render


def root(request):
    """The one answer outside the edition: to the front page in the best of the reader's languages."""
    with override(get_language_from_request(request)):
        response = HttpResponseRedirect(reverse("home"))
    response.headers["Cache-Control"] = "no-store"
    patch_vary_headers(response, ["Accept-Language"])
    return response


def home(request):
    edition = request.edition
    return render(
        request,
        "website/home.html",
        edition.page("home"),
        declaration=edition.declaration("declaration"),
        opsi=edition.page("opsi"),
        contacts=edition.contacts,
        **call_now(edition),
    )


def sitemap(request):
    """Every page in the languages in which it is live, each with its alternates."""
    entries = []
    for thing in request.edition.things():
        addresses = {}
        for code in thing.languages:
            with override(code):
                if path := thing.get_absolute_url():
                    addresses[code] = settings.SITE_URL + path
        entries.extend((address, addresses, thing.publication.starts) for address in addresses.values())
    response = render_alone(request, "website/sitemap.xml", {"entries": entries}, content_type="application/xml")
    return _for_everybody(response)


def robots(request):
    lines = ["User-agent: *", "Disallow:", f"Sitemap: {settings.SITE_URL}/sitemap.xml", ""]
    return _for_everybody(HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8"))


def security(request):
    """Whom to tell of a fault (RFC 9116); not printed, since it says until when it holds."""
    if not settings.SECURITY_CONTACT:
        raise Http404
    until = (timezone.now() + timedelta(days=180)).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {until.isoformat()}",
        f"Preferred-Languages: {', '.join(code for code, name in settings.LANGUAGES)}",
        f"Canonical: {settings.SITE_URL}{request.path}",
        "",
    ]
    headers = {"Cache-Control": "max-age=3600"}
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8", headers=headers)


def _for_everybody(response):
    """A file of no language: the same for every reader, whatever languages they accept."""
    response.headers["Cache-Control"] = PUBLIC
    response.headers["Content-Language"] = settings.LANGUAGE_CODE
    return response


def _error(request, status, **context):
    response = render(request, f"{status}.html", status=status, cache="no-store", **context)
    if status in (429, 503):
        response.headers["Retry-After"] = "120"  # seconds
    return response


def bad_request(request, exception=None):
    return _error(request, 400)


def permission_denied(request, exception=None):
    return _error(request, 403)


def csrf_failure(request, reason=""):
    match = request.resolver_match
    if "admin" in match.app_names and match.url_name != "login" and from_our_pages(request):
        return admin.site.sign_in_again(request)
    return render(request, "403_csrf.html", status=403, cache="no-store")


def page_not_found(request, exception=None):
    return _error(request, 404)


def too_many_requests(request):
    return _error(request, 429)


def server_error(request):
    return _error(request, 500)


def unavailable(request):
    """The database is away. What somebody sent with a public form stays on the page, to be sent again."""
    return _error(request, 503, kept=_sent(request))


def _sent(request):
    if request.method != "POST" or request.path.startswith(reverse("admin:index")):
        return []
    try:
        return [(name, text) for name in request.POST for text in request.POST.getlist(name)]
    except (SuspiciousOperation, OSError):  # too large, or cut off on its way
        return []

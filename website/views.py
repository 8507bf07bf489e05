import re
import sys
from datetime import timedelta
from urllib.parse import unquote

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import SuspiciousOperation
from django.db import DataError, InterfaceError, InternalError, OperationalError
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override
from django.utils.translation.trans_real import parse_accept_lang_header

from contacts.models import Contact
from declaration.models import Commitment, Declaration
from opsi.models import call_now
from website.http.same_origin import from_our_pages
from website.logs import security as security_log
from website.pages.models import Page
from website.publishing.rendering import render, render_error, render_file
from website.publishing.texts import LANGUAGES

#: Parts of a URL that cannot be a primary key: NUL, or a number larger than a column holds.
_NO_KEY = re.compile(r"\x00|\d{19}")

#: The exceptions of any query while the database cannot be reached.
DATABASE_AWAY = (OperationalError, InterfaceError, InternalError)


def root(request):
    """Redirects to the front page, in the first of the reader's languages in which that is published."""
    try:
        live = request.edition.get(Page, "home").languages
    except DATABASE_AWAY:  # and another release wrote the edition on the disk, so it cannot be read
        live = LANGUAGES
    accepted = parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    codes = [name.partition("-")[0] for name, weight in accepted if weight]
    language = next((code for code in codes if code in live), settings.LANGUAGE_CODE)
    with override(language):
        response = HttpResponseRedirect(reverse("home"))
    response.headers["Cache-Control"] = "no-store"
    return response


def home(request):
    edition = request.edition
    context = {
        "declaration": edition.get(Declaration, "declaration"),
        "commitments": edition.things(Commitment),
        "opsi": edition.get(Page, "opsi"),
        "contacts": edition.things(Contact),
        **call_now(edition),
    }
    return render(request, "website/home.html", edition.get(Page, "home"), **context)


def sitemap(request):
    """Every page in the languages in which it is live, each with its alternates."""
    entries = []
    for thing in request.edition.things():
        urls = {code: settings.SITE_URL + path for code, path in thing.paths_by_language().items()}
        entries.extend((url, urls, thing.publication.starts) for url in urls.values())
    return render_file(request, "website/sitemap.xml", "application/xml", entries=entries)


def robots(request):
    return render_file(request, "website/robots.txt", "text/plain; charset=utf-8")


def security(request):
    """security.txt (RFC 9116). It is not printed, since it holds its own date of expiry."""
    if not settings.SECURITY_CONTACT:
        raise Http404
    until = (timezone.now() + timedelta(days=180)).replace(hour=0, minute=0, second=0, microsecond=0)
    response = render_file(request, "website/security.txt", "text/plain; charset=utf-8", until=until, settings=settings)
    response.headers["Cache-Control"] = "max-age=3600"
    return response


def bad_request(request, exception=None):
    return render_error(request, 400)


def permission_denied(request, exception=None):
    security_log.log("refused", request)
    return render_error(request, 403)


def page_not_found(request, exception=None):
    return render_error(request, 404)


def render_500(request):
    return render_error(request, 500)


def unavailable(request):
    """The page for status 503. What was posted is shown again, to be sent once more."""
    response = render_error(request, 503, posted=_posted(request))
    response.headers["Retry-After"] = "120"  # seconds
    return response


def server_error(request):
    """handler500: status 503 if the database cannot be reached, 400 if the URL holds no possible key, else 500."""
    error = sys.exc_info()[1]
    if isinstance(error, DATABASE_AWAY):
        return unavailable(request)
    if isinstance(error, DataError) and _NO_KEY.search(unquote(request.get_full_path())):
        return bad_request(request)
    return render_500(request)


def csrf_failure(request, reason=""):
    match = request.resolver_match
    if "admin" in match.app_names and match.url_name != "login" and from_our_pages(request):
        return admin.site.sign_in_carrying_form(request)
    security_log.log("refused", request, why="token")
    return render(request, "403_csrf.html", status=403, cache="no-store")


def _posted(request):
    """Pairs of a name and a value that were posted to a public form; empty if the request cannot be read."""
    if request.method != "POST" or request.path.startswith(reverse("admin:index")):
        return []
    try:
        return [(name, text) for name in request.POST for text in request.POST.getlist(name)]
    except (SuspiciousOperation, OSError):  # too large, or cut off on its way
        return []

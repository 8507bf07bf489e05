import os
import re

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "website.settings")
django = get_wsgi_application()

from website.http.headers import HEADERS  # noqa: E402  these read the settings
from website.prerender.serve import Prerendered  # noqa: E402

# The content types that browsers send: none, a form in UTF-8, or a multipart form with a plain boundary.
_PLAIN = re.compile(
    r"(?:application/x-www-form-urlencoded(?:\s*;\s*charset=\"?utf-8\"?)?"
    r"|multipart/form-data\s*;\s*boundary=\"?[0-9A-Za-z'()+_,./:=?-]{1,70}\"?)?\s*",
    re.IGNORECASE,
)


def content_type_guard(application):
    """WSGI middleware: answers 415 to content types that no form of this site has, and ignores those of GET and HEAD.

    Django 5.2 reads the charset before any middleware runs, and answers 500 to those it cannot
    decode, like `charset*=BOGUS''x` (Django ticket 36991).
    """

    def guarded(environ, start_response):
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            environ.pop("CONTENT_TYPE", None)
        if _PLAIN.fullmatch(environ.get("CONTENT_TYPE", "")):
            return application(environ, start_response)
        body = b"Unsupported content type.\n"
        headers = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(body))} | HEADERS
        start_response("415 Unsupported Media Type", [*headers.items()])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    return guarded


application = content_type_guard(Prerendered(django))

"""Serves the printed directory in front of Django: for `make run`, and as a second line behind nginx.

A web process has no thread of its own for it and asks no database: at each request it looks where the link leads.
"""

import logging
import os
import time
from email.utils import formatdate
from functools import cached_property, lru_cache
from urllib.parse import urlsplit

from django.conf import settings
from whitenoise import WhiteNoise

from website.http.headers import HEADERS
from website.prerender.render import editions, read_edition
from website.publishing.rendering import PUBLIC
from website.publishing.texts import LANGUAGES

logger = logging.getLogger(__name__)

MEDIA_TYPES = {".xml": "application/xml", ".atom": "application/atom+xml"}
PATIENCE = 2  # seconds in which a publication is mostly visible


class Served:
    """One printed directory, as this process serves it."""

    def __init__(self, folder):
        self.folder = folder
        number, _id, boundary, _random = folder.name.split("-")
        self.serial, self.boundary = int(number), int(boundary)

    @cached_property
    def files(self):
        """WhiteNoise's files by URL path."""
        options = {"max_age": None, "allow_all_origins": False, "mimetypes": MEDIA_TYPES}
        noise = WhiteNoise(None, add_headers_function=self._add_headers, **options)
        noise.add_files(self.folder / "site")
        pages = {url.removesuffix("index.html"): file for url, file in noise.files.items()}
        pages.pop("/", None)  # leads on by the reader's language: Django's
        return pages

    def _add_headers(self, headers, path, url):
        """The headers that Django and nginx give the same page."""
        status = os.stat(path)
        language = url.split("/")[1]
        headers["Cache-Control"] = PUBLIC
        headers["Content-Type"] = headers["Content-Type"].replace('"', "")  # of the charset
        headers["Last-Modified"] = formatdate(self.boundary / 1_000_000, usegmt=True)
        headers["Content-Language"] = language if language in LANGUAGES else settings.LANGUAGE_CODE
        headers["ETag"] = f'"{int(status.st_mtime):x}-{status.st_size:x}"'  # as nginx makes it
        for name, value in HEADERS.items():
            headers[name] = value

    @cached_property
    def edition(self):
        """What was printed, for forms and error pages; None where it is another release's, and cannot be read."""
        try:
            return read_edition(self.folder)
        except Exception:
            logger.exception("The edition in %s cannot be read", self.folder.name)
            return None


served_from = lru_cache(maxsize=1)(Served)


def current():
    """What the link leads to now, or None where nothing is printed yet, or in another release's way."""
    try:
        return served_from(editions() / os.readlink(editions() / "current"))
    except (OSError, ValueError):
        return None


def becomes_visible(serial):
    """Waits until this host's readers see the publication with this serial; False where that takes longer."""
    deadline = time.monotonic() + PATIENCE
    while (served := current()) and served.serial < serial and time.monotonic() < deadline:
        time.sleep(0.05)
    return served is not None and served.serial >= serial


class Prerendered:
    """WSGI: answers GET and HEAD for printed pages; other hosts and schemes, and the query `page`, are Django's."""

    def __init__(self, application):
        self.application = application
        self.hosts = {urlsplit(settings.SITE_URL).netloc, *settings.ALLOWED_HOSTS}
        self.scheme = urlsplit(settings.SITE_URL).scheme
        self.forwarded = "HTTP_X_FORWARDED_PROTO" if settings.SECURE_PROXY_SSL_HEADER else "wsgi.url_scheme"

    def __call__(self, environ, start_response):
        served = current() if self.is_plain(environ) else None
        file = served and served.files.get(environ["PATH_INFO"])
        return WhiteNoise.serve(file, environ, start_response) if file else self.application(environ, start_response)

    def is_plain(self, environ):
        return (
            environ["REQUEST_METHOD"] in ("GET", "HEAD")
            and environ.get("HTTP_HOST") in self.hosts
            and environ.get(self.forwarded, environ["wsgi.url_scheme"]) == self.scheme
            and "page=" not in environ.get("QUERY_STRING", "")
        )

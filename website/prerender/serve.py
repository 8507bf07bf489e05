"""WSGI middleware that serves the printed directory: for `make run`, and behind nginx for what nginx passes on.

It needs no thread and no database: at each request it reads where the link `current` points to.
"""

import logging
import os
import time
from collections.abc import Iterable
from email.utils import formatdate
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from whitenoise import WhiteNoise

from website.http.headers import HEADERS
from website.prerender.render import editions, read_edition
from website.publishing.edition import Edition
from website.publishing.rendering import PUBLIC
from website.publishing.texts import LANGUAGES

logger = logging.getLogger(__name__)

MEDIA_TYPES = {
    ".xml": "application/xml",
    ".atom": "application/atom+xml",
    ".ics": "text/calendar",
    ".vcf": "text/vcard",
}
PUBLISH_WAIT_SECONDS = 2  # that a publisher waits to see the publication; mostly it takes less


class Served:
    """One printed directory, as this process serves it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        number, _id, boundary, _random = folder.name.split("-")
        self.serial, self.boundary = int(number), int(boundary)

    @cached_property
    def files(self) -> dict[str, Any]:
        """WhiteNoise's files by URL path."""
        options: dict[str, Any] = {"max_age": None, "allow_all_origins": False, "mimetypes": MEDIA_TYPES}
        noise = WhiteNoise(None, add_headers_function=self._add_headers, **options)
        noise.add_files(self.folder / "site")
        pages = {url.removesuffix("index.html"): file for url, file in noise.files.items()}
        pages.pop("/", None)  # Django redirects by the reader's language
        return pages

    def _add_headers(self, headers: Any, path: str, url: str) -> None:
        """Sets the headers that Django and nginx give the same page."""
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
    def edition(self) -> Edition | None:
        """The printed edition, for forms and error pages; None if another release wrote it and it cannot be read."""
        try:
            return read_edition(self.folder)
        except Exception:
            logger.exception("The edition in %s cannot be read", self.folder.name)
            return None


served_from = lru_cache(maxsize=1)(Served)


def current() -> Served | None:
    """The directory that the link points to now; None if nothing is printed yet, or another release printed it."""
    try:
        return served_from(editions() / os.readlink(editions() / "current"))
    except (OSError, ValueError):
        return None


def becomes_visible(serial: int) -> bool:
    """Waits until this host's readers see the publication with this serial; False after PUBLISH_WAIT_SECONDS."""
    deadline = time.monotonic() + PUBLISH_WAIT_SECONDS
    while True:
        served = current()
        if served is None:
            return False
        if served.serial >= serial:
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.05)


class Prerendered:
    """WSGI middleware: answers GET and HEAD for printed pages. Other hosts, schemes and `?page=` go to Django."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self.hosts = {urlsplit(settings.SITE_URL).netloc, *settings.ALLOWED_HOSTS}
        self.scheme = urlsplit(settings.SITE_URL).scheme
        self.forwarded = "HTTP_X_FORWARDED_PROTO" if settings.SECURE_PROXY_SSL_HEADER else "wsgi.url_scheme"

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        served = current() if self.is_plain(environ) else None
        file = served.files.get(environ["PATH_INFO"]) if served else None
        if file is None:
            return self.application(environ, start_response)
        return WhiteNoise.serve(file, environ, start_response)

    def is_plain(self, environ: dict[str, Any]) -> bool:
        """Whether a printed page can answer the request."""
        return (
            environ["REQUEST_METHOD"] in ("GET", "HEAD")
            and environ.get("HTTP_HOST") in self.hosts
            and environ.get(self.forwarded, environ["wsgi.url_scheme"]) == self.scheme
            and "page=" not in environ.get("QUERY_STRING", "")
        )

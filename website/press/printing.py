"""Prints an edition: every public page through Django's own handler, into a directory that anything can serve.

editions/<release>-<site>-<serial>-<last boundary>/
    site/           pages by their address, with gzip and brotli twins: what nginx serves when Django cannot
    errors/<language>/<status>.html
    manifest.json   status and headers of each page, as Django gave them
    edition.json    the publications, so that a worker can start, and move on, without the database
editions/current    a link to the newest
"""

import contextlib
import gzip
import hashlib
import io
import json
import os
import pickle
import re
import shutil
import sys
from dataclasses import dataclass, replace
from functools import cache
from urllib.parse import unquote, urlsplit

import brotli
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext, override

from website.locks import only_one
from website.publishing.texts import LANGUAGES

ERRORS = (404, 429, 500, 503)
SUFFIXES = {"": "", "gzip": ".gz", "br": ".br"}
KEPT = 5  # editions of one release on the disk


class Failed(Exception):
    """A page that must be there could not be made: the edition is not printed."""


@dataclass(frozen=True)
class Page:
    """One finished page: its file below the directory, Django's headers, and its body plain and compressed."""

    file: str
    status: int
    headers: list
    bodies: dict


@cache
def _handler():
    return WSGIHandler()


def ask(path, edition, error=None):
    """Django's answer to a neutral GET from the site's own address, made from this edition."""
    site = urlsplit(settings.SITE_URL)
    environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(path).encode().decode("latin-1"),
        "QUERY_STRING": "",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": site.hostname,
        "SERVER_PORT": str(site.port or {"http": 80, "https": 443}[site.scheme]),
        "REMOTE_ADDR": "",
        "HTTP_HOST": site.netloc,
        "HTTP_X_FORWARDED_PROTO": site.scheme,
        "wsgi.url_scheme": site.scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "press.edition": edition,
        "press.error": error,
    }
    answered = []
    response = _handler()(environ, lambda *answer: answered.append(answer))
    body = b"".join(response)
    response.close()
    status, headers = answered[0]
    return int(status.split()[0]), headers, body


def _page(file, status, headers, body, quality):
    bodies = {"": body, "gzip": gzip.compress(body, 9 if quality > 9 else 6, mtime=0)}
    bodies["br"] = brotli.compress(body, mode=brotli.MODE_TEXT, quality=quality)
    return Page(file, status, headers, bodies)


def print_pages(edition, quality=5):
    """Every page of the edition by its address; those without one (errors, the cover) stand under their file."""
    pages = {}
    for path, required in edition.paths().items():
        status, headers, body = ask(path, edition)
        if status >= 500 or (required and status != 200):
            raise Failed(f"{path} answered {status}")
        # What may be printed says so itself: forms that hold somebody's answers, redirects and the like do not.
        if status == 200 and "public" in dict(headers).get("Cache-Control", ""):
            file = f"site{path}index.html" if path.endswith("/") else f"site{path}"
            pages[path] = _page(file, status, headers, body, quality)
    for language in LANGUAGES:
        for error in ERRORS:
            status, headers, body = ask(f"/{language}/", edition, error)
            if status != error:
                raise Failed(f"the page for {error} answered {status}")
            file = f"errors/{language}/{error}.html"
            pages[file] = _page(file, status, headers, body, quality)
    pages["cover"] = _page("site/index.html", 200, [], _cover().encode(), quality)
    return pages


def _cover():
    """The root of the directory, seen only where Django is not there to lead on by the reader's language."""
    names = []
    for code in LANGUAGES:
        with override(code):
            text = gettext("Declaration on public sector innovation in Finland")
            names.append({"code": code, "text": text, "url": reverse("home")})
    with override(settings.LANGUAGE_CODE):
        return render_to_string("website/cover.html", {"names": names})


# --- The directory --------------------------------------------------------------------------------------------------


def editions():
    return settings.VAR_DIR / "editions"


def _site():
    return hashlib.sha256(settings.SITE_URL.encode()).hexdigest()[:8]


def _release():
    return re.sub(r"[^0-9A-Za-z.]", "_", settings.RELEASE)


def name(edition):
    serial, boundary = edition.position
    return f"{_release()}-{_site()}-{serial}-{int(boundary.timestamp() * 1_000_000)}"


def write(folder, pages, edition=None):
    """Writes the pages below a folder; with the edition itself where a worker shall be able to start from it."""
    manifest = {}
    for path, page in pages.items():
        for encoding, body in page.bodies.items():
            file = folder / (page.file + SUFFIXES[encoding])
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)
        sizes = {encoding: len(body) for encoding, body in page.bodies.items()}
        manifest[path] = {"file": page.file, "status": page.status, "headers": page.headers, "sizes": sizes}
    if edition is not None:
        # Publications to come are in it, which are no reader's business yet: nobody else may read this file.
        told = pickle.dumps(replace(edition))  # a copy without what the edition has worked out meanwhile
        with open(os.open(folder / "edition", os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(_seal(told) + told)
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def alone():
    """True for the one process that may write editions now; a killed one leaves no lock behind."""
    return only_one(editions() / "lock")


def store(edition, pages):
    """Writes the edition beside the others, and then, in one step each, gives it its name and makes it current."""
    for left in editions().glob("unfinished-*"):
        shutil.rmtree(left, ignore_errors=True)
    folder = editions() / name(edition)
    unfinished = editions() / f"unfinished-{os.getpid()}"
    unfinished.mkdir()
    try:
        write(unfinished, pages, edition)
        os.symlink(folder.name, unfinished / "current")
        shutil.rmtree(folder, ignore_errors=True)  # one that could not be read
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    make_current()
    for old in stored()[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def make_current():
    """Lets the link point to the newest edition; whoever wrote that may have been killed before it came to this."""
    with contextlib.suppress(FileNotFoundError):  # it points there
        os.replace(stored()[0] / "current", editions() / "current")


def stored():
    """The editions of this site on the disk: this release's before others', newest first."""
    found = []
    for folder in editions().glob(f"*-{_site()}-*-*"):
        release, _, serial, boundary = folder.name.rsplit("-", 3)
        found.append(((release == _release(), int(serial), int(boundary)), folder))
    return [folder for _order, folder in sorted(found, reverse=True)]


def read(folder):
    """The pages of a directory; None where it is not there, or not whole."""
    pages = {}
    try:
        for path, told in json.loads((folder / "manifest.json").read_text(encoding="utf-8")).items():
            bodies = {code: (folder / (told["file"] + suffix)).read_bytes() for code, suffix in SUFFIXES.items()}
            if {code: len(body) for code, body in bodies.items()} != told["sizes"]:
                return None
            pages[path] = Page(told["file"], told["status"], [tuple(pair) for pair in told["headers"]], bodies)
    except (OSError, ValueError):
        return None
    return pages


def read_edition(folder):
    """The edition that a directory was printed from, without a query; ValueError where it is not of our making."""
    written = (folder / "edition").read_bytes()
    seal, told = written[:32], written[32:]
    if not constant_time_compare(seal, _seal(told)):
        raise ValueError("the seal is broken")
    return pickle.loads(told)  # noqa: S301  sealed with this site's secret key


def _seal(content):
    return salted_hmac("website.press", content, algorithm="sha256").digest()

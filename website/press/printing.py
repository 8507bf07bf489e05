"""Prints an edition: every public page through Django's own handler, into a directory that anything can serve.

editions/<release>-<site>-<serial>-<last boundary>/
    site/           pages by their address, with gzip and brotli twins: what nginx serves when Django cannot
    errors/<language>/<status>.html
    manifest.json   status and headers of each page, as Django gave them
    edition         the publications, so that a worker can start, and move on, without the database
editions/current    a link to the newest
"""

import contextlib
import gzip
import hashlib
import json
import os
import pickle
import re
import shutil
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit
from wsgiref.util import setup_testing_defaults

import brotli
from django.conf import settings
from django.core import signing
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import override

from website.locks import only_one
from website.publishing.texts import LANGUAGES

ERRORS = (404, 429, 500, 503)
SUFFIXES = {"": "", "gzip": ".gz", "br": ".br"}
KEPT = 5  # editions of one release on the disk
#: An edition is pickled and signed with the site's secret key: what is not of our making is never unpickled.
_SEALED = {"salt": "website.press", "serializer": lambda: pickle}


class Failed(Exception):
    """A page that must be there could not be made: the edition is not printed."""


@dataclass(frozen=True)
class Page:
    """One finished page: its file below the directory, Django's headers, and its body plain and compressed."""

    file: str
    status: int
    headers: dict
    bodies: dict


@cache
def _handler():
    return WSGIHandler()


def ask(path, edition, error=None):
    """Django's answer to a neutral GET from the site's own address, made from this edition."""
    site = urlsplit(settings.SITE_URL)
    environ = {
        "PATH_INFO": unquote(path).encode().decode("latin-1"),
        "HTTP_HOST": site.netloc,
        "HTTP_X_FORWARDED_PROTO": site.scheme,
        "wsgi.url_scheme": site.scheme,
        "press.edition": edition,
        "press.error": error,
    }
    setup_testing_defaults(environ)  # what else a server tells of a GET: no page depends on it
    response = _handler()(environ, lambda status, headers: None)
    response.close()
    return response


def _page(file, response, quality):
    body = response.content
    bodies = {"": body, "gzip": gzip.compress(body, 9 if quality > 9 else 6, mtime=0)}
    bodies["br"] = brotli.compress(body, mode=brotli.MODE_TEXT, quality=quality)
    return Page(file, response.status_code, dict(response.items()), bodies)


def print_pages(edition, quality=5):
    """Every page of the edition by its address; those without one (errors, the cover) stand under their file."""
    pages = {}
    for path, required in edition.paths().items():
        response = ask(path, edition)
        status = response.status_code
        if status >= 500 or (required and status != 200):
            raise Failed(f"{path} answered {status}")
        # What may be printed says so itself: forms that hold somebody's answers, redirects and the like do not.
        if status == 200 and "public" in response.get("Cache-Control", ""):
            pages[path] = _page(f"site{path}index.html" if path.endswith("/") else f"site{path}", response, quality)
    for language in LANGUAGES:
        for error in ERRORS:
            response = ask(f"/{language}/", edition, error)
            if response.status_code != error:
                raise Failed(f"the page for {error} answered {response.status_code}")
            file = f"errors/{language}/{error}.html"
            pages[file] = _page(file, response, quality)
    pages["cover"] = _page("site/index.html", _cover(), quality)
    return pages


def _cover():
    """The root of the directory, seen only where Django is not there to lead on by the reader's language."""
    with override(settings.LANGUAGE_CODE):
        return HttpResponse(render_to_string("website/cover.html"))


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


def write(folder, pages):
    """Writes the pages below a folder."""
    for page in pages.values():
        for encoding, body in page.bodies.items():
            file = folder / (page.file + SUFFIXES[encoding])
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)


def _write_for_workers(folder, pages, edition):
    """What a worker needs beside the pages to serve them, and to start from the edition."""
    manifest = {}
    for path, page in pages.items():
        sizes = {encoding: len(body) for encoding, body in page.bodies.items()}
        headers = [*page.headers.items()]
        manifest[path] = {"file": page.file, "status": page.status, "headers": headers, "sizes": sizes}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    # Publications to come are in it, which are no reader's business yet: nobody else may read this file.
    (folder / "edition").touch(0o600)
    # A copy, without what the edition has worked out meanwhile.
    (folder / "edition").write_text(signing.dumps(replace(edition), **_SEALED))


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
        write(unfinished, pages)
        _write_for_workers(unfinished, pages, edition)
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
    newest, current = stored()[0], editions() / "current"
    if current.is_symlink() and current.readlink() == Path(newest.name):
        return
    with contextlib.suppress(FileExistsError):  # made with the edition; used up where another has been current since
        os.symlink(newest.name, newest / "current")
    with contextlib.suppress(FileNotFoundError):  # another worker was quicker
        os.replace(newest / "current", current)


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
            pages[path] = Page(told["file"], told["status"], dict(told["headers"]), bodies)
    except (OSError, ValueError):
        return None
    return pages


def read_edition(folder):
    """The edition that a directory was printed from, without a query; an error where it is not of our making."""
    return signing.loads((folder / "edition").read_text(), **_SEALED)

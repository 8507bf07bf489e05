"""Writes every public page of an edition, as Django answers it, into a directory that any web server can serve.

In this project “to print an edition” means this, and “printed” are pages made so. (print.css is about paper.)

editions/<serial>-<its random id>-<last boundary>-<random>/
    site/           the pages by their URL path, each with a gzip and a brotli twin
    errors/<language>/<status>.html
    edition.json    the publications: with them the site starts, and follows scheduled changes, without the database
editions/current    a symbolic link to the directory that readers are served from
"""

import gzip
import os
import secrets
import shutil
import zlib
from functools import cache
from itertools import product
from pathlib import Path
from typing import cast
from urllib.parse import unquote, urlsplit
from wsgiref.util import setup_testing_defaults

import brotli
from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import override

from website.publishing.edition import Edition, EditionRequest
from website.publishing.rendering import render_error
from website.publishing.stored import from_json, to_json
from website.publishing.texts import LANGUAGES
from website.worker.lock import only_one

ERRORS = (400, 404, 429, 500, 503)
DIRECTORIES_KEPT = 3  # the current one, and those that a request under way may still be reading


class RenderError(Exception):
    """A page that must exist could not be made, so the edition is not printed."""


@cache
def _handler() -> BaseHandler:
    handler = BaseHandler()
    handler.load_middleware()
    return handler


def _request(path: str, edition: Edition | None) -> EditionRequest:
    """A GET request for a URL path of SITE_URL, without cookies. If `edition` is None the middleware finds one."""
    site = urlsplit(settings.SITE_URL)
    environ = {
        "PATH_INFO": unquote(path).encode().decode("latin-1"),
        "HTTP_HOST": site.netloc,
        "HTTP_X_FORWARDED_PROTO": site.scheme,
        "wsgi.url_scheme": site.scheme,
    }
    setup_testing_defaults(environ)  # the rest of WSGI's environ, on which no page depends
    request = cast(EditionRequest, WSGIRequest(environ))
    if edition is not None:
        request.edition = edition
    return request


def response_for(path: str, edition: Edition | None = None) -> HttpResponse:
    """Django's response to a GET of this URL path, with the pages of `edition`."""
    with override(settings.LANGUAGE_CODE):  # each page activates its own language
        return cast(HttpResponse, _handler().get_response(_request(path, edition)))


def render(edition: Edition) -> dict[str, bytes]:
    """The content of every file of the edition, by its path below the directory.

    Raises RenderError, which names the page, if a page fails.
    """
    files = {}
    for path, required in edition.paths().items():
        response = response_for(path, edition)
        status = response.status_code
        if status >= 500 or (required and status != 200):
            raise RenderError(f"{path} answered {status}")
        # Only responses that say they are the same for everybody are printed.
        if status == 200 and "public" in response.get("Cache-Control", ""):
            files[f"site{path}index.html" if path.endswith("/") else f"site{path}"] = response.content
    for language, status in product(LANGUAGES, ERRORS):
        with override(language):
            response = render_error(_request(f"/{language}/", edition), status)
        files[f"errors/{language}/{status}.html"] = response.content
    with override(settings.LANGUAGE_CODE):
        # For web servers without Django, which would redirect by the reader's language.
        files["site/index.html"] = render_to_string("website/cover.html").encode()
    return files


def write(folder: Path, files: dict[str, bytes]) -> None:
    """Writes the files, each also compressed with gzip and brotli, with times of modification made from their content.

    nginx makes ETags from time and size: so all hosts send the same one, and two different files have different ones.
    """
    for name, content in files.items():
        timestamp = zlib.crc32(content) % 2**30
        twins = {"": content, ".gz": gzip.compress(content, 6, mtime=0), ".br": brotli.compress(content, quality=5)}
        for suffix, data in twins.items():
            file = folder / (name + suffix)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            os.utime(file, (timestamp, timestamp))


def editions() -> Path:
    return settings.VAR_DIR / "editions"


def print_edition(edition: Edition) -> bool:
    """Writes the edition into a new directory and points the link `current` to it. False if another process prints."""
    with only_one(editions() / "lock") as alone:
        if not alone:
            return False
        for unfinished in editions().glob("unfinished-*"):
            shutil.rmtree(unfinished)
        boundary = int(edition.last_boundary.timestamp() * 1_000_000)
        name = f"{edition.serial}-{edition.serial_id}-{boundary}-{secrets.token_hex(4)}"
        unfinished = editions() / f"unfinished-{name}"
        unfinished.mkdir()
        try:
            write(unfinished, render(edition))
            # It holds scheduled publications, which are not public yet: only this user may read the file.
            (unfinished / "edition.json").touch(0o600)
            (unfinished / "edition.json").write_text(to_json(edition))
            (unfinished / "link").symlink_to(name)
            unfinished.rename(editions() / name)
            os.replace(editions() / name / "link", editions() / "current")
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        for old in stored()[DIRECTORIES_KEPT:]:
            shutil.rmtree(old)
        return True


def stored() -> list[Path]:
    """The printed directories, the newest first."""
    folders = [folder for folder in editions().glob("*-*-*-*") if not folder.name.startswith("unfinished-")]
    return sorted(folders, key=lambda folder: folder.stat().st_mtime_ns, reverse=True)


def read_edition(folder: Path) -> Edition:
    return from_json((folder / "edition.json").read_text())

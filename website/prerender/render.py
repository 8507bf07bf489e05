"""Prints an edition: every public page through Django's own handler, into a directory that anything can serve.

editions/<serial>-<its random id>-<last boundary>-<random>/
    site/           the pages by their URL path, each with a gzip and a brotli twin
    errors/<language>/<status>.html
    edition.json    the publications, so that the site starts, and moves on, without the database
editions/current    a link to the directory that readers are served from
"""

import gzip
import os
import secrets
import shutil
import zlib
from functools import cache
from itertools import product
from urllib.parse import unquote, urlsplit
from wsgiref.util import setup_testing_defaults

import brotli
from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.template.loader import render_to_string
from django.utils.translation import override

from website.publishing.rendering import render_error
from website.publishing.stored import from_json, to_json
from website.publishing.texts import LANGUAGES
from website.worker.lock import only_one

ERRORS = (400, 404, 429, 500, 503)
DIRECTORIES_KEPT = 3  # the current one, and those that a request under way may still be reading


class RenderError(Exception):
    """A page that must be there could not be made: the edition is not printed."""


@cache
def _handler():
    handler = BaseHandler()
    handler.load_middleware()
    return handler


def _request(path, edition):
    """A neutral GET at the site's own address; without an edition the middleware finds one."""
    site = urlsplit(settings.SITE_URL)
    environ = {
        "PATH_INFO": unquote(path).encode().decode("latin-1"),
        "HTTP_HOST": site.netloc,
        "HTTP_X_FORWARDED_PROTO": site.scheme,
        "wsgi.url_scheme": site.scheme,
    }
    setup_testing_defaults(environ)  # what else a server tells of a GET: no page depends on it
    request = WSGIRequest(environ)
    if edition is not None:
        request.edition = edition
    return request


def response_for(path, edition=None):
    """Django's response to a GET of this URL path, made from this edition."""
    with override(settings.LANGUAGE_CODE):  # each page activates its own language
        return _handler().get_response(_request(path, edition))


def render(edition):
    """Every file of the edition as bytes, by its path below the directory. RenderError names a page that failed."""
    files = {}
    for path, required in edition.paths().items():
        response = response_for(path, edition)
        status = response.status_code
        if status >= 500 or (required and status != 200):
            raise RenderError(f"{path} answered {status}")
        # What may be printed says so itself: redirects, forms that hold somebody's answers and the like do not.
        if status == 200 and "public" in response.get("Cache-Control", ""):
            files[f"site{path}index.html" if path.endswith("/") else f"site{path}"] = response.content
    for language, status in product(LANGUAGES, ERRORS):
        with override(language):
            response = render_error(_request(f"/{language}/", edition), status)
        files[f"errors/{language}/{status}.html"] = response.content
    with override(settings.LANGUAGE_CODE):
        # Seen only where Django is not there to lead on by the reader's language.
        files["site/index.html"] = render_to_string("website/cover.html").encode()
    return files


def write(folder, files):
    """Writes the files and their twins, each with a time that is made from its bytes.

    nginx makes the ETag from time and size: so hosts agree on it, and two texts of one second have two.
    """
    for name, content in files.items():
        moment = zlib.crc32(content) % 2**30
        twins = {"": content, ".gz": gzip.compress(content, 6, mtime=0), ".br": brotli.compress(content, quality=5)}
        for suffix, data in twins.items():
            file = folder / (name + suffix)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            os.utime(file, (moment, moment))


def editions():
    return settings.VAR_DIR / "editions"


def print_edition(edition):
    """Prints the edition beside the others and lets readers have it. False while another process prints."""
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
            # Publications to come are in it, which are no reader's business yet: nobody else may read this file.
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


def stored():
    """The printed directories, the last one first."""
    folders = [folder for folder in editions().glob("*-*-*-*") if not folder.name.startswith("unfinished-")]
    return sorted(folders, key=lambda folder: folder.stat().st_mtime_ns, reverse=True)


def read_edition(folder):
    return from_json((folder / "edition.json").read_text())

"""Checks every link in the public texts: those to this site in this process, all others over the network."""

import http.client
import ipaddress
import re
import socket
import ssl
from datetime import timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext_noop, override

from website.links.models import LONGEST_URL, BrokenLink
from website.prerender import render
from website.publishing.edition import Edition

TIMEOUT = 10  # seconds
INTERVAL = timedelta(days=7)
USER_AGENT = f"Mozilla/5.0 (compatible; link check of {settings.SITE_URL})"


class PrivateAddress(OSError):
    """A link leads to a private network, which this program must not reach."""


def connect_to_public_address(host: str, port: int) -> socket.socket:
    """A socket to a host on the public Internet. Raises PrivateAddress for any other host.

    It connects to the IP address that was checked: a second look-up of the name could give another one.
    """
    if port not in (80, 443):
        raise PrivateAddress(gettext_noop("a port that is no web server’s"))
    ips = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not all(ipaddress.ip_address(ip).is_global for ip in ips):
        raise PrivateAddress(gettext_noop("a private address"))
    return socket.create_connection((ips[0], port), TIMEOUT)


class PublicHTTPConnection(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = connect_to_public_address(self.host, self.port)


class PublicHTTPSConnection(http.client.HTTPSConnection):
    def connect(self) -> None:
        plain = connect_to_public_address(self.host, self.port)
        self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)


def urls_in(edition: Edition) -> dict[str, set[str]]:
    """Every URL in the public texts, with the paths of the pages that use it."""
    pages_by_url: dict[str, set[str]] = {}
    for thing in edition.things():
        for field in thing.content_fields():
            value = str(getattr(thing, field.attname) or "")
            language = getattr(field, "language", settings.LANGUAGE_CODE)
            links = [value] if isinstance(field, models.URLField) else re.findall(r'<a href="([^"]+)"', value)
            with override(language):
                for link in links:
                    if link.startswith(("/", "https:", "http:")):
                        url = urljoin(settings.SITE_URL, unescape(link)).partition("#")[0]
                        pages_by_url.setdefault(url, set()).add(thing.get_public_url())
    return pages_by_url


def problem_with(url: str) -> str:
    """What is wrong with a URL, in English with details after a colon; "" if nothing is."""
    try:
        status, target = _ask_this_site(url) if url.startswith(f"{settings.SITE_URL}/") else _ask_other_site(url)
    except PrivateAddress as error:
        return str(error)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return gettext_noop("no answer") + f": {type(error).__name__}"
    if status in (301, 308):
        return gettext_noop("moved to") + f": {target}"[:180]
    refuses_programs = status in (401, 403, 429)
    if status >= 400 and not refuses_programs:
        return gettext_noop("answers") + f": {status}"
    return ""


def _ask_this_site(url: str) -> tuple[int, str]:
    """Status and Location of this site's own response."""
    response = render.response_for(urlsplit(url).path)
    return response.status_code, response.get("Location", "")


def _ask_other_site(url: str) -> tuple[int, str]:
    """Status and Location of another site's response. Domain and path may hold any letters, as editors copy them."""
    parts = urlsplit(url)
    hostname = parts.hostname or ""
    host = hostname.encode("idna").decode()
    if host.encode().decode("idna") != hostname:
        raise ValueError("Python's IDNA of 2003 would ask another domain.")
    path = iri_to_uri(parts.path or "/")
    if parts.query:
        path += "?" + iri_to_uri(parts.query)
    connection_class = PublicHTTPSConnection if parts.scheme == "https" else PublicHTTPConnection
    port = parts.port or connection_class.default_port  # or http.client looks for one in an IPv6 address
    for method in ("HEAD", "GET"):  # some sites refuse HEAD
        connection = connection_class(host, port, timeout=TIMEOUT)
        try:
            connection.request(method, path, headers={"User-Agent": USER_AGENT, "Accept": "*/*"})
            response = connection.getresponse()
        finally:
            connection.close()
        if response.status < 400:
            break
    return response.status, response.headers.get("Location", "")


def check_all() -> tuple[int, dict[str, str]]:
    """Checks every link, stores each problem and since when it is known, deletes the rows of links that work again.

    Returns how many links there are, and the problems by URL.
    """
    _stamp().touch()
    pages_by_url = urls_in(Edition.load())
    problems = {}
    for url in pages_by_url:
        problem = problem_with(url)
        if problem:
            problems[url] = problem
    now = timezone.now()
    BrokenLink.objects.exclude(url__in=[_as_stored(url) for url in problems]).delete()
    for url, problem in problems.items():
        values = {"problem": problem, "checked_at": now, "used_in": sorted(pages_by_url[url])}
        BrokenLink.objects.update_or_create(
            url=_as_stored(url), defaults=values, create_defaults=values | {"since": now}
        )
    _stamp().write_text(now.isoformat())
    return len(pages_by_url), problems


def _as_stored(url: str) -> str:
    """The beginning of a URL, as long as the table can hold."""
    return url.encode()[:LONGEST_URL].decode(errors="ignore")


def _stamp() -> Path:
    """The path of a file: its time says when the last check began, its text when the last one was finished."""
    return settings.VAR_DIR / "links-checked"


def finished_at() -> str | None:
    """When the last check was finished, as ISO 8601; None before the first, and on hosts where no worker runs."""
    if not _stamp().exists():
        return None
    return _stamp().read_text() or None


def is_due() -> bool:
    """Whether a week has passed since the last check. The first call on a new installation starts the week."""
    if not _stamp().exists():
        _stamp().touch()
    return timezone.now().timestamp() - _stamp().stat().st_mtime > INTERVAL.total_seconds()

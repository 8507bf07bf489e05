"""Checks every link in the public texts: our own in this process, those of other sites over the network."""

import http.client
import ipaddress
import re
import socket
import ssl
from datetime import timedelta
from html import unescape
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
    """A public text leads into somebody's own network, where this program must not go."""


def connect_to_public_address(host, port):
    """A socket to a host on the public Internet; PrivateAddress for any other.

    The address that was looked at is the one connected to: a name cannot change its mind in between.
    """
    if port not in (80, 443):
        raise PrivateAddress(gettext_noop("a port that is no web server’s"))
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if not all(ipaddress.ip_address(address[4][0]).is_global for address in addresses):
        raise PrivateAddress(gettext_noop("a private address"))
    return socket.create_connection(addresses[0][4][:2], TIMEOUT)


class PublicHTTPConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = connect_to_public_address(self.host, self.port)


class PublicHTTPSConnection(http.client.HTTPSConnection):
    def connect(self):
        plain = connect_to_public_address(self.host, self.port)
        self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)


def urls_in(edition):
    """By each URL in the public texts, the paths of the pages that use it."""
    pages_by_url = {}
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


def problem_with(url):
    """What is wrong with a URL, or nothing: few words in English, and after a colon what needs no translation."""
    try:
        status, target = _ask_ourselves(url) if url.startswith(f"{settings.SITE_URL}/") else _ask_other_site(url)
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


def _ask_ourselves(url):
    response = render.response_for(urlsplit(url).path)
    return response.status_code, response.get("Location", "")


def _ask_other_site(url):
    """Status and Location of the answer. Names and paths may hold any letters, as editors copy them."""
    parts = urlsplit(url)
    host = parts.hostname.encode("idna").decode()
    if host.encode().decode("idna") != parts.hostname:
        raise ValueError("Python's IDNA of 2003 would ask another domain.")
    path = iri_to_uri(parts.path or "/")
    if parts.query:
        path += "?" + iri_to_uri(parts.query)
    connection_class = PublicHTTPSConnection if parts.scheme == "https" else PublicHTTPConnection
    for method in ("HEAD", "GET"):  # some sites refuse the lighter question
        connection = connection_class(host, parts.port, timeout=TIMEOUT)
        try:
            connection.request(method, path, headers={"User-Agent": USER_AGENT, "Accept": "*/*"})
            response = connection.getresponse()
        finally:
            connection.close()
        if response.status < 400:
            break
    return response.status, response.headers.get("Location", "")


def check_all():
    """Checks every link, keeps what is wrong with it and since when, forgets what has been mended.

    Returns how many links there are, and the problems by URL.
    """
    _stamp().touch()
    pages_by_url = urls_in(Edition.load())
    problems = {url: problem for url in pages_by_url if (problem := problem_with(url))}
    now = timezone.now()
    BrokenLink.objects.exclude(url__in=[url[:LONGEST_URL] for url in problems]).delete()
    for url, problem in problems.items():
        values = {"problem": problem, "checked_at": now, "used_in": sorted(pages_by_url[url])}
        BrokenLink.objects.update_or_create(
            url=url[:LONGEST_URL], defaults=values, create_defaults=values | {"since": now}
        )
    _stamp().write_text(now.isoformat())
    return len(pages_by_url), problems


def _stamp():
    """A file: its age says when a check was begun, its text when one was finished."""
    return settings.VAR_DIR / "links-checked"


def finished_at():
    """When the last check was finished, as ISO 8601; None before the first, and on hosts where no worker runs."""
    return (_stamp().exists() and _stamp().read_text()) or None


def is_due():
    """Whether a week has passed since the last check; on a new installation the week begins now."""
    if not _stamp().exists():
        _stamp().touch()
    return timezone.now().timestamp() - _stamp().stat().st_mtime > INTERVAL.total_seconds()

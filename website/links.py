"""The weekly look at every link in public texts: our own in process, others politely."""

import http.client
import ipaddress
import re
import socket
from datetime import timedelta
from html import unescape
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_noop, override

from website.prerender import render
from website.publishing.edition import Edition
from website.publishing.models import LinkTrouble

PATIENCE = 10  # seconds
EVERY = timedelta(days=7)
AGENT = f"Mozilla/5.0 (compatible; link check of {settings.SITE_URL})"


class PrivateAddress(OSError):
    """A text of the public site leads into somebody's own network, where this program must not go."""


def used(edition):
    """Every address in the public texts, with the pages that use it."""
    found = {}
    for thing in edition.things():
        for field in thing.content_fields():
            value = str(getattr(thing, field.attname) or "")
            code = getattr(field, "language", settings.LANGUAGE_CODE)
            links = [value] if isinstance(field, models.URLField) else re.findall(r'<a href="([^"]+)"', value)
            with override(code):
                for link in links:
                    if link.startswith(("/", "https:", "http:")):
                        address = urljoin(settings.SITE_URL, unescape(link)).partition("#")[0]
                        found.setdefault(address, set()).add(thing.get_public_url())
    return found


def trouble(address):
    """What is wrong with an address, or nothing: few words in English, and after a colon what needs no translation."""
    try:
        status, target = _own(address) if address.startswith(f"{settings.SITE_URL}/") else _other(address)
    except PrivateAddress as error:
        return str(error)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return gettext_noop("no answer") + f": {type(error).__name__}"
    if status in (301, 308):
        return gettext_noop("moved to") + f": {target}"[:180]
    return gettext_noop("answers") + f": {status}" if status >= 400 and status not in (401, 403, 429) else ""


def _own(address):
    response = render.response_for(urlsplit(address).path)
    return response.status_code, response.get("Location", "")


def _other(address):
    parts = urlsplit(address)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    for method in ("HEAD", "GET"):  # some sites refuse the lighter question
        channel = kind(parts.netloc, timeout=PATIENCE)
        channel._create_connection = _to_public_address
        try:
            channel.request(method, path, headers={"User-Agent": AGENT, "Accept": "*/*"})
            response = channel.getresponse()
        finally:
            channel.close()
        if response.status < 400:
            break
    return response.status, response.headers.get("Location", "")


def _to_public_address(address, timeout=PATIENCE, source_address=None):
    # The address that was looked at is the one connected to: a name cannot change its mind in between.
    found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)
    if address[1] not in (80, 443):
        raise PrivateAddress(gettext_noop("a port that is no web server’s"))
    if not all(ipaddress.ip_address(where[0]).is_global for *_kind, where in found):
        raise PrivateAddress(gettext_noop("a private address"))
    return socket.create_connection(found[0][-1][:2], timeout, source_address)


def look():
    """Looks at every link, keeps what is wrong with it and since when, forgets what has been mended."""
    _stamp().touch()
    places = used(Edition.load())
    found = {address: what for address in places if (what := trouble(address))}
    now = timezone.now()
    LinkTrouble.objects.exclude(address__in=found).delete()
    for address, what in found.items():
        known = {"trouble": what, "looked_at": now, "used_in": sorted(places[address])}
        LinkTrouble.objects.update_or_create(address=address, defaults=known, create_defaults=known | {"since": now})
    _stamp().write_text(now.isoformat())
    return len(places), found


def _stamp():
    """Its age says when a look was begun, its text when one was finished."""
    return settings.VAR_DIR / "links-looked-at"


def finished_at():
    """When the last look was finished, as ISO 8601; None before the first, and on hosts where no worker runs."""
    return (_stamp().exists() and _stamp().read_text()) or None


def due():
    """Whether a week has passed since the last look; on a new installation the week begins now."""
    if not _stamp().exists():
        _stamp().touch()
    return timezone.now().timestamp() - _stamp().stat().st_mtime > EVERY.total_seconds()

"""How many submissions are taken in an hour: from one network, and by the site in all."""

import hashlib
import hmac

from django.conf import settings
from django.utils import timezone

from website.correspondence.models import DailyKey, Tally
from website.http.client_ip import network

#: Above this many an hour from one network, submissions are suspected of being spam. A ministry shares one IP address.
REQUESTS_PER_NETWORK_PER_HOUR = 60


def admit(client_ip: str, honeypot_filled: bool) -> tuple[bool, bool]:
    """Counts a submission. Returns whether it is taken, and whether it is suspected of being spam.

    Suspected are submissions that fill in the honeypot field, and those of a network beyond its share of this hour.
    Suspected and ordinary ones have separate limits for the whole site, and of the suspected ones a network may send a
    quarter.
    The site's row stays locked until the transaction ends, so submissions are counted one after another.
    """
    ceiling = settings.REQUESTS_PER_SITE_PER_HOUR
    share = min(REQUESTS_PER_NETWORK_PER_HOUR, (ceiling + 1) // 2)
    if not honeypot_filled and count_from_network(client_ip, Tally.ORDINARY) <= share:
        return Tally.increment(Tally.ORDINARY) <= ceiling, False
    taken = (
        count_from_network(client_ip, Tally.SUSPECTED) <= ceiling // 4 and Tally.increment(Tally.SUSPECTED) <= ceiling
    )
    return taken, True


def count_from_network(client_ip: str, kind: str) -> int:
    """Counts one more submission of a kind from a network. Returns how many came this hour."""
    counted = f"{kind} {network(client_ip, 24)}".encode()
    return Tally.increment(hmac.new(DailyKey.of(timezone.localdate()), counted, hashlib.sha256).hexdigest())

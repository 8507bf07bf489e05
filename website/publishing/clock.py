"""The moment by the database's clock, which all hosts share: each host's own clock may be wrong.

SQLite has no other clock than the host's.
"""

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

#: How far the database's clock is ahead of this host's, as far as this process knows.
offset = timedelta(0)


def database_now() -> datetime:
    """What the database's clock says."""
    if connection.vendor == "sqlite":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def synced_now() -> datetime:
    """What the database's clock says; keeps in `offset` how far it is ahead of this host's."""
    global offset
    before = timezone.now()
    moment = database_now()
    offset = moment - (before + (timezone.now() - before) / 2)
    return moment


def now() -> datetime:
    """The moment without asking the database: by this host's clock and the offset that was found last."""
    return timezone.now() + offset

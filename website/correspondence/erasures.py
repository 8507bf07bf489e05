"""What was erased, known again by a keyed hash: so that a backup that is restored does not bring it back.

An entry stands in the database, written in the transaction that erased; each host also writes them to a file, for the
day on which the database itself is lost. An entry is an HMAC of the kind of a row, its number and the moment it was
made: it tells nothing to whoever has it alone. The key is made from SECRET_KEY, for a key file beside the backups would
be read by whoever reads the backups. Each entry names its key, so that a SECRET_KEY that was replaced and is not among
SECRET_KEY_FALLBACKS is noticed.
"""

import fcntl
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac


class Erasure(models.Model):
    digest = models.CharField(max_length=64, unique=True)
    key = models.CharField(max_length=16)
    at = models.DateTimeField(db_index=True)

    def __str__(self):
        return self.digest


@dataclass(frozen=True)
class Entry:
    """One erasure, as it stands in a line of a file."""

    digest: str
    key: str
    at: datetime


def _keyed(text, secret):
    return salted_hmac("website.correspondence.erasures", text, secret=secret, algorithm="sha256").hexdigest()


def _digest(row, secret):
    made = row.created_at.astimezone(UTC).isoformat()  # a number alone may be given to another row after a restore
    return _keyed(f"{row._meta.label_lower} {row.pk} {made}", secret)


def _secrets():
    """By the name of its key, each SECRET_KEY that is still accepted."""
    return {_keyed("key", secret)[:16]: secret for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)}


def record(row):
    """Writes down, in the transaction that erases it, that a row is erased."""
    key, secret = next(iter(_secrets().items()))
    add([Entry(_digest(row, secret), key, timezone.now())])


def add(entries):
    rows = [Erasure(digest=entry.digest, key=entry.key, at=entry.at) for entry in entries]
    Erasure.objects.bulk_create(rows, ignore_conflicts=True)


def recorded():
    """What the database knows of erasures."""
    return [Entry(*values) for values in Erasure.objects.values_list("digest", "key", "at")]


def read(file):
    """The entries of a file; none where there is no file."""
    if not file.exists():
        return []
    lines = [line.split() for line in file.read_text(encoding="ascii").splitlines()]
    return [Entry(digest, key, datetime.fromisoformat(at)) for digest, key, at in lines]


def write(file, more=()):
    """Adds what the database and `more` know to a file, and drops what is older than any backup."""
    oldest = timezone.now() - timedelta(days=settings.KEEP_DAYS["backups"])
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_name(f".{file.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        entries = {entry.digest: entry for entry in (*read(file), *more, *recorded()) if entry.at >= oldest}
        partial = file.with_name(f".{file.name}.partial")
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as target:
            target.writelines(f"{entry.digest} {entry.key} {entry.at.isoformat()}\n" for entry in entries.values())
            target.flush()
            os.fsync(target.fileno())
        partial.replace(file)


def write_on_this_host():
    write(settings.ERASURE_JOURNAL)


def of_unknown_keys(entries):
    """The entries that cannot be matched: they were made under a SECRET_KEY that is not known here."""
    return [entry for entry in entries if entry.key not in _secrets()]


def erased_before(rows, entries):
    """Those of the rows that have been erased already."""
    digests = {entry.digest for entry in entries}
    return [row for row in rows if any(_digest(row, secret) in digests for secret in _secrets().values())]

"""The record of erased rows, by which erased data is erased again after a backup is restored.

An entry is written to the database in the transaction that erases; each host also writes all entries to a file, in case
the database is lost. An entry is an HMAC of the model, primary key and time of creation of a row: without the key it
reveals nothing. The key is made from SECRET_KEY and not kept in a file beside the backups, where whoever can read the
backups could read it. Each entry names its key, so that one made under a SECRET_KEY that is not among
SECRET_KEY_FALLBACKS is noticed.
"""

import fcntl
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac


class Erasure(models.Model):
    digest = models.CharField(max_length=64, unique=True)
    key = models.CharField(max_length=16)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.digest


@dataclass(frozen=True)
class Entry:
    """One erasure, as in a line of the file: HMAC, name of its key, moment of the erasure."""

    digest: str
    key: str
    at: datetime


def _keyed(text: str, secret: str) -> str:
    return salted_hmac("website.correspondence.erasures", text, secret=secret, algorithm="sha256").hexdigest()


def _digest(row: Any, secret: str) -> str:
    # With the time: after a restore another row may get the same primary key.
    created_at = row.created_at.astimezone(UTC).isoformat()
    return _keyed(f"{row._meta.label_lower} {row.pk} {created_at}", secret)


def _secrets() -> dict[str, str]:
    """Every SECRET_KEY that is still accepted, by the name of the key that is made from it; the current one first."""
    return {_keyed("key", secret)[:16]: secret for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)}


def record(row: models.Model) -> None:
    """Records that a row is erased. To be called in the transaction that erases it."""
    key, secret = next(iter(_secrets().items()))
    add([Entry(_digest(row, secret), key, timezone.now())])


def add(entries: Iterable[Entry]) -> None:
    rows = [Erasure(digest=entry.digest, key=entry.key, at=entry.at) for entry in entries]
    Erasure.objects.bulk_create(rows, ignore_conflicts=True)


def recorded() -> list[Entry]:
    """The entries in the database."""
    return [Entry(*values) for values in Erasure.objects.values_list("digest", "key", "at")]


def read(file: Path) -> list[Entry]:
    """The entries of a file; an empty list if there is no file. Raises OSError or ValueError if it is damaged."""
    if not file.exists():
        return []
    lines = [line.split() for line in file.read_text(encoding="ascii").splitlines()]
    return [Entry(digest, key, datetime.fromisoformat(at)) for digest, key, at in lines]


def write(file: Path, more: Iterable[Entry] = ()) -> None:
    """Adds the entries of the database and `more` to a file, and drops entries that are older than any backup."""
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


def write_on_this_host() -> None:
    write(settings.ERASURE_JOURNAL)


def of_unknown_keys(entries: Iterable[Entry]) -> list[Entry]:
    """The entries that cannot be matched, since their SECRET_KEY is not known here."""
    return [entry for entry in entries if entry.key not in _secrets()]


def erased_before(rows: Iterable[Any], entries: Iterable[Entry]) -> list[Any]:
    """Those of the rows that an entry says were erased."""
    digests = {entry.digest for entry in entries}
    return [row for row in rows if any(_digest(row, secret) in digests for secret in _secrets().values())]

"""Backups of the whole database: made while the site runs, verified by reading them, restored.

`sqlite` and `postgresql` each hold the functions for one kind of database (dump, read, load); `storing` manages the
folder of backups, `restoring` restores one.
"""

from dataclasses import dataclass


class BackupError(Exception):
    """A backup could not be made, read or restored. The message says why, in a sentence for the operator."""


@dataclass(frozen=True)
class Contents:
    """What a backup holds: the names of its tables, and its applied migrations as pairs of app and name."""

    tables: frozenset[str]
    migrations: frozenset[tuple[str, str]]

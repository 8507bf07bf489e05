"""Copies of the whole database: made while the site runs, read back, put in the place of what is there.

`sqlite` and `postgresql` know one kind of database each; `storing` knows the folder, `restoring` the way back.
"""

from dataclasses import dataclass


class BackupError(Exception):
    """A backup could not be made, read or restored: the message says why, in a sentence for the operator."""


@dataclass(frozen=True)
class Contents:
    """What a backup holds: names of tables, and the migrations that made them as pairs of app and name."""

    tables: frozenset
    migrations: frozenset

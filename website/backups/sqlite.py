"""Backups of SQLite: each is an SQLite database file."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from django.db import DatabaseError
from django.utils import timezone

from website.backups import BackupError, Contents

SUFFIX = "sqlite3"
MAGIC = b"SQLite format 3\0"


def dump(connection: Any, file: Path) -> None:
    """Copies a consistent snapshot of the database into a file."""
    connection.ensure_connection()
    with closing(sqlite3.connect(file)) as copy:
        connection.connection.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a write-ahead log


def read(file: Path) -> Contents:
    """Reads every row of a backup and returns its Contents. Raises BackupError or sqlite3.Error if it is damaged."""
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as copy:
        (result,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
        if result != "ok":
            raise BackupError(f"{file} is damaged: {result}")
        names = copy.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        tables = frozenset(name for (name,) in names)
        for table in tables:
            for _row in copy.execute(f'SELECT * FROM "{table}"'):  # noqa: S608  names of its own tables
                pass
        has_migrations = "django_migrations" in tables
        migrations = copy.execute("SELECT app, name FROM django_migrations").fetchall() if has_migrations else []
        return Contents(tables, frozenset(migrations))


def load(connection: Any, file: Path) -> None:
    """Replaces the database by a backup; if it fails, the database stays as it was."""
    connection.ensure_connection()
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as copy:
        copy.backup(connection.connection)


def move_damaged(connection: Any) -> Path | None:
    """Renames the database file if it is damaged, and returns its new path; None if it can be read."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check(1)")
            if cursor.fetchone() == ("ok",):
                return None
    except DatabaseError:
        pass
    connection.close()
    database = Path(connection.settings_dict["NAME"])
    moved = database.with_name(f"{database.name}.damaged-{timezone.now():%Y%m%dT%H%M%S.%fZ}")
    for file in database.parent.glob(f"{database.name}*"):
        if file.name.removeprefix(database.name) in ("", "-wal", "-shm", "-journal"):
            file.rename(moved.with_name(moved.name + file.name.removeprefix(database.name)))
    return moved

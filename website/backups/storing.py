"""The folder of backups: each file in it is whole, or has a name under which nothing looks for backups."""

import os
import re
import sqlite3
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import Error, connections
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from website.backups import BackupError, postgresql, sqlite
from website.correspondence import erasures

KINDS = {"sqlite": sqlite, "postgresql": postgresql}
NAME = re.compile(r"(\d{8}T\d{6}\.\d{6}Z)(\.before-restore)?\.(sqlite3|dump)")
BEFORE_RESTORE = ".before-restore"
#: Tables without which a database is not this site's, of whatever release.
OF_THIS_SITE = {"django_migrations", "publishing_publication", "publishing_serial"}


def alias():
    """The name of the connection whose role may copy and replace the database."""
    return "backup" if "backup" in connections else "default"


def kind():
    return KINDS[connections[alias()].vendor]


def make(folder, mark=""):
    """Copies the database into a new file of a folder, reads it back, and returns its path.

    Its owner alone may read it: there are people in it. BackupError, and no file, where anything fails.
    """
    connection = connections[alias()]
    file = folder / f"{timezone.now():%Y%m%dT%H%M%S.%fZ}{mark}.{kind().SUFFIX}"
    partial = file.with_name(f"{file.name}.partial")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        kind().dump(connection, partial)
        _sync(partial)
        contents = read(partial)
        missing = set(connection.introspection.table_names()) - contents.tables
        if missing:
            raise BackupError(f"Tables are missing: {', '.join(sorted(missing))}")
        partial.rename(file)
        _sync(folder)
    except (OSError, Error, sqlite3.Error, BackupError) as error:
        for left in folder.glob(f"{partial.name}*"):
            left.unlink()
        raise BackupError(f"No backup was made. {error}") from error
    return file


def _sync(path):
    """Waits until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(file):
    """Reads a backup whole and returns its Contents; BackupError where it is none that this release can restore."""
    try:
        with file.open("rb") as opened:
            beginning = opened.read(16)
        if not beginning:
            raise BackupError(f"{file} is empty.")
        if not beginning.startswith(kind().MAGIC):
            raise BackupError(f"{file} is no backup of this kind of database ({connections[alias()].vendor}).")
        contents = kind().read(file)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"{file} cannot be read: {error}") from error
    if not contents.tables >= OF_THIS_SITE:
        raise BackupError(f"{file} holds no database of this site.")
    newer = contents.migrations - set(MigrationLoader(None).disk_migrations)
    if newer:
        names = ", ".join(sorted(f"{app}.{name}" for app, name in newer))
        raise BackupError(f"{file} is of a newer release, which has these migrations: {names}")
    return contents


def newest_first(folder):
    """The backups of a folder for this kind of database; not what a restore put aside: that is taken by name alone."""
    return sorted(folder.glob(f"*Z.{kind().SUFFIX}"), reverse=True)


def made_at(file):
    """When a backup was made, by its name; for a name that is not ours, when the file was changed last."""
    if named := NAME.fullmatch(file.name):
        return datetime.strptime(named[1], "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)


def oldest_kept():
    return timezone.now() - timedelta(days=settings.KEEP_DAYS["backups"])


def prune(folder):
    """Deletes what `backup` and `restore` left in a folder longer ago than backups are kept, and returns it."""
    ours = [file for file in folder.iterdir() if NAME.fullmatch(file.name) or file.name.endswith(".partial")]
    past = [file for file in ours if made_at(file) < oldest_kept()]
    for file in past:
        file.unlink()
    return past


def journals(folder):
    """What the journals tell of erasures: this host's, the folder's, and other hosts' that were put beside it."""
    entries = []
    for file in (settings.ERASURE_JOURNAL, *sorted(folder.glob("erasures*"))):
        try:
            entries += erasures.read(file)
        except (OSError, ValueError) as error:
            raise BackupError(f"The journal of erasures {file} cannot be read. {error}") from error
    return entries


def keep_erasures(folder):
    """Writes what has been erased beside the backups."""
    try:
        erasures.write(folder / "erasures", journals(folder))
    except OSError as error:
        raise BackupError(f"The journal of erasures was not written. {error}") from error

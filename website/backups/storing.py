"""The folder of backups. A backup gets its final name once it is complete; before, its name ends in .partial."""

import os
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

from django.conf import settings
from django.db import Error, connections
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from website.backups import BackupError, Contents, postgresql, sqlite
from website.correspondence import erasures

KINDS = {"sqlite": sqlite, "postgresql": postgresql}
NAME = re.compile(r"(\d{8}T\d{6}\.\d{6}Z)(\.before-restore)?\.(sqlite3|dump)")
BEFORE_RESTORE = ".before-restore"
#: Tables that every release of this site has: a file without them is no backup of this site.
OF_THIS_SITE = {"django_migrations", "publishing_publication", "publishing_serial"}


def alias() -> str:
    """The alias of the database connection whose role may copy and replace the database."""
    return "backup" if "backup" in connections else "default"


def kind() -> ModuleType:
    """The module for this kind of database."""
    return KINDS[connections[alias()].vendor]


def make(folder: Path, mark: str = "") -> Path:
    """Copies the database into a new file of a folder, reads it back, and returns its path.

    Only its owner may read the file, since it holds personal data. If anything fails there is no file, and
    BackupError is raised.
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


def _sync(path: Path) -> None:
    """Waits until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(file: Path) -> Contents:
    """Reads the whole backup and returns its Contents. Raises BackupError if this release cannot restore it."""
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


def newest_first(folder: Path) -> list[Path]:
    """The backups of a folder for this kind of database, without the copies that `restore` made (BEFORE_RESTORE)."""
    return sorted(folder.glob(f"*Z.{kind().SUFFIX}"), reverse=True)


def made_at(file: Path) -> datetime:
    """When a backup was made: from its name, or for a file of another name its time of modification."""
    match = NAME.fullmatch(file.name)
    if match:
        return datetime.strptime(match[1], "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)


def oldest_kept() -> datetime:
    return timezone.now() - timedelta(days=settings.KEEP_DAYS["backups"])


def prune(folder: Path) -> list[Path]:
    """Deletes the backups and unfinished files of a folder that are older than backups are kept, and returns them."""
    backups = [file for file in folder.iterdir() if NAME.fullmatch(file.name) or file.name.endswith(".partial")]
    expired = [file for file in backups if made_at(file) < oldest_kept()]
    for file in expired:
        file.unlink()
    return expired


def journals(folder: Path) -> list[erasures.Entry]:
    """The erasures in this host's journal and in every file of the folder whose name begins with “erasures”."""
    entries: list[erasures.Entry] = []
    for file in (settings.ERASURE_JOURNAL, *sorted(folder.glob("erasures*"))):
        try:
            entries += erasures.read(file)
        except (OSError, ValueError) as error:
            raise BackupError(f"The journal of erasures {file} cannot be read. {error}") from error
    return entries


def keep_erasures(folder: Path) -> None:
    """Writes all known erasures into the file “erasures” of the folder."""
    try:
        erasures.write(folder / "erasures", journals(folder))
    except OSError as error:
        raise BackupError(f"The journal of erasures was not written. {error}") from error

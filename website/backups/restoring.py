"""Restores a backup, and erases again the personal data that were erased after it was made."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, Error, connections

from website.backups import BackupError, sqlite, storing
from website.correspondence import erasures, retention
from website.correspondence.models import Submission
from website.publishing.models import Serial

Print = Callable[[str], object]  # takes a sentence for the operator


def restore(folder: Path, file: Path | None, anyway: bool, print_line: Print) -> None:
    """Restores the newest backup of a folder, or `file`. Raises BackupError, with the database unchanged.

    With `anyway` it goes on even if the present database cannot be copied, or some erasures cannot be matched.
    """
    file = _named(folder, file, print_line) if file else _newest(folder)
    erased = _erased(folder, anyway, print_line)
    _copy_aside(folder, anyway, print_line)
    try:
        storing.kind().load(connections[storing.alias()], file)
    except (OSError, Error, sqlite3.Error, BackupError) as error:
        raise BackupError(f"{file} was not restored, and nothing is changed. {error}") from error
    print_line(f"{file} is restored.")
    call_command("migrate", database=storing.alias(), verbosity=0)
    Serial.advance()  # gives a new random id, by which every host notices the change even if the number is lower
    _erase_again(erased, print_line)
    print_line(
        "Accounts, passwords and waiting mails are those of the backup: deactivate again who was deactivated since."
    )


def _newest(folder: Path) -> Path:
    files = storing.newest_first(folder)
    if not files:
        raise BackupError(
            f"{folder} holds no backup for this kind of database ({connections[storing.alias()].vendor})."
        )
    newest, *older = files
    try:
        storing.read(newest)
        if storing.made_at(newest) < storing.oldest_kept():
            raise BackupError(f"{newest} is older than backups are kept, and than what is known of erasures.")
    except BackupError as error:
        raise BackupError(f"{error}\n{_whole_one(older)}\nNothing is changed.") from error
    return newest


def _whole_one(files: list[Path]) -> str:
    """A sentence that names the newest of these backups that can be restored."""
    for file in files:
        try:
            storing.read(file)
            return f"The next older one that is whole, to be restored with --file: {file.name}"
        except BackupError:
            pass
    return "There is no older one that is whole."


def _named(folder: Path, file: Path, print_line: Print) -> Path:
    file = file if file.exists() else folder / file
    storing.read(file)
    if storing.made_at(file) < storing.oldest_kept():
        days = settings.KEEP_DAYS["backups"]
        print_line(f"It is older than {days} days: what was erased in the time before that has to be erased by hand.")
    return file


def _erased(folder: Path, anyway: bool, print_line: Print) -> list[erasures.Entry]:
    """All known erasures, of the journals and of the present database. Read before the database is replaced."""
    known = storing.journals(folder)
    try:
        known += erasures.recorded()
    except DatabaseError:
        print_line("The database that is there now cannot say what was erased: only the journals can.")
    unknown = erasures.of_unknown_keys(known)
    if unknown:
        problem = f"{len(unknown)} erasures were recorded under a SECRET_KEY that is not among SECRET_KEY_FALLBACKS"
        if not anyway:
            raise BackupError(f"{problem}: add it there. Nothing is changed.")
        print_line(f"{problem}: what they erased may be back.")
    return known


def _copy_aside(folder: Path, anyway: bool, print_line: Print) -> None:
    """Backs up the present database, under a name that `restore` takes only with --file."""
    connection = connections[storing.alias()]
    moved = sqlite.move_damaged(connection) if connection.vendor == "sqlite" else None
    if moved:
        print_line(f"The database that was there cannot be read. It was moved to {moved}")
        return
    try:
        if connection.introspection.table_names():
            print_line(f"What was there before: {storing.make(folder, storing.BEFORE_RESTORE)}")
        else:
            print_line("There was no database to be copied aside.")
    except (Error, BackupError) as error:
        if not anyway:
            raise BackupError(f"What is there now cannot be copied aside. {error}\nNothing is changed.") from error
        print_line(f"What was there before is lost. {error}")


def _erase_again(erased: list[erasures.Entry], print_line: Print) -> None:
    erasures.add(erased)
    count = 0
    for model in Submission.__subclasses__():
        for row in erasures.erased_before(model._default_manager.all(), erased):
            row.erase("erased again")
            count += 1
    print_line(f"Erased again, because it was erased after the backup: {count}")
    purged = retention.purge()
    print_line(f"Purged: {sum(purged.values())}")

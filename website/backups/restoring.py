"""The way back: a backup in the place of the database, and what was erased since, erased again."""

import sqlite3

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, Error, connections

from website.backups import BackupError, sqlite, storing
from website.correspondence import erasures, retention
from website.correspondence.models import Written
from website.publishing.models import Serial


def restore(folder, file, anyway, tell):
    """Restores the newest backup of a folder, or the file that is named; else BackupError, and nothing is changed.

    `anyway` goes on where what is there now cannot be copied, or where a part of the erasures cannot be matched;
    `tell` is called with each sentence for the operator.
    """
    file = _named(folder, file, tell) if file else _newest(folder)
    erased = _erased(folder, anyway, tell)
    _copy_aside(folder, anyway, tell)
    try:
        storing.kind().load(connections[storing.alias()], file)
    except (OSError, Error, sqlite3.Error, BackupError) as error:
        raise BackupError(f"{file} was not restored, and nothing is changed. {error}") from error
    tell(f"{file} is restored.")
    call_command("migrate", database=storing.alias(), verbosity=0)
    Serial.advance()  # with another random id: every host prints what is restored, be the number lower
    _erase_again(erased, tell)


def _newest(folder):
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


def _whole_one(files):
    """What an operator may do whose newest backup is no good."""
    for file in files:
        try:
            storing.read(file)
            return f"The next older one that is whole, to be restored with --file: {file.name}"
        except BackupError:
            pass
    return "There is no older one that is whole."


def _named(folder, file, tell):
    file = file if file.exists() else folder / file
    storing.read(file)
    if storing.made_at(file) < storing.oldest_kept():
        days = settings.KEEP_DAYS["backups"]
        tell(f"It is older than {days} days: what was erased in the time before that has to be erased by hand.")
    return file


def _erased(folder, anyway, tell):
    """Everything that is known of erasures, read before the database is replaced."""
    known = storing.journals(folder)
    try:
        known += erasures.recorded()
    except DatabaseError:
        tell("The database that is there now cannot tell what was erased: only the journals can.")
    unknown = erasures.of_unknown_keys(known)
    if unknown:
        problem = f"{len(unknown)} erasures were recorded under a SECRET_KEY that is not among SECRET_KEY_FALLBACKS"
        if not anyway:
            raise BackupError(f"{problem}: add it there. Nothing is changed.")
        tell(f"{problem}: what they erased may be back.")
    return known


def _copy_aside(folder, anyway, tell):
    """What is there now may be wanted again: its copy is never taken for a backup unless it is named."""
    connection = connections[storing.alias()]
    if connection.vendor == "sqlite" and (moved := sqlite.move_damaged(connection)):
        tell(f"The database that was there cannot be read. It was moved to {moved}")
        return
    try:
        if connection.introspection.table_names():
            tell(f"What was there before: {storing.make(folder, storing.BEFORE_RESTORE)}")
        else:
            tell("There was no database to be copied aside.")
    except (Error, BackupError) as error:
        if not anyway:
            raise BackupError(f"What is there now cannot be copied aside. {error}\nNothing is changed.") from error
        tell(f"What was there before is lost. {error}")


def _erase_again(erased, tell):
    erasures.add(erased)
    count = 0
    for model in Written.__subclasses__():
        for row in erasures.erased_before(model.objects.all(), erased):
            row.erase("erased again")
            count += 1
    tell(f"Erased again, because it was erased after the backup: {count}")
    purged = retention.purge()
    tell(f"Purged: {sum(purged.values())}")

"""Backups of PostgreSQL: archives of pg_dump."""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from django.db.backends.base.base import BaseDatabaseWrapper

from website.backups import BackupError, Contents

SUFFIX = "dump"
MAGIC = b"PGDMP"
#: No owners and grants in the archive: the role that restores owns the tables, and its default privileges give the
#: service's role access to them.
OF_THE_ROLE = ("--no-owner", "--no-privileges")


def dump(connection: BaseDatabaseWrapper, file: Path) -> None:
    """Writes a consistent snapshot of the database into a file."""
    _run("pg_dump", *_where(connection), "--format=custom", *OF_THE_ROLE, f"--file={file}", env=_secrets(connection))


def read(file: Path) -> Contents:
    """Reads and unpacks every row of a backup and returns its Contents. Raises BackupError if it is damaged."""
    try:
        _run("pg_restore", "--file=/dev/null", file)  # --list alone would accept half an archive
    except BackupError as error:
        raise BackupError(f"{file} is damaged: {error}") from error
    tables = re.findall(r" TABLE DATA \S+ (\S+) ", _run("pg_restore", "--list", file))
    rows = _run("pg_restore", "--data-only", "--table=django_migrations", "--file=-", file)
    return Contents(frozenset(tables), frozenset(_migrations(rows)))


def _migrations(script: str) -> Iterator[tuple[str, str]]:
    """Yields app and name of each row that an SQL script copies into django_migrations."""
    for block in re.findall(r"^COPY \S+ \(id, app, name, applied\) FROM stdin;\n(.*?)^\\\.$", script, re.M | re.S):
        for line in block.splitlines():
            _id, app, name, _applied = line.split("\t")
            yield app, name


def load(connection: BaseDatabaseWrapper, file: Path) -> None:
    """Replaces the database by a backup, in one transaction.

    Every table is dropped first: tables of a newer release are not in the backup, and would break later migrations.
    """
    with connection.cursor() as cursor:
        tables = [connection.ops.quote_name(name) for name in connection.introspection.table_names(cursor)]
    connection.close()
    drop = ["--command", f"DROP TABLE {', '.join(tables)} CASCADE"] if tables else []
    with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".sql.partial") as script:
        _run("pg_restore", *OF_THE_ROLE, f"--file={script.name}", file)
        one_transaction = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
        where = _where(connection)
        _run("psql", *where, *one_transaction, *drop, f"--file={script.name}", env=_secrets(connection))


def _where(connection: BaseDatabaseWrapper) -> list[str]:
    """The options that name the database to programs of PostgreSQL, TLS included: the same as those of `dbshell`."""
    (_psql, *where, name), _env = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
    return [*where, f"--dbname={name}"]


def _secrets(connection: BaseDatabaseWrapper) -> Mapping[str, str]:
    """Environment variables with the password of the database."""
    _arguments, env = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
    return env or {}


def _run(program: str, *arguments: str | Path, env: Mapping[str, str] | None = None) -> str:
    """Runs a program of PostgreSQL and returns what it prints. Raises BackupError with its error message."""
    command = [program, *map(str, arguments)]
    environment = os.environ | dict(env or {})
    # Messages quote bytes of a damaged file as they are.
    readable = "backslashreplace"
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", errors=readable, check=False)
    if done.returncode:
        problem = done.stderr.strip()
        if "permission denied" in problem or "must be owner" in problem:
            problem += "\nBACKUP_DATABASE_URL names the role that may."
        raise BackupError(f"{program}: {problem}")
    return done.stdout

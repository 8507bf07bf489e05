"""Backups of PostgreSQL: archives of pg_dump."""

import os
import re
import subprocess
import tempfile

from website.backups import BackupError, Contents

SUFFIX = "dump"
MAGIC = b"PGDMP"
#: The role that restores owns what it makes, and the owner's default privileges let the service's role in.
OF_THE_ROLE = ("--no-owner", "--no-privileges")


def dump(connection, file):
    """Writes one moment of the database into a file."""
    _run("pg_dump", *_where(connection), "--format=custom", *OF_THE_ROLE, f"--file={file}", env=_secrets(connection))


def read(file):
    """Reads and unpacks every row of a backup and returns its Contents; BackupError where it is damaged."""
    try:
        _run("pg_restore", "--file=/dev/null", file)  # --list reads no row: it accepts half an archive
    except BackupError as error:
        raise BackupError(f"{file} is damaged: {error}") from error
    tables = re.findall(r" TABLE DATA \S+ (\S+) ", _run("pg_restore", "--list", file))
    rows = _run("pg_restore", "--data-only", "--table=django_migrations", "--file=-", file)
    return Contents(frozenset(tables), frozenset(_migrations(rows)))


def _migrations(script):
    """The pairs of app and name among the rows that a script copies into django_migrations."""
    for block in re.findall(r"^COPY \S+ \(id, app, name, applied\) FROM stdin;\n(.*?)^\\\.$", script, re.M | re.S):
        for line in block.splitlines():
            _id, app, name, _applied = line.split("\t")
            yield app, name


def load(connection, file):
    """Puts a backup in the place of the database, all or nothing.

    Every table goes first: those of a newer release are in no older backup, and would stand in the way of migrations.
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


def _where(connection):
    """The database as `dbshell` would name it, TLS included."""
    (_psql, *where, name), _env = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
    return [*where, f"--dbname={name}"]


def _secrets(connection):
    _arguments, env = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
    return env or {}


def _run(program, *arguments, env=()):
    """What a program of PostgreSQL prints; BackupError with its own words where it fails."""
    command = [program, *map(str, arguments)]
    done = subprocess.run(command, env=os.environ | dict(env), capture_output=True, text=True, check=False)
    if done.returncode:
        words = done.stderr.strip()
        if "permission denied" in words or "must be owner" in words:
            words += "\nBACKUP_DATABASE_URL names the role that may."
        raise BackupError(f"{program}: {words}")
    return done.stdout

"""A copy of the whole database, taken while the site runs, and put back: for `backup` and `restore`."""

import os
import sqlite3
import subprocess
from contextlib import closing

from django.db import InterfaceError, InternalError, OperationalError, connection

#: What a database that is away raises, whatever was asked of it.
AWAY = (OperationalError, InterfaceError, InternalError)


def suffix():
    return {"postgresql": "dump", "sqlite": "sqlite3"}[connection.vendor]


def backup(file):
    """Writes one moment of the database to a new file that its owner alone may read: there are people in it."""
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        if connection.vendor == "postgresql":
            _postgresql("pg_dump", "--format=custom", "--no-owner", "--no-privileges", stdout=target)
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(file)) as copy:
            connection.connection.backup(copy)


def restore(file):
    """Puts a copy in the place of everything there is, all or nothing."""
    if connection.vendor == "postgresql":
        connection.close()
        options = ("--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
        _postgresql("pg_restore", *options, str(file))
        return
    connection.ensure_connection()
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as copy:
        copy.backup(connection.connection)


def _postgresql(program, *arguments, stdout=None):
    # As `dbshell` would connect, TLS included.
    (_psql, *where, name), environment = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
    command = [program, *where, f"--dbname={name}", *arguments]
    subprocess.run(command, env=os.environ | (environment or {}), stdout=stdout, check=True)

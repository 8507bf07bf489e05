"""A backup is whole or is none; a restore changes everything or nothing, and brings back nobody who was erased."""

import contextlib
import os
import re
import sqlite3
import subprocess
import tempfile
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db.backends.postgresql.base import DatabaseWrapper
from django.utils import timezone

from contacts.models import Message
from network.models import JoinRequest
from tests.browser import missing
from tests.forms import FORM, REQUEST
from tests.running import POSTGRESQL, ROOT, Disk, PostgreSQL, RunningSite, until
from website.backups import BackupError, postgresql, storing
from website.correspondence import erasures, retention

ADDRESSES = (
    "from network.models import JoinRequest; print(sorted(r.normalised_email for r in JoinRequest.objects.all()))"
)
NUMBER = "from website.publishing.models import Serial; print(Serial.current())"
STATE = "from website.publishing.models import Serial; print(Serial.state())"
#: Two requests and two messages without an address.
PEOPLE = """
from contacts.models import Message
from network.models import JoinRequest
for name in ("leaves", "stays"):
    email = f"{name}@example.fi"
    JoinRequest.objects.create(normalised_email=email, name=name, email=email, state="member")
    Message.objects.create(kind="other", message=name, digest=name, language="fi")
"""
ERASE = """
from contacts.models import Message
from network.models import JoinRequest
JoinRequest.objects.get(name="leaves").erase("left")
Message.objects.get(message="leaves").erase("erased")
"""
HELD = """
from contacts.models import Message
from network.models import JoinRequest
print(*JoinRequest.objects.values_list("name", flat=True), *Message.objects.values_list("message", flat=True))
"""


def refused(site, *arguments):
    """What a command says that must fail, in words and not by a traceback."""
    with pytest.raises(subprocess.CalledProcessError) as caught:
        site.manage(*arguments)
    assert caught.value.stderr.startswith("CommandError: "), caught.value.stderr
    return caught.value.stderr


def later_than(file, content):
    """A newer file beside a backup, with another content."""
    newest = file.with_name(f"{timezone.now():%Y%m%dT%H%M%S.%fZ}{file.suffix}")
    newest.write_bytes(content)
    return newest


# --- A backup is whole or is none ------------------------------------------------------------------------------------


def test_a_backup_under_load_holds_everything_thanked_before_it_and_comes_back(running, tmp_path):
    running.start()
    stop, thanked = threading.Event(), []

    def send():
        while not stop.is_set():
            address = f"person{len(thanked)}@example.fi"
            assert running.post(FORM["fi"], REQUEST | {"email": address})[0] == 200
            thanked.append(address)

    sender = threading.Thread(target=send)
    sender.start()
    until(lambda: len(thanked) > 5)
    before = list(thanked)
    file = Path(running.manage("backup", str(tmp_path / "backups")).strip())
    after = len(thanked)
    stop.set()
    sender.join()
    assert file.stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in file.parent.glob("[!.]*")) == sorted([file.name, "erasures"])
    later = """
from network.models import JoinRequest
from website.pages.models import Page
from website.publishing import versions, workflow
JoinRequest.objects.all().delete()
page = Page.objects.get(pk="network")
page.title_fi = "Julkaistu varmuuskopion jälkeen"
workflow.save_draft(page)
workflow.publish([versions.latest_version(page)])
"""
    running.manage("shell", "--verbosity=0", code=later)
    until(lambda: "Julkaistu varmuuskopion" in running.get("/fi/verkosto/")[1])
    running.manage("restore", str(tmp_path / "backups"))
    stored = set(re.findall(r"person\d+@example\.fi", running.manage("shell", "--verbosity=0", code=ADDRESSES)))
    assert set(before) <= stored <= set(thanked[: after + 1])
    # The workers go forward to the restored edition without being told.
    until(lambda: "Julkaistu varmuuskopion" not in running.get("/fi/verkosto/")[1])
    assert running.post(FORM["fi"], REQUEST)[0] == 200


@pytest.mark.once
def test_sqlite_backups_open_by_themselves(running, tmp_path):
    if running.database_url:
        pytest.skip("about SQLite itself")
    file = running.manage("backup", str(tmp_path / "backups")).strip()
    assert [file] == [str(path) for path in (tmp_path / "backups").glob("2*")]
    assert sqlite3.connect(file).execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert sqlite3.connect(file).execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_full_disk_leaves_no_file_that_could_be_taken(running, tmp_path):
    disk = Disk(tmp_path / "backups", megabytes=4)
    try:
        if not disk.small:
            missing("The right to mount a small disk")
        whole = Path(running.manage("backup", str(disk.folder)).strip())
        (disk.folder / "more").write_bytes(b"x" * 1_500_000)
        with disk.full():
            assert "No backup was made." in refused(running, "backup", str(disk.folder))
        assert [*disk.folder.glob("2*")] == [whole]
        # What is there now has no room beside it, so it is not replaced.
        number = running.manage("shell", "--verbosity=0", code=NUMBER)
        with disk.full():
            assert "Nothing is changed." in refused(running, "restore", str(disk.folder))
        assert running.manage("shell", "--verbosity=0", code=NUMBER) == number
        assert [*disk.folder.glob("2*")] == [whole]
    finally:
        disk.remove()


@pytest.mark.parametrize("fault", ["half", "empty", "other tables"])
def test_what_was_not_written_whole_is_no_backup(running, tmp_path, fault, monkeypatch, django_db_blocker):
    """The copy is read back: a program that says it has written everything is not believed."""
    with django_db_blocker.unblock(), connected(running) as connection:
        kind, true = storing.kind(), storing.kind().dump
        table = "network_joinrequest"

        def dump(connection, file):
            true(connection, file)
            content = {"half": file.read_bytes()[: file.stat().st_size // 8192 * 4096], "empty": b""}
            if fault in content:
                file.write_bytes(content[fault])
            else:
                monkeypatch.setattr(connection.introspection, "table_names", lambda: [table, "one_that_is_missing"])

        monkeypatch.setattr(kind, "dump", dump)
        with pytest.raises(BackupError, match=r"No backup was made\."):
            storing.make(tmp_path / "backups")
        assert [*(tmp_path / "backups").iterdir()] == []
        connection.close()


@contextlib.contextmanager
def connected(site):
    """This process on the database of a running site, as the commands are."""
    import dj_database_url
    from django.db import connections
    from django.test.utils import override_settings

    parsed = dj_database_url.parse(site.environment["DATABASE_URL"])
    connections.settings["backup"] = connections.settings["default"] | parsed
    try:
        with override_settings(ERASURE_JOURNAL=site.folder / "erasures"):
            yield connections["backup"]
    finally:
        connections["backup"].close()
        del connections["backup"], connections.settings["backup"]


# --- A restore changes everything or nothing -------------------------------------------------------------------------


def test_a_restore_without_a_backup_changes_nothing(tmp_path):
    with pytest.raises(CommandError, match="no backup"):
        call_command("restore", str(tmp_path))


def damaged(file):
    """By what is wrong with it: contents of a newest file that must not be restored, and a word of the refusal."""
    whole = file.read_bytes()
    sqlite_page = 4096
    other = b"PGDMP\x01\x0e\x00" + b"\0" * 5000 if file.suffix == ".sqlite3" else b"SQLite format 3\0" + b"\0" * 5000
    yield b"", "is empty"
    yield whole[: len(whole) // 2 // sqlite_page * sqlite_page], ""
    yield whole[:-100], ""
    yield whole[: len(whole) // 3] + b"\xff" * 9000 + whole[len(whole) // 3 + 9000 :], ""
    yield b"neither the one nor the other", "is no backup of this kind"
    yield other, "is no backup of this kind"


def test_a_file_that_is_not_whole_is_not_restored_and_the_next_older_is_named(running, tmp_path):
    running.manage("shell", "--verbosity=0", code=PEOPLE)
    folder = tmp_path / "backups"
    whole = Path(running.manage("backup", str(folder)).strip())
    running.manage(
        "shell", "--verbosity=0", code="from network.models import JoinRequest; JoinRequest.objects.all().delete()"
    )
    number = running.manage("shell", "--verbosity=0", code=NUMBER)
    for content, word in damaged(whole):
        newest = later_than(whole, content)
        told = refused(running, "restore", str(folder))
        assert word in told and newest.name in told and f"--file: {whole.name}" in told, (word, told)
        newest.unlink()
    later_than(whole, b"")
    assert running.manage("shell", "--verbosity=0", code=NUMBER) == number
    assert running.manage("shell", "--verbosity=0", code=ADDRESSES).strip() == "[]"
    assert [*folder.glob("*before-restore*")] == []
    running.manage("restore", str(folder), "--file", whole.name)
    assert "stays@example.fi" in running.manage("shell", "--verbosity=0", code=ADDRESSES)


def test_a_backup_of_a_newer_release_or_of_another_site_is_refused(running, tmp_path, django_db_blocker):
    folder = tmp_path / "backups"
    with django_db_blocker.unblock(), connected(running) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('network', '0999_x', '2030-01-01')")
        with pytest.raises(BackupError, match=r"newer release.*network\.0999_x"):
            storing.make(folder)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(storing, "read", lambda file: storing.kind().read(file))
            newer = storing.make(folder)
        cursor.execute("DELETE FROM django_migrations WHERE name = '0999_x'")
    assert "network.0999_x" in refused(running, "restore", str(folder))
    assert "network.0999_x" in refused(running, "restore", str(folder), "--file", str(newer))
    if newer.suffix == ".sqlite3":
        newer.unlink()
        with contextlib.closing(sqlite3.connect(newer)) as other:
            other.execute("CREATE TABLE django_migrations (id integer, app text, name text)")
        assert "no database of this site" in refused(running, "restore", str(folder))


def test_what_was_there_is_copied_aside_and_taken_only_by_name(running, tmp_path):
    folder = tmp_path / "backups"
    running.manage("backup", str(folder))
    running.manage("shell", "--verbosity=0", code=PEOPLE)
    told = running.manage("restore", str(folder))
    assert running.manage("shell", "--verbosity=0", code=ADDRESSES).strip() == "[]"
    (aside,) = folder.glob("*.before-restore.*")
    assert str(aside) in told and aside.stat().st_mode & 0o077 == 0
    running.manage("restore", str(folder))  # again the backup, not what was put aside
    assert running.manage("shell", "--verbosity=0", code=ADDRESSES).strip() == "[]"
    states = {running.manage("shell", "--verbosity=0", code=STATE)}
    running.manage("restore", str(folder), "--file", aside.name)
    assert "stays@example.fi" in running.manage("shell", "--verbosity=0", code=ADDRESSES)
    # The number may be as before: by the random id every host sees that this is another database.
    states.add(running.manage("shell", "--verbosity=0", code=STATE))
    running.manage("restore", str(folder), "--file", aside.name)
    states.add(running.manage("shell", "--verbosity=0", code=STATE))
    assert len(states) == 3


def test_a_restore_looks_at_the_certificate_as_the_site_does(monkeypatch, tmp_path):
    told = {"HOST": "db.example", "PORT": 5433, "USER": "owner", "PASSWORD": "secret", "NAME": "site"}
    told["OPTIONS"] = {"sslmode": "verify-full", "sslrootcert": "/etc/ssl/postgresql.pem", "connect_timeout": 2}
    asked = []

    def run(command, env, **options):
        asked.append((command, env))
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    postgresql.dump(DatabaseWrapper(told), tmp_path / "newest.dump")
    ((command, env),) = asked
    assert command[:8] == ["pg_dump", "-U", "owner", "-h", "db.example", "-p", "5433", "--dbname=site"]
    assert "secret" not in " ".join(command)
    assert (env["PGSSLMODE"], env["PGSSLROOTCERT"]) == ("verify-full", "/etc/ssl/postgresql.pem")
    assert env["PGPASSWORD"] == "secret"


# --- Nobody who was erased comes back --------------------------------------------------------------------------------


def lose_the_database(site):
    """As after the loss of its disk: nothing is left that could be read."""
    if site.database_url:
        import psycopg

        with psycopg.connect(site.database_url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
    else:
        for file in site.folder.glob("site.sqlite3*"):
            file.write_bytes(b"a disk that was full of noise" * 1000)


@pytest.mark.parametrize("lost", [False, True], ids=["replaced", "lost"])
def test_what_was_erased_after_the_backup_is_erased_again(running, tmp_path, lost):
    folder = tmp_path / "backups"
    running.manage("shell", "--verbosity=0", code=PEOPLE)
    running.manage("backup", str(folder))
    running.manage("shell", "--verbosity=0", code=ERASE)
    if lost:
        lose_the_database(running)
    else:
        (running.folder / "erasures").unlink()  # the database alone knows
    told = running.manage("restore", str(folder))
    assert running.manage("shell", "--verbosity=0", code=HELD).split() == ["stays", "stays"]
    assert "erased after the backup: 2" in told
    assert "deactivate again" in told
    # And once more: what the restored database did not know, it knows now.
    (running.folder / "erasures").unlink()
    running.manage("restore", str(folder))
    assert running.manage("shell", "--verbosity=0", code=HELD).split() == ["stays", "stays"]


def test_a_new_secret_key_erases_again_or_says_that_it_cannot(running, tmp_path):
    folder = tmp_path / "backups"
    running.manage("shell", "--verbosity=0", code=PEOPLE)
    running.manage("backup", str(folder))
    running.manage("shell", "--verbosity=0", code=ERASE)
    old = running.environment["SECRET_KEY"]
    running.environment["SECRET_KEY"] = "another " + "0123456789" * 5
    assert "SECRET_KEY_FALLBACKS" in refused(running, "restore", str(folder))
    assert running.manage("shell", "--verbosity=0", code=HELD).split() == ["stays", "stays"]
    running.environment["SECRET_KEY_FALLBACKS"] = old.replace(" ", "")
    assert "SECRET_KEY_FALLBACKS" in refused(running, "restore", str(folder))
    del running.environment["SECRET_KEY_FALLBACKS"]
    assert "may be back" in running.manage("restore", str(folder), "--anyway")
    assert sorted(running.manage("shell", "--verbosity=0", code=HELD).split()) == ["leaves", "leaves", "stays", "stays"]


def joinrequest(name):
    return JoinRequest.objects.create(normalised_email=f"{name}@example.fi", name=name, email=f"{name}@example.fi")


@pytest.mark.django_db
def test_an_erasure_is_known_again_under_every_key_that_is_accepted(settings):
    leaves, stays = joinrequest("leaves"), joinrequest("stays")
    copy = JoinRequest.objects.get(pk=leaves.pk)
    leaves.erase("left")
    entries = erasures.recorded()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]
    assert erasures.erased_before([copy, stays], entries) == [copy]
    assert erasures.of_unknown_keys(entries) == []
    settings.SECRET_KEY_FALLBACKS = []
    assert erasures.erased_before([copy, stays], entries) == []
    assert erasures.of_unknown_keys(entries) == entries


@pytest.mark.django_db
def test_a_row_that_was_given_the_number_of_an_erased_one_stays():
    erased = joinrequest("leaves")
    number = erased.pk
    erased.erase("left")
    other = joinrequest("stays")
    JoinRequest.objects.filter(pk=other.pk).update(id=number)
    of_another_kind = Message(pk=number, created_at=erased.created_at)
    rows = [JoinRequest.objects.get(pk=number), of_another_kind]
    assert erasures.erased_before(rows, erasures.recorded()) == []


@pytest.mark.django_db
def test_the_journal_names_nobody_and_forgets_with_the_backups(settings, tmp_path, time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    file = tmp_path / "deeper" / "erasures"
    joinrequest("first").erase("left")
    erasures.write(file)
    time_machine.shift(timedelta(days=settings.KEEP_DAYS["backups"]))
    joinrequest("second").erase("left")
    erasures.write(file)
    first, second = erasures.read(file)
    assert file.stat().st_mode & 0o077 == 0
    assert not re.search(r"first|second|example", file.read_text())
    time_machine.shift(timedelta(seconds=1))
    retention.purge()
    erasures.write(file)
    assert (erasures.read(file), erasures.recorded()) == ([second], [second])
    assert first != second


@pytest.mark.django_db
def test_what_the_purge_deletes_is_not_in_the_journal():
    joinrequest("old").erase("purged")
    assert erasures.recorded() == []


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_an_erasure_that_failed_leaves_no_entry_anywhere(settings, tmp_path, monkeypatch):
    settings.ERASURE_JOURNAL = tmp_path / "erasures"
    row = joinrequest("leaves")
    monkeypatch.setattr("website.correspondence.models.MonthCount.add", lambda what: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        row.erase("left")
    assert (erasures.recorded(), erasures.read(settings.ERASURE_JOURNAL)) == ([], [])
    monkeypatch.undo()
    settings.ERASURE_JOURNAL = tmp_path / "erasures"
    JoinRequest.objects.get().erase("left")
    assert erasures.read(settings.ERASURE_JOURNAL) == erasures.recorded() != []


def test_old_backups_are_pruned_when_asked_and_never_restored_unasked(running, tmp_path):
    folder = tmp_path / "backups"
    new = Path(running.manage("backup", str(folder)).strip())
    old = new.with_name(f"{timezone.now() - timedelta(days=31):%Y%m%dT%H%M%S.%fZ}{new.suffix}")
    foreign, partial = folder / "letter.txt", folder / "x.sql.partial"
    for file in (foreign, partial):
        file.touch()
        os.utime(file, (time.time() - 31 * 86400,) * 2)
    new.rename(old)
    assert "older than backups are kept" in refused(running, "restore", str(folder))
    assert "by hand" in running.manage("restore", str(folder), "--file", old.name)
    running.manage("backup", str(folder))
    assert old.exists() and partial.exists()
    running.manage("backup", str(folder), "--prune")
    assert not old.exists() and not partial.exists() and foreign.exists()
    assert len([*folder.glob("2*")]) == 3  # two backups, and what was there before the restore


# --- The role that may -----------------------------------------------------------------------------------------------


@pytest.mark.postgres
def test_the_owner_s_role_copies_and_restores_and_the_web_role_goes_on():
    if not POSTGRESQL.exists():
        missing("PostgreSQL 15")
    import psycopg

    with tempfile.TemporaryDirectory(prefix="backup-roles-") as folder:
        Path(folder).chmod(0o755)
        database = PostgreSQL(Path(folder))
        at = f"127.0.0.1:{database.port}/innovaatiojulistus"
        site = RunningSite(Path(folder, "var"), f"postgres://innovaatiojulistus_web:y@{at}")
        site.folder.mkdir()
        as_owner = f"postgres://innovaatiojulistus_owner:x@{at}"
        backups = f"{folder}/backups"
        try:
            psql = [POSTGRESQL / "psql", "--quiet", "--set=ON_ERROR_STOP=1", "--file=deploy/postgresql.sql"]
            psql += ["--set=owner_password=x", "--set=web_password=y", f"--dbname={database.url}"]
            subprocess.run(psql, cwd=ROOT, check=True)
            as_web = site.environment
            site.environment = as_web | {"DATABASE_URL": as_owner}
            site.prepare()
            site.environment = as_web
            site.manage("shell", "--verbosity=0", code=PEOPLE)
            assert "BACKUP_DATABASE_URL" in refused(site, "backup", backups)
            assert [*Path(backups).iterdir()] == []
            site.environment = as_web | {"BACKUP_DATABASE_URL": as_owner}
            file = site.manage("backup", backups).strip()
            site.environment = as_web
            site.manage("shell", "--verbosity=0", code=ERASE)
            assert "BACKUP_DATABASE_URL" in refused(site, "restore", backups)
            with psycopg.connect(as_owner, autocommit=True) as connection:  # a newer release's table, on one of ours
                connection.execute("CREATE TABLE newer (request bigint REFERENCES network_joinrequest)")
                owners = ownership(connection)
            site.start()
            site.environment = as_web | {"BACKUP_DATABASE_URL": as_owner}
            assert "erased after the backup: 2" in site.manage("restore", backups, "--file", file)
            site.environment = as_web
            assert site.manage("shell", "--verbosity=0", code=HELD).split() == ["stays", "stays"]
            with psycopg.connect(as_owner, autocommit=True) as connection:
                assert owners - ownership(connection) == {row for row in owners if row[0] == "newer"} != set()
            until(lambda: site.post(FORM["sv"], REQUEST | {"email": "later@example.fi"})[0] == 200)
            site.manage("migrate", "--check")
        finally:
            site.stop()
            database.remove()


def ownership(connection):
    """Who owns each table and sequence, and who may do what with it."""
    return set(
        connection.execute(
            "SELECT relname, pg_get_userbyid(relowner), relacl::text FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')"
        ).fetchall()
    )


@pytest.mark.once
def test_a_database_that_cannot_be_read_is_moved_aside(running, tmp_path):
    if running.database_url:
        pytest.skip("about SQLite itself")
    running.manage("backup", str(tmp_path / "backups"))
    lose_the_database(running)
    noise = (running.folder / "site.sqlite3").read_bytes()
    told = running.manage("restore", str(tmp_path / "backups"))
    (moved,) = running.folder.glob("site.sqlite3.damaged-*Z")
    assert str(moved) in told and moved.read_bytes() == noise
    running.manage("migrate", "--check")

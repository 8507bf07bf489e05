"""What every test stands on: the first content, seeded once per database, and the people who work with it."""

import contextlib
import copy
import fcntl
import functools
import gc
import hashlib
import io
import os
import shutil
import tempfile
import time
from datetime import date
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import setup_databases, teardown_databases
from django.utils import timezone, translation

from tests.browser import axe, browser, site, site_of_a_second_try, visit  # noqa: F401  fixtures
from tests.engines import engine, engines, firefox  # noqa: F401  fixtures
from tests.running import ROOT, RunningSite, free_port

# Django's many small objects are looked through less often: a fifteenth of the suite's time.
gc.set_threshold(100_000, 50, 100)

LANGUAGES = ("fi", "sv", "en")
#: What a test of a whole site in processes of its own stands on.
RUNNING = {"running", "site", "stage"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """What asks no database of this run says so: CI runs it once, not on each kind. The cheapest come first.

    Where everything runs at once on two cores, a test that a moment's standstill failed is tried once more: only tests
    that watch a whole site in real time, and only in CI; the summary counts and names what was run again.
    """
    for item in items:
        fixtures, marks = {*item.fixturenames}, {mark.name for mark in item.iter_markers()}
        if not (fixtures & {"db", "transactional_db", "running"} or marks & {"django_db", "postgres"}):
            item.add_marker(pytest.mark.once)
        if "CI" in os.environ and RUNNING & fixtures:
            item.add_marker(pytest.mark.flaky(reruns=1))
        item.obj = with_large_stack_chunk(item.obj)
    items.sort(key=run_order)


def with_large_stack_chunk(function):
    """CPython 3.11 maps and unmaps 16 KiB whenever the calls cross the end of a piece of its stack of frames.

    Deep in Django that happens at every other call: a tenth of the suite's time. A frame that asks for much at the
    bottom leaves a piece of 1 MiB to all that are called from it.
    """

    @functools.wraps(function)
    def call(*args, **kwargs):
        return function(*args, **kwargs)

    call.__code__ = call.__code__.replace(co_stacksize=70_000)
    return call


def run_order(item):
    """0 for what asks no database, 1 for requests within the process, then whole sites in processes of their own.

    Of these, 2 for those with a PostgreSQL of their own: they take longest, and at the end others would wait for them.
    """
    fixtures, marks = {*item.fixturenames}, {mark.name for mark in item.iter_markers()}
    if "postgres" in marks:
        return 2
    if {"running", "prepared", "site", "stage"} & fixtures or "browser" in marks:
        return 3
    return 1 if "django_db" in marks or {"db", "transactional_db"} & fixtures else 0


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_modify_db_settings, django_db_blocker):
    """The first content, once; tests that flush the database get it back from the copy taken here."""
    with django_db_blocker.unblock():
        databases = sqlite_with_first_content() if connection.vendor == "sqlite" else new_with_first_content()
        connection._test_serialized_contents = connection.creation.serialize_db_to_string()
    yield
    with django_db_blocker.unblock():
        teardown_databases(databases, verbosity=0)


def new_with_first_content():
    databases = setup_databases(verbosity=0, interactive=False, serialized_aliases=())
    call_command("seed", stdout=io.StringIO())
    return databases


def sqlite_with_first_content():
    """A copy of the database that today's first run of these sources has made, for all processes and later runs."""
    folder = Path(tempfile.gettempdir(), f"declaration-tests-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        template = folder / f"{digest_of_sources()}.sqlite3"
        if template.exists():
            shutil.copy(template, connection.settings_dict["TEST"]["NAME"])
            return setup_databases(verbosity=0, interactive=False, keepdb=True, serialized_aliases=())
        databases = new_with_first_content()
        new = template.with_suffix(".new")
        new.unlink(missing_ok=True)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(new)])
        for old in sorted(folder.glob("*.sqlite3"), key=lambda file: file.stat().st_mtime)[:-10]:
            old.unlink()
        new.rename(template)
        return databases


def digest_of_sources():
    """A hash of whatever the first content is made from: the sources, the packages, and the day it is published on."""
    digest = hashlib.sha256(f"{ROOT} {date.today()}".encode())
    files = [ROOT / "requirements/run.txt", *ROOT.glob("tests/settings.py")]
    for app in ("website", "declaration", "network", "opsi", "contacts"):
        files += [file for file in (ROOT / app).rglob("*") if file.suffix in (".py", ".json")]
    for file in sorted(files):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


@pytest.fixture(scope="session", autouse=True)
def versions_read_once():
    """Each request reads all that is published; a version that was read before is copied, for it never changes."""
    from website.publishing import models, versions

    @functools.lru_cache(maxsize=500)
    def read(serialization, data):
        return versions.thing_from(versions.Version(format=serialization, serialized_data=data))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "thing_from", lambda version: copy.copy(read(version.format, version.serialized_data)))
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_recovery_codes():
    """Hashing them is made slow for whoever stole the database, not for tests."""
    from website.accounts import second_factor

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(second_factor, "scrypt", functools.partial(quick, second_factor.scrypt))
        yield


def quick(scrypt, *args, **measure):
    assert (measure["n"], measure["r"], measure["p"]) == (2**14, 8, 5)  # what OWASP asks for
    return scrypt(*args, **measure | {"n": 2, "p": 1})


@pytest.fixture(autouse=True)
def no_full_hour(request):
    """A test that begins in the last two minutes of an hour begins in the next: what it counts is counted in one hour.

    Not where a site runs in processes of its own: they would have another clock.
    """
    if RUNNING & {*request.fixturenames} or time.time() % 3600 < 3480:
        yield
        return
    with time_machine.travel(time.time() + 180):
        yield


@pytest.fixture(autouse=True)
def one_clock(monkeypatch):
    """Tests set the time of this process; the database has the same."""
    from website.publishing import clock

    monkeypatch.setattr(clock, "database_now", timezone.now)


@pytest.fixture(autouse=True)
def no_edition_of_another_test(monkeypatch):
    """A transaction that is rolled back takes the serial back as well, but not what the process has loaded."""
    from website.publishing.edition import Edition

    monkeypatch.setattr(Edition, "_loaded", None)


@pytest.fixture(autouse=True)
def finnish_after_each_test():
    """Activating a language must not leak into the next test."""
    with translation.override("fi"):
        yield


@pytest.fixture
def editor(db):
    return person("editor", "Editors")


@pytest.fixture
def publisher(db):
    return person("publisher", "Publishers")


@pytest.fixture
def coordinator(db):
    return person("coordinator", "Network coordinators")


@pytest.fixture
def administrator(db):
    from django.contrib.auth import get_user_model

    return get_user_model().objects.create_superuser(
        "administrator", "administrator@example.fi", "correct horse battery"
    )


def person(name, group):
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group

    user = get_user_model().objects.create_user(name, f"{name}@example.fi", "correct horse battery", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


@pytest.fixture
def signed_in(client):
    """signed_in(user) gives the client with that user's session."""

    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


@contextlib.contextmanager
def new_database(like=""):
    """The address of a new database of the kind that this run of the tests uses; empty for a file of SQLite."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield ""
        return
    import psycopg

    server, name = url.rsplit("/", 1)[0], f"running_{os.getpid()}_{free_port()}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like.rpartition("/")[2] or "template1"}"')
        # What deploy/postgresql.sql says of the web role.
        for setting in ("statement_timeout = '5s'", "lock_timeout = '4s'"):
            admin.execute(f'ALTER DATABASE "{name}" SET {setting}')
        yield f"{server}/{name}"
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """A site made ready by `manage.py prepare` and never started: the others begin as copies of it."""
    with new_database() as url:
        site = RunningSite(tmp_path_factory.mktemp("prepared"), url)
        site.prepare()
        yield site
        site.stop()


@pytest.fixture
def running(tmp_path, prepared):
    """A site of this test's own, ready to be started."""
    with new_database(like=prepared.database_url) as url:
        site = RunningSite(tmp_path, url)
        site.begin_like(prepared)
        yield site
        site.stop()


@pytest.fixture
def one_connection(monkeypatch):
    """A request that ends closes old connections; here that would close the one that holds the test's data."""
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)


@pytest.fixture
def var(settings, tmp_path):
    """A VAR_DIR of this test's own, in which nothing is printed."""
    settings.VAR_DIR = tmp_path
    return tmp_path


@pytest.fixture
def one_edition(db, monkeypatch):
    """The edition loaded once: for tests that send thousands of forms and publish nothing."""
    from website.publishing.edition import Edition

    edition = Edition.load()
    monkeypatch.setattr(Edition, "load", lambda *args: edition)


@pytest.fixture(scope="session")
def listed(django_db_setup, django_db_blocker):
    """Every page of the sitemap; read once, since no test may change the first content for another."""
    from tests.public_pages import LISTED, Shown

    with django_db_blocker.unblock():
        client = Client()
        return [Shown(path, client.get(path)) for path in LISTED]


@pytest.fixture(scope="session")
def pages(listed, django_db_blocker):
    """The same, and what a reader may meet beside them."""
    from tests.public_pages import states

    with django_db_blocker.unblock():
        return [*listed, *states(Client())]


@pytest.fixture
def one_of_each(listed):
    """A page of each kind, in the three languages by turns."""
    return [listed[3 * number + number % 3] for number in range(len(listed) // 3)]


@pytest.fixture
def required(settings):
    """The second factor is required of everybody."""
    settings.SECOND_FACTOR_REQUIRED = True


@pytest.fixture
def device(editor):
    """The editor's second factor."""
    from django_otp.plugins.otp_totp.models import TOTPDevice

    return TOTPDevice.objects.create(user=editor, name="app", confirmed=True)

"""Whatever breaks, readers read: gunicorn behind nginx with a PostgreSQL of the test's own, each in turn broken.

Some readers come through nginx, some straight to gunicorn, each page on a new connection. Through nginx no read may
fail; at gunicorn only what the killed process was answering. What comes must be a page of an edition in force, and
nobody may see an older one again.
"""

import contextlib
import itertools
import os
import re
import shutil
import signal
import tempfile
import threading
import time
import urllib.parse
import warnings
from pathlib import Path

import pytest

from tests.browser import missing
from tests.running import POSTGRESQL, Disk, Nginx, PostgreSQL, RunningSite, until

pytestmark = pytest.mark.postgres

NETWORK, FORM = "/fi/verkosto/", "/sv/natverk/anmal-dig/"
PATHS = (NETWORK, "/fi/", "/sv/opsi/", "/en/commitments/3/", "/fi/verkosto/liity/", "/robots.txt")
OUTAGE = 20  # seconds
PUBLISH = """
import time
from datetime import timedelta
from django.utils import timezone
from website.pages.models import Page
from website.publishing import versions, workflow
page = Page.objects.get(pk="network")
for number in range({number}, {number} + {times}):
    page.title_fi = f"Numero {{number}}"
    workflow.save_draft(page)
    workflow.publish([versions.latest_version(page)], starts={starts})
    time.sleep({times} and 0.05)
"""


class Stage:
    """The site, what it stands on, what was published on it, and its readers."""

    def __init__(self, folder):
        self.database = PostgreSQL(folder)
        self.disk = Disk(folder / "var", megabytes=48)
        self.site = RunningSite(self.disk.folder, self.database.url)
        # Whatever the programs write of their own accord lands on the disk that gets full.
        self.site.environment["TMPDIR"] = str(self.disk.folder)
        self.public_from = {}  # number of a publication: the moment before which nobody may see it
        self.newest = 0
        self.nginx = None

    def start(self):
        self.site.prepare()
        self.publish()
        self.site.start()
        self.nginx = Nginx(self.site)
        for ask in (self.through_nginx, self.at_gunicorn):
            until(lambda ask=ask: number(ask(NETWORK)[1]) == 1)
        self.known = {path: plain(self.at_gunicorn(path)[1]) for path in PATHS}

    def publish(self, seconds=None, times=1):
        """Publishes so many times, each under the next number, and returns the last of them."""
        first, self.newest = self.newest + 1, self.newest + times
        for number in range(first, first + times):
            self.public_from[number] = time.time() + (seconds or 0)
        starts = f"timezone.now() + timedelta(seconds={seconds})" if seconds else None
        self.site.manage("shell", code=PUBLISH.format(number=first, starts=starts, times=times))
        return self.newest

    def at_gunicorn(self, path):
        return self.site.get(path)

    def through_nginx(self, path):
        status, _headers, body = self.nginx.get(path)
        return status, body.decode()

    def sees(self, expected):
        """Both ways lead to this publication."""
        return all(number(ask(NETWORK)[1]) == expected for ask in (self.through_nginx, self.at_gunicorn))

    @contextlib.contextmanager
    def read(self):
        """Readers while something breaks, and until it is whole again: (those through nginx, those at gunicorn)."""
        through, at = ([Reader(self, ask) for _number in range(3)] for ask in (self.through_nginx, self.at_gunicorn))
        everybody = [*through, *at]
        for reader in everybody:
            reader.start()
        until(lambda: all(reader.pages > len(PATHS) for reader in everybody))
        try:
            yield through, at
            # It recovers without a hand: everybody reads every page again, and the database is asked again.
            before = {reader: reader.pages for reader in everybody}
            until(lambda: all(pages + len(PATHS) < reader.pages for reader, pages in before.items()))
            until(lambda: '"database": true' in self.site.get("/statusz")[1])
            until(lambda: len(self.site.workers()) == 2)
        finally:
            for reader in everybody:
                reader.over.set()
            for reader in everybody:
                reader.join()
        assert [reader.wrong for reader in everybody if reader.wrong] == []
        assert [reader.seen for reader in everybody if reader.seen != sorted(reader.seen)] == []
        assert [reader.failed for reader in through if reader.failed] == []

    def stop(self):
        if self.nginx:
            self.nginx.stop()
        self.site.stop()
        self.database.remove()
        self.disk.remove()


class Reader(threading.Thread):
    """Reads one page after another, each on a new connection, and keeps what was not as it should be."""

    def __init__(self, stage, ask):
        super().__init__()
        self.stage, self.ask = stage, ask
        self.over, self.pages, self.failed, self.wrong, self.seen = threading.Event(), 0, [], [], []

    def run(self):
        for path in itertools.cycle(PATHS):
            if self.over.is_set():
                return
            status, page = self.ask(path)
            if status != 200:
                self.failed.append((path, status))
            elif plain(page) != self.stage.known[path] or not self.may_be_seen(page):
                self.wrong.append((path, page))
            else:
                self.pages += 1
            time.sleep(0.02)

    def may_be_seen(self, page):
        found = number(page)
        if found is not None:
            self.seen.append(found)
        return found is None or time.time() >= self.stage.public_from.get(found, float("inf"))


def number(page):
    """Which publication a page shows, where it shows one."""
    found = {int(text) for text in re.findall(r"Numero (\d+)", page)}
    assert len(found) <= 1, "a page mixes two editions"
    return found.pop() if found else None


def plain(page):
    """The page without what differs from one publication to the next."""
    return re.sub(r"Numero \d+|<time.*?</time>", "", page)


@pytest.fixture(scope="module")
def stage():
    for tool, there in (("PostgreSQL 15", POSTGRESQL.exists()), ("nginx", shutil.which("nginx"))):
        if not there:
            missing(tool)
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        Path(folder).chmod(0o755)
        stage = Stage(Path(folder))
        try:
            stage.start()
            yield stage
        finally:
            stage.stop()


def send(stage):
    """A request to join, complete, through nginx."""
    fields = {"name": "Aino", "email": "aino@vm.example", "organisation": "Virasto", "organisation_type": "agency"}
    body = urllib.parse.urlencode(fields | {"language": "sv"})
    return stage.nginx.ask(FORM, "POST", body, Content_Type="application/x-www-form-urlencoded")


def test_an_edition_moves_on_and_never_back_while_readers_read(stage):
    with stage.read() as (through, at):
        last = stage.publish(times=60)
        until(lambda: stage.sees(last))
    assert [reader.failed for reader in at if reader.failed] == []
    assert all(len(set(reader.seen)) > 5 for reader in (*through, *at)), "hardly an edition was seen"


def test_each_process_of_gunicorn_in_turn_is_killed(stage):
    with stage.read() as (_through, at):
        for killed, pid in enumerate(stage.site.workers(), start=1):
            os.kill(pid, signal.SIGKILL)
            until(lambda pid=pid: pid not in stage.site.workers() and len(stage.site.workers()) == 2)
            assert all(len(reader.failed) <= killed for reader in at), "more than was being answered"
            before = {reader: reader.pages for reader in at}
            until(lambda before=before: all(pages < reader.pages for reader, pages in before.items()))
        stage.site.kill_the_master()
    assert all(len(reader.failed) <= 3 for reader in at), "connections wait in the socket that systemd holds"


def test_a_reload_fails_nobody(stage):
    with stage.read() as (_through, at):
        old = set(stage.site.workers())
        stage.site.server.send_signal(signal.SIGHUP)
        until(lambda: not old & set(stage.site.workers()))
    assert [reader.failed for reader in at if reader.failed] == []


def test_the_worker_is_killed_while_it_prints(stage):
    with stage.read() as (_through, at):
        published = stage.publish()
        until(lambda: list((stage.disk.folder / "editions").glob("unfinished-*")) or stage.sees(published))
        stage.site.kill_the_worker()
        until(lambda: stage.sees(published))
        assert not list((stage.disk.folder / "editions").glob("unfinished-*"))
    assert [reader.failed for reader in at if reader.failed] == []


def test_the_database_is_stopped_and_everything_started_meanwhile(stage):
    with stage.read() as (_through, at):
        scheduled = stage.publish(seconds=OUTAGE)
        until(lambda: '"next_boundary": "' in stage.site.get("/statusz")[1])
        stage.database.stop()
        stage.site.kill_the_worker()
        stage.site.kill_the_master()
        until(lambda: stage.sees(scheduled))  # what was scheduled comes without the database
        status, headers, page = send(stage)
        assert (status, headers["retry-after"]) == (503, "120")
        assert b'<html lang="sv">' in page and b"aino@vm.example" in page
        status, headers, page = stage.nginx.get("/sv/hallinta/", Cookie="session=somebodys-session")
        assert (status, headers.get("retry-after")) == (503, "120"), page
        assert stage.nginx.get("/fi/ei-ole/")[0] == 404
        stage.database.start()
        published = stage.publish()
        until(lambda: stage.sees(published))
    assert all(len(reader.failed) <= 1 for reader in at)


def test_the_database_is_frozen(stage):
    with stage.read() as (_through, at):
        scheduled = stage.publish(seconds=OUTAGE)
        until(lambda: '"next_boundary": "' in stage.site.get("/statusz")[1])
        with stage.database.frozen():
            until(lambda: stage.sees(scheduled))
            status, headers, page = send(stage)
            assert (status, headers["retry-after"]) == (503, "120")
            assert b'<html lang="sv">' in page
        published = stage.publish()
        until(lambda: stage.sees(published))
    assert [reader.failed for reader in at if reader.failed] == []


def test_the_disk_is_full(stage):
    if not stage.disk.small:
        warnings.warn("no small disk could be mounted here: the full disk was left out", stacklevel=1)
        return
    with stage.read() as (_through, at):
        before = stage.newest
        with stage.disk.full():
            published = stage.publish()
            until(lambda: "No space left" in stage.site.get("/statusz")[1])
            stage.site.kill_the_worker()
            stage.site.kill_the_master()
            assert stage.sees(before)
        until(lambda: stage.sees(published))
        until(lambda: '"trouble": ""' in stage.site.get("/statusz")[1])
    assert all(len(reader.failed) <= 1 for reader in at)

"""Whatever breaks, readers read: gunicorn behind nginx with a PostgreSQL of the test's own, each in turn broken.

Some readers come through nginx, some straight to gunicorn, each page on a new connection. Through nginx no read may
fail; at gunicorn only what the killed process was answering. What comes must be a page of an edition in force.
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

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("press faults")]  # one site, broken in one process

NETWORK, FORM = "/fi/verkosto/", "/sv/natverk/anmal-dig/"
PATHS = (NETWORK, "/fi/", "/sv/opsi/", "/en/commitments/3/", "/fi/verkosto/liity/", "/robots.txt")
OUTAGE = 20  # seconds
PUBLISH = """
from datetime import timedelta
from django.utils import timezone
from website.pages.models import Page
from website.publishing import versions, workflow
page = Page.objects.get(pk="network")
page.title_fi = "Numero {number}"
workflow.save_draft(page)
workflow.publish([versions.latest_version(page)], starts={starts})
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
        self.nginx = None

    def start(self):
        self.site.prepare()
        self.publish(1)
        self.site.start()
        self.nginx = Nginx(self.site)
        for ask in (self.through_nginx, self.at_gunicorn):
            until(lambda ask=ask: number(ask(NETWORK)[1]) == 1)
        self.known = {path: plain(self.at_gunicorn(path)[1]) for path in PATHS}

    def publish(self, number, seconds=None):
        self.public_from[number] = time.time() + (seconds or 0)
        starts = f"timezone.now() + timedelta(seconds={seconds})" if seconds else None
        self.site.manage("shell", code=PUBLISH.format(number=number, starts=starts))

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
        self.over, self.pages, self.failed, self.wrong = threading.Event(), 0, [], []

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


def test_each_worker_in_turn_is_killed(stage):
    with stage.read() as (_through, at):
        for killed, pid in enumerate(stage.site.workers(), start=1):
            os.kill(pid, signal.SIGKILL)
            until(lambda pid=pid: pid not in stage.site.workers() and len(stage.site.workers()) == 2)
            assert all(len(reader.failed) <= killed for reader in at), "more than was being answered"
            before = {reader: reader.pages for reader in at}
            until(lambda before=before: all(pages < reader.pages for reader, pages in before.items()))
    assert all(len(reader.failed) <= 2 for reader in at)


def test_the_master_is_killed_and_started_anew(stage):
    with stage.read() as (_through, at):
        stage.site.kill_the_master()
    assert all(len(reader.failed) <= 1 for reader in at), "connections wait in the socket that systemd holds"


def test_a_reload_fails_nobody(stage):
    with stage.read() as (_through, at):
        old = set(stage.site.workers())
        stage.site.server.send_signal(signal.SIGHUP)
        until(lambda: not old & set(stage.site.workers()))
    assert [reader.failed for reader in at if reader.failed] == []


def test_the_database_is_stopped_and_gunicorn_started_meanwhile(stage):
    with stage.read() as (_through, at):
        stage.publish(2, seconds=OUTAGE)
        # Both workers know of it: they take turns to answer.
        until(lambda: all('"next_boundary": "' in stage.site.get("/statusz")[1] for _asked in range(10)))
        stage.database.stop()
        stopped = time.monotonic()
        until(lambda: stage.sees(2))  # what was scheduled comes without the database
        stage.site.kill_the_master()
        assert stage.sees(2)
        status, headers, page = send(stage)
        assert (status, headers["retry-after"]) == (503, "120")
        assert b'<html lang="sv">' in page and b"aino@vm.example" in page
        status, headers, page = stage.nginx.get("/sv/hallinta/", Cookie="session=somebodys-session")
        assert (status, headers.get("retry-after")) == (503, "120"), page
        assert b'<html lang="sv">' in page
        until(lambda: stage.nginx.get("/fi/ei-ole/")[0] == 404)  # 503 where gunicorn takes three seconds for it
        time.sleep(max(0, OUTAGE - (time.monotonic() - stopped)))
        stage.database.start()
        stage.publish(3)
        until(lambda: stage.sees(3))
    assert all(len(reader.failed) <= 1 for reader in at)


def test_the_database_is_frozen(stage):
    with stage.read() as (_through, at):
        with stage.database.frozen():
            frozen = time.monotonic()
            status, _headers, page = send(stage)
            assert status == 503 and b"aino@vm.example" in page
            time.sleep(max(0, OUTAGE - (time.monotonic() - frozen)))
        stage.publish(4)
        until(lambda: stage.sees(4))
    assert [reader.failed for reader in at if reader.failed] == []


def test_the_disk_is_full(stage):
    if not stage.disk.small:
        warnings.warn("no small disk could be mounted here: the full disk was left out", stacklevel=1)
        return
    with stage.read() as (_through, at):
        with stage.disk.full():
            stage.publish(5)
            until(lambda: stage.sees(5))
            until(lambda: "No space left" in stage.site.get("/statusz")[1])  # by the worker that has tried to write it
            stage.site.kill_the_master()
            until(lambda: stage.sees(5))  # nginx has the edition before it, for as long as gunicorn is silent
        # With room again it is written, and nothing is the matter any more.
        until(lambda: '"trouble": ""' in stage.site.get("/statusz")[1])
        current = stage.disk.folder / "editions/current/site/fi/verkosto/index.html"
        until(lambda: number(current.read_text()) == 5)
    assert all(len(reader.failed) <= 1 for reader in at)

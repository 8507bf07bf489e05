"""The press in real workers: editions move on by themselves, with and without a database."""

import http.client
import itertools
import os
import re
import signal
import threading
import time

import pytest

from tests.running import until

PUBLISH = """
from datetime import timedelta
from django.utils import timezone
from website.pages.models import Page
from website.publishing import versions, workflow
import time

def publish(key, title, seconds=None):
    page = Page.objects.get(pk=key)
    page.title_fi = title
    workflow.save_draft(page)
    workflow.publish([versions.latest_version(page)], starts=seconds and timezone.now() + timedelta(seconds=seconds))
"""


@pytest.fixture
def site(running):
    running.start()
    return running


def title(site, path="/fi/verkosto/"):
    return re.search(r"<h1[^>]*>([^<]*)", site.get(path)[1] + "<h1>nothing")[1]


class Reader(threading.Thread):
    """Reads on one kept connection, and so from one worker: a new connection begins a new list of what was read."""

    PATHS = ("/fi/verkosto/", "/fi/verkosto/liity/")

    def __init__(self, site):
        super().__init__()
        self.connection = http.client.HTTPConnection(site.url.removeprefix("http://"), timeout=60)
        self.over, self.read, self.mixed = threading.Event(), [], []

    def run(self):
        line = None
        for path in itertools.cycle(self.PATHS):
            if self.over.wait(0.04):  # readers who take the whole machine would only see fewer editions
                return
            try:
                self.connection.request("GET", path)
                if self.connection.sock is not line:
                    line = self.connection.sock
                    self.read.append([])
                page = self.connection.getresponse().read().decode()
            except http.client.IncompleteRead as cut_off:
                self.mixed.append(cut_off)
                continue
            except (OSError, http.client.HTTPException):
                self.connection.close()  # gunicorn ended it: nothing was asked here for two seconds
                continue
            # Both pages say both titles: the one in its headline, the other in what leads to it.
            found = set(re.findall(r"Numero (\d+)", page))
            if found or self.read[-1]:  # its worker may still be at the edition before the first of these
                self.mixed += [page] if len(found) != 1 else []
            self.read[-1] += map(int, found)


def test_an_edition_moves_on_and_never_back_while_readers_read(site):
    steps = 200
    step = """
pages = list(Page.objects.filter(key__in=["network", "join"]))
for number in range({first}, {last} + 1):
    for page in pages:
        page.title_fi = f"Numero {{number}}"
        workflow.save_draft(page)
    workflow.publish([versions.latest_version(page) for page in pages])
    time.sleep(0.05)
"""
    site.manage("shell", code=PUBLISH + step.format(first=0, last=0))
    until(lambda: title(site) == "Numero 0")
    readers = [Reader(site) for _reader in range(16)]
    for reader in readers:
        reader.start()
    site.manage("shell", code=PUBLISH + step.format(first=1, last=steps))
    until(lambda: all(reader.read[-1][-1:] == [steps] for reader in readers))
    for reader in readers:
        reader.over.set()
    for reader in readers:
        reader.join()
    assert [reader.mixed for reader in readers if reader.mixed] == []
    lists = [numbers for reader in readers for numbers in reader.read]
    assert [numbers for numbers in lists if numbers != sorted(numbers)] == []
    seen = {number for numbers in lists for number in numbers}
    assert len(seen) > 10, "hardly an edition was seen"


def test_a_worker_that_starts_without_a_database_serves_and_moves_on(site):
    asked = time.monotonic()
    site.manage("shell", code="")
    soon = 15 + round(8 * (time.monotonic() - asked))  # later where all that comes before it takes longer
    site.manage("shell", code=PUBLISH + f'publish("network", "Ajastettu", {soon})')
    # The edition that knows of it is printed.
    until(lambda: '"next_boundary": "' in site.get("/statusz")[1])
    site.take_database_away()
    for pid in site.workers():
        os.kill(pid, signal.SIGKILL)
    until(lambda: site.get("/fi/verkosto/")[0] == 200)
    assert title(site) != "Ajastettu"
    until(lambda: title(site) == "Ajastettu", seconds=soon + 25)
    status, _page = site.post("/sv/natverk/anmal-dig/", {"name": "Aino"})
    assert status in (422, 503)
    assert site.get("/fi/ei-ole/")[0] == 404


@pytest.mark.postgres
def test_connections_that_are_frozen_hold_no_reader_and_let_forms_go(site):
    """The database’s processes stand still: connections stay open, and nothing answers on them."""
    if not site.database_url:
        pytest.skip("on PostgreSQL")
    import psycopg

    form = {"name": "Aino", "email": "aino@example.fi", "organisation": "X", "organisation_type": "agency"}
    form |= {"language": "sv", "title": "Y", "description": "Z"}
    # The threads that will take forms have connections to be frozen.
    early = [threading.Thread(target=site.post, args=("/sv/natverk/anmal-dig/", form)) for _sender in range(24)]
    for sender in early:
        sender.start()
    for sender in early:
        sender.join()
    with psycopg.connect(site.database_url) as connection:
        (server,) = connection.execute("SELECT pg_backend_pid()").fetchone()
        name = connection.execute("SELECT current_database()").fetchone()[0]
        rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s AND pid <> %s", [name, server])
        frozen = [pid for (pid,) in rows.fetchall()]
    assert len(frozen) > 4
    answers = []
    try:
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)
        senders = [
            threading.Thread(target=lambda: answers.append(site.post("/sv/natverk/anmal-dig/", form)[0]))
            for _sender in range(24)
        ]
        for sender in senders:
            sender.start()
        assert all(site.get(path)[0] == 200 for path in ("/fi/", "/sv/opsi/", "/en/commitments/3/") * 10)
        for sender in senders:
            sender.join()
        assert len(answers) == 24
        assert set(answers) <= {200, 503}
    finally:
        for pid in frozen:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass
    until(lambda: '"database": true' in site.get("/statusz")[1])
    assert site.post("/sv/natverk/anmal-dig/", form)[0] == 200


def test_killed_workers_and_a_reload_cost_at_most_the_reads_in_flight(site):
    """Readers of gunicorn itself, without nginx: zero wrong pages, and it recovers without a hand."""
    stop, failed, wrong, read = threading.Event(), [], [], []

    def reading():
        while not stop.is_set():
            status, page = site.get("/fi/verkosto/")
            (read if status == 200 else failed).append(status)
            if status == 200 and "</html>" not in page:
                wrong.append(page)

    readers = [threading.Thread(target=reading) for _reader in range(4)]
    for reader in readers:
        reader.start()
    kills = 0
    for _round in range(2):
        for pid in site.workers():
            os.kill(pid, signal.SIGKILL)
            kills += 1
            until(lambda pid=pid: pid not in site.workers() and len(site.workers()) == 2)
            time.sleep(1)
    old, before = site.workers(), len(read)
    site.server.send_signal(signal.SIGHUP)
    until(lambda: not set(old) & set(site.workers()) and len(read) > before + 100)
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert len(read) > 100
    assert len(failed) <= kills * len(readers), failed
    assert set(failed) <= {0}

"""The press in real workers: editions move on by themselves, with and without a database."""

import http.client
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
from website.publishing import desk
import time

def publish(key, title, seconds=None):
    page = Page.objects.get(pk=key)
    page.title_fi = title
    desk.save_draft(page)
    desk.publish([desk.latest_version(page)], starts=seconds and timezone.now() + timedelta(seconds=seconds))
"""


@pytest.fixture
def site(running):
    running.manage("prepare")
    running.start()
    return running


def title(site, path="/fi/verkosto/"):
    return re.search(r"<h1[^>]*>([^<]*)", site.get(path)[1] + "<h1>nothing")[1]


def test_an_edition_moves_on_and_never_back_while_readers_read(site):
    """Each reader holds one connection, and so stays with one worker."""
    stop, steps, seen = threading.Event(), 20, []

    def read():
        host = site.url.removeprefix("http://")
        connection = http.client.HTTPConnection(host, timeout=20)
        # Each page by itself: the two are published one after the other, and an edition may fall in between.
        numbers = {"/fi/verkosto/": [], "/fi/verkosto/liity/": []}
        while not stop.is_set():
            for path, found_before in numbers.items():
                connection.request("GET", path)
                page = connection.getresponse().read().decode()
                # The network page says its title, the page that joins says it in its breadcrumb and title alike.
                found = {int(number) for number in re.findall(r"Numero (\d+)", page)}
                assert len(found) <= 1, "a page mixes two editions"
                found_before.extend(found)
        seen.extend(numbers.values())

    readers = [threading.Thread(target=read) for _reader in range(16)]
    for reader in readers:
        reader.start()
    code = (
        PUBLISH
        + f"""
for number in range(1, {steps} + 1):
    for key in ("network", "join"):
        publish(key, f"Numero {{number}}")
    time.sleep(0.2)
"""
    )
    site.manage("shell", code=code)
    until(lambda: title(site) == f"Numero {steps}")
    time.sleep(1)
    stop.set()
    for reader in readers:
        reader.join()
    assert len(seen) == 2 * 16
    for numbers in seen:
        assert numbers == sorted(numbers)
        assert numbers[-1] == steps


def test_a_worker_that_starts_without_a_database_serves_and_moves_on(site):
    site.manage("shell", code=PUBLISH + 'publish("network", "Ajastettu", 25)')
    # The edition that knows of it is printed.
    until(lambda: '"next_boundary": "' in site.get("/statusz")[1])
    site.take_database_away()
    for pid in site.workers():
        os.kill(pid, signal.SIGKILL)
    until(lambda: site.get("/fi/verkosto/")[0] == 200)
    assert title(site) != "Ajastettu"
    until(lambda: title(site) == "Ajastettu", seconds=50)
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
        started = time.monotonic()
        assert all(site.get(path)[0] == 200 for path in ("/fi/", "/sv/opsi/", "/en/commitments/3/") * 10)
        assert time.monotonic() - started < 5
        for sender in senders:
            sender.join(timeout=15)
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
            time.sleep(2)
    site.server.send_signal(signal.SIGHUP)
    time.sleep(4)
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert len(read) > 100
    assert len(failed) <= kills * len(readers), failed
    assert set(failed) <= {0}

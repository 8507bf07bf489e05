"""Two installations on one PostgreSQL, one with a wrong clock; and one installation behind a pooler."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.browser import missing
from tests.forms import FEEDBACK, FORM, REQUEST, WORDS
from tests.running import POSTGRESQL, ROOT, PostgreSQL, RunningSite, free_port, until

pytestmark = pytest.mark.postgres

AHEAD = 20  # seconds by which the clock of one host is wrong
PUBLISH = """
from datetime import timedelta
from website.pages.models import Page
from website.publishing import clock, versions, workflow
page = Page.objects.get(pk="network")
page.title_fi = "{title}"
workflow.save_draft(page)
starts = {seconds} and clock.synced_now() + timedelta(seconds={seconds})
workflow.publish([versions.latest_version(page)], starts=starts or None)
"""


class Cluster:
    """PostgreSQL with the roles of deploy/postgresql.sql and a prepared database, and hosts that share it."""

    def __init__(self, folder):
        self.folder, self.hosts = folder, []
        self.postgresql = PostgreSQL(folder)
        self.at = f"127.0.0.1:{self.postgresql.port}/innovaatiojulistus"
        psql = [POSTGRESQL / "psql", "--quiet", "--set=ON_ERROR_STOP=1", "--file=deploy/postgresql.sql"]
        psql += ["--set=owner_password=x", "--set=web_password=y", f"--dbname={self.postgresql.url}"]
        subprocess.run(psql, cwd=ROOT, check=True)
        self.as_owner(self.host("prepared"), lambda site: site.prepare())

    def host(self, name, at=None):
        site = RunningSite(self.folder / name, f"postgres://innovaatiojulistus_web:y@{at or self.at}")
        site.folder.mkdir()
        site.begin_like(self.hosts[0] if self.hosts else site)
        self.hosts.append(site)
        return site

    def as_owner(self, site, act):
        with_web = site.environment
        site.environment = with_web | {"DATABASE_URL": f"postgres://innovaatiojulistus_owner:x@{self.at}"}
        try:
            return act(site)
        finally:
            site.environment = with_web

    def remove(self):
        for site in self.hosts:
            site.stop()
        self.postgresql.remove()


@pytest.fixture(scope="module")
def cluster():
    if not POSTGRESQL.exists():
        missing("PostgreSQL 15")
    with tempfile.TemporaryDirectory(prefix="hosts-") as folder:
        Path(folder).chmod(0o755)
        cluster = Cluster(Path(folder))
        yield cluster
        cluster.remove()


def publish(site, title, seconds=0):
    site.manage("shell", "--verbosity=0", code=PUBLISH.format(title=title, seconds=seconds))


def reads(site, title):
    return f">{title}</h1>" in re.sub(r"\s*\n\s*", "", site.get("/fi/verkosto/")[1])


def mails_to(email, *sites):
    return [mail for site in {*sites} for mail in site.mails() if mail["To"] == email]


def join(first, second, email):
    """The form is sent on one host and confirmed on the other; whichever worker sends the mail."""
    assert first.post(FORM["sv"], REQUEST | {"email": email})[0] == 200
    until(lambda: mails_to(email, first, second))
    (mail,) = mails_to(email, first, second)
    path = re.search(r"^https?://[^/\s]+(/\S+/[\w-]{43}/)$", mail.get_content(), re.MULTILINE)[1]
    shown = re.findall(r'<button[^>]* name="shown" value="([^"]*)"', second.get(path)[1])
    assert second.post(path, {"shown": shown})[0] == 200
    assert second.manage("shell", "--verbosity=0", code=STATE.format(email=email)).split() == ["waiting"]


STATE = 'from network.models import JoinRequest\nprint(JoinRequest.objects.get(email="{email}").state)'


@pytest.mark.parametrize("mode", ["session", "transaction"])
def test_forms_mails_and_publications_go_through_a_pooler(cluster, mode):
    if not shutil.which("pgbouncer"):
        missing("pgbouncer")
    folder, port = cluster.folder / f"pooler-{mode}", free_port()
    folder.mkdir()
    server = cluster.postgresql.port
    (folder / "users").write_text('"innovaatiojulistus_web" "y"\n')
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\ninnovaatiojulistus = host=127.0.0.1 port={server}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = plain\nauth_file = {folder}/users\npool_mode = {mode}\ndefault_pool_size = 20\n"
    )
    for path in (folder, *folder.iterdir()):
        shutil.chown(path, "postgres")
    as_postgres = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    command = [*as_postgres, "pgbouncer", "--quiet", str(folder / "pgbouncer.ini")]
    with (folder / "log").open("wb") as log:
        pooler = subprocess.Popen(command, stderr=log)
    site = cluster.host(f"behind-{mode}", f"127.0.0.1:{port}/innovaatiojulistus")
    try:
        site.start()
        join(site, site, f"{mode}@example.fi")
        answered = site.post(FEEDBACK["en"], WORDS | {"email": f"words-{mode}@example.fi"})
        assert answered[0] == 200
        until(lambda: mails_to(f"words-{mode}@example.fi", site))
        publish(site, f"Yhteisvaraaja {mode}")
        until(lambda: reads(site, f"Yhteisvaraaja {mode}"))
        limits = site.manage("shell", "--verbosity=0", code=LIMITS).split()
        assert limits == ["5s", "4s", "10s"]
    finally:
        site.stop()
        pooler.terminate()
        pooler.wait(60)


LIMITS = """
from django.db import connection
with connection.cursor() as cursor:
    for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        cursor.execute(f"SHOW {name}")
        print(cursor.fetchone()[0])
"""


def stop_or_go(site, number):
    for pid in (site.worker.pid, site.server.pid, *site.workers()):
        os.kill(pid, number)


def test_two_hosts_share_one_database(cluster):
    faketime = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None) or missing("faketime")
    right, fast = cluster.host("right"), cluster.host("fast")
    fast.environment |= {"LD_PRELOAD": str(faketime), "FAKETIME": f"+{AHEAD}s", "NO_FAKE_STAT": "1"}
    # libfaketime breaks waiting for an event with this one, and sleeping without it: the worker waits, gunicorn sleeps.
    as_it_is, fast.environment = fast.environment, fast.environment | {"FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    fast.start_worker()
    fast.environment = as_it_is
    for site in (right, fast):
        site.start()
    until(lambda: abs(json.loads(fast.get("/statusz")[1])["clock_offset_seconds"] + AHEAD) < 1)

    # What is published last is read on both, whichever host it came from.
    publish(fast, "Nopealta")
    until(lambda: reads(right, "Nopealta") and reads(fast, "Nopealta"))
    publish(right, "Oikealta")
    until(lambda: reads(right, "Oikealta") and reads(fast, "Oikealta"))
    publish(fast, "Ajastettu", seconds=5)
    until(lambda: reads(right, "Ajastettu"))
    until(lambda: reads(fast, "Ajastettu"))

    join(right, fast, "right@example.fi")
    join(fast, right, "fast@example.fi")

    # One host stands still: the other prints, takes forms and sends mail.
    stop_or_go(fast, signal.SIGSTOP)
    publish(right, "Pysähtynyt")
    until(lambda: reads(right, "Pysähtynyt"))
    join(right, right, "alone@example.fi")
    stop_or_go(fast, signal.SIGCONT)
    until(lambda: reads(fast, "Pysähtynyt"))

    # The next release's migrations add to the tables while this one runs on the other host.
    cluster.as_owner(right, lambda site: site.manage("shell", "--verbosity=0", code=NEXT_RELEASE))
    right.manage("prepare")  # as on the second host of a release: with nothing left to migrate the web role can
    join(fast, fast, "migrated@example.fi")
    publish(fast, "Siirretty")
    until(lambda: reads(right, "Siirretty") and reads(fast, "Siirretty"))


NEXT_RELEASE = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("ALTER TABLE network_joinrequest ADD COLUMN added_later text NOT NULL DEFAULT ''")
    cursor.execute("CREATE TABLE added_later (id bigint PRIMARY KEY)")
"""

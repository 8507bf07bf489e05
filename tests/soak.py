"""`make soak`: the forms under everything that can break. Nothing that was thanked for may be lost or doubled.

Posts to both forms without a pause while gunicorn's workers and master and a mail worker are killed (-9), one of two
mail workers is frozen and thawed, PostgreSQL is stopped, killed, frozen, read-only and without disk space, and the mail
server is down, slow, hangs, refuses or cuts the line after a mail. Whoever is refused must get a page with everything
typed and sends it again, as a person would.
"""

import contextlib
import http.client
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections import Counter
from pathlib import Path

import psycopg

from tests.mailserver import MailServer
from tests.running import ROOT, PostgreSQL, RunningSite, until

JOIN, FEEDBACK = "/sv/natverk/anmal-dig/", "/en/feedback/"


class FaultRun:
    def __init__(self, folder):
        self.database, self.mail = PostgreSQL(folder), MailServer()
        (folder / "var").mkdir()
        self.site = RunningSite(folder / "var", self.database.url)
        self.site.environment |= {
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(self.mail.port),
            "DEFAULT_FROM_EMAIL": "site@vm.example",
            "MAIL_RETRY_SECONDS": "6",
            "REQUESTS_PER_SITE_PER_HOUR": "100000000",
        }
        self.workers, self.stops = [], []
        self.counts, self.thanked, self.over = Counter(), set(), threading.Event()
        self.lock = threading.Lock()

    def start(self):
        self.site.prepare()
        self.site.start()
        # The second is another host's: it has a directory of its own.
        second = self.site.environment | {"VAR_DIR": str(self.site.folder / "second")}
        self.workers = [(self.site.worker, self.site.environment), (self.start_worker(second), second)]

    def start_worker(self, environment):
        return subprocess.Popen(
            [sys.executable, "manage.py", "worker"], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
        )

    # --- What breaks ---------------------------------------------------------------------------------------------
    def kill_a_worker(self):
        for pid in self.site.workers()[:1]:
            os.kill(pid, signal.SIGKILL)

    def kill_a_mail_worker(self):
        worker, environment = self.workers.pop(0)
        self.stops.append(time.monotonic())
        worker.kill()
        worker.wait()
        self.workers.append((self.start_worker(environment), environment))

    def freeze_a_mail_worker(self):
        """For longer than its claim lasts, at any moment of its work."""
        worker, _environment = random.choice(self.workers)
        self.stops.append(time.monotonic())
        worker.send_signal(signal.SIGSTOP)
        time.sleep(20)
        self.stops.append(time.monotonic())
        worker.send_signal(signal.SIGCONT)

    def make_the_database_read_only(self):
        self.tell_the_database("SET default_transaction_read_only = on")
        time.sleep(8)
        self.tell_the_database("RESET default_transaction_read_only")

    def tell_the_database(self, switch):
        """And ends the connections that were made before."""
        with psycopg.connect(self.database.url, autocommit=True) as admin:
            admin.execute("SET default_transaction_read_only = off")
            admin.execute(f"ALTER DATABASE postgres {switch}")
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            admin.execute(f"{others} AND backend_type = 'client backend'")

    def stop_the_database(self):
        self.database.stop()
        time.sleep(1)
        self.database.start()

    def kill_the_database(self):
        self.database.kill()
        time.sleep(1)
        self.database.start()

    def freeze_the_database(self):
        with self.database.frozen():
            time.sleep(2)

    def fill_the_disk(self):
        if not self.database.disk.small:
            print("no small disk could be mounted: the full disk was left out")
            return
        with self.database.disk_full():
            time.sleep(2)

    def misbehave(self, mode):
        self.mail.mode = mode
        time.sleep(1.5)
        self.mail.mode = "fine"

    def round(self):
        for trouble in (
            self.kill_a_worker,
            self.stop_the_database,
            *(lambda mode=mode: self.misbehave(mode) for mode in MailServer.MODES),
            self.kill_a_mail_worker,
            self.freeze_a_mail_worker,
            self.make_the_database_read_only,
            self.freeze_the_database,
            self.kill_the_database,
            self.site.kill_the_master,
            self.fill_the_disk,
        ):
            trouble()
            time.sleep(0.5)

    # --- People who write ----------------------------------------------------------------------------------------
    def person(self, number):
        """Sends forms one after another; what is refused is sent again until it is thanked for."""
        sent = 0
        while not self.over.is_set():
            sent += 1
            name = f"person{number}x{sent}"
            common = {"name": name, "email": f"{name}@vm.example"}
            if sent % 2:
                path, fields = (
                    JOIN,
                    common | {"organisation": "Virasto", "organisation_type": "agency", "language": "sv"},
                )
            else:
                path, fields = FEEDBACK, common | {"kind": "other", "message": f"Viesti {name}"}
            self.send(path, fields, name)

    def send(self, path, fields, name):
        for _attempt in range(200):
            status, page = self.post(path, fields)
            with self.lock:
                self.counts["posts"] += 1
                self.counts[{303: "thanked", 503: "refused", 0: "cut off"}.get(status, f"answered {status}")] += 1
                if status == 303:
                    self.thanked.add(f"{name}@vm.example")
                    return
                if status == 503 and not (fields["email"] in page and "<button" in page):
                    self.counts["refused without what was typed"] += 1
            time.sleep(0.3)
        self.counts["given up"] += 1

    def post(self, path, fields):
        address = urllib.parse.urlsplit(self.site.url)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
        try:
            connection.request(
                "POST", path, urllib.parse.urlencode(fields), {"Content-Type": "application/x-www-form-urlencoded"}
            )
            response = connection.getresponse()
            return response.status, response.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    # --- What is left --------------------------------------------------------------------------------------------
    def stored(self):
        code = """
from contacts.models import Message
from network.models import JoinRequest
for row in [*JoinRequest.objects.all(), *Message.objects.all()]: print("row", row.normalised_email)
"""
        return Counter(
            line.split()[1] for line in self.site.manage("shell", code=code).splitlines() if line.startswith("row")
        )

    def mailed(self):
        return {recipient for taken in self.mail.taken for recipient in taken.recipients}

    def refused(self):
        """Addresses that were refused for good, while the mail server did so to everybody."""
        return set(self.mail.refused)

    def doubles(self):
        """Mails that came again: their sender was stopped or cut between DATA and record, or for another reason."""
        times = {}
        for taken in self.mail.taken:
            times.setdefault(taken.message_id, []).append(taken)
        counts = Counter({"doubled mails: stopped or cut after DATA": 0, "doubled mails: other": 0})
        for same in times.values():
            stopped = any(taken.cut or self.stopped_near(taken.at) for taken in same)
            counts[f"doubled mails: {'stopped or cut after DATA' if stopped else 'other'}"] += len(same) - 1
        return dict(counts)

    def stopped_near(self, moment):
        return any(-2 < stop - moment < 5 for stop in self.stops)

    def run(self, rounds=1, people=4):
        self.start()
        crowd = [threading.Thread(target=self.person, args=(number,)) for number in range(people)]
        for person in crowd:
            person.start()
        for _round in range(rounds):
            self.round()
        self.over.set()
        for person in crowd:
            person.join()
        with contextlib.suppress(AssertionError):
            until(lambda: self.thanked <= self.mailed() | self.refused(), seconds=60 + 30 * rounds)
        stored = self.stored()
        return {
            **dict(sorted(self.counts.items())),
            "people thanked": len(self.thanked),
            "stored": len(stored),
            "mailed": len(self.thanked & self.mailed()),
            "refused by the mail server": len(self.thanked & self.refused()),
            "lost": len(self.thanked - set(stored)),
            "never mailed": len(self.thanked - self.mailed() - self.refused()),
            **self.doubles(),
            "doubled rows": sum(count - 1 for count in stored.values()),
        }

    def end(self):
        for process in (*(worker for worker, _environment in self.workers), self.site.server):
            if process and process.poll() is None:
                process.terminate()
                process.wait(timeout=30)
        self.mail.close()
        self.database.remove()


def timing(run, tries=200):
    """How long known and unknown addresses take, in turn: AUC 0.5 is what nobody can tell apart."""
    run.start()
    fields = {"name": "x", "organisation": "Virasto", "organisation_type": "agency", "language": "sv"}
    for number in range(tries):
        run.post(JOIN, fields | {"email": f"known{number}@vm.example"})
    run.site.manage("shell", code="from network.models import JoinRequest\nJoinRequest.objects.update(state='member')")
    took = {"known": [], "new": []}
    for number in range(tries):
        for kind in sorted(took, key=lambda kind: (number + len(kind)) % 2):  # each is first every second time
            began = time.perf_counter()
            assert run.post(JOIN, fields | {"email": f"{kind}{number}@vm.example"})[0] == 303
            took[kind].append(time.perf_counter() - began)
    higher = sum((a > b) + (a == b) / 2 for a in took["known"] for b in took["new"])
    return {
        "known address, median µs": round(1e6 * statistics.median(took["known"])),
        "new address, median µs": round(1e6 * statistics.median(took["new"])),
        "AUC in thousandths": round(1000 * higher / tries**2),
    }


def with_fresh_site(what):
    """A site and a database for one trial, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        Path(folder).chmod(0o755)
        site = FaultRun(Path(folder))
        try:
            return what(site)
        finally:
            site.end()


def run_faults(rounds):
    """One run from its beginning to its end: the numbers it left."""
    return with_fresh_site(lambda site: site.run(rounds))


if __name__ == "__main__":
    numbers = with_fresh_site(timing) | run_faults(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
    for what, number in numbers.items():
        print(f"{what:35}{number:8}")
    sys.exit(any(numbers[what] for what in ("lost", "never mailed", "doubled rows", "doubled mails: other")))

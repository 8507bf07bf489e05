"""`make bench`: what a page costs, as ratios, side by side in one run.

CPU time per request is that of gunicorn's workers, asked in turns over kept connections, so that a busy moment of the
machine falls on all of them. Milliseconds depend on the machine; the ratios much less.
"""

import http.client
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.running import ROOT, RunningSite, free_port, until

ROUNDS, REQUESTS = 9, 300

#: A plain WSGI function that gives the status, headers and body recorded from the press, for what was asked.
PLAIN = """
import json, base64
told = {{tuple(key): (status, [tuple(h) for h in headers], base64.b64decode(body))
        for key, status, headers, body in json.load(open({answers!r}))}}
def application(environ, start_response):
    key = environ.get("HTTP_ACCEPT_ENCODING", "identity"), "HTTP_IF_NONE_MATCH" in environ
    status, headers, body = told[key]
    start_response(status, headers[:])
    return [body]
"""
#: The site without its press: each page from the database.
WITHOUT = (
    "from website.wsgi import content_type_guard, django, head_like_get\napplication = content_type_guard(django)\n"
)


class Server:
    """gunicorn with one worker and one WSGI callable."""

    def __init__(self, site, module, folder=ROOT, press=True):
        self.port = free_port()
        config = ROOT / "deploy/gunicorn.conf.py"
        if not press:
            config = Path(site.folder) / "plain.conf.py"
            config.write_text('worker_class = "gthread"\nthreads = 8\ncontrol_socket_disable = True\n')
        command = [sys.executable, "-m", "gunicorn", module, "--config", str(config), "--workers", "1"]
        command += ["--bind", f"127.0.0.1:{self.port}", "--log-level", "critical", "--pythonpath", str(folder)]
        self.started = time.perf_counter()
        self.process = subprocess.Popen(command, cwd=ROOT, env=site.environment)
        self.host = site.url.removeprefix("http://")
        until(lambda: self.answers(), seconds=60)
        self.first_page = time.perf_counter() - self.started

    def answers(self):
        try:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            return self.ask()[0] == 200
        except OSError:
            return False

    def ask(self, **headers):
        self.connection.request("GET", "/fi/", headers={"Host": self.host} | headers)
        response = self.connection.getresponse()
        return response.status, response.getheaders(), response.read()

    @property
    def worker(self):
        return int(Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()[0])

    def cpu(self):
        """Seconds, to the nanosecond, of all threads of the worker."""
        threads = Path(f"/proc/{self.worker}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9

    def memory(self):
        lines = Path(f"/proc/{self.worker}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024

    def rest(self, seconds=3):
        """What the worker does by itself (it asks the serial) is no reader's cost."""
        time.sleep(1)
        before, started = self.cpu(), time.perf_counter()
        time.sleep(seconds)
        self.idle = (self.cpu() - before) / (time.perf_counter() - started)

    def cost(self, requests, **headers):
        """CPU seconds of the worker per request."""
        self.answers()  # a new connection: gunicorn closes one that has been idle
        before, started = self.cpu(), time.perf_counter()
        for _request in range(requests):
            self.ask(**headers)
        return (self.cpu() - before - self.idle * (time.perf_counter() - started)) / requests

    def stop(self):
        self.process.terminate()
        self.process.wait()


def main():
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        site = RunningSite(folder)
        site.manage("prepare")
        press = Server(site, "website.wsgi")
        Path(folder, "without.py").write_text(WITHOUT)
        without = Server(site, "without", folder, press=False)
        press.answers()
        _status, headers, _body = press.ask(**{"Accept-Encoding": "br"})
        tag = dict(headers)["ETag"]
        variants = {
            "200 plain": {},
            "200 brotli": {"Accept-Encoding": "br"},
            "304": {"Accept-Encoding": "br", "If-None-Match": tag},
        }
        plain = plain_server(site, press, variants)
        measure(press, plain, without, variants)
        print(f"memory: {press.memory():.0f} MB with the press, {without.memory():.0f} MB without")
        print(f"first page after start: {press.first_page:.2f} s with the press, {without.first_page:.2f} s without")
        for server in (press, plain, without):
            server.stop()
        printing(site)


def plain_server(site, press, variants):
    import base64
    import json

    by_gunicorn = {"server", "date", "connection", "transfer-encoding"}
    answers = []
    press.answers()
    for asked in variants.values():
        status, headers, body = press.ask(**asked)
        kept = [pair for pair in headers if pair[0].lower() not in by_gunicorn]
        phrase = {200: "200 OK", 304: "304 Not Modified"}[status]
        key = [asked.get("Accept-Encoding", "identity"), "If-None-Match" in asked]
        answers.append([key, phrase, kept, base64.b64encode(body).decode()])
    file = Path(site.folder) / "answers.json"
    file.write_text(json.dumps(answers))
    (Path(site.folder) / "plain_wsgi.py").write_text(PLAIN.format(answers=str(file)))
    return Server(site, "plain_wsgi", site.folder, press=False)


def measure(press, plain, without, variants):
    for server in (press, plain, without):
        server.rest()
    print(f"a worker of the press at rest: {press.idle * 1000:.1f} ms of CPU a second")
    for name, headers in variants.items():
        costs = {server: [] for server in (press, plain, without)}
        for _round in range(ROUNDS):
            for server, requests in ((press, REQUESTS), (plain, REQUESTS), (without, REQUESTS // 10)):
                costs[server].append(server.cost(requests, **headers))
        ours, theirs, django = (statistics.median(costs[server]) * 1e6 for server in (press, plain, without))
        print(
            f"{name:10} {ours:6.0f} µs printed  {theirs:6.0f} µs plain WSGI  {django:6.0f} µs Django"
            f"   {ours / theirs:5.2f} x plain   1/{django / ours:.0f} of Django"
        )


def printing(site):
    code = """
import time
from website.press import printing
from website.publishing.edition import Edition
edition = Edition.load()
printing.print_pages(edition)
for pages in (60, 180):
    times = []
    for _round in range(5):
        started, printed = time.process_time(), 0
        while printed < pages:
            printed += len(printing.print_pages(edition))
        times.append((time.process_time() - started) * pages / printed)
    print(f"printing {pages} pages: {sorted(times)[2]:.2f} s of CPU")
"""
    print(site.manage("shell", "-v0", code=code), end="")


if __name__ == "__main__":
    main()

"""`make bench`: what a page and an edition cost, side by side in one run, as ratios beside their limits.

CPU time per request is that of the server's worker, asked in turns over kept connections, so that a busy moment of the
machine falls on all of them; medians of the turns. Milliseconds depend on the machine, the ratios much less. One core
answers one request per that time when it has nothing else to do, so a throughput is compared as its inverse.
"""

import base64
import http.client
import json
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

from tests.running import ROOT, Nginx, RunningSite, free_port

TURNS, REQUESTS = 9, 300
STARTS, PUBLICATIONS = 7, 9

#: A plain WSGI function that gives the status, headers and body recorded from the site, for what was asked.
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
#: The site without its printed directory: each page from the database.
WITHOUT = "from website.wsgi import content_type_guard, django\napplication = content_type_guard(django)\n"
#: What `django-admin startproject` makes, with one page.
BARE = """
from bare.wsgi import application
from bare.urls import urlpatterns
from django.http import HttpResponse
from django.urls import path
urlpatterns.append(path("fi/", lambda request: HttpResponse("Hello")))
"""
GUNICORN = 'worker_class = "gthread"\nthreads = 8\ncontrol_socket_disable = True\n'

missed = []


def compare(what, value, limit, unit="", detail="", least=False):
    """One line: the figure, the most (or least) it may be, and what it was made of."""
    held = value >= limit if least else value <= limit
    missed.extend([] if held else [what])
    bound = f"at {'least' if least else 'most'} {limit:g}{unit}"
    print(f"{what:58}{value:8.3f}{unit:3}  {bound:16}{'holds' if held else 'DOES NOT HOLD':14}{detail}", flush=True)


def cpu(pid):
    """Seconds, to the nanosecond, of all threads of a process."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Server:
    """gunicorn with one worker and one WSGI callable; `first_page` is how many seconds it took to answer."""

    def __init__(self, site, module, folder=ROOT, as_deployed=True):
        self.port, self.host = free_port(), site.url.removeprefix("http://")
        config = ROOT / "deploy/gunicorn.conf.py"
        if not as_deployed:
            config = Path(site.folder) / "plain.conf.py"
            config.write_text(GUNICORN)
        command = [sys.executable, "-m", "gunicorn", module, "--config", str(config), "--workers", "1"]
        command += ["--bind", f"127.0.0.1:{self.port}", "--log-level", "critical", "--pythonpath", str(folder)]
        environment = site.environment | ({"DJANGO_SETTINGS_MODULE": "bare.settings"} if module == "bare_site" else {})
        started = time.perf_counter()
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment)
        while not self.answers():
            assert self.process.poll() is None, f"{module} does not start"
            time.sleep(0.01)
        self.first_page = time.perf_counter() - started
        self.idle = 0

    def answers(self):
        try:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            return self.ask()[0] == 200
        except OSError:
            return False

    def ask(self, **headers):
        self.connection.request("GET", "/fi/", headers={"Host": self.host} | headers)
        response = self.connection.getresponse()
        return response.status, response.getheaders(), response.read()

    @property
    def worker(self):
        return children(self.process.pid)[0]

    def memory(self):
        lines = Path(f"/proc/{self.worker}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024

    def rest(self, seconds=3):
        """What the process does by itself is no reader's cost."""
        time.sleep(1)
        before, started = cpu(self.worker), time.perf_counter()
        time.sleep(seconds)
        self.idle = (cpu(self.worker) - before) / (time.perf_counter() - started)

    def cost(self, requests, **headers):
        """CPU seconds of the worker per request."""
        self.answers()  # a new connection: gunicorn closes one that has been idle
        before, started = cpu(self.worker), time.perf_counter()
        for _request in range(requests):
            self.ask(**headers)
        return (cpu(self.worker) - before - self.idle * (time.perf_counter() - started)) / requests

    def stop(self):
        self.process.terminate()
        self.process.wait()


# --- Under gunicorn -------------------------------------------------------------------------------------------------


def plain_server(site, printed, variants):
    by_gunicorn = {"server", "date", "connection", "transfer-encoding"}
    answers = []
    printed.answers()
    for asked in variants.values():
        status, headers, body = printed.ask(**asked)
        kept = [pair for pair in headers if pair[0].lower() not in by_gunicorn]
        phrase = {200: "200 OK", 304: "304 Not Modified"}[status]
        key = [asked.get("Accept-Encoding", "identity"), "If-None-Match" in asked]
        answers.append([key, phrase, kept, base64.b64encode(body).decode()])
    file = Path(site.folder) / "answers.json"
    file.write_text(json.dumps(answers))
    (Path(site.folder) / "plain_wsgi.py").write_text(PLAIN.format(answers=str(file)))
    return Server(site, "plain_wsgi", site.folder, as_deployed=False)


def requests(printed, plain, without, variants):
    for server in (printed, plain, without):
        server.rest()
    for name, headers in variants.items():
        costs = {server: [] for server in (printed, plain, without)}
        for _turn in range(TURNS):
            for server, number in ((printed, REQUESTS), (plain, REQUESTS), (without, REQUESTS // 10)):
                costs[server].append(server.cost(number, **headers))
        ours, theirs, django = (statistics.median(costs[server]) * 1e6 for server in (printed, plain, without))
        detail = f"{ours:.0f} µs, {theirs:.0f} µs, Django {django:.0f} µs"
        # The second line behind nginx, by WhiteNoise: it reads a file where the plain function has bytes in memory.
        compare(f"printed page, times a plain WSGI function: {name}", ours / theirs, 2, detail=detail)
        compare(f"printed page, part of Django's from the database: {name}", ours / django, 0.1)
    print(f"{'a web process at rest':58}{printed.idle * 1000:8.2f} ms of CPU a second")


def starts(site):
    """The same start in turns: the site, a bare project, and what each holds in memory then."""
    took, held = {}, {}
    for _turn in range(STARTS):
        for module, folder in (("website.wsgi", ROOT), ("without", site.folder), ("bare_site", site.folder)):
            server = Server(site, module, folder, as_deployed=module == "website.wsgi")
            took.setdefault(module, []).append(server.first_page)
            time.sleep(1.5)  # what it does by itself after the first page
            held.setdefault(module, []).append(server.memory())
            server.stop()
    ours, without, bare = (statistics.median(times) for times in took.values())
    detail = f"{ours:.2f} s, {bare:.2f} s; without the directory {without:.2f} s"
    compare("first page after a start, above a bare Django project", ours - bare, 0.6, " s", detail)
    ours, without, bare = (statistics.median(sizes) for sizes in held.values())
    detail = f"{ours:.0f} MB, {bare:.0f} MB; without the directory {without:.0f} MB"
    compare("memory of a worker, above a bare Django project, idle", ours - bare, 20, " MB", detail)


# --- Through nginx --------------------------------------------------------------------------------------------------


class Line:
    """One kept connection to an nginx with one worker."""

    REQUEST = "GET /fi/ HTTP/1.1\r\nHost: {}\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n\r\n"

    def __init__(self, nginx):
        self.worker = next(
            pid for pid in children(nginx.process.pid) if b"worker process" in Path(f"/proc/{pid}/cmdline").read_bytes()
        )
        self.line = socket.create_connection(("127.0.0.1", nginx.port))
        self.request = self.REQUEST.format(urllib.parse.urlsplit(nginx.site.url).netloc).encode()
        head, _, body = self.answer().partition(b"\r\n\r\n")
        self.head = {line.split(b":")[0].lower(): line for line in head.split(b"\r\n")[1:]}
        assert head.startswith(b"HTTP/1.1 200 ") and self.head[b"content-encoding"].endswith(b"br"), head
        self.length = len(head) + 4 + len(body)

    def answer(self):
        self.line.sendall(self.request)
        time.sleep(0.2)
        return self.line.recv(1_000_000)

    def cost(self, number):
        """CPU seconds of nginx's worker per request."""
        before = cpu(self.worker)
        for _request in range(number):
            self.line.sendall(self.request)
            left = self.length
            while left > 0:
                left -= len(self.line.recv(65536))
        return (cpu(self.worker) - before) / number


def through_nginx(site):
    deployed = Nginx(site)
    told = Line(deployed).head
    # Of the answer as deployed what a file does not have by itself: the same headers, said for this file.
    own = (b"date", b"server", b"connection", b"content-length", b"content-encoding", b"etag", b"content-type")
    own += (b"accept-ranges", b"last-modified", b"transfer-encoding", b"vary", b"keep-alive")
    said = [line.decode().split(": ", 1) for name, line in told.items() if name not in own]
    headers = "".join(f'add_header {name} "{value}";\n' for name, value in said)
    file = f"""
server {{
    listen 127.0.0.1:PORT; root {site.folder}/editions/current/site; index index.html;
    access_log {site.folder}/access.log; server_tokens off; charset utf-8;
    brotli_static on; gzip_static on; gzip_vary on;
    {headers}
}}"""
    plain = Nginx(site, "file", lambda text, port: file.replace("PORT", str(port)))
    servers = deployed, plain
    try:
        costs = {server: [] for server in servers}
        for _turn in range(TURNS):
            for server in servers:
                line = Line(server)
                line.cost(300)
                costs[server].append(line.cost(600))
        ours, least = (statistics.median(costs[server]) * 1e6 for server in servers)
        detail = f"nginx {ours:.1f} µs, the file {least:.1f} µs"
        compare("nginx as deployed, times nginx serving the same file", least / ours, 0.95, "", detail, least=True)
        assert set(Line(deployed).head) - set(own) == set(Line(plain).head) - set(own)
    finally:
        for server in servers:
            server.stop()


# --- An edition -----------------------------------------------------------------------------------------------------


def publications(site, nginx):
    """Seconds from the commit of a publication until ten reads one after another through nginx show it."""
    code = """
import sys, time
from website.pages.models import Page
from website.publishing import versions, workflow
page = Page.objects.get(pk="network")
while number := sys.stdin.readline().strip():
    page.title_fi = f"Numero {number}"
    workflow.save_draft(page)
    workflow.publish([versions.latest_version(page)])
    print(time.time(), flush=True)
"""
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", code]
    editor = subprocess.Popen(
        command, cwd=ROOT, env=site.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    took = []
    for number in range(PUBLICATIONS):
        time.sleep(0.37 * number % 1)  # at no fixed moment between two looks at the serial
        editor.stdin.write(f"{number}\n")
        editor.stdin.flush()
        committed, shown = float(editor.stdout.readline()), 0
        while shown < 10:
            shown = shown + 1 if f"Numero {number}<" in nginx.get("/fi/verkosto/")[2].decode() else 0
            time.sleep(0.005)
        took.append(time.time() - committed)
    editor.stdin.close()
    editor.wait()
    compare("publication to visible through nginx", statistics.median(took), 1.5, " s", f"worst {max(took):.2f} s")


def printing(site):
    code = """
import tempfile, time
from pathlib import Path
from website.prerender import render
from website.publishing.edition import Edition
edition = Edition.load()
render.render(edition)
for pages in (60, 180):
    times = []
    for _turn in range(5):
        with tempfile.TemporaryDirectory() as folder:
            started, printed = time.process_time(), 0
            while printed < pages:
                finished = render.render(edition)
                render.write(Path(folder), finished)
                printed += len(finished)
            times.append((time.process_time() - started) * pages / printed)
    print(sorted(times)[2])
"""
    sixty, many = map(float, site.manage("shell", "-v0", code=code).split())
    compare("printing and writing 60 pages, of one core", sixty, 0.4, " s")
    compare("printing and writing 180 pages, of one core", many, 1.2, " s")


#: Prints what pages of the admin cost a publisher, in CPU seconds: the least of some requests each.
DESK = """
import time
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from django.test.utils import setup_test_environment, teardown_test_environment
from tests.admin_pages import filled_in
from website.prerender import serve
settings.ALLOWED_HOSTS = ["testserver"]
client = Client()
client.force_login(get_user_model().objects.get(username="publisher"))
change, search = "/fi/hallinta/declaration/commitment/3/change/", "/fi/hallinta/publishing/publication/search/"
setup_test_environment()  # which tells what forms hold
typed = filled_in(client, change) | {"_preview": "fi"}
teardown_test_environment()
asked = {
    "home": lambda: client.get("/fi/hallinta/"),
    "form": lambda: client.get(change),
    "search": lambda: client.post(search, {"q": "kumppanuuksia"}, follow=True),
    "preview": lambda: client.post(change, typed),
    "page": lambda: client.get("/fi/sitoumukset/3/"),
}
serve.current = lambda: None  # nothing is printed: the page is made from the database

for name, ask in asked.items():
    times = []
    for _turn in range(5):
        started = time.process_time()
        answer = ask()
        times.append(time.process_time() - started)
        assert answer.status_code == 200, (name, answer.status_code)
    print(name, min(times))
"""
#: Makes 360 things more, each in three languages: 36 are scheduled alone, 36 have a draft that is not public.
MORE = """
from datetime import timedelta
from django.utils import timezone
from opsi.models import Resource
from website.publishing import versions, workflow
soon, resources = timezone.now() + timedelta(days=3), []
for thing in [*Resource.objects.order_by("pk")[:12]] * 30:
    thing.pk, thing._state.adding, thing.translated_from = None, True, {}
    workflow.save_draft(thing)
    resources.append(versions.latest_version(thing))
workflow.publish(resources[:324])
workflow.publish(resources[324:], starts=soon)
for thing in Resource.objects.order_by("-pk")[36:72]:
    thing.title_fi += " (uusi)"
    workflow.save_draft(thing)
"""


def desk(few):
    """What the admin's pages cost with ten times as many things, and a preview beside the page that it shows."""
    with tempfile.TemporaryDirectory(prefix="bench-desk-") as folder:
        many = RunningSite(folder)
        many.prepare("--accounts")
        many.manage("shell", "-v0", code=MORE)
        turns = [[costs(site) for site in (few, many)] for _turn in range(3)]
    for name in ("home", "form", "search"):
        at_40, at_400 = (min(turn[place][name] for turn in turns) for place in (0, 1))
        detail = f"{1000 * at_40:.0f} and {1000 * at_400:.0f} ms"
        compare(f"{name} of the admin at 400 things / at 40", at_400 / at_40, 3, detail=detail)
    preview, page = (min(turn[0][name] for turn in turns) for name in ("preview", "page"))
    detail = f"{1000 * preview:.0f} and {1000 * page:.0f} ms"
    compare("preview refreshed / the page made by Django", preview / page, 2, detail=detail)


def costs(site):
    lines = site.manage("shell", "-v0", code=DESK).splitlines()
    return {name: float(seconds) for name, seconds in map(str.split, lines)}


def main():
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        Path(folder).chmod(0o755)
        site = RunningSite(folder)
        site.prepare("--accounts")
        desk(site)
        Path(folder, "without.py").write_text(WITHOUT)
        subprocess.run([sys.executable, "-m", "django", "startproject", "bare", folder], check=True)
        Path(folder, "bare_site.py").write_text(BARE)
        settings = Path(folder, "bare/settings.py")
        settings.write_text(settings.read_text().replace("ALLOWED_HOSTS = []", 'ALLOWED_HOSTS = ["*"]'))
        printed = Server(site, "website.wsgi")
        printed.answers()
        _status, headers, _body = printed.ask(**{"Accept-Encoding": "br"})
        variants = {
            "200": {},
            "200, brotli": {"Accept-Encoding": "br"},
            "304": {"If-None-Match": dict(printed.ask()[1])["ETag"]},
            "304, brotli": {"Accept-Encoding": "br", "If-None-Match": dict(headers)["ETag"]},
        }
        servers = printed, plain_server(site, printed, variants), Server(site, "without", folder, as_deployed=False)
        requests(*servers, variants)
        for server in servers:
            server.stop()
        starts(site)
        site.start()
        try:
            if shutil.which("nginx"):
                through_nginx(site)
                nginx = Nginx(site, "publications")
                publications(site, nginx)
                nginx.stop()
            else:
                print("nginx is not installed: what it costs was not measured")
        finally:
            site.stop()
        printing(site)
    print(*("DOES NOT HOLD: " + what for what in missed), sep="\n")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())

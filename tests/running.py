"""The real site in processes of its own: prepared, served by gunicorn, its database there to be taken away."""

import contextlib
import email
import email.policy
import fcntl
import getpass
import hashlib
import http.client
import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from django.db import connections

ROOT = Path(__file__).resolve().parent.parent
POSTGRESQL = Path("/usr/lib/postgresql/15/bin")
#: What systemd does for a unit with a socket: the program finds it as file descriptor 3.
ACTIVATE = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
os.execv(sys.argv[2], sys.argv[2:])
"""
NGINX = """
load_module /usr/lib/nginx/modules/ngx_http_brotli_static_module.so;
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log crit; {user}
events {{ worker_connections 2048; }}
http {{
    include /etc/nginx/mime.types;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    include {folder}/site.conf;
}}
"""

#: What tests/settings.py puts into the environment of the test run, and no process of its own should inherit.
OF_THE_TEST_RUN = (
    "DJANGO_SETTINGS_MODULE",
    "SECRET_KEY",
    "SITE_URL",
    "VAR_DIR",
    "SECOND_FACTOR_REQUIRED",
)


def environment():
    return {name: value for name, value in os.environ.items() if name not in OF_THE_TEST_RUN}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class RunningSite:
    """A site on a port of its own, in a folder of its own, on the database kind of this test run."""

    def __init__(self, folder, database_url=""):
        self.folder, self.database_url = Path(folder), database_url
        self.server = self.worker = self.output = None
        self.headers = {}  # of every request that is made here
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.environment = {
            **environment(),
            "VAR_DIR": str(self.folder),
            "SECRET_KEY": "for a running test site " + "0123456789" * 4,
            "SITE_URL": self.url,
            "SECOND_FACTOR_REQUIRED": "false",
            "DATABASE_URL": database_url or f"sqlite:///{self.folder / 'site.sqlite3'}",
        }

    def prepare(self, *arguments):
        """Like `manage.py prepare`, but all sites of this tree compress their static files once."""
        with (self._shared_static() / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return self.manage("prepare", *arguments)

    def begin_like(self, prepared):
        """As that site was when it had been prepared; on PostgreSQL the database was made as a copy."""
        self._shared_static()
        if not self.database_url:
            assert not [*prepared.folder.glob("site.sqlite3-*")], "what was written last is not in the file yet"
            shutil.copy(prepared.folder / "site.sqlite3", self.folder)

    def _shared_static(self):
        name = hashlib.sha256(str(ROOT).encode()).hexdigest()[:16]
        shared = Path(tempfile.gettempdir(), f"declaration-static-{os.getuid()}-{name}")
        shared.mkdir(exist_ok=True)
        if not (self.folder / "static").exists():
            (self.folder / "static").symlink_to(shared)
        return shared

    def manage(self, *arguments, code=None):
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            input=code,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def start(self):
        """Starts the worker, and gunicorn on the socket that is held here as systemd holds it."""
        if self.worker is None:
            self.start_worker()
        if self.listener is None:
            address = urllib.parse.urlsplit(self.url)
            self.listener = socket.create_server((address.hostname, address.port), backlog=2048)
        held = self.listener.fileno()
        command = [sys.executable, "-c", ACTIVATE, str(held), sys.executable, "-m", "gunicorn", "website.wsgi"]
        command += ["--config", "deploy/gunicorn.conf.py", "--log-level", "critical"]
        self.server = subprocess.Popen(command, cwd=ROOT, env=self.environment, pass_fds=(held,), stderr=self.output)
        until(lambda: (self.folder / "editions/current").exists())
        until(lambda: self.get("/readyz")[0] == 200)

    def start_worker(self):
        command = [sys.executable, "manage.py", "worker"]
        self.worker = subprocess.Popen(command, cwd=ROOT, env=self.environment, stderr=self.output)

    def kill_the_worker(self):
        """And what systemd does about it."""
        self.worker.kill()
        self.worker.wait()
        self.start_worker()

    def kill_the_master(self):
        """And what systemd does about it: ends the unit's other processes, waits a second, starts the unit anew."""
        workers = self.workers()
        self.server.kill()
        self.server.wait()
        # Still first: whoever was cut off by one must not meet the other in the moment before it ends as well.
        for number, pid in itertools.product((signal.SIGSTOP, signal.SIGKILL), workers):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        time.sleep(1)
        self.start()

    def stop(self):
        if self.listener:
            self.listener.close()
            self.listener = None
        for process in (self.worker, self.server):
            if process:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=60)
        self.worker = None

    def workers(self):
        children = Path(f"/proc/{self.server.pid}/task/{self.server.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def get(self, path):
        return self._open(urllib.request.Request(self.url + path, headers=self.headers))

    def post(self, path, fields):
        data = urllib.parse.urlencode(fields, doseq=True).encode()
        return self._open(urllib.request.Request(self.url + path, data=data, headers=self.headers))

    def _open(self, request):
        """Status and text; status 0 where the connection was cut."""
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""

    def mails(self):
        """What the worker has delivered, oldest first."""
        files = sorted((self.folder / "mail").glob("*.log"), key=lambda path: path.stat().st_mtime)
        texts = [text for path in files for text in re.split(r"^-{79}\n", path.read_text(), flags=re.MULTILINE)]
        return [email.message_from_string(text, policy=email.policy.default) for text in texts if text.strip()]

    def take_database_away(self):
        if not self.database_url:
            for file in self.folder.glob("site.sqlite3*"):
                file.rename(file.with_name(f"away-{file.name}"))
            return
        import psycopg

        name = urllib.parse.urlsplit(self.database_url).path.lstrip("/")
        server = self.database_url.rsplit("/", 1)[0] + "/postgres"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])


class Disk:
    """A small disk of its own that can really be filled; `small` is false where we may not mount one."""

    def __init__(self, folder, megabytes):
        self.folder = folder
        self.folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", folder]
        self.small = not subprocess.run(mount, capture_output=True).returncode

    @contextlib.contextmanager
    def full(self):
        filler = self.folder / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            for size in (65536, 512, 1):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(b"x" * size)
        try:
            yield
        finally:
            filler.unlink()

    def remove(self):
        if self.small:
            subprocess.run(["umount", "--lazy", self.folder], check=False)


class PostgreSQL:
    """A cluster of our own on a small disk of its own, where we may make one."""

    def __init__(self, folder):
        self.folder, self.port = folder / "disk", free_port()
        self.disk = Disk(self.folder, 160)
        if getpass.getuser() == "root":
            for path in (folder, self.folder):
                shutil.chown(path, "postgres")
        self.cluster = self.folder / "cluster"
        self.command(
            "initdb", "--pgdata", self.cluster, "--auth=trust", "--username=postgres", "--wal-segsize=1",
            "--encoding=UTF8",
        )  # fmt: skip
        self.start()
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def command(self, name, *arguments, check=True):
        as_postgres = ["runuser", "-u", "postgres", "--"] if getpass.getuser() == "root" else []
        return subprocess.run(
            [*as_postgres, POSTGRESQL / name, *arguments],
            cwd="/",
            check=check,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ).returncode

    def start(self):
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        command = ["pg_ctl", "start", "--wait", "--pgdata", self.cluster, "--log", self.folder / "log"]
        # What deploy/postgresql.sql says of the web role.
        options += " -c statement_timeout=5s -c lock_timeout=4s -c idle_in_transaction_session_timeout=10s"
        command += ["--options", f"{options} -c max_wal_size=8MB"]
        until(lambda: not self.command(*command, check=False))

    def pids(self):
        master = int((self.cluster / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        return [master, *map(int, children)]

    def stop(self, mode="fast"):
        self.command("pg_ctl", "stop", "--wait", "--pgdata", self.cluster, "--mode", mode, check=False)

    def kill(self):
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    @contextlib.contextmanager
    def frozen(self):
        pids = self.pids()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    @contextlib.contextmanager
    def disk_full(self):
        with self.disk.full():
            yield
        if self.command("pg_ctl", "status", "--pgdata", self.cluster, check=False):
            self.start()  # it may give up without disk space; systemd would start it again

    def remove(self):
        self.stop("immediate")
        self.disk.remove()


class Nginx:
    """Debian's nginx with what `deploy_config` prints, or with what `changed` makes of it and its port."""

    def __init__(self, site, name="nginx-files", changed=lambda text, port: text, port=None):
        self.site, self.folder = site, site.folder / name
        self.folder.mkdir()
        self.folder.chmod(0o755)
        site.folder.chmod(0o755)
        self.port = port or free_port()
        user = "user root;" if os.getuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(NGINX.format(folder=self.folder, user=user))
        upstream = urllib.parse.urlsplit(site.url).netloc
        arguments = [
            "--upstream",
            upstream,
            "--listen",
            f"127.0.0.1:{self.port}",
            "--log",
            str(self.folder),
        ]
        self.write(changed(site.manage("deploy_config", "nginx", *arguments), self.port))
        self.command = ["nginx", "-c", str(self.folder / "nginx.conf"), "-p", str(self.folder)]
        # As systemd starts it: with what our addition to its unit puts into its environment.
        drop_in = (ROOT / "deploy/systemd/nginx.service.d/innovaatiojulistus.conf").read_text()
        added = dict(line.split("=", 1) for line in re.findall(r"(?m)^Environment=(.+)$", drop_in))
        self.process = subprocess.Popen(self.command, env=os.environ | added)
        until(lambda: self.get("/robots.txt")[0] == 200)

    def write(self, configuration):
        self.configuration = configuration
        (self.folder / "site.conf").write_text(configuration)

    def reload(self):
        self.process.send_signal(signal.SIGHUP)
        time.sleep(1)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)

    def connection(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, path, method="GET", body=None, **headers):
        """Status, headers in small letters, body; status 0 where nothing came."""
        connection = self.connection()
        host = urllib.parse.urlsplit(self.site.environment["SITE_URL"]).netloc
        headers = {"Host": host} | {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            told = {}
            for name, value in response.getheaders():
                assert name.lower() not in told, f"{name} is said twice on {path}"
                told[name.lower()] = value
            return response.status, told, response.read()
        except (OSError, http.client.HTTPException):
            return 0, {}, b""
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.ask(path, **headers)


def all_at_once(step, people=8):
    """Runs a step in so many threads that begin at the same moment, each with a connection of its own."""
    gate = threading.Barrier(people)

    def begin():
        gate.wait()
        try:
            step()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=begin) for _person in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def until(condition, seconds=60):
    """Waits for it; AssertionError when it does not come."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come")

"""The real site in processes of its own: prepared, served by gunicorn, its database there to be taken away."""

import fcntl
import hashlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


#: What tests/settings.py puts into the environment of the test run, and no process of its own should inherit.
OF_THE_TEST_RUN = ("DJANGO_SETTINGS_MODULE", "SECRET_KEY", "SITE_URL", "VAR_DIR", "SECOND_FACTOR_REQUIRED")


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
        self.server = self.output = None
        self.url = f"http://127.0.0.1:{free_port()}"
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
        name = hashlib.sha256(str(ROOT).encode()).hexdigest()[:16]
        shared = Path(tempfile.gettempdir(), f"declaration-static-{os.getuid()}-{name}")
        shared.mkdir(exist_ok=True)
        if not (self.folder / "static").exists():
            (self.folder / "static").symlink_to(shared)
        with (shared / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return self.manage("prepare", *arguments)

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
        host = urllib.parse.urlsplit(self.url).netloc
        command = [sys.executable, "-m", "gunicorn", "website.wsgi", "--config", "deploy/gunicorn.conf.py"]
        command += ["--bind", host, "--pid", str(self.folder / "pid"), "--log-level", "critical"]
        self.server = subprocess.Popen(command, cwd=ROOT, env=self.environment, stderr=self.output)
        until(lambda: self.get("/robots.txt")[0] == 200)

    def stop(self):
        if self.server is None:
            return
        self.server.send_signal(signal.SIGTERM)
        self.server.wait(timeout=20)

    def workers(self):
        children = Path(f"/proc/{self.server.pid}/task/{self.server.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def get(self, path):
        return self._open(urllib.request.Request(self.url + path))

    def post(self, path, fields):
        data = urllib.parse.urlencode(fields, doseq=True).encode()
        return self._open(urllib.request.Request(self.url + path, data=data))

    def _open(self, request):
        """Status and text; status 0 where the connection was cut."""
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""

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


def until(condition, seconds=20):
    """Waits for it; AssertionError when it does not come."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come")

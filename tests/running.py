"""The real site in processes of its own: prepared, served by gunicorn, its database there to be taken away."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class RunningSite:
    """A site on a port of its own, in a folder of its own, on the database kind of this test run."""

    def __init__(self, folder, database_url=""):
        self.folder, self.database_url = Path(folder), database_url
        self.url = f"http://127.0.0.1:{free_port()}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
            "VAR_DIR": str(self.folder),
            "SECRET_KEY": "for a running test site " + "0123456789" * 4,
            "SITE_URL": self.url,
            "SECOND_FACTOR_REQUIRED": "false",
            "DATABASE_URL": database_url or f"sqlite:///{self.folder / 'site.sqlite3'}",
        }

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
        command = [sys.executable, "-m", "gunicorn", "website.wsgi", "--bind", host, "--no-control-socket"]
        self.server = subprocess.Popen(
            [
                *command,
                "--workers",
                "2",
                "--threads",
                "4",
                "--pid",
                str(self.folder / "pid"),
                "--log-level",
                "critical",
            ],
            cwd=ROOT,
            env=self.environment,
        )
        until(lambda: self.get("/robots.txt")[0] == 200)

    def stop(self):
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
        except (OSError, ConnectionError):
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

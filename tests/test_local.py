"""On one's own machine: what needs no setting, and what a public address refuses."""

import os
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from tests.running import ROOT, RunningSite
from website.management.commands import prepare


def settings_of(**variables):
    """Runs the settings alone, with these variables and none of the test run's."""
    command = "from website import settings as s; print(s.SITE_URL, s.DEBUG, s.SECOND_FACTOR_REQUIRED, s.SECRET_KEY)"
    return subprocess.run(
        [sys.executable, "-c", command],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
    )


def test_a_fresh_checkout_needs_no_setting_and_keeps_its_secret_key(tmp_path):
    first, second = (settings_of(VAR_DIR=str(tmp_path)).stdout for _start in range(2))
    assert first == second
    assert first.startswith("http://127.0.0.1:8000 False False ")
    assert len(first.split()[-1]) >= 64
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("url", ["https://example.fi", "http://192.0.2.1", "http://127.0.0.1.example.fi"])
def test_a_public_address_refuses_debugging_and_makes_up_no_key(tmp_path, url):
    public = {"SITE_URL": url, "VAR_DIR": str(tmp_path)}
    refused = settings_of(**public, SECRET_KEY="x" * 50, DEBUG="true")
    assert refused.returncode
    assert "DEBUG" in refused.stderr.splitlines()[-1]
    assert "SECRET_KEY" in settings_of(**public).stderr.splitlines()[-1]
    assert settings_of(**public, SECRET_KEY="x" * 50).stdout.split()[1:3] == ["False", "True"]
    assert not (tmp_path / "secret_key").exists()


def test_runserver_alone_refuses_a_public_address(tmp_path):
    variables = {"PATH": os.environ["PATH"], "SITE_URL": "https://example.fi", "SECRET_KEY": "x" * 50}
    command = [sys.executable, "manage.py", "runserver"]
    refused = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True)
    assert "DEBUG" in refused.stderr.splitlines()[-1]


def of_another_release():
    """Makes the database one that has had a migration of which this release knows nothing."""
    with connection.cursor() as cursor:
        row = ["contacts", "0099_of_another_release", timezone.now()]
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, %s)", row)


@pytest.mark.django_db
def test_a_database_of_another_release_is_not_touched(capsys):
    assert prepare.unknown_migrations() == []
    of_another_release()
    with pytest.raises(CommandError, match=r"contacts\.0099_of_another_release"):
        call_command("prepare")


@pytest.mark.once
def test_make_run_moves_a_database_of_another_release_aside_and_says_so(tmp_path):
    site = RunningSite(tmp_path)  # on SQLite: a database on a server is nobody's to move
    site.prepare()
    statement = "INSERT INTO django_migrations (app, name, applied) VALUES ('contacts', '0099_x', '2030-01-01')"
    site.manage("shell", code=f"from django.db import connection; connection.cursor().execute({statement!r})")
    said = site.prepare("--accounts")
    (aside,) = tmp_path.glob("set-aside-*")
    assert (aside / "site.sqlite3").exists()
    assert str(aside) in said
    assert "Accounts, shown only this once" in said
    site.stop()

"""What those who run the site use: the archive, checks by a monitoring host, logs."""

import io
import json
import logging
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, OperationalError
from django.utils import timezone

from tests.browser import missing
from tests.forms import FORM, REQUEST
from tests.running import POSTGRESQL, ROOT, PostgreSQL, RunningSite, until
from website.correspondence import retention
from website.links import checking
from website.logs import formatting
from website.mail.models import Mail
from website.management.commands.prepare import Command
from website.prerender import render
from website.prerender.follow import Follower
from website.publishing.edition import Edition
from website.publishing.models import Serial
from website.worker import state


def test_the_archive_is_whole_without_django(running, tmp_path):
    running.manage("print_edition", str(tmp_path / "archive"), "--at", timezone.now().isoformat())
    pages = [*(tmp_path / "archive").rglob("*.html")]
    assert len(pages) > 40
    broken = set()
    for page in pages:
        html = page.read_text()
        # Pictures to share are named with the host.
        for target in re.findall(rf'(?:href|src|content)="(?:{running.url}(?=/static/))?(/[^"#?]*)', html):
            file = tmp_path / "archive" / target.lstrip("/")
            if not (file.is_file() or (file / "index.html").is_file()):
                broken.add(target)
    assert broken == set()
    sheet = next((tmp_path / "archive/static/css").glob("site*.css")).read_text()
    fonts = re.findall(r"url\(\"?\.\./([\w./-]+)", sheet)
    assert fonts
    assert all((tmp_path / "archive/static" / font).is_file() for font in fonts)
    assert not list((tmp_path / "archive").rglob("edition"))


@pytest.mark.django_db
@pytest.mark.usefixtures("one_connection")
def test_the_archive_shows_the_site_as_it_was(tmp_path, settings):
    settings.STATIC_ROOT = ROOT / "static"
    first = timezone.localtime(Edition.load().last_boundary)
    for folder, moment in (("before", first - timedelta(days=1)), ("now", first + timedelta(minutes=1))):
        call_command("print_edition", str(tmp_path / folder), f"--at={moment:%Y-%m-%dT%H:%M}", stdout=io.StringIO())
    assert not (tmp_path / "before/fi/index.html").exists()
    assert (tmp_path / "now/fi/index.html").exists()
    with pytest.raises(CommandError, match="not empty"):
        call_command("print_edition", str(tmp_path / "now"))


# --- Watching -------------------------------------------------------------------------------------------------------


@pytest.fixture
def followed(db, var):
    """The worker has asked the database and printed, a moment ago."""
    follower = Follower()
    follower.ask()
    follower.print_when_due()
    state.write_state(follower.state)
    return follower


def test_health_needs_no_database_and_no_edition(client, var):
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
    (var / "editions").mkdir()
    (var / "editions/current").symlink_to("1-0-0-x")
    assert client.get("/readyz").status_code == 200


@pytest.mark.usefixtures("one_connection")
def test_status_tells_how_old_the_oldest_unsent_mail_is(client, followed):
    state.write_state(
        followed.state | {"answered_at": timezone.now() + timedelta(minutes=10)}
    )  # however slow it is here
    assert client.get("/statusz").json()["oldest_unsent_mail_seconds"] is None
    Mail.objects.create(recipient="aino@example.fi", due_at=timezone.now() - timedelta(hours=1))
    answer = client.get("/statusz")
    told = answer.json()
    assert 3590 < told["oldest_unsent_mail_seconds"] < 3700
    assert (told["pending_migrations"], told["database"], told["release"]) == (0, True, "development")
    assert told["serial"] == told["database_serial"] == list(Serial.state())
    assert "aino" not in answer.content.decode()
    assert answer["Cache-Control"].endswith("private")


@pytest.mark.usefixtures("one_connection")
def test_status_tells_when_data_were_purged_and_links_looked_at_last(client, monkeypatch, followed):
    state.write_state(
        followed.state | {"answered_at": timezone.now() + timedelta(minutes=10)}
    )  # however long the look takes
    told = client.get("/statusz").json()
    assert (told["last_purge"], told["last_link_check"]) == (None, None)
    assert not checking.is_due()  # a new installation: the week begins, and nothing has been looked at
    assert client.get("/statusz").json()["last_link_check"] is None
    before = timezone.now()
    monkeypatch.setattr(checking, "_ask_other_site", lambda address: (200, ""))
    checking.check_all()
    retention.purge()
    told = client.get("/statusz").json()
    for name in ("last_purge", "last_link_check"):
        assert before - timedelta(seconds=1) <= timezone.datetime.fromisoformat(told[name]) <= timezone.now()


def test_status_tells_the_age_of_the_edition(client, db, var):
    render.print_edition(Edition.load().moved_to(timezone.now() - timedelta(minutes=5)))
    assert 299 <= client.get("/statusz").json()["age_seconds"] < 600


def test_status_asks_no_database_that_is_away_and_tells_of_a_worker_that_is_gone(client, monkeypatch, followed):
    monkeypatch.setattr("website.status._database_state", lambda: 1 / 0)
    state.write_state(followed.state | {"answered_at": timezone.now() - timedelta(minutes=1)})
    told = client.get("/statusz").json()
    assert (told["worker"], told["database"]) == (True, False)
    state.state_file().unlink()
    told = client.get("/statusz").json()
    assert (told["worker"], told["database"]) == (False, False)


def test_security_txt_is_there_once_somebody_is_named_and_the_deployment_check_says_so(client, settings, capsys):
    settings.SECURITY_CONTACT = ""
    assert client.get("/.well-known/security.txt").status_code == 404
    call_command("check", deploy=True)
    assert "SECURITY_CONTACT" in capsys.readouterr().err
    settings.SECURITY_CONTACT = "mailto:security@example.fi"
    call_command("check", deploy=True)
    assert "SECURITY_CONTACT" not in capsys.readouterr().err
    answer = client.get("/.well-known/security.txt")
    told = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    assert told["Contact"] == "mailto:security@example.fi"
    until_when = timezone.datetime.fromisoformat(told["Expires"])
    assert timedelta(days=30) < until_when - timezone.now() < timedelta(days=365)
    assert answer["Content-Type"] == "text/plain; charset=utf-8"


# --- Logs -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def logged():
    """Lines that a logger writes through our formatter."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatting.Json())
    loggers = [logging.getLogger(name) for name in ("django.request", "gunicorn.error", "website")]
    for logger in loggers:
        logger.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    for logger in loggers:
        logger.removeHandler(handler)


@pytest.mark.django_db
def test_a_failure_is_logged_with_its_place_and_without_words_of_a_person(client, monkeypatch, logged):
    def fail(*args, **kwargs):
        raise DatabaseError("Key (address)=(aino@example.fi) already exists\nINFO forged line")

    monkeypatch.setattr("network.views.Link.find", fail)
    client.raise_request_exception = False
    token = "t" * 43
    assert client.get(f"/fi/verkosto/vahvista/{token}/?email=aino@example.fi").status_code == 500
    (line,) = logged()
    text = json.dumps(line)
    assert "aino" not in text and token not in text and "forged" not in text
    assert line["exception"] == "DatabaseError"
    assert any("network/views.py" in place for place in line["at"])
    assert re.fullmatch(r"[0-9a-f]{32}", line["request"])


@pytest.mark.django_db
def test_a_database_that_is_away_is_a_503_and_logged_with_its_place(client, monkeypatch, logged):
    def away(*args, **kwargs):
        raise OperationalError("could not connect to server aino@example.fi")

    monkeypatch.setattr("network.views.Link.find", away)
    client.raise_request_exception = False
    answer = client.get(f"/sv/natverk/bekrafta/{'t' * 43}/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "120")
    assert '<html lang="sv">' in answer.content.decode()
    (line,) = logged()
    assert (line["exception"], "aino" in json.dumps(line)) == ("OperationalError", False)
    assert any("network/views.py" in place for place in line["at"])


def test_the_id_is_nginx_s_only_where_nginx_stands_in_front(rf, settings, logged):
    logger = logging.getLogger("website")
    step = formatting.request_id(lambda request: logger.error("here"))
    for proxies, given in ((0, "a" * 32), (1, "a" * 32), (1, "forged\n")):
        settings.TRUSTED_PROXIES = proxies
        step(rf.get("/", headers={"x-request-id": given}))
    ids = [line["request"] for line in logged()]
    assert ids[1] == "a" * 32
    assert ids[0] != ids[1] != ids[2] and "forged" not in ids[2]


def test_a_fault_of_the_code_is_logged_with_its_message_and_its_cause_by_name(logged):
    try:
        try:
            int("aino@example.fi")
        except ValueError:
            None.confirm()
    except AttributeError:
        logging.getLogger("website").exception("It failed")
    (line,) = logged()
    assert line["exception"] == "AttributeError: 'NoneType' object has no attribute 'confirm'"
    assert line["causes"] == ["ValueError"]
    assert "aino" not in json.dumps(line)


def test_every_log_is_in_utc_whatever_the_zone_of_the_site_or_of_the_host(logged):
    logging.getLogger("website").error("here")
    assert datetime.fromisoformat(logged()[0]["time"]).utcoffset() == timedelta(0)
    assert os.environ["TZ"] == "Europe/Helsinki"  # what Django sets, so that local time would be another one


def test_gunicorns_warnings_leave_addresses_out(logged):
    logging.getLogger("gunicorn.error").warning("Invalid request from ip=%s: %s", "192.0.2.1", "/secret")
    assert logged()[0]["message"] == "Invalid request from ip=%s: %s"


# --- What is deployed -------------------------------------------------------------------------------------------------


def test_static_files_of_older_releases_stay_for_a_month(tmp_path, settings):
    (tmp_path / "source/css").mkdir(parents=True)
    (tmp_path / "source/css/site.css").write_text("p { margin: 0 }" * 100)
    settings.STATICFILES_DIRS, settings.STATIC_ROOT = [tmp_path / "source"], tmp_path / "static"
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }
    Command().collect_static()
    css = tmp_path / "static/css"
    recent, old = css / "site.aaaaaaaaaaaa.css", css / "site.bbbbbbbbbbbb.css"
    for file, days in ((recent, 29), (old, 31), *((file, 90) for file in css.glob("site.*"))):
        file.touch()
        moment = time.time() - days * 24 * 60 * 60
        os.utime(file, (moment, moment))
    kept = {file.name for file in css.glob("*")} - {old.name}
    assert len(kept) == 7  # the file under both its names, each with two compressed twins, and the recent one
    (tmp_path / "collected").unlink()
    Command().collect_static()
    assert {file.name for file in css.glob("*")} == kept


@pytest.mark.postgres
def test_the_web_role_cannot_alter_the_schema():
    """The whole site under the role that deploy/postgresql.sql makes for it; prepare and restore as the owner."""
    if not POSTGRESQL.exists():
        missing("PostgreSQL 15")
    import psycopg

    with tempfile.TemporaryDirectory(prefix="roles-") as folder:
        Path(folder).chmod(0o755)
        database = PostgreSQL(Path(folder))
        at = f"127.0.0.1:{database.port}/innovaatiojulistus"
        site = RunningSite(Path(folder, "var"), f"postgres://innovaatiojulistus_web:y@{at}")
        site.folder.mkdir()
        try:
            psql = [POSTGRESQL / "psql", "--quiet", "--set=ON_ERROR_STOP=1", "--file=deploy/postgresql.sql"]
            psql += ["--set=owner_password=x", "--set=web_password=y", f"--dbname={database.url}"]
            subprocess.run(psql, cwd=ROOT, check=True)
            as_web = site.environment
            as_owner = as_web | {"DATABASE_URL": f"postgres://innovaatiojulistus_owner:x@{at}"}
            site.environment = as_owner
            site.prepare("--accounts")
            site.environment = as_web
            site.start()
            assert site.post(FORM["fi"], REQUEST)[0] == 200
            site.manage("migrate", "--check")
            site.manage("purge_personal_data")
            site.manage("shell", code=PUBLISH)
            until(lambda: "Julkaistu verkkoroolilla" in site.get("/fi/verkosto/")[1])
            site.environment = as_owner
            site.manage("backup", f"{folder}/backups")
            site.manage("restore", f"{folder}/backups")
            until(lambda: site.post(FORM["sv"], REQUEST | {"email": "later@example.fi"})[0] == 200)
            with psycopg.connect(as_web["DATABASE_URL"], autocommit=True) as connection:
                for forbidden in (
                    "CREATE TABLE x ()",
                    "DROP TABLE publishing_serial",
                    "ALTER TABLE accounts_user ADD x int",
                    "TRUNCATE accounts_user",
                    "CREATE SCHEMA x",
                    "CREATE TEMPORARY TABLE x ()",
                    "CREATE EXTENSION pg_trgm",
                ):
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        connection.execute(forbidden)
        finally:
            site.stop()
            database.remove()


PUBLISH = """
from website.pages.models import Page
from website.publishing import versions, workflow
page = Page.objects.get(pk="network")
page.title_fi = "Julkaistu verkkoroolilla"
workflow.save_draft(page)
workflow.publish([versions.latest_version(page)])
"""


@pytest.mark.parametrize("https", [True, False])
def test_nginx_listens_on_both_kinds_of_network_unless_an_address_is_named(settings, capsys, https):
    def listened(*arguments):
        settings.HTTPS = https
        call_command("deploy_config", "nginx", *arguments)
        return re.findall(r"listen ([^;]*);", capsys.readouterr().out)

    lines = listened("--listen=443")
    assert [line.replace("[::]:", "") for line in lines[1::2]] == lines[::2]
    assert len(lines) == (8 if https else 4) and all("[::]:" in line for line in lines[1::2])
    assert not [line for line in listened("--listen=127.0.0.1:443") if "[::]" in line]


def test_the_units_are_what_systemd_expects(tmp_path):
    if not shutil.which("systemd-analyze"):
        missing("systemd-analyze (Debian's package systemd)")
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").symlink_to(sys.executable)
    units = []
    for unit in (ROOT / "deploy/systemd").glob("innovaatiojulistus-*"):
        units.append(tmp_path / unit.name)
        units[-1].write_text(unit.read_text().replace("/srv/innovaatiojulistus", str(tmp_path)))
    assert len(units) == 5
    verify = ["systemd-analyze", "verify", "--man=no", *units]
    verified = subprocess.run(verify, capture_output=True, text=True)
    assert (verified.returncode, [line for line in verified.stderr.splitlines() if "innovaatio" in line]) == (0, [])


@pytest.mark.once
def test_gunicorn_tells_systemd_that_it_is_ready_and_takes_its_socket(running, tmp_path):
    """Type=notify and the socket unit: without READY=1 systemd would kill it, without the socket nobody would come."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        ear.settimeout(60)
        running.environment["NOTIFY_SOCKET"] = str(tmp_path / "notify")
        try:
            running.start()
            assert b"READY=1" in ear.recv(1000)
        finally:
            running.stop()

"""What is due happens: the weekly check of links with every kind of answer, the purge, and what the first page asks."""

import http.server
import os
import socket
import struct
import threading
from datetime import timedelta

import pytest
from django.core.checks.registry import registry
from django.core.management import CommandError, call_command
from django.utils import timezone

from network.models import JoinRequest
from tests.admin_pages import a_request
from tests.running import ROOT
from website import checks
from website.correspondence.models import Purge
from website.links import checking
from website.links.models import BrokenLink
from website.mail.checks import addresses_in_the_settings
from website.management.commands import worker
from website.pages.models import Page
from website.publishing import workflow
from website.publishing.edition import Edition
from website.publishing.versions import latest_version

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_connection")]

A_MINUTE, A_WEEK = timedelta(minutes=1), timedelta(days=7)
PUBLIC_ADDRESS = "93.184.215.14"


# --- Another site ----------------------------------------------------------------------------------------------------


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers as its path says, and notes what it was asked."""

    def do_HEAD(self):
        self.server.asked.append((self.command, self.path, self.headers["Host"], self.headers["User-Agent"]))
        kind = self.path.strip("/").partition("?")[0]
        if kind == "silence":
            self.server.let_go.wait(30)
        elif kind == "reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
        elif kind == "no-http":
            self.connection.sendall(b"220 mail.example ESMTP\r\n")
        else:
            refused = kind.startswith("only-get-") and self.command == "HEAD"
            self.send_response(405 if refused else int(kind.rpartition("-")[2] or 200))
            if kind in ("301", "302", "308"):
                self.send_header("Location", "https://new.example/")
            self.end_headers()

    do_GET = do_HEAD

    def finish(self):
        try:
            super().finish()
        except (OSError, ValueError):
            pass  # the connection was cut on purpose

    def log_message(self, *args):
        pass


@pytest.fixture
def other_site(monkeypatch):
    """A web server on a loopback port that every name leads to, as if it were a public address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.asked, server.let_go, server.connected = [], threading.Event(), []
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def to_loopback(address, timeout):
        server.connected.append((address, timeout))
        connection = socket.socket()
        connection.settimeout(timeout)
        connection.connect(server.server_address)
        return connection

    def public(host, port, **kind):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (PUBLIC_ADDRESS, port))]

    monkeypatch.setattr(checking.socket, "getaddrinfo", public)
    monkeypatch.setattr(checking.socket, "create_connection", to_loopback)
    monkeypatch.setattr(checking, "TIMEOUT", 0.5)
    yield server
    server.let_go.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("200", ""),
        ("204", ""),
        ("302", ""),  # only for now: the text may stay
        ("301", "moved to: https://new.example/"),
        ("308", "moved to: https://new.example/"),
        ("400", "answers: 400"),
        ("404", "answers: 404"),
        ("410", "answers: 410"),
        ("500", "answers: 500"),
        ("503", "answers: 503"),
        # These refuse programs, not people.
        ("401", ""),
        ("403", ""),
        ("429", ""),
        ("only-get-200", ""),
        ("only-get-404", "answers: 404"),
        ("reset", "no answer: ConnectionResetError"),
        ("silence", "no answer: TimeoutError"),
        ("no-http", "no answer: BadStatusLine"),
    ],
)
def test_each_answer_of_another_site(other_site, path, problem):
    assert checking.problem_with(f"http://other.example/{path}?q=ä&b=1#part") == problem
    command, asked_path, host, agent = other_site.asked[-1]
    assert asked_path.startswith(f"/{path}?q=%C3%A4&b=1") and host == "other.example"
    assert "link check of http://testserver" in agent
    assert command == ("GET" if path.startswith(("only-get", "4", "5")) else "HEAD")
    assert set(other_site.connected) == {((PUBLIC_ADDRESS, 80), 0.5)}


def test_an_address_without_a_path_and_one_without_encryption(other_site):
    assert checking.problem_with("http://other.example") == ""
    assert other_site.asked[-1][1] == "/"
    assert checking.problem_with("https://other.example/200").startswith("no answer: SSL")
    assert other_site.connected[-1] == ((PUBLIC_ADDRESS, 443), 0.5)


# --- The week --------------------------------------------------------------------------------------------------------


@pytest.fixture
def links(settings, tmp_path, other_site, monkeypatch):
    """Links of every kind in a published text."""
    settings.VAR_DIR = tmp_path
    # Texts hold encrypted addresses alone, and the other site has no certificate.
    monkeypatch.setattr(checking, "PublicHTTPSConnection", checking.PublicHTTPConnection)
    page = Page.objects.get(pk="network")
    page.body_fi = "".join(
        f'<p><a href="{url}">Sivu {number}</a></p>'
        for number, url in enumerate(
            [f"https://other.example/{path}" for path in ("200", "404", "301", "reset", "silence")]
            + ["/fi/ei-ole/", "/fi/opsi/"]
        )
    )
    workflow.save_draft(page)
    workflow.publish([latest_version(page)])
    return page


def aged(age):
    """The last check was begun that long ago."""
    begun = (timezone.now() - age).timestamp()
    checking._stamp().touch()
    os.utime(checking._stamp(), (begun, begun))


def of_the_text():
    """What is known to be wrong with the links of the text, by the end of the address."""
    rows = BrokenLink.objects.filter(url__regex=r"^https?://(other\.example|testserver)/")
    return {row.url.rstrip("/").rpartition("/")[2]: row.problem for row in rows}


WRONG = {
    "404": "answers: 404",
    "301": "moved to: https://new.example/",
    "reset": "no answer: ConnectionResetError",
    "silence": "no answer: TimeoutError",
    "ei-ole": "answers: 404",
}


def test_links_are_checked_when_a_week_has_passed_and_not_before(links, other_site):
    worker.check_links_when_due()  # a new installation: the week begins
    assert (other_site.asked, checking.finished_at()) == ([], None)
    aged(A_WEEK - A_MINUTE)
    worker.check_links_when_due()
    assert (other_site.asked, checking.finished_at()) == ([], None)
    aged(A_WEEK + A_MINUTE)
    before = timezone.now()
    worker.check_links_when_due()
    assert of_the_text() == WRONG
    assert before <= timezone.datetime.fromisoformat(checking.finished_at()) <= timezone.now()
    row = BrokenLink.objects.get(url="https://other.example/404")
    assert (row.used_in, row.since >= before, row.checked_at >= before) == (["/fi/verkosto/"], True, True)
    # The next week has begun.
    asked = len(other_site.asked)
    worker.check_links_when_due()
    assert len(other_site.asked) == asked
    aged(A_WEEK + A_MINUTE)
    worker.check_links_when_due()
    assert len(other_site.asked) == 2 * asked


def test_a_check_that_breaks_off_is_not_begun_again_every_minute(links, monkeypatch):
    aged(A_WEEK + A_MINUTE)
    begun = []

    def broken(edition):
        begun.append(edition)
        raise OSError

    monkeypatch.setattr(checking, "urls_in", broken)
    with pytest.raises(OSError):
        worker.check_links_when_due()
    worker.check_links_when_due()
    assert (len(begun), checking.finished_at()) == (1, None)


def test_what_is_found_is_counted_on_the_first_page_and_forgotten_when_it_is_mended(
    links, signed_in, editor, other_site
):
    aged(A_WEEK + A_MINUTE)
    worker.check_links_when_due()
    number = BrokenLink.objects.count()
    client = signed_in(editor)

    def counted():
        lines = [str(item.name) for item in client.get("/en/hallinta/").context["waiting"]["things"]]
        more = [int(name.split()[0]) for name in lines if name.endswith("more broken or moved links")]
        return sum(name.startswith("http") for name in lines) + sum(more)

    assert counted() == number >= len(WRONG)
    links.body_fi = '<p><a href="https://other.example/404">Sivu</a></p>'
    workflow.save_draft(links)
    workflow.publish([latest_version(links)])
    since = BrokenLink.objects.get(url="https://other.example/404").since
    aged(A_WEEK + A_MINUTE)
    worker.check_links_when_due()
    assert of_the_text() == {"404": "answers: 404"}
    assert counted() == number - len(WRONG) + 1
    assert BrokenLink.objects.get(url="https://other.example/404").since == since


def test_links_are_gathered_from_every_text_of_every_kind(links):
    pages_by_url = checking.urls_in(Edition.load())
    assert pages_by_url["https://other.example/404"] == {"/fi/verkosto/"}
    assert pages_by_url["http://testserver/fi/opsi/"] >= {"/fi/verkosto/"}
    assert not any("#" in url or "&amp;" in url for url in pages_by_url)
    # Addresses in fields of their own, beside those in texts.
    assert any("oecd" in url for url in pages_by_url)


# --- The purge -------------------------------------------------------------------------------------------------------


def test_the_purge_runs_once_a_day_and_takes_what_is_due(time_machine, settings, signed_in, administrator):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    row = a_request(1, state="unconfirmed")
    time_machine.shift(timedelta(days=settings.KEEP_DAYS["unconfirmed"], seconds=1))
    other = a_request(2, state="unconfirmed")
    worker.purge_when_due()
    assert list(JoinRequest.objects.all()) == [other]
    assert [purge.counts["unconfirmed"] for purge in Purge.objects.all()] == [1]
    time_machine.shift(timedelta(hours=23, minutes=59))
    worker.purge_when_due()
    assert Purge.objects.count() == 1
    time_machine.shift(A_MINUTE)
    worker.purge_when_due()
    assert Purge.objects.count() == 2
    assert not JoinRequest.objects.filter(pk=row.pk).exists()
    # Where the worker stands still, somebody is told.
    client = signed_in(administrator)

    def overdue():
        lines = client.get("/en/hallinta/").context["waiting"]["things"]
        return sum(str(item.name) == "Purge of personal data overdue" for item in lines)

    time_machine.shift(timedelta(hours=25, minutes=59))
    client.force_login(administrator)
    assert overdue() == 0
    time_machine.shift(A_MINUTE)
    assert overdue() == 1


def test_the_worker_has_every_task():
    names = {getattr(task, "__name__", "") for task in worker.TASKS}
    assert names == {
        *("send_mail", "ask", "print_when_due", "write_status", "purge_when_due", "check_links_when_due"),
    }
    assert all(0 < seconds <= 60 for seconds in worker.TASKS.values())


# --- The checks before launch ----------------------------------------------------------------------------------------

#: Each check of ours, the tags under which it runs, and whether it runs with `--deploy` alone.
CHECKS = {
    checks.environment_to_confirm: ({"security"}, True),
    checks.content_to_confirm: ({"database"}, True),
    checks.encrypted_lines: ({"security"}, True),
    addresses_in_the_settings: (set(), False),
}


def test_every_check_of_ours_is_registered_with_its_tag():
    for check, (tags, deploy) in CHECKS.items():
        assert check in (registry.deployment_checks if deploy else registry.registered_checks), check
        assert check not in (registry.registered_checks if deploy else registry.deployment_checks), check
        assert set(check.tags) == tags, check


def test_no_check_of_ours_is_missing_here():
    ours = {
        check
        for check in (*registry.registered_checks, *registry.deployment_checks)
        if check.__module__.split(".")[0] in ("website", "declaration", "network", "opsi", "contacts")
    }
    assert ours == set(CHECKS)
    files = [*(ROOT / "website").rglob("checks.py")]
    written = [line for file in files for line in file.read_text().splitlines() if "app_configs" in line]
    assert len(written) == len(CHECKS)  # a function that takes app_configs is a check, and is registered


def listed(capsys, **options):
    try:
        call_command("check", **options)
    except CommandError as error:
        return str(error)
    return capsys.readouterr().err


def test_the_deployment_check_says_what_each_of_them_finds(capsys, settings, monkeypatch):
    settings.EMAIL_HOST, settings.EMAIL_USE_TLS, settings.SECURITY_CONTACT = "mail.example", False, ""
    monkeypatch.setitem(settings.DATABASES["default"], "HOST", "db.example")
    said = listed(capsys, deploy=True, databases=["default"])
    found = ("SECURITY_CONTACT", "number of adherents", "website.W1", "website.W2")
    assert [word for word in found if word not in said] == []
    # Without a database nothing of the content is said; without --deploy none of it.
    said = listed(capsys, deploy=True)
    assert [word for word in found if word not in said] == ["number of adherents"]
    assert not any(word in listed(capsys, databases=["default"]) for word in found)
    assert "number of adherents" not in listed(capsys, deploy=True, databases=["default"], tags=["security"])
    assert "website.W1" in listed(capsys, deploy=True, tags=["security"])
    settings.DEFAULT_FROM_EMAIL = "noreply@vm"
    assert "mail.DEFAULT_FROM_EMAIL" in listed(capsys)

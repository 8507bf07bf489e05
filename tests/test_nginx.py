"""Debian's nginx with the configuration that `deploy_config` prints, on loopback, in each situation."""

import json
import os
import re
import select
import shutil
import signal
import socket
import statistics
import threading
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product

import pytest

from tests.running import Nginx, until

needs_nginx = pytest.mark.skipif(
    not shutil.which("nginx") and "CI" not in os.environ, reason="nginx is not installed; .ci/run installs it"
)
pytestmark = [needs_nginx, pytest.mark.once]

#: Headers that may differ between an answer of Django and the same file from the disk.
OF_THE_MOMENT = {"date", "etag", "last-modified", "connection", "server", "transfer-encoding", "content-length"}
OF_THE_MOMENT |= {"accept-ranges", "keep-alive"}


@pytest.fixture
def nginx(running):
    running.start()
    nginx = Nginx(running)
    yield nginx
    nginx.stop()
    if running.server.poll() is None:
        for pid in (running.server.pid, *running.workers()):
            os.kill(pid, signal.SIGCONT)


def test_a_form_never_goes_over_a_line_that_gunicorn_is_ending(nginx):
    """nginx must not send a form twice, and would say that the site is away.

    gunicorn says that it keeps the line, and ends it all the same where much of a refused body was left unread.
    """

    def statuses(_number):
        refused = nginx.ask("/sv/hallinta/pages/page/", "POST", b"x" * 100_000, Content_Type="text/plain")
        return refused[0], post(nginx, "/sv/hallinta/pages/page/")[0]

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(statuses, range(300))) == {(415, 200)}


def addresses(nginx):
    listed = re.findall(r"<loc>https?://[^/]+([^<]+)", nginx.get("/sitemap.xml")[2].decode())
    return [*listed, "/sitemap.xml", "/robots.txt", "/sv/natverk/anmal-dig/tack/"]


def lasting(headers):
    kept = {name: value for name, value in headers.items() if name not in OF_THE_MOMENT}
    policy = kept.get("content-security-policy", "")
    return kept | {"content-security-policy": sorted(part.strip() for part in policy.split(";"))}


def crawl(nginx):
    return {
        (path, code): (status, lasting(headers), body)
        for path in addresses(nginx)
        for code in ("", "gzip", "br")
        for status, headers, body in [nginx.get(path, Accept_Encoding=code)]
    }


def post(nginx, path="/sv/natverk/anmal-dig/"):
    return nginx.ask(path, "POST", b"name=Aino", Content_Type="application/x-www-form-urlencoded")


def test_in_every_situation_readers_get_the_same_pages_with_the_same_headers(nginx):
    pages = crawl(nginx)
    assert len(pages) > 100
    assert {status for status, _headers, _body in pages.values()} == {200}
    assert pages["/fi/", "br"][1]["content-encoding"] == "br"
    assert nginx.get("/")[0] == 302
    assert nginx.get("/fi/ei-ole/")[0] == 404
    assert nginx.get("/fi/hallinta/login/")[0] == 200
    assert "x-accel-expires" not in nginx.get("/fi/")[1]
    assert post(nginx)[0] == 422

    # The directory first: one line, and a reload.
    turned = nginx.configuration.replace('# GET "";', 'GET "";')
    assert turned != nginx.configuration
    before = nginx.configuration
    nginx.write(turned)
    nginx.reload()
    until(lambda: "last-modified" in nginx.get("/fi/")[1])  # from the disk
    assert crawl(nginx) == pages
    assert nginx.get("/")[0] == 302
    assert post(nginx)[0] == 422
    nginx.write(before)
    nginx.reload()
    until(lambda: "last-modified" not in nginx.get("/fi/")[1])

    # gunicorn is silent: its processes stand still.
    for pid in (nginx.site.server.pid, *nginx.site.workers()):
        os.kill(pid, signal.SIGSTOP)
    time.sleep(1.2)
    # Many at once, since each waits until nginx gives gunicorn up.
    with ThreadPoolExecutor(40) as pool:
        paths = addresses(nginx)
        for path, (status, headers, body) in zip(paths, pool.map(nginx.get, paths), strict=True):
            assert (status, lasting(headers), body) == pages[path, ""], path
    for pid in (*nginx.site.workers(), nginx.site.server.pid):
        os.kill(pid, signal.SIGCONT)
    until(lambda: nginx.get("/fi/ei-ole/")[0] == 404)

    # gunicorn is gone.
    nginx.site.stop()
    time.sleep(1.2)
    assert crawl(nginx) == pages
    status, headers, body = nginx.get("/")
    assert (status, headers["cache-control"]) == (200, "no-store")
    assert all(f'href="/{code}/"'.encode() in body for code in ("fi", "sv", "en"))
    for status, headers, body in (post(nginx), nginx.get("/sv/hallinta/login/"), nginx.get("/sv/finns-inte/")):
        assert (status, headers["retry-after"], headers["cache-control"]) == (503, "120", "no-store")
        assert b'<html lang="sv">' in body
        assert headers["content-security-policy"]


def test_pages_are_kept_for_a_second_and_what_is_not_for_everybody_is_not(nginx):
    for _read in range(20):
        # Twice at once: others may take longer than a page is kept.
        for path in ("/fi/", "/fi/", "/fi/ei-ole/", "/fi/hallinta/login/", "/fi/palaute/?page=/fi/opsi/", "/"):
            nginx.get(path)
    kept = {}

    def logged():
        lines = (nginx.folder / "access.log").read_text().splitlines()
        for told in map(json.loads, lines):
            kept.setdefault((told["path"], told["cache"]), []).append(told)
        return len(lines) >= 120

    until(logged)
    assert kept["/fi/", "HIT"]
    assert {path for path, cache in kept if cache in ("HIT", "STALE", "UPDATING")} == {"/fi/"}


def test_no_reader_is_given_what_another_asked_for_with_a_parameter(nginx):
    """Written oddly, the parameter escapes nginx, and with a body such a request comes to Django."""
    plain, form = nginx.get("/fi/palaute/")[2], {"Content_Type": "application/x-www-form-urlencoded"}
    assert nginx.get("/fi/palaute/", Cookie="session=x")[2] == plain
    time.sleep(2)
    asked = nginx.ask("/fi/palaute/?%70age=/fi/opsi/", "GET", b"x=y", **form)[2]
    assert b'value="/fi/opsi/"' in asked
    assert nginx.get("/fi/palaute/")[2] == plain


def test_readers_of_an_address_that_is_not_kept_do_not_wait_for_each_other(nginx):
    """A missing slash, say, in an address that everybody was mailed."""

    def seconds(_number):
        asked = time.monotonic()
        assert nginx.get("/fi")[0] == 301
        return time.monotonic() - asked

    with ThreadPoolExecutor(60) as pool:
        assert statistics.median(pool.map(seconds, range(60))) < 2


def test_static_files_and_refusals_have_their_headers(nginx):
    sheet = re.search(rb'href="(/static/css/site[^"]+)"', nginx.get("/fi/")[2])[1].decode()
    status, headers, _body = nginx.get(sheet, Accept_Encoding="br")
    assert (status, headers["content-encoding"]) == (200, "br")
    assert headers["cache-control"] == "max-age=315360000, public, immutable"
    refused = [nginx.get(f"/fi/?{'x' * 20_000}"), nginx.ask("/fi/", "POST", b"x" * 2_000_000), nginx.get("/static/no")]
    assert [status for status, _headers, _body in refused] == [414, 413, 404]
    for _status, told, _body in (*refused, nginx.get(sheet), nginx.get("/fi/hallinta/login/")):
        assert told["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in told["content-security-policy"]
    assert nginx.get("/fi/", Host="evil.example")[0] == 0


def test_a_flood_of_forms_is_answered_429_with_a_page_and_readers_read_on(nginx):
    # So many at once that it is a flood however slowly gunicorn answers them.
    with ThreadPoolExecutor(100) as pool:
        sent = [pool.submit(post, nginx) for _post in range(150)]
        assert all(nginx.get("/fi/")[0] == 200 for _read in range(50))
        answers = [sending.result() for sending in sent]
    refused = [(headers, body) for status, headers, body in answers if status == 429]
    assert {status for status, _headers, _body in answers} == {422, 429}
    assert refused[0][0]["retry-after"] == "120"
    assert b'<html lang="sv">' in refused[0][1]


def test_a_visitors_own_forwarding_headers_are_overwritten(running):
    """In gunicorn's place somebody who says what came."""

    class Echo(BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps(self.headers.items()).encode()
            self.send_response(200)
            self.send_header("Content-Length", len(body))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as echo:
        threading.Thread(target=echo.serve_forever, daemon=True).start()
        instead = f"127.0.0.1:{echo.server_port}"
        site = urllib.parse.urlsplit(running.url).netloc
        nginx = Nginx(running, changed=lambda text, port: text.replace(f"server {site} ", f"server {instead} "))
        forged = {"X_Forwarded_For": "1.2.3.4", "X_Forwarded_Proto": "https", "X_Request_ID": "a" * 32}
        try:
            for path, method in product(("/", "/fi/", "/fi/hallinta/", "/healthz"), ("GET", "POST")):
                came = nginx.ask(path, method, **forged)[2].decode()
                told = {
                    name: [value for n, value in json.loads(came) if n == name] for name, _value in json.loads(came)
                }
                assert (told["X-Forwarded-For"], told["X-Forwarded-Proto"]) == (["127.0.0.1"], ["http"]), path
                assert len(told["X-Request-ID"]) == 1 and "a" * 32 not in came
        finally:
            nginx.stop()
            echo.shutdown()


def test_the_log_holds_no_address_no_query_and_no_token(nginx):
    nginx.get("/fi/verkosto/vahvista/" + "a" * 43 + "/?email=aino@example.fi")
    until(lambda: "vahvista" in (nginx.folder / "access.log").read_text())
    log = (nginx.folder / "access.log").read_text()
    assert not re.search(r"127\.0\.0\.1|aaaa|aino", log)


def test_three_hundred_slow_connections_leave_other_readers_alone(nginx):
    """They say nothing, half a header, half a form, or do not take what they asked for."""
    # Nobody is sent away before the others have read, however long that takes here.
    nginx.write(nginx.configuration.replace("_timeout 10s;", "_timeout 600s;"))
    nginx.reload()
    host = urllib.parse.urlsplit(nginx.site.url).netloc.encode()
    half_a_form = b"POST /fi/verkosto/liity/ HTTP/1.1\r\nHost: " + host + b"\r\nContent-Length: 500\r\n\r\nname="
    beginnings = [b""] * 100 + [b"GET /fi/ HTTP/1.1\r\nHost: x"] * 110 + [half_a_form] * 40  # a flood ends at 50
    beginnings += [b"GET /fi/ HTTP/1.1\r\nHost: " + host + b"\r\n\r\n"] * 50
    slow = []
    for beginning in beginnings:
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        line.connect(("127.0.0.1", nginx.port))
        line.sendall(beginning)
        slow.append(line)
    assert all(nginx.get(path)[0] == 200 for path in addresses(nginx))
    # Nobody had to wait until a slow one was sent away: those that ask for nothing complete still hang there.
    assert select.select(slow[:250], [], [], 0)[0] == []
    for line in slow:
        line.close()


def test_what_is_published_is_seen_through_nginx(nginx):
    until(lambda: nginx.get("/fi/verkosto/")[0] == 200)
    nginx.site.manage(
        "shell",
        code="""
from website.pages.models import Page
from website.publishing import versions, workflow
page = Page.objects.get(pk="network")
page.title_fi = "Juuri julkaistu"
workflow.save_draft(page)
workflow.publish([versions.latest_version(page)])
""",
    )
    until(lambda: b"Juuri julkaistu" in nginx.get("/fi/verkosto/")[2])

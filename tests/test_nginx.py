"""Debian's nginx with the configuration that `deploy_config` prints, on loopback, in each situation."""

import json
import os
import re
import select
import shutil
import signal
import socket
import threading
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product

import pytest

from tests.running import Nginx, until

needs_nginx = pytest.mark.skipif(
    not shutil.which("nginx") and "CI" not in os.environ, reason="nginx is not installed; .ci/run installs it"
)
pytestmark = [needs_nginx, pytest.mark.once]

#: Headers of one answer, and what a server says of itself.
OF_THE_MOMENT = {"date", "last-modified", "connection", "server", "accept-ranges", "keep-alive"}


@pytest.fixture
def nginx(running):
    running.start()
    nginx = Nginx(running)
    yield nginx
    nginx.stop()
    if running.server.poll() is None:
        for pid in (running.server.pid, *running.workers()):
            os.kill(pid, signal.SIGCONT)


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
    tag = nginx.get("/fi/")[1]["etag"]
    assert nginx.get("/fi/", If_None_Match=tag)[0] == 304
    # gunicorn, the second line, says the same of the same file.
    with urllib.request.urlopen(f"{nginx.site.url}/fi/") as response:
        told = {name.lower(): value for name, value in response.headers.items()}
        assert (lasting(told), told["etag"], response.read()) == (pages["/fi/", ""][1], tag, pages["/fi/", ""][2])

    assert nginx.get("/")[0] == 302
    assert post(nginx)[0] == 422
    for path, status in (("/fi/ei-ole/", 404), ("/fi/index.html", 404), ("/fi/sitoumukset/9/", 404), ("/fi", 301)):
        assert nginx.get(path)[0] == status, path
    assert nginx.get("//fi//julistus")[1]["location"] == "/fi/julistus/"
    assert b'value="/fi/opsi/"' in nginx.get("/fi/palaute/?page=/fi/opsi/")[2]
    assert b'value="/fi/opsi/"' not in nginx.get("/fi/palaute/?utm_source=x")[2]

    # gunicorn is silent: its processes stand still.
    for pid in (nginx.site.server.pid, *nginx.site.workers()):
        os.kill(pid, signal.SIGSTOP)
    assert crawl(nginx) == pages
    without_gunicorn(nginx)
    for pid in (*nginx.site.workers(), nginx.site.server.pid):
        os.kill(pid, signal.SIGCONT)
    until(lambda: nginx.get("/fi/ei-ole/")[0] == 404)

    # gunicorn is gone.
    nginx.site.stop()
    assert crawl(nginx) == pages
    without_gunicorn(nginx)


def without_gunicorn(nginx):
    status, _headers, body = nginx.get("/")
    assert status == 200
    assert all(f'href="/{code}/"'.encode() in body for code in ("fi", "sv", "en"))
    for status, headers, body in (post(nginx), nginx.get("/sv/finns-inte/")):
        assert (status, headers["retry-after"], headers["cache-control"]) == (503, "120", "no-store")
        assert b'<html lang="sv">' in body
        assert headers["content-security-policy"]


def test_static_files_and_refusals_have_their_headers(nginx):
    sheet = re.search(rb'href="(/static/css/site[^"]+)"', nginx.get("/fi/")[2])[1].decode()
    status, headers, _body = nginx.get(sheet, Accept_Encoding="br")
    assert (status, headers["content-encoding"]) == (200, "br")
    assert headers["cache-control"] == "max-age=315360000, public, immutable"
    refused = [nginx.get(f"/fi/?{'x' * 20_000}"), nginx.ask("/fi/", "POST", b"x" * 2_000_000)]
    refused += [nginx.get(f"/static/{name}") for name in ("no", "staticfiles.json", "collected", ".collected")]
    assert [status for status, _headers, _body in refused] == [414, 413, 404, 404, 404, 404]
    assert b'<html lang="fi">' in refused[1][2]
    for _status, told, _body in (*refused, nginx.get(sheet), nginx.get("/fi/hallinta/login/")):
        assert told["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in told["content-security-policy"]
    assert nginx.get("/fi/", Host="evil.example")[0] == 0


@pytest.mark.parametrize("path, status", [("/sv/", 200), ("/sv/finns-inte/", 404), ("/sv/hallinta/login/", 200)])
def test_a_parent_domains_cookies_and_long_queries_get_the_page(nginx, path, status):
    for answer in (nginx.get(path, Cookie="x" * 9000), nginx.get(f"{path}?x={'x' * 5000}")):
        assert answer[0] == status
        assert b'lang="sv"' in answer[2]


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


def test_no_log_holds_an_address_a_query_or_a_token(nginx):
    mailed = "/fi/verkosto/vahvista/" + "a" * 43 + "/?email=aino@example.fi"
    nginx.get(mailed)
    nginx.get(mailed, Host="evil.example")
    until(lambda: "vahvista" in (nginx.folder / "access.log").read_text())
    for log in nginx.folder.glob("*.log"):
        assert not re.search(r"127\.0\.0\.1|aaaa|aino|evil", log.read_text())
    # In UTC, as the site's own lines are, whatever the zone of the host.
    moments = re.findall(r'"time":"([^"]+)"', (nginx.folder / "access.log").read_text())
    assert moments and all(moment.endswith("+00:00") for moment in moments)
    # Nor would any server block's, the redirecting one's of HTTPS included: none is left to nginx's own log.
    nginx.site.environment |= {"SITE_URL": "https://site.example"}
    printed = nginx.site.manage("deploy_config", "nginx")
    assert printed == nginx.site.manage("deploy_config", "nginx")
    blocks = printed.split("\nserver {")[1:]
    assert len(blocks) == 3
    assert all(len(re.findall(r"access_log (off|\S+ site )", block)) == 1 for block in blocks)
    assert "/.well-known/acme-challenge/ { root /var/www/acme;" in blocks[1]  # before it redirects


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

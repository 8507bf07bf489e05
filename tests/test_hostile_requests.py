"""What no browser sends, over raw sockets at gunicorn and through nginx: no 5xx, no hang, no odd line in the log."""

import json
import re
import select
import shutil
import socket
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.browser import missing
from tests.forms import FORM, REQUEST
from tests.running import Nginx, until

pytestmark = pytest.mark.once
SILENCE, PATIENCE = 1, 60  # seconds until we say that nothing more comes from us; until it is a hang
LENGTHS = [  # what says how long a body is, ambiguously
    b"Content-Length: 5\r\nContent-Length: 5",
    b"Content-Length: 5\r\nContent-Length: 6",
    b"Content-Length: 5, 5",
    b"Content-Length: +5",
    b"Content-Length: -5",
    b"Content-Length: 0x5",
    b"Content-Length: 5_0",
    b"Content-Length: \xb2",
    b"Content-Length: 99999999999999999999999",
    b"Content-Length:",
    b"Content-Length : 5",
    b"Content-Length: 5\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked\r\nContent-Length: 0",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding: chunked, identity",
    b"Transfer-Encoding: identity, chunked",
    b"Transfer-Encoding:\x0bchunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    b"Transfer_Encoding: chunked",
    b"Expect: 100-continue\r\nContent-Length: 5",
    b"Expect: nonsense",
]
LINES = [  # of a header, each wrong in its own way
    b"No colon",
    b": no name",
    b" folded: x",
    b"Folded: a\r\n b",
    b"N\x00ul: x",
    b"Nul: a\x00b",
    b"Return: a\rb",
    b"Bytes: \xff\xfe",
    b"Sp ace: x",
    b"Long: " + b"a" * 9000,
    b"X" * 9000 + b": x",
    b"\r\n".join(b"Many: %d" % number for number in range(150)),
    b"Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
    b"Connection: keep-alive, close, te",
    b"Host: other.example",
    b"Proxy: http://evil.example",
    b"Script_Name: /fi",
    b"Path-Info: /fi/hallinta/",
    b"Sec-WebSocket-Key: x\r\nUpgrade: websocket\r\nConnection: Upgrade",
]
NOT_HTTP = [
    b"",
    b"\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 200,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET /fi/ HTTP/1.1\r\n\r\n",
    b"EHLO x\r\nMAIL FROM:<x>\r\n",
    b"GET",
    b"GET /fi/",
    b"GET /fi/\r\n",
    b"GET  /fi/  HTTP/1.1\r\n\r\n",
    b"GET /fi/ HTTP/1.1\nHost: x\n\n",
    b"GET\t/fi/\tHTTP/1.1\r\n\r\n",
    b"\x00" * 500,
]


def sent(port, request):
    """All that came back until the other side ended the connection; TimeoutError where it does not."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
        try:
            line.sendall(request)
            # Whoever waits for more of it is told after a while that nothing more comes.
            if not select.select([line], [], [], SILENCE)[0]:
                line.shutdown(socket.SHUT_WR)
            while part := line.recv(65536):
                answer += part
                if not select.select([line], [], [], SILENCE)[0]:
                    line.shutdown(socket.SHUT_WR)
        except TimeoutError:
            raise
        except OSError:
            pass  # a refusal need not wait for the rest of what it refuses
    return answer


@pytest.fixture
def behind_nginx(running):
    if not shutil.which("nginx"):
        missing("nginx")
    with (running.folder / "log").open("w") as running.output:
        running.start()
        nginx = Nginx(running)
        yield nginx
        nginx.stop()


def test_hostile_requests_break_nothing(behind_nginx):
    site = behind_nginx.site
    address = urllib.parse.urlsplit(site.url)
    host = b"Host: " + address.netloc.encode() + b"\r\n"
    requests = [b"POST /sv/respons/ HTTP/1.1\r\n" + host + line + b"\r\n\r\nname=" for line in LENGTHS]
    requests += [b"GET /sv/opsi/ HTTP/1.1\r\n" + host + line + b"\r\n\r\n" for line in LINES]
    requests += NOT_HTTP
    for port in (address.port, behind_nginx.port):
        with ThreadPoolExecutor(20) as pool:
            answers = pool.map(lambda request, port=port: sent(port, request), requests)
        found = [re.findall(rb"^HTTP/1\.[01] (\d{3})", answer, re.MULTILINE) for answer in answers]
        # 501 and 505 are what HTTP wants for a transfer coding or a version that nobody speaks.
        bad = [
            (codes, request[:200])
            for codes, request in zip(found, requests, strict=True)
            if {code for code in codes if code >= b"500"} - {b"501", b"505"}
        ]
        assert bad == []
        assert {b"200", b"400"} <= {code for codes in found for code in codes}
    # What they wrote, and what a person writes, forged no line of the log, and their words are not in it.
    assert site.post(FORM["fi"], REQUEST)[0] == 200
    until(lambda: site.mails())
    token = re.search(r"/([\w-]{43})/", site.mails()[0].get_content())[1]
    for line in (site.folder / "log").read_text().splitlines():
        words = ("evil.example", "203.0.113", "Aino", "aino.esimerkki", "Esimerkkivirasto", token)
        assert not [word for word in words if word in json.dumps(json.loads(line), ensure_ascii=False)]
    assert site.get("/fi/")[0] == behind_nginx.get("/fi/")[0] == 200

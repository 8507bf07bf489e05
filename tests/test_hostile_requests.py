"""Thousands of hostile requests over raw sockets, at gunicorn and through nginx: no 500, no hang, no growth."""

import json
import random
import re
import select
import shutil
import socket
import threading
import time
import urllib.parse
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.browser import missing
from tests.running import Nginx
from tests.test_hostile_bytes import BODIES, CONTENT_TYPES, FORM, HEADERS, METHODS, OTHERS, PIECES

pytestmark = pytest.mark.once
REQUESTS, SENDERS = 2000, 20
SILENCE, PATIENCE = 0.3, 60  # seconds, at least, until we say that nothing more comes from us; until it is a hang
LATER = 1000  # requests after which memory must have found its level
PATHS = ["/fi/", "/sv/opsi/", "/en/commitments/3/", "/sitemap.xml", "/en/feedback/", FORM, *OTHERS]
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
CHUNKS = [
    b"5\r\nname=\r\n0\r\n\r\n",
    b"5;x=y\r\nname=\r\n0\r\nTrailer: x\r\n\r\n",
    b"0\r\n\r\nGET /fi/ HTTP/1.1\r\nHost: x\r\n\r\n",
    b"ffffffffffffffffff\r\n",
    b"-1\r\n",
    b"5\nname=\n0\n\n",
    b"x\r\n",
    b"",
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


def hostile(chance, host):
    """One request, mostly with a few things wrong, so that it gets far before it is found out."""
    if chance.random() < 0.05:
        return chance.choice([*NOT_HTTP, chance.randbytes(chance.randrange(1, 3000))])
    path = chance.choice(PATHS).encode()
    for _piece in range(chance.choice([0, 0, 0, 1, 2])):
        place = chance.randrange(1, len(path) + 1)
        path = path[:place] + chance.choice(PIECES).replace(b" ", b"+") + path[place:]
    path = chance.choice(
        [path] * 20 + [b"*", b"http://evil.example" + path, b"//" + host + path, path[1:], b"?" + path]
    )
    if chance.random() < 0.2:
        path += b"?" + chance.choice(HEADERS["QUERY_STRING"]).encode("latin-1").replace(b" ", b"+")
    method = chance.choice(["GET"] * 20 + ["HEAD"] * 2 + ["POST"] * 10 + [chance.choice(METHODS)] * 2).encode()
    version = chance.choice([b"HTTP/1.1"] * 50 + [b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2.0", b"HTTP/1.10", b"HTTP/x", b""])
    lines = [method + b" " + path + b" " + version]
    lines += [b"Host: " + host] if chance.random() < 0.97 else []
    for name in chance.sample(sorted(HEADERS), chance.choice([0, 0, 0, 1, 1, 2, 3])):
        if name.startswith("HTTP_") and not (name == "HTTP_HOST" and chance.random() < 0.8):
            title = name.removeprefix("HTTP_").replace("_", "-").encode()
            lines.append(title + b": " + chance.choice(HEADERS[name]).encode("latin-1"))
    if chance.random() < 0.2 or method == b"POST":
        kind = chance.choice(["application/x-www-form-urlencoded"] * 20 + CONTENT_TYPES)
        lines.append(b"Content-Type: " + kind.encode("latin-1"))
    lines += [b"Connection: close"] if chance.random() < 0.9 else []
    body = b""
    if method == b"POST" or chance.random() < 0.1:
        body = chance.choice([*BODIES, *CHUNKS, chance.randbytes(chance.randrange(2000))])
        right = b"Content-Length: %d" % len(body)
        lines.append(chance.choice([right] * 2 * len(LENGTHS) + LENGTHS))
    if chance.random() < 0.15:
        lines.insert(chance.randrange(1, len(lines) + 1), chance.choice(LINES))
    end = chance.choice([b"\r\n"] * 50 + [b"\n", b"\r"])
    request = end.join(lines) + end * 2 + body
    if chance.random() < 0.05:
        request = request[: chance.randrange(len(request))]  # cut off on its way
    return request * chance.choice([1] * 20 + [2])  # now and then two at once


def silence(port, host):
    """Seconds that answers take here, one for each sender at once: nginx answers nobody who has left."""
    request = b"GET /fi/nothing/ HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n"

    def seconds(_number):
        began = time.monotonic()
        sent(port, request, PATIENCE)
        return time.monotonic() - began

    with ThreadPoolExecutor(SENDERS) as pool:
        _cold, warm = (max(pool.map(seconds, range(SENDERS))) for _round in range(2))
    return max(SILENCE, warm)


def sent(port, request, pause):
    """All that came back until the other side ended the connection; TimeoutError where it does not."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
        try:
            line.sendall(request)
            # Whoever waits for more of it is told after a while that nothing more comes.
            if not select.select([line], [], [], pause)[0]:
                line.shutdown(socket.SHUT_WR)
            while part := line.recv(65536):
                answer += part
                if not select.select([line], [], [], pause)[0]:
                    line.shutdown(socket.SHUT_WR)
        except TimeoutError:
            raise
        except OSError:
            pass  # a refusal need not wait for the rest of what it refuses
    return answer


def bombarded(port, host, between):
    """Sends them all, a thousand first; `between` is called after these. Statuses, and what hung or answered 5xx."""
    statuses, bad, lock, pause = Counter(), [], threading.Lock(), silence(port, host)

    def send(seed, number):
        chance = random.Random(seed)
        for _request in range(number):
            request = hostile(chance, host)
            try:
                answer = sent(port, request, pause)
                found = [int(code) for code in re.findall(rb"^HTTP/1\.[01] (\d{3})", answer, re.MULTILINE)]
            except TimeoutError:
                found = [0]
            with lock:
                statuses.update(found or ["closed"])
                # 501 and 505 are what HTTP wants for a transfer coding or a version that nobody speaks.
                if any(code == 0 or (code >= 500 and code not in (501, 505)) for code in found):
                    bad.append((found, request[:300]))

    for first, number in ((0, LATER), (SENDERS, REQUESTS - LATER)):
        senders = [threading.Thread(target=send, args=(first + seed, number // SENDERS)) for seed in range(SENDERS)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        if not first:
            between()
    return statuses, bad


def held(site):
    """Megabytes and open files of each worker."""
    found = {}
    for pid in site.workers():
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        memory = int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024
        found[pid] = memory, len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return found


@pytest.fixture
def behind_nginx(running):
    if not shutil.which("nginx"):
        missing("nginx")
    with (running.folder / "log").open("w") as running.output:
        running.start()
        # What takes long here, twenty at once, is not silence.
        patience = f"read_timeout {PATIENCE // 2}s"
        nginx = Nginx(running, changed=lambda text, port: re.sub(r"read_timeout \d+s", patience, text))
        yield nginx
        nginx.stop()


def test_thousands_of_hostile_requests_break_nothing(behind_nginx):
    site = behind_nginx.site
    address = urllib.parse.urlsplit(site.url)
    for port in (address.port, behind_nginx.port):
        before = {}
        statuses, bad = bombarded(port, address.netloc.encode(), lambda before=before: before.update(held(site)))
        print(dict(statuses))
        assert bad == []
        assert statuses[200] > 120 and statuses[404] > 80 and len(statuses) > 8, (
            "they are not odd enough to mean anything"
        )
        after = held(site)
        print(before, after)
        assert set(after) == set(before), "a worker died"
        for pid, (memory, files) in after.items():
            assert memory - before[pid][0] < 15, "megabytes"
            assert files - before[pid][1] < 30
    # What they wrote forged no line of the log, and their words are not in it.
    for line in (site.folder / "log").read_text().splitlines():
        assert not any(word in json.dumps(json.loads(line)) for word in ("evil.example", "Set-Cookie", "203.0.113"))
    assert site.get("/fi/")[0] == behind_nginx.get("/fi/")[0] == 200

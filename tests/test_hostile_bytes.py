"""Whatever bytes arrive, on whatever path: an answer below 500, through the same callable that gunicorn calls."""

import io
import random

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from tests.public_pages import LISTED

pytestmark = pytest.mark.django_db

FORM = "/fi/verkosto/liity/"
OTHERS = [
    "/",
    "/fi",
    "/robots.txt",
    "/sitemap.xml",
    "/favicon.ico",
    "/static/css/site.css",
    "/static/../website/settings.py",
    "/fi/verkosto/vahvista/unknown/",
    "/fi/hallinta/",
    "/fi/hallinta/login/",
    "/sv/hallinta/pages/page/",
    "/fi/hallinta/password_reset/",
    "/fi/sitoumukset/99999999999999999999/",
    "/xx/",
]
PIECES = [
    b"\x00",
    b"\xff",
    b"\xed\xa0\x80",
    b"\xc3\x28",
    b"%00",
    b"%ff",
    b"%2f",
    b"../",
    b"..\\",
    b"//",
    b"\\",
    b"\r\nSet-Cookie: a=b\r\n",
    b"\n",
    b"?",
    b"#",
    b";",
    b"%",
    b"${7*7}",
    b"{{7*7}}",
    b"'\"<>",
    "ä".encode(),
    "\u202e".encode(),
    "😀".encode(),
    b"\xef\xbb\xbf",
    b"a" * 300,
    b"a" * 9000,
    b"9" * 500,
    b"/" * 2000,
]
METHODS = [
    *("GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "get", "", "GET\x00"),
    "X" * 2000,
]
CONTENT_TYPES = [
    "",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-16",
    "application/x-www-form-urlencoded; charset=utf-8; charset=rot13",
    "application/x-www-form-urlencoded; charset=",
    "application/x-www-form-urlencoded; charset*=BOGUS''x",
    "x; charset*=BOGUS''x",
    "text/html; charset=idna",
    "text/plain; charset=zlib",
    "application/json",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=x",
    "multipart/form-data; boundary=" + "x" * 300,
    "multipart/form-data; boundary=\xff",
    "multipart/form-data; boundary=x; charset=utf-16",
    "multipart/mixed; boundary=x",
    "\x00",
    ";",
    "a" * 20_000,
]
FORMS = ["", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
BODIES = [
    b"",
    b"name=%ED%A0%80&email=\xff\xfe",
    b"name=" + b"a" * 100_000,
    b"\xff\xfen\x00a\x00m\x00e\x00",
    b"a=b&" * 2000,
    b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nMaija\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="name"; filename="\x00"\r\n\r\nMaija\r\n--x--\r\n',
    b"--x\r\nContent-Disposition: form-data; name*=BOGUS''x\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--x--\r\n",
    b"--x\r\nContent-Type: text/plain; charset=rot13\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--x--",
    b"--x\r\n" * 3000,
    b"--x",
    b"username=a%00&password=b%00&csrfmiddlewaretoken=%00",
    b'{"name": 1}',
]
HEADERS = {
    "HTTP_ACCEPT_LANGUAGE": ["", "\xff", "sv;q=nan", "-", "fi" * 5000, ",".join(["sv-FI;q=0.1"] * 999), "x\x00"],
    "HTTP_HOST": ["", "evil.example", "testserver:99999", "testserver:x", "[::1", "a\x00b", "\xff", "testserver." * 99],
    "HTTP_COOKIE": ["=", "\xff\x00", "csrf=" + "a" * 9000, "session=\x00; session=b", "django_language=../.."],
    "HTTP_RANGE": ["bytes=0-", "bytes=9-1", "bytes=-", "x", "bytes=" + "0-1," * 999, "bytes=99999999999999999999-"],
    "HTTP_IF_NONE_MATCH": ["*", '"', 'W/"x"', "\xff", ",," * 999],
    "HTTP_IF_MODIFIED_SINCE": ["x", "Thu, 01 Jan 99999 00:00:00 GMT", "Thu, 01 Jan 0000 00:00:00 GMT"],
    "HTTP_X_FORWARDED_FOR": ["", ",", "\xff", "1.2.3.4, evil", "::1%eth0", "a" * 5000],
    "HTTP_X_FORWARDED_PROTO": ["https", "x", ","],
    "HTTP_X_FORWARDED_HOST": ["evil.example"],
    "HTTP_ORIGIN": ["null", "http://[", "http://\xff", "//", "http://testserver:x", "http://testserver:99999"],
    "HTTP_REFERER": ["http://[", "\x00", "a" * 9000],
    "HTTP_SEC_FETCH_SITE": ["", "cross-site", "same-origin", "\xff"],
    "HTTP_ACCEPT_ENCODING": ["br;q=x", "*;q=0", "gzip" * 999],
    "HTTP_X_HTTP_METHOD_OVERRIDE": ["DELETE"],
    "REMOTE_ADDR": ["", "unix:", "fe80::1%eth0", "999.1.1.1"],
    "QUERY_STRING": [
        "%00",
        "\xff=\xff",
        "a=b&" * 3000,
        "next=//evil.example",
        "q=%00",
        "p=9e99",
        "_popup=1&e=1",
        "=&=;",
    ],
    "CONTENT_LENGTH": ["-1", "x", "99999999999", "", "1"],
}


@pytest.fixture(autouse=True)
def one_connection():
    """As Django's test client does: the connection that holds the test's transaction outlives a request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def latin(raw):
    """Bytes as a WSGI server hands them on."""
    return raw.decode("latin-1")


def answer(path, method="GET", body=b"", **environ):
    """(status, headers) of a request that no browser and no test client would make."""
    from website.wsgi import application

    started = []
    environment = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "testserver",
        "REMOTE_ADDR": "203.0.113.5",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    } | environ
    response = application(environment, lambda status, headers, exc_info=None: started.append((status, headers)))
    for _chunk in response:
        pass
    if hasattr(response, "close"):
        response.close()
    status, headers = started[-1]
    return int(status[:3]), dict(headers)


@pytest.mark.parametrize("path", [*LISTED[::4], *OTHERS])  # a page of most kinds, the languages by turns
def test_known_killers_are_refused_on_every_path(path):
    """What stock Django 5.2 answers with 500, and their neighbours."""
    for content_type in CONTENT_TYPES:
        for method in ("GET", "POST"):
            status, _headers = answer(path, method, b"name=a", CONTENT_TYPE=content_type)
            assert status < 500, (path, method, content_type)


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: ascii(piece)[:24])
def test_no_path_with_odd_bytes_breaks_anything(piece):
    for path in (
        "/",
        "/fi/",
        "/sv/ataganden/",
        "/en/network/confirm/",
        "/static/",
        "/fi/hallinta/",
        "/fi/hallinta/r/1/",
    ):
        for raw in (path.encode() + piece, path.encode() + piece + b"/", b"/" + piece + path.encode()):
            status, headers = answer(latin(raw))
            assert status < 500, raw
            assert not {"\r", "\n"} & set("".join(headers.values())), raw


@pytest.mark.parametrize("header", HEADERS)
def test_no_odd_header_breaks_anything(header):
    for value in HEADERS[header]:
        for path, method in (("/", "GET"), ("/fi/", "GET"), (FORM, "POST"), ("/static/img/favicon.svg", "GET")):
            status, _headers = answer(path, method, **{header: value})
            assert status < 500, (path, method, value)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: ascii(method)[:12])
def test_no_odd_method_breaks_anything(method):
    for path in ("/", "/fi/", FORM, "/fi/verkosto/vahvista/unknown/", "/sitemap.xml", "/static/img/favicon.svg"):
        assert answer(path, method)[0] < 500, path


@pytest.mark.parametrize("seed", range(10))
def test_random_requests_break_nothing(seed):
    """Fifty requests, each with several things wrong at once; the seed makes them the same every time."""
    chance = random.Random(seed)
    statuses = set()
    for _ in range(50):
        path = chance.choice([*LISTED, *OTHERS, FORM, FORM]).encode()
        for _ in range(chance.choice([0, 0, 1, 2])):
            place = chance.randrange(1, len(path) + 1)
            path = path[:place] + chance.choice(PIECES) + path[place:]
        request = {"path": latin(path), "method": chance.choice(["GET", "POST", *METHODS])}
        request["body"] = chance.choice([*BODIES, chance.randbytes(chance.randrange(2000))])
        # Half of them as a form would have it, for the rest never gets far.
        request["CONTENT_TYPE"] = chance.choice([chance.choice(FORMS), chance.choice(CONTENT_TYPES)])
        for header in chance.sample(sorted(HEADERS), chance.randrange(4)):
            request[header] = chance.choice(HEADERS[header])
        status, headers = answer(**request)
        assert status < 500, request
        assert headers["X-Content-Type-Options"] == "nosniff", request
        assert "Set-Cookie" not in headers or b"/hallinta/" in path, request
        statuses.add(status)
    assert len(statuses) >= 4, "the requests are not odd enough to mean anything"

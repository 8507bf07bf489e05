"""The press: an edition printed once, served from memory, moving on by itself."""

import gzip
import io
import random
import socket
import time
from datetime import timedelta
from types import SimpleNamespace

import brotli
import psycopg
import pytest
from django.conf import settings
from django.core import signing
from django.utils import timezone

from tests.conftest import LANGUAGES
from website.pages.models import Page
from website.press import moving, printing
from website.press.moving import Mover
from website.press.serving import Press, Served, best_encoding, table
from website.publishing import versions, workflow
from website.publishing.edition import Edition
from website.wsgi import application

pytestmark = pytest.mark.usefixtures("one_connection")


@pytest.fixture
def editions(settings, tmp_path):
    """The folder of printed editions, empty at first; nothing is served yet, and nothing is left served."""
    settings.VAR_DIR = tmp_path
    yield tmp_path / "editions"
    Press.served = Served()


@pytest.fixture
def press(db, editions):
    """The whole site as a WSGI server sees it, with the edition of now printed."""
    edition = Edition.load()
    Press.served = Served(edition, table(printing.print_pages(edition)))
    return application


def environ(path, method="GET", query="", body=b"", **more):
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "testserver",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    } | more


def answer(wsgi, *args, **kwargs):
    """Status, headers and body as they came."""
    told = []
    response = wsgi(environ(*args, **kwargs), lambda status, headers: told.append((status, headers)))
    body = b"".join(response)
    if hasattr(response, "close"):
        response.close()
    status, headers = told[0]
    assert len({name.lower() for name, value in headers}) == len(headers)
    return int(status.split()[0]), dict(headers), body


def decoded(headers, body):
    decode = {"br": brotli.decompress, "gzip": gzip.decompress}.get(headers.get("Content-Encoding"), bytes)
    return decode(body) if body else b""


def published(thing, starts=None, **texts):
    for name, value in texts.items():
        setattr(thing, name, value)
    workflow.save_draft(thing)
    workflow.publish([versions.latest_version(thing)], starts=starts)
    return thing


# --- Printing -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_every_public_page_and_file_is_printed_in_every_language(client):
    edition = Edition.load()
    pages = printing.print_pages(edition)
    sitemap = client.get("/sitemap.xml").content.decode()
    addresses = [path for path in pages if path.startswith("/")]
    assert all(f"<loc>{settings.SITE_URL}{path}</loc>" in sitemap for path in addresses if path.count("/") == 2)
    listed = [line.split("<")[0] for line in sitemap.split(f"<loc>{settings.SITE_URL}")[1:]]
    assert set(listed) <= set(addresses)
    assert {"/sitemap.xml", "/robots.txt", "/sv/natverk/anmal-dig/tack/"} <= set(addresses)
    for path in addresses:
        response = client.get(path)
        assert pages[path].bodies[""] == response.content, path
        assert dict(pages[path].headers)["ETag"] == response["ETag"]
    assert not any("hallinta" in path or path == "/" for path in addresses)


@pytest.mark.django_db
def test_a_page_that_falls_back_is_printed_too():
    published(Page.objects.get(pk="opsi"), title_en="", lead_en="", body_en="")
    assert b'lang="fi"' in printing.print_pages(Edition.load())["/en/opsi/"].bodies[""]


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_for_errors_have_their_own_status_and_no_address(language):
    pages = printing.print_pages(Edition.load())
    for error in (404, 429, 500, 503):
        page = pages[f"errors/{language}/{error}.html"]
        assert page.status == error
        assert f'<html lang="{language}">'.encode() in page.bodies[""]
        assert dict(page.headers)["Cache-Control"] == "no-store"
        assert ("Retry-After" in dict(page.headers)) == (error in (429, 503))
    assert not any(path.startswith("/") for path in table(pages) if "errors" in path)


@pytest.mark.django_db
def test_printing_asks_the_database_nothing(django_assert_num_queries):
    edition = Edition.load()
    with django_assert_num_queries(0):
        printing.print_pages(edition)


@pytest.mark.django_db
def test_an_edition_on_the_disk_reads_back_the_same(editions, django_assert_num_queries):
    published(Page.objects.get(pk="network"), starts=timezone.now() + timedelta(days=1), title_fi="Myöhemmin")
    edition = Edition.load()
    pages = printing.print_pages(edition)
    printing.editions().mkdir()
    printing.store(edition, pages)
    folder = printing.stored()[0]
    assert folder == (editions / "current").resolve()
    assert printing.read(folder) == pages
    from django.contrib.contenttypes.models import ContentType

    ContentType.objects.clear_cache()
    with django_assert_num_queries(0):
        again = printing.read_edition(folder)
        assert (again.at, again.position, again.boundaries) == (edition.at, edition.position, edition.boundaries)
        later = again.moved_to(again.boundaries[0])
        assert later.get("pages.Page", "network").title_fi == "Myöhemmin"
        reprinted = printing.print_pages(again)
    assert {path: page.bodies for path, page in reprinted.items()} == {p: page.bodies for p, page in pages.items()}
    # What is to come is not beside the pages that nginx serves, and for nobody else to read.
    assert (folder / "edition").stat().st_mode & 0o077 == 0
    assert not list((folder / "site").rglob("edition*"))
    (folder / "edition").write_bytes(b"x" * 100)
    with pytest.raises(signing.BadSignature):
        printing.read_edition(folder)


@pytest.mark.django_db
@pytest.mark.parametrize("harm", ["cut", "missing", "no manifest"])
def test_a_directory_that_is_not_whole_is_printed_again(editions, harm):
    mover, edition = Mover(), Edition.load()
    mover.newest = edition
    mover._move()
    folder = printing.stored()[0]
    victim = folder / ("manifest.json" if harm == "no manifest" else "site/fi/index.html")
    victim.write_bytes(victim.read_bytes()[:100]) if harm == "cut" else victim.unlink()
    Press.served = Served()
    mover._move()
    assert printing.read(printing.stored()[0])["/fi/"]
    assert len(printing.stored()) == 1


@pytest.mark.django_db
def test_a_page_that_fails_stops_the_switch_and_is_named(editions, monkeypatch, client):
    mover = Mover()
    mover.newest = Edition.load()
    mover._move()
    before, stored = Press.served, printing.stored()
    published(Page.objects.get(pk="network"), title_fi="Uusi")
    mover.newest = Edition.load()
    monkeypatch.setattr("network.views.render", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(printing.Failed, match="/fi/verkosto/"):
        mover._move()
    mover._try_to_move()
    monkeypatch.setattr("website.status.mover", mover)
    assert client.get("/statusz").json()["trouble"] == "Failed: /fi/verkosto/ answered 500"
    assert Press.served is before
    assert printing.stored() == stored
    monkeypatch.undo()
    mover._try_to_move()
    assert mover.trouble == ""
    assert "Uusi" in Press.served.pages["/fi/verkosto/"].bodies[""][1][0].decode()


@pytest.mark.django_db
def test_this_release_is_preferred_and_another_serves_only_without_it(editions, settings):
    for release, title in (("2.0", "Vanha"), ("2.1", "Uusi")):
        settings.RELEASE = release
        published(Page.objects.get(pk="network"), title_fi=title)
        mover = Mover()
        mover.newest = Edition.load()
        Press.served = Served()
        mover._move()
    for release, title in (("2.0", "Vanha"), ("2.1", "Uusi"), ("2.2", "Uusi")):
        settings.RELEASE = release
        Press.served = Served()
        Mover()._serve_what_is_stored()
        assert title.encode() in Press.served.pages["/fi/verkosto/"].bodies[""][1][0], release
    settings.SITE_URL = "http://elsewhere.example"
    assert printing.stored() == []


@pytest.mark.django_db
@pytest.mark.parametrize("database", [True, False])
def test_another_releases_pages_are_served_until_this_one_has_printed_its_own(editions, settings, database):
    settings.RELEASE = "2.0"
    mover = Mover()
    mover.newest = Edition.load()
    mover._move()
    settings.RELEASE = "2.1"
    Press.served, mover = Served(), Mover()
    mover._move()
    assert Press.served.folder.name.startswith("2.0-")
    if database:
        mover.newest = Edition.load()
    mover._move()
    assert Press.served.folder == (editions / "current").resolve()
    assert Press.served.folder.name.startswith("2.1-")


@pytest.mark.django_db
def test_a_release_that_comes_back_makes_its_edition_current_again(editions, settings):
    for release in ("2.0", "2.1", "2.0"):
        settings.RELEASE = release
        Press.served, mover = Served(), Mover()
        mover.newest = Edition.load()
        mover._move()
        assert (editions / "current").resolve() == Press.served.folder
        assert Press.served.folder.name.startswith(release)


@pytest.mark.django_db
def test_without_room_on_the_disk_the_new_edition_is_served_from_memory(editions, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(printing, "store", full)
    published(Page.objects.get(pk="network"), starts=timezone.now() + timedelta(minutes=1), title_fi="Pian")
    mover = Mover()
    mover.newest = Edition.load()
    assert mover._move() == moving.RETRY
    assert "/fi/" in Press.served.pages
    # A boundary does not wait for the next try to write.
    mover.newest = mover.newest.moved_to(mover.newest.boundaries[0] - timedelta(seconds=2))
    monkeypatch.setattr(timezone, "now", lambda: mover.newest.at)
    assert mover._move() == 2


def test_a_line_that_is_lost_already_keeps_no_other_from_being_hung_up():
    class Lost:
        def fileno(self):
            raise psycopg.OperationalError("the connection is lost")

    ours, database = socket.socketpair()
    with ours, database:
        database.settimeout(10)
        mover = Mover()
        mover.asked = time.monotonic() - moving.SILENT
        mover.connections = [SimpleNamespace(connection=line) for line in (None, Lost(), ours)]
        mover._hang_up()
        assert database.recv(1) == b""


def test_whatever_goes_wrong_a_worker_goes_on_moving(monkeypatch):
    mover, pauses = Mover(), iter([None, None])
    mover.heard.set()
    monkeypatch.setattr(mover, "_try_to_move", lambda: 1 / 0)
    monkeypatch.setattr(mover.moved, "wait", lambda pause: next(pauses))
    with pytest.raises(StopIteration):
        mover._press()


@pytest.mark.django_db
def test_only_the_newest_editions_are_kept(editions):
    mover = Mover()
    for number in range(printing.KEPT + 2):
        published(Page.objects.get(pk="network"), title_fi=f"Otsikko {number}")
        mover.newest = Edition.load()
        mover._move()
    assert len(printing.stored()) == printing.KEPT
    assert printing.stored()[0] == (editions / "current").resolve()


# --- Serving --------------------------------------------------------------------------------------------------------


def test_a_printed_page_costs_no_query(press, django_assert_num_queries):
    with django_assert_num_queries(0):
        for path in Press.served.pages:
            assert answer(press, path)[0] == 200
            assert answer(press, path, query="utm_source=x")[0] == 200


@pytest.mark.parametrize(
    "accepted, encoding",
    [
        ("", ""),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("GZIP;Q=1", "gzip"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br;q=0, gzip;q=0", ""),
        ("*", "br"),
        ("*;q=0", ""),
        ("identity, gzip;q=0.2", ""),
        ("gzip;q=0.2, identity;q=0.1", "gzip"),
        ("br;q=x, gzip", "gzip"),
        ("deflate, zstd", ""),
        ("br ; q=1.0 , gzip ; q=0.9", "br"),
        (",,;q=1,;;", ""),
    ],
)
def test_the_best_liked_encoding_is_sent(press, accepted, encoding):
    assert best_encoding(accepted) == encoding
    _status, headers, body = answer(press, "/fi/", HTTP_ACCEPT_ENCODING=accepted)
    assert headers.get("Content-Encoding", "") == encoding
    assert int(headers["Content-Length"]) == len(body)
    assert decoded(headers, body).startswith(b"<!doctype html>")
    assert headers["Vary"] == "Accept-Encoding"


def test_each_encoding_has_a_tag_of_its_own_and_any_of_them_is_recognised(press):
    tags = {answer(press, "/fi/", HTTP_ACCEPT_ENCODING=code)[1]["ETag"] for code in ("", "gzip", "br")}
    assert len(tags) == 3
    for tag in tags:
        for header in (tag, f"W/{tag}", f'"other", {tag}', f'{tag},"x"'):
            status, headers, body = answer(press, "/fi/", HTTP_IF_NONE_MATCH=header, HTTP_ACCEPT_ENCODING="br")
            assert (status, headers["ETag"], body) == (304, tag, b"")
            assert "Content-Length" not in headers and "Content-Type" not in headers
    assert answer(press, "/fi/", HTTP_IF_NONE_MATCH="*")[0] == 304
    for header in ('"other"', "", "x", '"'):
        assert answer(press, "/fi/", HTTP_IF_NONE_MATCH=header)[0] == 200


def test_an_address_with_the_one_parameter_is_asked_of_django(press, monkeypatch):
    asked = []
    monkeypatch.setattr(press_layer(press), "application", lambda env, start: asked.append(env["QUERY_STRING"]) or [])
    for path in ("/fi/palaute/", "/sv/respons/", "/en/feedback/"):
        press(environ(path, query="page=/fi/opsi/"), None)
    assert asked == ["page=/fi/opsi/"] * 3
    assert answer(press, "/fi/palaute/")[0] == 200
    assert answer(press, "/fi/palaute/", query="utm_source=x")[0] == 200
    assert len(asked) == 3


def press_layer(guarded):
    """The Press inside the guard."""
    return next(cell.cell_contents for cell in guarded.__closure__ if isinstance(cell.cell_contents, Press))


def odd_requests(number):
    """Requests of every sort, the same at each run."""
    chance = random.Random(6)
    paths = [*Press.served.pages, "/", "/fi", "/fi//", "/FI/", "/fi/nothing/", "/static/x.css", "/en/sitoumukset/3/"]
    paths += ["/fi/verkosto/vahvista/x/", "/fi/hallinta", "/\xc3\xa4/", "/fi/\x00/", "/de/", "/fi/julistus"]
    headers = {
        "HTTP_ACCEPT_ENCODING": ["", "gzip", "br", "*", "gzip;q=0", "identity", "br;q=2", "\xff", "gzip, br, zstd"],
        "HTTP_IF_NONE_MATCH": ["*", '"x"', 'W/"x"', "", "tag", "tag, W/", '"', ",", "W/tag"],
        "HTTP_IF_MATCH": ["*", '"x"', "tag"],
        "HTTP_IF_MODIFIED_SINCE": ["Mon, 23 Nov 2026 20:50:27 GMT", "x"],
        "HTTP_IF_UNMODIFIED_SINCE": ["Mon, 23 Nov 2020 20:50:27 GMT", "x"],
        "HTTP_RANGE": ["bytes=0-10", "bytes=5-", "x"],
        "HTTP_HOST": ["testserver:80", "TESTSERVER", "evil.example", "", "testserver.", "a b", "127.0.0.1"],
        "HTTP_X_FORWARDED_PROTO": ["https", "http", "x"],
        "HTTP_X_FORWARDED_HOST": ["evil.example"],
        "HTTP_ACCEPT_LANGUAGE": ["sv", "en;q=0.1", "xx", ",,"],
        "HTTP_COOKIE": ["sessionid=x; csrftoken=y; django_language=sv", ";;=\xff"],
        "HTTP_ORIGIN": ["null", "http://testserver", "https://evil.example"],
        "HTTP_X_HTTP_METHOD_OVERRIDE": ["DELETE"],
        "CONTENT_TYPE": ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"],
        "CONTENT_LENGTH": ["0", "4", "", "x"],
        "HTTP_TRANSFER_ENCODING": ["chunked"],
        "SCRIPT_NAME": ["/fi"],
        "wsgi.url_scheme": ["https"],
    }
    for _request in range(number):
        more = {name: chance.choice(headers[name]) for name in chance.sample(sorted(headers), chance.randrange(4))}
        more.setdefault("HTTP_ACCEPT_ENCODING", chance.choice(headers["HTTP_ACCEPT_ENCODING"]))
        path = chance.choice(paths)
        tag = Press.served.pages.get(path, Press.served.pages["/fi/"]).tags[""]
        more = {name: value.replace("tag", tag) for name, value in more.items()}
        method = chance.choices(["GET", "HEAD", "POST", "OPTIONS", "PUT", "X"], [12, 4, 1, 1, 1, 1])[0]
        query = chance.choice(["", "", "", "a=b", "page=/fi/", "%00", "next=//evil.example", "\xff"])
        yield path, method, query, b"a=b&", more


def test_with_and_without_the_press_every_answer_is_the_same(press):
    told_otherwise = ("Content-Encoding", "Content-Length", "ETag", "Date")
    plain, printed, unchanged = without_press_layers(press), 0, 0
    for path, method, query, body, more in odd_requests(500):
        on, off = (answer(wsgi, path, method, query, body, **more) for wsgi in (press, plain))
        told = [
            (status, {name: value for name, value in headers.items() if name not in told_otherwise})
            for status, headers, _body in (on, off)
        ]
        assert told[0] == told[1], (path, method, query, more)
        assert decoded(on[1], on[2]) == off[2], (path, method, query, more)
        printed += "Content-Encoding" in on[1]
        unchanged += on[0] == 304
    assert printed > 40
    assert unchanged > 5


def without_press_layers(press):
    """The same site with the layer taken out: the guard and Django."""
    from website.wsgi import content_type_guard

    return content_type_guard(press_layer(press).application)


@pytest.mark.django_db
def test_behind_a_proxy_only_the_expected_scheme_is_answered_from_memory(editions, settings):
    settings.SITE_URL, settings.SECURE_PROXY_SSL_HEADER = "https://testserver", ("HTTP_X_FORWARDED_PROTO", "https")
    settings.ALLOWED_HOSTS = ["testserver"]
    layer = Press(lambda environ, start_response: ["Django"])
    Press.served = Served(None, table(printing.print_pages(Edition.load())))
    assert layer(environ("/fi/", HTTP_X_FORWARDED_PROTO="http"), None) == ["Django"]
    assert layer(environ("/fi/"), None) == ["Django"]
    assert answer(layer, "/fi/", HTTP_X_FORWARDED_PROTO="https")[0] == 200


def test_head_has_the_headers_of_get_for_every_answer(press):
    for path in ("/fi/", "/", "/fi/nothing/", "/fi/hallinta/login/", "/static/css/nothing.css"):
        get, head = answer(press, path), answer(press, path, "HEAD")
        assert (head[0], head[2]) == (get[0], b"")
        assert set(head[1]) == set(get[1]), path

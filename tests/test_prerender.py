"""Prerendering: an edition printed once, served from its directory, followed by itself."""

import gzip
import io
import logging
import os
import shutil
from datetime import timedelta
from wsgiref.util import setup_testing_defaults

import brotli
import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import OperationalError
from django.utils import timezone

from contacts.models import Contact
from tests.conftest import LANGUAGES
from website.pages.models import Page
from website.prerender import render, serve
from website.prerender.follow import Follower
from website.publishing import versions, workflow
from website.publishing.edition import Edition
from website.publishing.models import Serial
from website.worker import state
from website.wsgi import application

# With PostgreSQL: test_prerender_faults.py.
pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.usefixtures("one_connection")]


def answer(path, method="GET", query="", **more):
    """Status, headers and body of the whole site as a WSGI server sees it."""
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "HTTP_HOST": "testserver"} | more
    environ["wsgi.input"] = io.BytesIO()
    setup_testing_defaults(environ)
    told = []
    response = application(environ, lambda status, headers: told.append((status, headers)))
    body = b"".join(response)
    status, headers = told[0]
    assert len({name.lower() for name, value in headers}) == len(headers)
    return int(status.split()[0]), dict(headers), body


def publish(key="network", starts=None, **texts):
    page = Page.objects.get(pk=key)
    for name, value in texts.items():
        setattr(page, name, value)
    workflow.save_draft(page)
    workflow.publish([versions.latest_version(page)], starts=starts)


def printed_page(path="fi/verkosto"):
    return (render.editions() / f"current/site/{path}/index.html").read_text()


def followed(follower):
    """One round of the worker's tasks, as if the last failure were long ago."""
    follower.retry_at = 0
    follower.ask()
    follower.print_when_due()
    state.write_state(follower.state)
    return follower


# --- Printing -------------------------------------------------------------------------------------------------------


def test_every_public_page_and_file_is_printed_in_every_language_and_answered_as_django_answers(client, var):
    render.print_edition(Edition.load())
    sitemap = client.get("/sitemap.xml").content.decode()
    pages = {path: file for path, file in serve.current().files.items() if not path.endswith("index.html")}
    listed = [line.split("<")[0] for line in sitemap.split(f"<loc>{settings.SITE_URL}")[1:]]
    assert set(listed) <= set(pages)
    assert {"/sitemap.xml", "/robots.txt", "/sv/natverk/anmal-dig/tack/", "/en/changes/feed.atom"} <= set(pages)
    assert not any("hallinta" in path or path == "/" for path in pages)
    of_the_file = {"ETag", "Last-Modified", "Content-Length"}
    for path in pages:
        django, (status, headers, body) = client.get(path), answer(path)
        assert (status, body) == (200, django.content), path
        sorted_policy = [dict(h) for h in (headers, django.headers)]
        for each in sorted_policy:
            each["Content-Security-Policy"] = sorted(each["Content-Security-Policy"].split("; "))
        ours, theirs = ({n: v for n, v in each.items() if n not in of_the_file} for each in sorted_policy)
        assert ours == theirs, path


def test_a_page_that_falls_back_is_printed_too():
    publish("opsi", title_en="", lead_en="", body_en="")
    assert b'lang="fi"' in render.render(Edition.load())["site/en/opsi/index.html"]


def test_pages_for_errors_are_printed_in_every_language(var):
    files = render.render(Edition.load())
    for language in LANGUAGES:
        texts = {files[f"errors/{language}/{error}.html"] for error in (400, 404, 429, 500, 503)}
        assert len(texts) == 5
        assert all(f'<html lang="{language}">'.encode() in text for text in texts)


def test_printing_asks_the_database_nothing(django_assert_num_queries):
    edition = Edition.load()
    with django_assert_num_queries(0):
        render.render(edition)


def test_an_edition_on_the_disk_reads_back_the_same(var, django_assert_num_queries):
    publish("network", starts=timezone.now() + timedelta(days=1), title_fi="Myöhemmin")
    workflow.withdraw(Edition.load().things(Contact)[0], reason={"fi": "Poistui", "sv": "Togs bort"})
    edition = Edition.load()
    render.print_edition(edition)
    folder = (var / "editions/current").resolve()
    ContentType.objects.clear_cache()
    with django_assert_num_queries(0):
        again = render.read_edition(folder)
        for name in ("at", "serial", "serial_id", "last_boundary", "boundaries"):
            assert getattr(again, name) == getattr(edition, name)
        assert again.moved_to(again.boundaries[0]).get(Page, "network").title_fi == "Myöhemmin"
        assert render.render(again) == render.render(edition)
    # What is to come is not beside the pages that nginx serves, and for nobody else to read.
    assert (folder / "edition.json").stat().st_mode & 0o077 == 0
    assert not list((folder / "site").rglob("edition*"))


def test_two_hosts_give_the_same_tags_and_other_bytes_have_another(var, tmp_path):
    publish(title_fi="Numero 1")
    for host in ("one", "two"):
        render.write(tmp_path / host, render.render(Edition.load()))
    publish(title_fi="Numero 2")
    render.write(tmp_path / "later", render.render(Edition.load()))

    def tag(host, name):
        status = (tmp_path / host / name).stat()
        return status.st_mtime, status.st_size

    names = [str(file.relative_to(tmp_path / "one")) for file in (tmp_path / "one").rglob("*") if file.is_file()]
    assert len(names) > 200
    assert all(tag("one", name) == tag("two", name) for name in names)
    # Of the same size, and published in the same second.
    assert tag("one", "site/fi/verkosto/index.html") != tag("later", "site/fi/verkosto/index.html")
    assert tag("one", "site/sv/opsi/index.html") == tag("later", "site/sv/opsi/index.html")


def test_only_the_newest_directories_are_kept_and_the_link_leads_to_the_last(var):
    for number in range(render.DIRECTORIES_KEPT + 2):
        publish(title_fi=f"Otsikko {number}")
        render.print_edition(Edition.load())
    assert len(render.stored()) == render.DIRECTORIES_KEPT
    assert render.stored()[0] == (var / "editions/current").resolve()
    assert f"Otsikko {number}" in printed_page()


# --- Following ------------------------------------------------------------------------------------------------------


def test_a_page_that_fails_stops_the_switch_and_is_named(var, monkeypatch, client, caplog):
    follower = followed(Follower())
    before = render.stored()
    publish(title_fi="Uusi")
    with monkeypatch.context() as broken:
        broken.setattr("network.views.render", lambda *args, **kwargs: 1 / 0)
        followed(follower)
        followed(follower)
    assert client.get("/statusz").json()["trouble"] == "RenderError: /fi/verkosto/ answered 500"
    assert render.stored() == before
    assert [line for line in caplog.messages if "could not be printed" in line][1:] == []
    followed(follower)
    assert follower.state["trouble"] == ""
    assert "Uusi" in printed_page()


def test_a_failure_is_not_tried_again_at_once_but_another_edition_is(var, monkeypatch):
    follower, tried = Follower(), []
    monkeypatch.setattr(render, "print_edition", lambda edition: tried.append(edition.serial) or 1 / 0)
    follower.ask()
    follower.print_when_due()
    follower.print_when_due()
    assert len(tried) == 1
    publish(title_fi="Uusi")
    follower.ask()
    follower.print_when_due()
    assert len(tried) == 2


def test_on_a_full_disk_readers_keep_the_edition_before_and_it_is_told(var, monkeypatch, client, signed_in, publisher):
    follower = followed(Follower())
    before = os.readlink(var / "editions/current")

    def full(*args):
        raise OSError(28, "No space left on device")

    publish(title_fi="Uusi")
    with monkeypatch.context() as broken:
        broken.setattr(render, "write", full)
        followed(follower)
    assert os.readlink(var / "editions/current") == before
    told = client.get("/statusz").json()
    assert "No space left" in told["trouble"]
    assert told["serial"] != told["database_serial"] == list(Serial.state())
    assert "lukijat näkevät edellisen version" in signed_in(publisher).get("/fi/hallinta/").content.decode()
    followed(follower)
    assert client.get("/statusz").json()["trouble"] == ""
    assert "lukijat näkevät edellisen" not in client.get("/fi/hallinta/").content.decode()
    assert "Uusi" in printed_page()


def test_a_database_that_went_back_is_followed_be_its_number_lower_or_the_same(var):
    publish(title_fi="Seitsemän")
    follower = followed(Follower())
    number, _random_id = Serial.state()
    publish(title_fi="Kahdeksan")
    followed(follower)
    # The copy of before is put back, and something else is published under the same number.
    Serial.objects.update(number=number)
    publish(title_fi="Toinen kahdeksan")
    assert Serial.current() == number + 1
    followed(follower)
    assert "Toinen kahdeksan" in printed_page()
    Serial.objects.update(number=0, random_id="0" * 32)
    publish(title_fi="Paljon vanhempi")
    followed(follower)
    assert "Paljon vanhempi" in printed_page()


def test_without_a_database_it_starts_from_the_disk_and_a_boundary_passes(var, monkeypatch, time_machine, caplog):
    now = timezone.now()
    publish("network", starts=now + timedelta(minutes=1), title_fi="Pian")
    render.print_edition(Edition.load())
    monkeypatch.setattr(Serial, "state", lambda: (_ for _ in ()).throw(OperationalError("gone")))
    follower = Follower()
    for _round in range(3):
        followed(follower)
    assert "Pian" not in printed_page()
    time_machine.move_to(now + timedelta(seconds=61))
    followed(follower)
    assert "Pian" in printed_page()
    assert [line for line in caplog.messages if "database" in line] == [
        "The database does not answer: OperationalError"
    ]


def test_a_directory_that_is_cut_is_passed_over_and_printed_anew_from_the_database(var):
    publish(title_fi="Ensimmäinen")
    render.print_edition(Edition.load())
    publish(title_fi="Toinen")
    render.print_edition(Edition.load())
    newest = render.stored()[0]
    (newest / "edition.json").write_text((newest / "edition.json").read_text()[:500])
    (newest / "site/fi/verkosto/index.html").write_text("")
    assert Follower()._stored().get(Page, "network").title_fi == "Ensimmäinen"
    followed(Follower())
    assert "Toinen" in printed_page()


def test_while_another_process_prints_it_is_tried_again(var):
    follower = Follower()
    with render.only_one(render.editions() / "lock"):
        followed(follower)
        assert not (var / "editions/current").exists()
    followed(follower)
    assert printed_page()


def test_a_full_disk_cannot_cut_the_file_that_tells(var):
    followed(Follower())
    state.write_state({"trouble": "x" * 1000})
    assert state.state_file().stat().st_size == state.STATE_SIZE
    assert state.worker_state()["trouble"] == "x" * 1000


# --- Serving --------------------------------------------------------------------------------------------------------


def test_a_printed_page_costs_no_query_in_any_encoding_and_is_not_sent_twice(var, django_assert_num_queries):
    render.print_edition(Edition.load())
    decoded = {"": bytes, "gzip": gzip.decompress, "br": brotli.decompress}
    with django_assert_num_queries(0):
        for encoding, decode in decoded.items():
            status, headers, body = answer("/fi/", query="utm_source=x", HTTP_ACCEPT_ENCODING=encoding)
            assert (status, headers.get("Content-Encoding", "")) == (200, encoding)
            assert decode(body).startswith(b"<!doctype html>")
            assert answer("/fi/", HTTP_IF_NONE_MATCH=headers["ETag"], HTTP_ACCEPT_ENCODING=encoding)[0] == 304
        assert answer("/fi/", "HEAD")[2] == b""


def test_what_is_not_plain_is_asked_of_django(var, settings):
    settings.SITE_URL, settings.SECURE_PROXY_SSL_HEADER = "https://testserver", ("HTTP_X_FORWARDED_PROTO", "https")
    render.print_edition(Edition.load())
    layer = serve.Prerendered(lambda environ, start_response: start_response("200 OK", []) or [b"Django"])
    plain = {"REQUEST_METHOD": "GET", "PATH_INFO": "/fi/palaute/", "QUERY_STRING": "", "HTTP_HOST": "testserver"}
    plain |= {"wsgi.url_scheme": "http", "HTTP_X_FORWARDED_PROTO": "https"}
    others = [{"HTTP_X_FORWARDED_PROTO": "http"}, {"HTTP_HOST": "evil.example"}, {"REQUEST_METHOD": "POST"}]
    others += [{"QUERY_STRING": "page=/fi/opsi/"}, {"PATH_INFO": "/"}, {"PATH_INFO": "/fi/index.html"}]
    assert b"<html" in b"".join(layer(plain, lambda status, headers: None))
    for other in others:
        assert list(layer(plain | other, lambda status, headers: None)) == [b"Django"], other


def test_forms_and_errors_are_made_from_the_directory_and_the_admin_from_the_database(var, client, monkeypatch):
    render.print_edition(Edition.load())
    publish("join", title_fi="Ei vielä näkyvissä")
    monkeypatch.setattr(Edition, "load", lambda *args: 1 / 0)
    page = client.post("/fi/verkosto/liity/", {"name": "Aino"})
    assert page.status_code == 422
    assert "Ei vielä näkyvissä" not in page.content.decode()


def test_an_edition_of_another_release_that_cannot_be_read_is_replaced_by_the_database_s(var, client, caplog):
    render.print_edition(Edition.load())
    (var / "editions/current/edition.json").write_text("{}")
    with caplog.at_level(logging.CRITICAL, logger="website"):
        assert client.post("/fi/verkosto/liity/", {"name": "Aino"}).status_code == 422


def test_each_request_looks_where_the_link_leads(var):
    publish(title_fi="Ensimmäinen")
    render.print_edition(Edition.load())
    assert "Ensimmäinen" in answer("/fi/verkosto/")[2].decode()
    publish(title_fi="Toinen")
    render.print_edition(Edition.load())
    assert "Toinen" in answer("/fi/verkosto/")[2].decode()
    shutil.rmtree(var / "editions")
    assert "Toinen" in answer("/fi/verkosto/")[2].decode()  # Django's


def test_whether_a_publication_is_visible_is_said_by_the_link(var, monkeypatch):
    monkeypatch.setattr(serve, "PUBLISH_WAIT_SECONDS", 0)
    assert not serve.becomes_visible(Serial.current())
    render.print_edition(Edition.load())
    assert serve.becomes_visible(Serial.current())
    publish(title_fi="Uusi")
    assert not serve.becomes_visible(Serial.current())

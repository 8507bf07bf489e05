"""The nine promises that every change keeps, each as what a person would notice."""

import os
import re
import signal
import subprocess
import threading
from urllib.parse import quote_plus

import pytest
from django.db import connection

from network.models import JoinRequest
from tests.forms import FORM, REQUEST
from tests.markup import Markup
from tests.public_pages import every_address
from tests.running import ROOT, RunningSite, environment, free_port, until
from website.correspondence.models import Link
from website.mail import sender
from website.mail.models import Mail
from website.pages.models import Page
from website.publishing import versions, workflow
from website.publishing.edition import Edition


def read_everything(client):
    return {path: client.get(path).content for path in every_address()}


# 1. `make run` and `make test` work on a fresh machine


@pytest.mark.once
def test_1_make_run_starts_the_site_and_one_interrupt_stops_all_of_it(tmp_path, prepared):
    port = free_port()
    # Files that are compressed already, as after the first `make run`: what takes longest was seen with that site.
    (tmp_path / "static").symlink_to(prepared.folder / "static")
    run = subprocess.Popen(
        ["make", "run", f"PORT={port}", f"VAR_DIR={tmp_path}"],
        cwd=ROOT,
        env={
            name: value
            for name, value in environment().items()
            if name not in ("DATABASE_URL", "MAKEFLAGS", "MAKELEVEL")
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    site = RunningSite(tmp_path)
    site.url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: run.poll() is not None or site.get("/fi/")[0] == 200, seconds=240)
        assert run.poll() is None
        site.post(FORM["fi"], REQUEST)
        until(lambda: any((tmp_path / "mail").glob("*")))
    finally:
        os.killpg(run.pid, signal.SIGINT)
        printed = run.communicate(timeout=60)[0]
    assert printed.count(site.url) >= 2
    assert all(name in printed for name in ("editor", "publisher", "administrator"))
    assert site.get("/fi/")[0] == 0
    with pytest.raises(ProcessLookupError):
        os.killpg(run.pid, 0)


@pytest.mark.once
def test_1_preparing_again_keeps_everything_and_shows_no_password(tmp_path):
    site = RunningSite(tmp_path)
    assert "administrator" in site.prepare("--accounts")
    site.manage("shell", code="from website.pages.models import Page; Page.objects.update(title_fi='Editorin teksti')")
    assert "administrator" not in site.prepare("--accounts")
    titles = site.manage(
        "shell", code="from website.pages.models import Page; print({p.title_fi for p in Page.objects.all()})"
    )
    assert "{'Editorin teksti'}" in titles


# 2. SQLite by default, PostgreSQL by DATABASE_URL


def test_2_the_environment_names_the_database():
    postgresql = os.environ.get("DATABASE_URL", "").startswith("postgres")
    assert connection.vendor == ("postgresql" if postgresql else "sqlite")


# 3. Public pages are made from publications alone


@pytest.mark.once
@pytest.mark.django_db
def test_3_drafts_changed_or_deleted_change_no_byte_of_any_page(client, time_machine):
    time_machine.move_to("2026-12-01 12:00:00+02:00", tick=False)
    before = read_everything(client)
    assert len(before) > 40
    for model in {type(thing) for thing in Edition.load().things()}:
        texts = {f"{field}_{code}": "x" for field in model.translated for code in FORM}
        model.objects.update(**texts)
        assert read_everything(client) == before
        model.objects.all().delete()
    assert read_everything(client) == before


# 4. Exactly what was shown is published, on time, and never mixed


@pytest.mark.django_db
def test_4_publishing_publishes_what_the_page_showed_and_nothing_newer(signed_in, publisher):
    client = signed_in(publisher)
    thing = Page.objects.get(pk="network")
    thing.title_fi = "Näytetty otsikko"
    workflow.save_draft(thing)
    address = "/fi/hallinta/publishing/publication/publish/?thing=pages.page:network"
    shown = re.findall(r'name="version" value="(\d+)"', client.get(address).content.decode())
    assert shown == [str(versions.latest_version(thing).pk)]
    thing.title_fi = "Kollegan uudempi"
    workflow.save_draft(thing)
    stopped = client.post(address, {"version": shown, "minor": "on"})
    assert stopped.status_code == 200
    assert not {"Näytetty otsikko", "Kollegan uudempi"} & {Edition.load().get("pages.Page", "network").title_fi}
    shown = re.findall(r'name="version" value="(\d+)"', stopped.content.decode())
    assert client.post(address, {"version": shown, "minor": "on"}).status_code == 302
    assert Edition.load().get("pages.Page", "network").title_fi == "Kollegan uudempi"


def test_4_a_scheduled_second_passes_with_the_database_stopped(running):
    running.start()
    schedule = """
from datetime import timedelta
from urllib.parse import quote_plus
from django.utils import timezone
from website.pages.models import Page
from website.publishing import versions, workflow
page = Page.objects.get(pk="network")
page.title_fi = "Ajastettu otsikko"
workflow.save_draft(page)
workflow.publish([versions.latest_version(page)], starts=timezone.now() + timedelta(seconds=12))
"""
    running.manage("shell", code=schedule)
    # Both workers know what is scheduled: they take turns to answer.
    until(lambda: all('"next_boundary": "' in running.get("/statusz")[1] for _asked in range(10)), seconds=8)
    assert "Ajastettu otsikko" not in running.get("/fi/verkosto/")[1]
    running.take_database_away()
    until(lambda: "Ajastettu otsikko" in running.get("/fi/verkosto/")[1], seconds=30)


@pytest.mark.django_db
def test_4_no_page_mixes_two_serials(client, monkeypatch):
    """A publication that falls into the middle of a page's making changes nothing in that page."""
    home, declaration = Page.objects.get(pk="home"), Edition.load().get("declaration.Declaration", "declaration")
    before = client.get("/fi/").content
    looked_up = Edition.get

    def publish_meanwhile(edition, model, key):
        found = looked_up(edition, model, key)
        monkeypatch.setattr(Edition, "get", looked_up)
        for thing, field in ((home, "title_fi"), (type(declaration).objects.get(), "lead_fi")):
            setattr(thing, field, "Uusi julkaisu")
            workflow.save_draft(thing)
            workflow.publish([versions.latest_version(thing)])
        return found

    monkeypatch.setattr(Edition, "get", publish_meanwhile)
    assert client.get("/fi/").content == before
    assert b"Uusi julkaisu" in client.get("/fi/").content


# 5. No cookies on the public side; strangers' pages cannot send our forms


@pytest.mark.django_db
def test_5_the_public_site_sets_no_cookie_and_asks_for_none(client):
    responses = [client.get(path) for path in [*every_address(), "/", "/fi/ei-ole/", "/sitemap.xml"]]
    responses += [client.post(path, data) for path in FORM.values() for data in (REQUEST, {})]
    for response in responses:
        assert not response.cookies
        assert "Cookie" not in response.get("Vary", "")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "headers, status",
    [
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "http://testserver"}, 303),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({}, 303),
    ],
)
def test_5_only_our_own_pages_can_send_the_form(client, headers, status):
    assert client.post(FORM["fi"], REQUEST, headers=headers).status_code == status


# 6. Nothing that was typed is ever lost


@pytest.mark.django_db
def test_6_a_mail_server_that_is_down_loses_neither_the_request_nor_its_mail(client, settings, mailoutbox):
    in_memory = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "tests.test_promises.Unreachable"
    assert client.post(FORM["fi"], REQUEST).status_code == 303
    assert sender.send_due() == 0
    assert JoinRequest.objects.count() == 1
    settings.EMAIL_BACKEND = in_memory
    Mail.objects.send_again()  # as a coordinator would
    assert sender.send_due() == 1
    assert len(mailoutbox) == 1


class Unreachable:
    def __init__(self, *args, **kwargs):
        pass

    def open(self):
        pass

    def close(self):
        pass

    def send_messages(self, messages):
        raise ConnectionRefusedError("the mail server is down")


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_6_a_double_click_makes_one_request(client):
    clicks = [threading.Thread(target=_click, args=(type(client)(),)) for _number in range(4)]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    assert JoinRequest.objects.count() == 1
    assert 1 <= Mail.objects.count() <= 3


def _click(client):
    try:
        assert client.post(FORM["fi"], REQUEST).status_code == 303
    finally:
        connection.close()


def test_6_whatever_was_thanked_survives_killed_workers(running):
    running.start()
    thanked = set()

    def send():
        for number in range(40):
            status, page = running.post(FORM["fi"], REQUEST | {"email": f"person{number}@example.fi"})
            if status == 200 and "<form" not in page:
                thanked.add(f"person{number}@example.fi")

    sender = threading.Thread(target=send)
    sender.start()
    while sender.is_alive():
        for pid in running.workers()[:1]:
            os.kill(pid, signal.SIGKILL)
        sender.join(timeout=0.7)
    stored = running.manage(
        "shell",
        code="from network.models import JoinRequest; print([r.normalised_email for r in JoinRequest.objects.all()])",
    )
    stored = re.findall(r"person\d+@example\.fi", stored)
    assert len(thanked) >= 3  # a loaded machine thanks fewer; what counts is that none is missing
    assert thanked <= set(stored)
    assert len(stored) == len(set(stored))


@pytest.mark.django_db
def test_6_an_expired_session_loses_no_editors_text(client, publisher):
    address = "/fi/hallinta/pages/page/network/change/"
    sign_in = client.post(address, {"title_fi": "Pitkään kirjoitettu otsikko", "lead_fi": "Ingressi"})
    assert quote_plus("Pitkään kirjoitettu otsikko") in sign_in.content.decode()
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', sign_in.content.decode()))
    fields |= {"username": "publisher", "password": "correct horse battery"}
    form = client.post(sign_in.request["PATH_INFO"], fields, follow=True)
    assert Markup(form.content.decode()).one("textarea", name="title_fi").text == "Pitkään kirjoitettu otsikko"
    assert Page.objects.get(pk="network").title_fi != "Pitkään kirjoitettu otsikko"


@pytest.mark.django_db
def test_6_a_colleagues_save_is_not_overwritten_and_mine_is_not_lost(signed_in, editor):
    client = signed_in(editor)
    address = "/fi/hallinta/pages/page/network/change/"
    opened = client.get(address).context["adminform"].form
    mine = {name: opened[name].value() or "" for name in opened.fields} | {"title_fi": "Minun otsikkoni"}
    theirs = Page.objects.get(pk="network")
    theirs.title_fi = "Kollegan otsikko"
    workflow.save_draft(theirs)
    answer = client.post(address, mine).content.decode()
    assert Page.objects.get(pk="network").title_fi == "Kollegan otsikko"
    assert "Minun otsikkoni" in answer
    assert "Kollegan otsikko" in answer


# 7. Nothing personal in logs, addresses or mails to the team


@pytest.mark.django_db
def test_7_nothing_personal_is_logged_or_put_into_an_address(client, caplog, capfd):
    with caplog.at_level("DEBUG"):
        thanks = client.post(FORM["fi"], REQUEST)
        client.post(FORM["fi"], REQUEST | {"organisation": ""})
        token = re.search(r"/bekrafta/([^/]+)/", Mail.objects.get().body)[1]
        client.post(f"/sv/natverk/bekrafta/{token}/")
        sender.send_due()
    # Below INFO the database's own statements are named; no deployment logs those.
    logged = "".join(record.getMessage() for record in caplog.records if record.levelno > 10) + "".join(
        capfd.readouterr()
    )
    addresses = thanks["Location"]
    for personal in ("Aino", "aino.esimerkki", "Esimerkkivirasto", "Kokeilemme", token):
        assert personal not in logged
        assert personal not in addresses
    assert str(JoinRequest.objects.get()).count("Aino") == 0
    assert not Link.objects.filter(digest=token).exists()


# 8. Every public page works for everybody (axe, the W3C checker and Chromium look further: tests/test_browser_*.py)


@pytest.mark.django_db
def test_8_every_page_has_one_heading_its_language_and_nothing_that_needs_a_script(client):
    for path in every_address():
        page = client.get(path).content.decode()
        assert len(re.findall(r"<h1[ >]", page)) == 1, path
        assert re.search(rf'<html lang="{path[1:3]}"', page), path
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page), path
        assert not re.search(r'<(?:link|img|source)[^>]+(?:href|src)="(?:https?:)?//(?!testserver)', page), path


# 9. Bad input gets a clear message in the reader's language and a 4xx


@pytest.mark.django_db
@pytest.mark.parametrize(
    "language, field, value",
    [
        ("fi", "name", ""),
        ("sv", "name", "Aino\x00Esimerkki"),
        ("en", "name", "Aino\x1b[31mEsimerkki"),
        ("fi", "name", "A" * 200_000),
        ("sv", "email", "aino@localhost"),
        ("en", "email", "aino@[127.0.0.1]"),
        ("fi", "organisation_type", "ministry of silly walks"),
        ("sv", "language", "xx"),
        ("en", "interests", "17"),
        ("fi", "description", "B" * 1001),
    ],
)
def test_9_bad_input_gets_a_message_in_the_readers_language_and_stays_typed(client, language, field, value):
    word = {"fi": "Virhe", "sv": "Fel", "en": "Error"}[language]
    answer = client.post(FORM[language], REQUEST | {"title": "Säilyvä titteli", field: value})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f"<title>{word}: " in page
    assert "Säilyvä titteli" in page
    if field in ("name", "email", "description") and "\x00" not in value:
        assert value.replace("\r\n", "\n")[:100].split("\n")[0] in page.replace("&#x27;", "'")
    assert not JoinRequest.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content_type", ["x; charset*=BOGUS''x", "application/x-www-form-urlencoded; charset=utf-16", "text/plain"]
)
def test_9_a_hostile_content_type_is_refused_before_it_breaks_anything(rf, content_type):
    from website.wsgi import application

    answered = []
    environ = rf.post(FORM["fi"], REQUEST).environ | {"CONTENT_TYPE": content_type}
    b"".join(application(environ, lambda status, headers: answered.append(status)))
    assert answered[0].startswith("4")

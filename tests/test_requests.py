"""What happens to a request before a view reads it: content types, addresses that are not quite ours, hosts, keys."""

import logging
import os
import subprocess
import sys
from urllib.parse import quote, unquote

import pytest
from django.core.exceptions import FieldDoesNotExist
from django.db import DataError
from django.urls import reverse

from tests.conftest import LANGUAGES
from tests.forms import FEEDBACK, FORM, WORDS
from tests.running import ROOT
from tests.test_hostile_bytes import answer
from tests.test_hostile_bytes import one_connection as as_the_test_client  # noqa: F401  for `answer`
from website.correspondence.models import Link

pytestmark = pytest.mark.django_db

FOREIGN = ["application/json", "text/html; charset=idna", "x; charset*=BOGUS''x", "multipart/mixed; boundary=x", "\x00"]


# --- Content types ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content_type", FOREIGN)
@pytest.mark.parametrize("path", ["/fi/", FORM["sv"], "/robots.txt", "/fi/hallinta/login/"])
@pytest.mark.usefixtures("as_the_test_client")
def test_a_page_is_read_whatever_content_type_the_reader_names(path, content_type):
    for method in ("GET", "HEAD"):
        assert answer(path, method, CONTENT_TYPE=content_type)[0] == 200
        assert answer(path, method, b'{"a": 1}', CONTENT_TYPE=content_type)[0] == 200
    assert answer(path, "POST", b"name=a", CONTENT_TYPE=content_type)[0] == 415


# --- Addresses that are not quite ours --------------------------------------------------------------------------------

TOKEN = "AbC-xYz_0123456789012345678901234567890123-"
AFTER_A_LINK = [
    ")",
    ",",
    ".",
    ">",
    "%20",
    "%E2%80%8B",
    "]",
    ";",
    '"',
    "'",
    "%3E",
    "»",
    "”",
    "%C2%A0",
    "!",
    "%3F)",
]
AFTER_A_LINK += [").", ",%20", "%0A", "%E2%80%A6", "*", "%EF%BB%BF", "%E2%81%A0", "%C2%AD", "/", "//", "/)", "/.", "\\"]
MAILED = [
    f"/fi/verkosto/vahvista/{TOKEN}/",
    f"/sv/natverk/ratta/{TOKEN}/",
    f"/en/your-data/{TOKEN}/",
    f"/fi/omat-tiedot/{TOKEN}/poista/",
    f"/fi/luonnos/{TOKEN}:1a2B3c:{TOKEN}/",
    "/en/hallinta/password-reset/MQ/c1v2b3-0123456789abcdefABCDEF0123456789/",
    "/fi/",
    "/sv/natverk/",
]


def leads_to(client, path, query=""):
    """Where the one redirect leads, without what follows it."""
    response = client.generic("GET", quote(path), QUERY_STRING=query)
    assert response.status_code == 301, path
    place, _mark, asked = response["Location"].partition("?")
    assert asked == query
    after = client.generic("GET", place)
    assert after.status_code != 301, f"{path} leads to {place} and on to {after.get('Location')}"
    return unquote(place)


@pytest.mark.once
@pytest.mark.parametrize("path", MAILED)
def test_what_stands_after_a_mailed_link_is_no_part_of_it(client, path):
    for after in AFTER_A_LINK:
        assert leads_to(client, path + unquote(after)) == path
        if "/" not in after and "hallinta" not in path:  # the admin itself sees to its slashes
            assert leads_to(client, path.rstrip("/") + unquote(after), "a=B%20)&c") == path


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("/EN/", "/en/"),
        ("/EN", "/en/"),
        ("/En/Network/", "/en/network/"),
        ("/FI/VERKOSTO/LIITY", "/fi/verkosto/liity/"),
        ("/Sv//Natverk", "/sv/natverk/"),
        ("/En/Commitments/3/).", "/en/commitments/3/"),
        ("/Fi/Muutokset/Feed.Atom", "/fi/muutokset/feed.atom"),
        ("/Robots.txt", "/robots.txt"),
        ("/robots.txt/", "/robots.txt"),
        ("/FI/Hallinta/Login/", "/fi/hallinta/login/"),
        (f"/EN/Your-Data/{TOKEN}/Download", f"/en/your-data/{TOKEN}/download/"),
        *(
            (path.title().replace(TOKEN.title(), TOKEN), path)
            for path in MAILED
            if path.count(TOKEN) == 1 and ":" not in path
        ),
        ("/en/Hallinta/password-reset/MQ/c1v2b3-0123456789abcdefABCDEF0123456789/", MAILED[5]),
    ],
)
def test_capital_letters_lead_to_the_page_and_tokens_keep_theirs(client, written, path):
    assert leads_to(client, written) == path


@pytest.mark.parametrize("path", ["/fi/ei-ole/", "/EN/Verkosto/", "/xx/", "/fi/verkosto/)x/", "/Ei)"])
def test_what_is_no_address_of_ours_is_not_redirected(client, path):
    assert client.generic("GET", path).status_code == 404


def test_a_form_that_is_posted_is_never_redirected(client):
    assert client.post("/FI/verkosto/liity)").status_code == 404


def test_a_mailed_link_with_a_bracket_opens_what_it_opens(client):
    token = Link.make("maija@vm.example")
    response = client.generic("GET", f"/fi/omat-tiedot/{token}/)", follow=True)
    assert client.get(response["Location"]).status_code == 200


# --- Every name of the site -------------------------------------------------------------------------------------------

HEADERS = [
    {},
    {"origin": "{own}"},
    {"origin": "{own}", "sec-fetch-site": "same-origin"},
    {"origin": "http://testserver"},
]


@pytest.mark.parametrize("host", ["testserver", "other.example", "other.example:8000", "Other.Example"])
@pytest.mark.parametrize("headers", HEADERS, ids=str)
def test_pages_and_forms_answer_on_every_name_of_the_site(client, settings, host, headers):
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]
    sent = {name: value.format(own=f"http://{host.lower()}") for name, value in headers.items()} | {"host": host}
    page = client.get(FEEDBACK["en"], headers=sent)
    assert page.status_code == 200
    assert b'<link rel="canonical" href="http://testserver/en/feedback/">' in page.content
    assert client.post(FEEDBACK["en"], WORDS, headers=sent).status_code == 303


@pytest.mark.parametrize(
    "origin", ["http://elsewhere.example", "https://other.example", "null", "http://other.example:1"]
)
def test_forms_of_other_sites_are_refused_on_every_name(client, settings, origin):
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]
    headers = {"host": "other.example", "origin": origin}
    assert client.post(FEEDBACK["en"], WORDS, headers=headers).status_code == 403


def test_a_host_that_is_not_ours_gets_no_form(client):
    headers = {"host": "elsewhere.example", "origin": "http://elsewhere.example"}
    assert client.post(FEEDBACK["en"], WORDS, headers=headers).status_code == 400


def test_the_settings_take_names_in_capitals():
    code = "from website import settings; print(settings.SITE_URL, *settings.ALLOWED_HOSTS)"
    environment = os.environ | {"SITE_URL": "HTTPS://Julistus.Example:8443/", "ALLOWED_HOSTS": "WWW.Julistus.example"}
    environment |= {"SECRET_KEY": "x", "VAR_DIR": "/nonexistent"}
    printed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True)
    assert printed.stdout.decode().split() == [
        "https://julistus.example:8443",
        "julistus.example",
        "www.julistus.example",
    ]


# --- Errors -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def failing(client, monkeypatch):
    """failing(error, path) gives the answer of a page whose view raises it, and what the log says."""

    def ask(error, path, caplog):
        def broken(*args, **kwargs):
            raise error

        monkeypatch.setattr("network.views._request_behind", broken)
        client.raise_request_exception = False
        with caplog.at_level(logging.ERROR, "django.request"):
            response = client.get(path)
        return response.status_code, [record for record in caplog.records if record.exc_info]

    return ask


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("error", [DataError("value too long"), FieldDoesNotExist("x"), ValueError("x")], ids=repr)
def test_an_error_of_ours_is_a_500_and_stands_in_the_log(failing, caplog, language, error):
    path = {"fi": "/fi/verkosto/vahvista/x/", "sv": "/sv/natverk/bekrafta/x/", "en": "/en/network/confirm/x/"}[language]
    status, logged = failing(error, path, caplog)
    assert (status, [record.exc_info[1] for record in logged]) == (500, [error])


@pytest.mark.parametrize("asked", ["?x=" + "9" * 30, "?x=%00", "?x=" + quote("9" * 19)])
def test_an_address_that_can_be_no_key_is_a_400(failing, caplog, asked):
    assert failing(DataError("out of range"), "/fi/verkosto/vahvista/x/" + asked, caplog) == (400, [])


@pytest.mark.parametrize("key", ["9" * 30, "x", "%00"])
def test_no_made_up_key_in_an_address_is_an_error_of_ours(client, signed_in, administrator, key):
    signed_in(administrator)
    client.raise_request_exception = False  # on PostgreSQL a key with NUL is one, and becomes a 400
    for name in ("network_joinrequest", "contacts_message", "pages_page"):
        listed = reverse(f"admin:{name}_changelist")
        assert client.get(f"{listed}{key}/change/").status_code in (302, 400, 404)
        assert client.get(f"{listed}?id__exact={key}").status_code < 500
        assert client.get(f"{listed}?{key}=1").status_code < 500

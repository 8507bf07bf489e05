"""Where pages are: the promised addresses, the sitemap, redirects, the language of the root."""

from urllib.parse import urldefrag

import pytest
from django.db import OperationalError

from tests.conftest import LANGUAGES
from tests.public_pages import LISTED, PATHS, SITE, read, sitemap
from website.pages.models import Page
from website.prerender import render
from website.publishing import versions, workflow
from website.publishing.edition import Edition

pytestmark = [pytest.mark.django_db, pytest.mark.once]


# --- Addresses ----------------------------------------------------------------------------------------------------


def test_the_sitemap_lists_exactly_the_promised_addresses(client):
    assert sorted(sitemap(client)) == sorted(SITE + path for path in LISTED)


def test_every_promised_address_answers(listed):
    assert [page for page in listed if page.response.status_code != 200] == []


def test_other_states_say_so_in_their_status(pages):
    assert [page.response.status_code for page in pages if page.path not in LISTED] == [200, 404, 404] * 3
    assert [page.response.status_code for page in pages[len(LISTED) :] if page.path in LISTED] == [422] * 3


@pytest.mark.parametrize("paths", PATHS, ids=lambda paths: paths[2])
def test_each_page_names_itself_and_its_other_languages(client, paths):
    addresses = [SITE + path for path in paths]
    alternates = dict(zip((*LANGUAGES, "x-default"), (*addresses, addresses[0]), strict=True))
    in_sitemap = sitemap(client)
    for path in paths:
        markup = read(client, path).markup
        assert markup.one("link", rel="canonical")["href"] == SITE + path
        assert {e["hreflang"]: e["href"] for e in markup.all("link", rel="alternate")} == alternates
        assert in_sitemap[SITE + path] == alternates
        switcher = {e["hreflang"]: e["href"] for e in markup.all("a") if e["hreflang"] and not e["rel"]}
        assert switcher == dict(zip(LANGUAGES, paths, strict=True))


def test_pages_that_are_no_place_of_their_own_are_kept_out_of_indexes(pages):
    for page in pages:
        robots = [e["content"] for e in page.markup.all("meta", name="robots")]
        if page.response.status_code == 200 and page.path in LISTED:
            assert robots == [], page
        else:
            assert robots == ["noindex"], page
            assert page.markup.all("link", rel="alternate") == [], page


def test_robots_may_read_everything_and_find_the_sitemap(client):
    assert client.get("/robots.txt").content.decode() == f"User-agent: *\nDisallow:\nSitemap: {SITE}/sitemap.xml\n"


@pytest.mark.parametrize(
    "wrong, right",
    [
        ("/fi", "/fi/"),
        ("/sv", "/sv/"),
        ("/fi/julistus", "/fi/julistus/"),
        ("/sv/deklaration", "/sv/deklaration/"),
        ("/en/commitments/3", "/en/commitments/3/"),
        ("//sv//ataganden//3//", "/sv/ataganden/3/"),
        ("/en///network/join", "/en/network/join/"),
        ("/fi/verkosto/liity//", "/fi/verkosto/liity/"),
        ("//robots.txt", "/robots.txt"),
    ],
)
def test_wrong_slashes_lead_to_the_page_with_one_redirect(client, wrong, right):
    response = client.get("/", PATH_INFO=wrong, headers={"accept-language": "fi"})
    assert (response.status_code, response["Location"]) == (301, right)
    assert client.get(right).status_code == 200


def test_slashes_never_lead_to_another_site(client):
    for path in ("//evil.example/fi/", "/\\evil.example", "//evil.example", "/fi//evil.example"):
        response = client.get("/", PATH_INFO=path)
        assert response.status_code == 404 or response["Location"].startswith("/fi/"), path


@pytest.mark.parametrize(
    "wanted, given",
    [
        ("sv", "sv"),
        ("sv-FI,sv;q=0.9,en;q=0.8", "sv"),
        ("en-GB,en;q=0.9", "en"),
        ("en;q=0.3,sv;q=0.4", "sv"),
        ("fi", "fi"),
        ("de", "fi"),
        ("de,en;q=0.5", "en"),
        ("en;q=0,sv;q=0.1", "sv"),
        ("", "fi"),
        ("*", "fi"),
        (";;q=,\xff", "fi"),
        ("x" * 5000, "fi"),
    ],
)
def test_the_root_leads_to_the_reader_s_language_without_the_database(
    client, wanted, given, django_assert_num_queries, settings, tmp_path
):
    settings.VAR_DIR = tmp_path
    render.print_edition(Edition.load())
    with django_assert_num_queries(0):
        response = client.get("/", headers={"accept-language": wanted})
    assert (response.status_code, response["Location"]) == (302, f"/{given}/")
    assert response["Cache-Control"] == "no-store"
    assert response["Vary"] == "Accept-Language"


def test_the_root_leads_to_no_language_whose_front_page_falls_back(client):
    home = Page.objects.get(pk="home")
    home.lead_en = ""
    workflow.save_draft(home)
    workflow.publish([versions.latest_version(home)])
    assert client.get("/", headers={"accept-language": "en,sv;q=0.8"})["Location"] == "/sv/"
    assert client.get("/", headers={"accept-language": "en"})["Location"] == "/fi/"


def test_the_root_leads_on_when_the_database_is_away_and_no_edition_was_read(client, monkeypatch):
    def away():
        raise OperationalError

    monkeypatch.setattr(Edition, "load", away)
    assert client.get("/", headers={"accept-language": "sv"})["Location"] == "/sv/"


def test_the_accept_language_header_decides_nothing_but_the_root(listed, client):
    for page in listed:
        assert client.get(page.path, headers={"accept-language": "sv"}).content == page.response.content, page


def test_every_link_within_the_site_leads_to_something_that_is_there(listed, pages, client):
    there = {page.path: page.markup for page in listed}
    for page in pages:
        for link in page.markup.all("a"):
            href, fragment = urldefrag(link["href"])
            if href.startswith(("https://", "mailto:", "tel:")):
                continue
            if href and href not in there:
                assert href.startswith("/"), (page, link)
                # The page of an unknown link is as unknown in another language.
                there[href] = read(client, href, page.response.status_code if link["hreflang"] else 200).markup
            markup = there[href] if href else page.markup
            assert not fragment or markup.all(id=fragment), (page, link)

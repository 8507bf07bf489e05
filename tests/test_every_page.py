"""Rules that hold for every public page, in every language, over the first content."""

import re
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import cycle, pairwise
from urllib.parse import urldefrag
from xml.etree import ElementTree

import pytest
from django.contrib.staticfiles import finders
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, override

from contacts.models import Contact
from declaration.models import Declaration
from opsi.models import Call
from tests.conftest import LANGUAGES
from tests.markup import Markup
from website.pages.models import Notice, Page
from website.prerender import render
from website.publishing import versions, workflow
from website.publishing.edition import Edition

pytestmark = pytest.mark.django_db

SITE = "http://testserver"

#: The addresses that the site has promised to keep, as the glossary gives them.
PATHS = [
    ("/fi/", "/sv/", "/en/"),
    ("/fi/julistus/", "/sv/deklaration/", "/en/declaration/"),
    *((f"/fi/sitoumukset/{n}/", f"/sv/ataganden/{n}/", f"/en/commitments/{n}/") for n in range(1, 6)),
    ("/fi/verkosto/", "/sv/natverk/", "/en/network/"),
    ("/fi/verkosto/liity/", "/sv/natverk/anmal-dig/", "/en/network/join/"),
    ("/fi/opsi/", "/sv/opsi/", "/en/opsi/"),
    ("/fi/yhteystiedot/", "/sv/kontakt/", "/en/contacts/"),
    ("/fi/palaute/", "/sv/respons/", "/en/feedback/"),
    ("/fi/saavutettavuusseloste/", "/sv/tillganglighetsutlatande/", "/en/accessibility-statement/"),
    ("/fi/tietosuoja/", "/sv/dataskydd/", "/en/data-protection/"),
    ("/fi/muutokset/", "/sv/andringar/", "/en/changes/"),
    ("/fi/sitoumukset/", "/sv/ataganden/", "/en/commitments/"),
]
LISTED = [path for paths in PATHS for path in paths]
JOIN = dict(zip(LANGUAGES, PATHS[8], strict=True))
OPSI = dict(zip(LANGUAGES, PATHS[9], strict=True))
CONTACTS = dict(zip(LANGUAGES, PATHS[10], strict=True))

HEADERS = {
    "Content-Security-Policy": "base-uri 'none'; connect-src 'self'; default-src 'none'; font-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; img-src 'self'; manifest-src 'self'; script-src 'self'; "
    "style-src 'self'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Shown:
    """A page as it came: its address, its language, the answer and what is written in it."""

    def __init__(self, path, response):
        self.path, self.response = path, response
        self.language = path.split("/")[1]
        self.markup = Markup(response.content.decode())

    def __repr__(self):
        return f"{self.path} ({self.response.status_code})"

    @property
    def title(self):
        return self.markup.one("title").text

    @property
    def description(self):
        return self.markup.one("meta", name="description")["content"]


def states(client):
    """What a reader may meet beside the listed pages: thanks, an unknown link, a form with errors, nothing."""
    for language in LANGUAGES:
        with override(language):
            thanks, confirm = reverse("network:thanks"), reverse("network:confirm", args=["unknown"])
        yield Shown(thanks, client.get(thanks))
        yield Shown(confirm, client.get(confirm))
        yield Shown(JOIN[language], client.post(JOIN[language], {"email": "nobody"}))
        yield Shown(f"/{language}/nothing-here/", client.get(f"/{language}/nothing-here/"))


@pytest.fixture(scope="module")
def listed(django_db_setup, django_db_blocker):
    """Every page of the sitemap; read once, since no test may change the first content for another."""
    with django_db_blocker.unblock():
        client = Client()
        return [Shown(path, client.get(path)) for path in LISTED]


@pytest.fixture(scope="module")
def pages(listed, django_db_blocker):
    with django_db_blocker.unblock():
        return [*listed, *states(Client())]


def published(thing, **changes):
    for name, value in changes.items():
        setattr(thing, name, value)
    workflow.save_draft(thing)
    workflow.publish([versions.latest_version(thing)])
    return thing


def read(client, path, status=200):
    response = client.get(path)
    assert response.status_code == status, path
    return Shown(path, response)


# --- Addresses ----------------------------------------------------------------------------------------------------


def sitemap(client):
    """The sitemap as {address: {language: address}}."""
    response = client.get("/sitemap.xml")
    assert response["Content-Type"] == "application/xml"
    tree = ElementTree.fromstring(response.content)
    return {
        url.findtext("{*}loc"): {link.get("hreflang"): link.get("href") for link in url.findall("{*}link")}
        for url in tree
    }


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


# --- What a page is made of ------------------------------------------------------------------------------------------


def test_every_page_has_one_main_heading_with_words_in_it(pages):
    assert [page for page in pages if not page.markup.one("h1").text] == []


def test_every_page_says_its_language(pages):
    assert [page for page in pages if page.markup.one("html")["lang"] != page.language] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_title_is_unique(pages, language):
    # Of 404 there is one page, whatever the address.
    titles = Counter(page.title for page in pages if page.language == language)
    assert [title for title, times in titles.items() if times > 1 or not title.split(" – ")[0]] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_description_is_unique(pages, language):
    # A form with errors is the form's page once more.
    mine = [page for page in pages if page.language == language and page.response.status_code != 422]
    descriptions = Counter(page.description for page in mine)
    assert [text for text, times in descriptions.items() if times > 1 or not text] == []


def test_no_heading_level_is_skipped(pages):
    for page in pages:
        # What stands above the content, such as a form's list of errors, is outside the outline.
        levels = [int(e.tag[1]) for e in page.markup.elements if re.fullmatch("h[1-6]", e.tag) and e["id"] != "summary"]
        assert levels[0] == 1, page
        assert [b for a, b in pairwise(levels) if b > a + 1] == [], page


def test_nothing_in_a_page_runs_or_styles_by_itself(pages):
    for page in pages:
        scripts = [e for e in page.markup.all("script") if e["type"] != "application/ld+json"]
        assert scripts + page.markup.all("style", "iframe", "object", "embed") == [], page
        assert [e for e in page.markup.all("base") if "href" in e.attributes] == [], page
        attributes = {name for e in page.markup.elements for name in e.attributes}
        assert [name for name in attributes if name == "style" or name.startswith("on")] == [], page


def test_nothing_is_loaded_from_elsewhere(pages):
    for page in pages:
        loaded = [e["href"] for e in page.markup.all("link") if e["rel"] not in ("canonical", "alternate")]
        loaded += [e[name] for e in page.markup.elements for name in ("src", "srcset", "poster", "data") if e[name]]
        loaded += [e["action"] for e in page.markup.all("form") if e["action"]]
        assert [address for address in loaded if not re.match(r"/(?![/\\])", address)] == [], page
        images = [e["content"] for e in page.markup.all("meta", property="og:image")]
        assert [address for address in images if not address.startswith(f"{SITE}/")] == [], page


def test_every_static_file_that_a_page_names_is_there(pages):
    named = {e[name] for page in pages for e in page.markup.elements for name in ("src", "href") if e[name]}
    named |= {e["content"].removeprefix(SITE) for page in pages for e in page.markup.all("meta", property="og:image")}
    files = {path.removeprefix("/static/") for path in named if path.startswith("/static/")}
    assert files
    assert sorted(path for path in files if not finders.find(path)) == []


def test_the_style_sheets_load_nothing_from_elsewhere():
    sheets = [finders.find("css/site.css"), finders.find("css/print.css")]
    for sheet in sheets:
        with open(sheet, encoding="utf-8") as file:
            css = file.read()
        addresses = re.findall(r"url\(\s*[\"']?([^\"')]*)", css) + re.findall(r"@import\s+[\"']([^\"']*)", css)
        assert [address for address in addresses if re.match(r"(\w+:)?//|\w+:", address)] == []


def test_links_to_other_sites_are_encrypted_and_say_where_they_lead(pages):
    for page in pages:
        for link in page.markup.all("a"):
            if not link["href"].startswith(("/", "#", "mailto:", "tel:")):
                assert link["href"].startswith("https://"), (page, link)
                assert link["target"] is None, (page, link)


def test_every_link_and_button_has_a_name(pages):
    for page in pages:
        assert [e for e in page.markup.all("a", "button") if not (e.text or e["aria-label"])] == [], page


def test_ids_are_unique_and_every_reference_finds_its_id(pages):
    for page in pages:
        ids = Counter(e["id"] for e in page.markup.elements if e["id"])
        assert [name for name, times in ids.items() if times > 1] == [], page
        references = {
            word
            for e in page.markup.elements
            for name in ("for", "aria-labelledby", "aria-describedby", "aria-controls")
            for word in (e[name] or "").split()
        }
        assert references - set(ids) == set(), page


def test_every_control_of_a_form_has_a_label(pages):
    controls = 0
    for page in pages:
        labelled = {label["for"] for label in page.markup.all("label") if label.text}
        for control in page.markup.all("input", "select", "textarea"):
            controls += 1
            inside = any(e.tag == "label" for e in control.above)
            assert control["type"] == "hidden" or inside or control["id"] in labelled, (page, control)
            if control["type"] in ("radio", "checkbox"):
                assert any(e.tag == "fieldset" for e in control.above), (page, control)
        assert all(e.text for e in page.markup.all("legend")), page
    assert controls > 50


def test_parts_in_another_language_say_so_and_no_others(listed):
    """On the first content the only text that falls back is a unit without a Swedish and an English name."""
    for page in listed:
        marked = [e for e in page.markup.elements if e["lang"] and e.tag != "html" and not e["hreflang"]]
        assert {(e["lang"], e.text) for e in marked} <= {("fi", "Konsernipolitiikkayksikkö")}, page


# --- Headers, cookies, caching -----------------------------------------------------------------------------------


def test_every_answer_has_the_headers_that_guard_it(pages, client, settings):
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    answers = {page: page.response for page in pages}
    answers |= {path: client.get(path) for path in ("/", "/fi", "/sitemap.xml", "/robots.txt", "/nothing")}
    answers["static"] = Client().get("/static/img/favicon.svg")
    assert answers["static"].status_code == 200
    answers["static, missing"] = Client().get("/static/img/nothing.svg")
    answers["refused"] = client.post("/fi/verkosto/liity/", headers={"sec-fetch-site": "cross-site"})
    answers["method"] = client.put("/fi/verkosto/liity/")
    answers["admin"] = client.get("/fi/hallinta/login/")
    for name, response in answers.items():
        found = {header: response.headers.get(header) for header in HEADERS}
        policy = found["Content-Security-Policy"] or ""
        found["Content-Security-Policy"] = "; ".join(sorted(part.strip() for part in policy.split(";")))
        assert found == HEADERS, name
        assert "Access-Control-Allow-Origin" not in response.headers, name


def test_public_answers_neither_set_a_cookie_nor_depend_on_one(pages):
    for page in pages:
        assert not page.response.cookies, page
        assert "cookie" not in page.response.headers.get("Vary", "").lower(), page


COOKIES = [
    "sessionid=abc; session=abc; __Host-session=abc",
    "csrftoken=; csrf=short; __Host-csrf=x",
    "django_language=sv",
    "django_language=../../etc; messages=garbage; a=\xff\x00;;;=",
]


def test_sent_cookies_change_no_byte_and_set_nothing(pages, client):
    for page, cookies in zip(pages, cycle(COOKIES), strict=False):
        if page.response.status_code == 422:
            continue
        response = client.get(page.path, HTTP_COOKIE=cookies)
        assert response.content == page.response.content, page
        assert not response.cookies and "Cookie" not in response.headers.get("Vary", ""), page


def test_a_signed_in_editor_reads_the_same_bytes(listed, signed_in, editor):
    client = signed_in(editor)
    assert [page for page in listed if client.get(page.path).content != page.response.content] == []


def test_public_pages_may_be_kept_but_are_asked_for_each_time(listed):
    policy = {page.response["Cache-Control"] for page in listed}
    assert policy == {"public, no-cache, stale-if-error=86400"}


def test_what_a_person_sent_is_kept_nowhere(pages):
    for page in pages:
        if page.response.status_code in (404, 422):
            assert page.response["Cache-Control"] == "no-store", page


def test_a_page_that_has_not_changed_is_not_sent_again(listed, client):
    for page in listed:
        tag = page.response["ETag"]
        assert not tag.startswith("W/"), page
        again = client.get(page.path, headers={"if-none-match": tag})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag), page
        assert client.get(page.path, headers={"if-none-match": '"other"'}).status_code == 200, page


def test_every_page_costs_the_same_few_queries(listed, client, django_assert_num_queries):
    for page in listed:
        with django_assert_num_queries(5, info=page.path):
            client.get(page.path)


def test_a_query_string_changes_nothing(listed, client):
    for page in listed:
        assert client.get(f"{page.path}?utm_source=x&page=%00&%ff=1").content == page.response.content, page


def test_head_answers_like_get_without_the_page(listed, client):
    for page in listed:
        response = client.head(page.path)
        assert (response.status_code, response.content) == (200, b""), page


# --- A page that is not there in the reader's language -----------------------------------------------------------


@pytest.fixture
def without_english(db):
    return published(Page.objects.get(pk="opsi"), title_en="", lead_en="", body_en="")


def test_a_page_without_english_is_announced_in_no_list(client, without_english):
    addresses = sitemap(client)
    assert f"{SITE}/en/opsi/" not in addresses
    assert addresses[f"{SITE}/fi/opsi/"] == {
        "fi": f"{SITE}/fi/opsi/",
        "sv": f"{SITE}/sv/opsi/",
        "x-default": f"{SITE}/fi/opsi/",
    }
    for path in ("/fi/opsi/", "/sv/opsi/"):
        markup = read(client, path).markup
        assert [e["hreflang"] for e in markup.all("link", rel="alternate")] == ["fi", "sv", "x-default"]
        assert [e for e in markup.all("a") if e["href"] == "/en/opsi/"] == []


def test_a_page_without_english_opens_there_in_finnish_and_says_so(client, without_english):
    markup = read(client, "/en/opsi/").markup
    assert markup.one("html")["lang"] == "en"
    assert markup.one("h1").lang == "fi"
    assert markup.one("p", class_="lead").lang == "fi"
    assert {e.lang for e in markup.all("div", class_="prose")} == {"fi"}
    assert markup.one("p", class_="notice").text == (
        "This page is not yet available in English. It is shown in Finnish."
    )
    assert markup.one("meta", name="robots")["content"] == "noindex"
    assert markup.one("link", rel="canonical")["href"] == f"{SITE}/fi/opsi/"
    assert markup.all("link", rel="alternate") == []
    assert markup.one("nav", class_="languages")


def test_other_pages_are_not_touched_by_one_without_english(client, without_english):
    assert read(client, "/en/network/").markup.all("p", class_="notice") == []


# --- The call's states -------------------------------------------------------------------------------------------

#: In words of the page; a state never looks like another.
STATES = {
    "2026-12-31 12:00:00+02:00": ("upcoming", "The call is not open yet"),
    "2027-01-10 11:00:00+02:00": ("open", "The call is open"),
    "2027-03-01 00:58:59+02:00": ("open", "The call is open"),
    "2027-03-02 12:00:00+02:00": ("closing", "The call closes soon"),
    "2027-03-15 00:58:59+02:00": ("closing", "The call closes soon"),
    "2027-03-15 00:59:00+02:00": ("none", "The call is not open now"),
}
#: 14 March 2027, 23:59 in Paris.
DEADLINE = {"fi": "15.3.2027 klo 0.59", "sv": "15.3.2027 kl. 0.59", "en": "15 March 2027, 00:59"}
DAY = {"fi": "14.3.2027", "sv": "14.3.2027", "en": "14 March 2027"}


def a_call(**dates):
    names = {f"name_{language}": f"Haku 2027 {language}" for language in LANGUAGES}
    return Call(url="https://oecd-opsi.org/haku", **names | dates)


@pytest.fixture
def timed_call(db):
    return published(
        a_call(
            opens=datetime.fromisoformat("2027-01-10T10:00+01:00"),
            closes=datetime.fromisoformat("2027-03-14T23:59+01:00"),
        )
    )


def the_call(client, language):
    """The part of OPSI's page about the call, as (state, words, facts)."""
    markup = read(client, OPSI[language]).markup
    section = markup.one("section", class_="now")
    facts = [e.text for e in markup.all("dd") if section in e.above]
    return section["class"].split()[-1], markup.one("p", class_="state").text, facts


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("moment", STATES)
def test_the_call_s_state_follows_the_clock(client, time_machine, timed_call, language, moment):
    time_machine.move_to(moment, tick=False)
    state, words = STATES[moment]
    with override(language):
        assert the_call(client, language)[:2] == (state, gettext(words))
        assert (gettext(words) == words) == (language == "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_deadline_known_to_the_minute_is_shown_in_helsinki_time(client, time_machine, timed_call, language):
    time_machine.move_to("2027-02-01 12:00:00+02:00", tick=False)
    with override(language):
        zone = gettext("Helsinki time")
    assert f"{DEADLINE[language]} ({zone})" in the_call(client, language)[2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_deadline_known_as_a_day_is_shown_as_a_day_and_ends_with_it(client, time_machine, language):
    published(a_call(closes_on=date(2027, 3, 14)))
    time_machine.move_to("2027-03-14 23:59:59+02:00", tick=False)
    state, _words, facts = the_call(client, language)
    assert state == "closing"
    assert DAY[language] in facts
    time_machine.shift(timedelta(seconds=1))
    assert the_call(client, language)[0] == "none"
    assert DAY[language] in the_call(client, language)[2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_front_page_calls_attention_to_an_open_call_alone(client, time_machine, timed_call, language):
    front = f"/{language}/"
    time_machine.move_to("2026-12-31 12:00:00+02:00", tick=False)
    assert read(client, front).markup.all("p", class_="beacon") == []
    time_machine.move_to("2027-02-01 12:00:00+02:00", tick=False)
    assert read(client, front).markup.one("p", class_="beacon").text
    time_machine.move_to("2027-03-15 00:59:00+02:00", tick=False)
    assert read(client, front).markup.all("p", class_="beacon") == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_with_no_call_at_all_the_page_still_stands(client, language):
    for call in Call.objects.all():
        workflow.withdraw(call)
    state, words, facts = the_call(client, language)
    with override(language):
        assert (state, words, facts) == ("none", gettext("The call is not open now"), [])
    assert read(client, f"/{language}/")


def test_today_no_call_is_open_and_the_last_one_is_named(client):
    assert the_call(client, "fi")[0] == "none"
    assert "14.4.2026" in the_call(client, "fi")[2]


# --- Notices, contacts, what is hidden while empty -----------------------------------------------------------------


def test_a_notice_stands_on_every_page_between_its_moments(client, time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    now = timezone.now()
    moments = {"begins": now + timedelta(hours=1), "ends": now + timedelta(hours=2)}
    texts = {f"text_{language}": f"Katko <{language}>" for language in LANGUAGES}
    for level in Notice.Level.values:
        published(Notice(level=level, **texts | moments))
    for expected in ([], ["notice info", "notice warning"], []):
        for path in LISTED:
            page = read(client, path)
            notices = [e for e in page.markup.all("p", class_="notice") if e.text == f"Katko <{page.language}>"]
            assert [e["class"] for e in notices] == expected, path
        time_machine.shift(timedelta(hours=1))


#: What the ministry's own page is about and whom it names, to the letter; and where it stands: the place in PATHS.
NAMES = [
    (1, "Suomen julkisen hallinnon innovaatiojulistus"),
    (1, "Den finländska offentliga förvaltningens innovationsdeklaration"),
    (1, "Declaration on public sector innovation in Finland"),
    (1, "Julkisen hallinnon innovaatiot"),
    (1, "Innovationer inom den offentliga förvaltningen"),
    (1, "Public sector innovations"),
    (0, "Tuemme ja vahvistamme innovaatiotoimintaa julkisessa hallinnossa"),
    (0, "Rohkaisemme ja valmennamme kaikkia virkamiehiä innovointiin"),
    (0, "Vaalimme kumppanuuksia ja tuemme moniäänisyyttä"),
    (0, "Tuemme tutkimusta, iterointia ja kokeiluja"),
    (0, "Levitämme opittua ja jaamme käytäntöjä"),
    (0, "Vi stärker och stöder innovationerna inom den offentliga förvaltningen"),
    (0, "Vi uppmuntrar och tränar alla tjänstemän i innovationer"),
    (0, "Vi värnar om partnerskap och vi stöder flerstämmighet"),
    (0, "Vi stöder forskning, iteration och försök"),
    (0, "Vi sprider det vi lärt oss och vi distribuerar praxis"),
    (0, "We embrace and enhance innovation within the public sector"),
    (0, "We encourage and equip all public servants to innovate"),
    (0, "We cultivate new partnerships and involve different voices"),
    (0, "We support exploration, iteration and testing"),
    (0, "We diffuse lessons and share practices"),
    (0, "Lisätietoja"),
    (0, "Mer information"),
    (0, "Further information"),
    (8, "Tule mukaan osaksi innovaatioverkostoa"),
    (8, "Kom med i innovationsnätverket"),
    (8, "Join the innovation network"),
    *((9, name) for name in ("Tutkimukset", "Materiaalit", "Mahdollisuudet", "Call for Innovations -haku")),
    *((9, name) for name in ("Undersökningar", "Material", "Möjligheter", "utlysningen Call for Innovations")),
    *((9, name) for name in ("Studies", "Materials", "Opportunities", "Call for Innovations")),
    *((10, name) for name in ("Pauliina Pussinen", "erityisasiantuntija", "Hallintopolitiikkayksikkö")),
    *((10, name) for name in ("Arja Terho", "finanssineuvos", "Konsernipolitiikkayksikkö")),
    *((10, name) for name in ("Valtionhallinnon kehittämisosasto", "Avdelningen för utveckling av statsförvaltningen")),
    *((10, name) for name in ("specialsakkunnig", "finansråd", "Förvaltningspolitiska enheten")),
    *((10, name) for name in ("Senior Specialist", "Governance Policy Unit", "Public Governance Department")),
]


def test_the_names_of_the_ministry_s_page_stand_to_the_letter(listed):
    shown = {page.path: " ".join(page.markup.text.split()) for page in listed}
    missing = [name for place, name in NAMES if not any(name in shown[path] for path in PATHS[place])]
    assert missing == []


def test_a_unit_without_a_swedish_name_is_shown_in_finnish_and_marked(client):
    for language in ("sv", "en"):
        unit = [e for e in read(client, CONTACTS[language]).markup.all("p") if e.text == "Konsernipolitiikkayksikkö"]
        assert [e["lang"] for e in unit] == ["fi"], language
    unit = [e for e in read(client, CONTACTS["fi"]).markup.all("p") if e.text == "Konsernipolitiikkayksikkö"]
    assert [e["lang"] for e in unit] == [None]


def test_contacts_are_reached_by_phone(client):
    links = {e["href"]: e.text for e in read(client, CONTACTS["sv"]).markup.all("a") if e["href"].startswith("tel:")}
    assert links == {"tel:+358295530108": "+358 295 530 108", "tel:+358295530235": "+358 295 530 235"}


def test_a_mailbox_is_shown_once_it_has_an_address(client):
    names = {"title_fi": "Verkoston postilaatikko", "title_sv": "Nätverkets postlåda", "title_en": "Mailbox"}
    organisation = {f"organisation_{language}": "VM" for language in LANGUAGES}
    mailbox = published(Contact(**names | organisation))
    assert "Verkoston postilaatikko" not in read(client, CONTACTS["fi"]).markup.text
    published(mailbox, email="verkosto@example.fi")
    assert [e["href"] for e in read(client, CONTACTS["fi"]).markup.all("a") if "@" in e["href"]] == [
        "mailto:verkosto@example.fi"
    ]


def test_the_declaration_s_document_is_shown_once_it_has_an_address(client):
    address = "https://vm.fi/julistus.pdf"
    declaration = Declaration.objects.get()

    def links(path):
        return [e["href"] for e in read(client, path).markup.all("a") if e["href"] == address]

    assert not any(links(path) for path in PATHS[1])
    before = {path: len(read(client, path).markup.all("dt")) for path in PATHS[1]}
    published(declaration, document_url_fi=address, document_language_fi="fi")
    assert links("/fi/julistus/") == [address]
    assert len(read(client, "/fi/julistus/").markup.all("dt")) == before["/fi/julistus/"] + 1

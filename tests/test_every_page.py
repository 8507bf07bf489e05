"""Rules that hold for every public page, in every language, over the first content."""

import re
from collections import Counter
from itertools import cycle, pairwise

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils.translation import gettext, override

from tests.conftest import LANGUAGES
from tests.public_pages import SITE
from website.publishing.edition import Edition

pytestmark = [pytest.mark.django_db, pytest.mark.once]


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


def test_no_title_is_so_long_that_its_end_is_lost(pages):
    # The longest official name of a commitment has 71 letters; the site follows it with its short name.
    assert [(page, page.title) for page in pages if len(page.title) > 100] == []


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
                with override(page.language):
                    assert gettext("another website") in link.text, (page, link)


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
    """Of the first content a unit without a Swedish and an English name falls back; OPSI's own titles stay English."""
    languages = {("fi", "Suomeksi"), ("sv", "På svenska"), ("en", "In English")}
    titles = {("en", resource.original_title) for resource in Edition.load().things("opsi.Resource")}
    for page in listed:
        marked = [e for e in page.markup.elements if e["lang"] and e.tag != "html" and not e["hreflang"]]
        strange = {(e["lang"], e.text) for e in marked} - languages - titles - {("fi", "Konsernipolitiikkayksikkö")}
        assert strange == set(), page


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


def test_sent_cookies_change_no_byte_and_set_nothing(one_of_each, client):
    for page, cookies in zip(one_of_each, cycle(COOKIES), strict=False):
        response = client.get(page.path, HTTP_COOKIE=cookies)
        assert response.content == page.response.content, page
        assert not response.cookies and "Cookie" not in response.headers.get("Vary", ""), page


def test_a_signed_in_editor_reads_the_same_bytes(one_of_each, signed_in, editor):
    client = signed_in(editor)
    assert [page for page in one_of_each if client.get(page.path).content != page.response.content] == []


def test_public_pages_may_be_kept_but_are_asked_for_each_time(listed):
    policy = {page.response["Cache-Control"] for page in listed}
    assert policy == {"public, no-cache, stale-if-error=86400"}


def test_what_a_person_sent_is_kept_nowhere(pages):
    for page in pages:
        if page.response.status_code in (404, 422):
            assert page.response["Cache-Control"] == "no-store", page


def test_a_page_that_has_not_changed_is_not_sent_again(one_of_each, client):
    for page in one_of_each:
        tag = page.response["ETag"]
        assert not tag.startswith("W/"), page
        again = client.get(page.path, headers={"if-none-match": tag})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag), page
        assert client.get(page.path, headers={"if-none-match": '"other"'}).status_code == 200, page


def test_every_page_costs_the_same_few_queries(one_of_each, client, django_assert_num_queries):
    for page in one_of_each:
        with django_assert_num_queries(6, info=page.path):
            client.get(page.path)


def test_a_query_string_changes_nothing(one_of_each, client):
    for page in one_of_each:
        assert client.get(f"{page.path}?utm_source=x&page=%00&%ff=1").content == page.response.content, page


def test_head_answers_like_get_without_the_page(one_of_each, client):
    for page in one_of_each:
        response = client.head(page.path)
        assert (response.status_code, response.content) == (200, b""), page

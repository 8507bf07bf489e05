"""Rich text as a page shows it: parts with addresses of their own, and links that say in words where they lead."""

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.utils.translation import override

from declaration.models import Commitment
from tests.browser import LANGUAGES
from tests.markup import Markup
from tests.running import ROOT
from website.pages.models import Page
from website.publishing import prose, versions, workflow
from website.publishing.texts import RichText
from website.staticfiles import shortened

TWO_PARTS = "<p>First.</p><h2>One &amp; only</h2><p>A</p><ul><li>B</li></ul><h2>Two</h2><p>C</p>"


def rendered(html, language="en", field="body"):
    return Markup(str(RichText(html, language, field).html))


def test_each_heading_gets_a_part_and_an_id_that_counts():
    page = rendered(TWO_PARTS)
    assert [(h2["id"], h2.text) for h2 in page.all("h2")] == [("body-1", "One & only"), ("body-2", "Two")]
    sides = page.all(class_="side")
    assert [next(h2["id"] for h2 in page.all("h2") if side in h2.above) for side in sides] == ["body-1", "body-2"]
    blocks = page.all(class_="prose")
    assert [block.text for block in blocks] == ["First.", "AB", "C"]
    assert blocks[0] not in [above for side in sides for above in side.above]


def test_the_contents_have_the_words_of_the_headings_as_plain_text():
    assert RichText(TWO_PARTS, "en", "body").headings == [("body-1", "One & only"), ("body-2", "Two")]
    assert RichText("<p>No heading</p>", "en", "body").headings == []


def test_a_heading_inside_a_quotation_or_a_list_begins_no_part():
    html = "<h2>One</h2><blockquote><h2>Quoted</h2><p>A</p></blockquote><ul><li><h2>Listed</h2></li></ul><h2>Two</h2>"
    page = rendered(html)
    assert [h2["id"] for h2 in page.all("h2")] == ["body-1", None, None, "body-2"]
    assert len(page.all(class_="side")) == 2
    assert page.one("blockquote").text == "QuotedA"


@pytest.mark.parametrize("language, words", [("fi", "toinen sivusto"), ("sv", "annan webbplats")])
def test_a_link_to_another_website_says_so_in_the_language_of_the_text(settings, language, words):
    html = '<p><a href="https://oecd-opsi.org/">OPSI</a> <a href="/fi/">here</a></p>'
    html += f'<p><a href="{settings.SITE_URL}/fi/">x</a></p>'
    with override("en"):
        page = rendered(html, language)
    away, own, absolute = page.all("a")
    assert away["class"] == "external" and words in away.text
    assert not own["class"] and own.text == "here"
    assert not absolute["class"] and absolute.text == "x"


@pytest.mark.django_db
def test_an_address_within_a_page_holds_in_every_language(client):
    ids = {}
    for language in LANGUAGES:
        page = Markup(client.get(f"/{language}/opsi/").content.decode())
        ids[language] = [h2["id"] for h2 in page.all("h2") if (h2["id"] or "").startswith("body-")]
        targets = [a["href"][1:] for a in page.all("a") if page.one("details") in a.above]
        assert targets == [e["id"] for e in page.elements if e["id"] in targets]  # in the order of the page
        assert len(targets) > 8
    assert ids["fi"] == ids["sv"] == ids["en"] == [f"body-{n}" for n in range(1, 4)]


@pytest.mark.django_db
@pytest.mark.parametrize("language, path", [*zip(LANGUAGES, ("sitoumukset", "ataganden", "commitments"), strict=True)])
def test_the_five_commitments_have_a_page_of_their_own(client, language, path):
    address = f"/{language}/{path}/"
    page = Markup(client.get(address).content.decode())
    with override(language):
        five = [(c.get_absolute_url(), c.heading, c.description) for c in Commitment.objects.order_by("number")]
    rows = page.all("li", class_="row")
    assert len(rows) == len(five) == 5
    for row, (url, name, summary) in zip(rows, five, strict=True):
        link = next(a for a in page.all("a") if row in a.above)
        assert link["href"] == url
        assert name in link.text and summary in link.text
    assert address in client.get("/sitemap.xml").content.decode()
    assert len(page.all("link", rel="alternate")) == 4  # three languages and the default
    current = [a for a in page.all("a") if a["aria-current"] == "page"]
    assert [a["href"] for a in current] == [address]
    inner = Markup(client.get(five[2][0]).content.decode())
    assert address in [a["href"] for a in inner.all("a") if inner.one("nav", class_="breadcrumb") in a.above]
    score = inner.one("nav", class_="score")
    assert [a["href"] for a in inner.all("a") if score in a.above] == [url for url, _name, _summary in five]


@pytest.mark.django_db
def test_the_short_name_is_the_front_pages_and_an_editor_may_change_it(client):
    def names(path):
        pages = [Markup(client.get(f"/{language}/{path}").content.decode()) for language in LANGUAGES]
        assert all(page.one(class_="ministry").text for page in pages)
        return [page.one(class_="brief").text for page in pages]

    first = ["Innovaatiojulistus", "Innovationsdeklarationen", "Innovation Declaration"]
    assert [names(path) for path in ("", "opsi/", "nothing-here/")] == [first] * 3
    home = Page.objects.get(pk="home")
    home.short_name_fi, home.short_name_sv, home.short_name_en = "Lyhyt", "Kort", ""
    workflow.save_draft(home)
    workflow.publish([versions.latest_version(home)])
    assert [names(path) for path in ("", "opsi/")] == [["Lyhyt", "Kort", "Lyhyt"]] * 2


def test_a_style_sheet_is_served_without_comments_and_means_the_same():
    css = '/* a */\n.a :is(.b, .c) > .d {\n  color: red;\n  content: " / ";\n}\n'
    css += "@media (width < 2rem) { .e::after { top: 0; } }\n"
    assert shortened(css) == '.a :is(.b,.c) > .d{color:red;content:" / "}@media (width < 2rem){.e::after{top:0}}'


def test_the_style_sheets_that_are_served_under_a_hashed_name_are_shortened_and_whole(tmp_path, settings):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "website.staticfiles.Storage"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    served = tmp_path / staticfiles_storage.stored_name("css/site.css")
    text = served.read_text()
    assert text.startswith("@layer reset,") and text.endswith("}") and "/*" not in text
    assert text.count("{") == (ROOT / "static/css/site.css").read_text().count("{") == text.count("}")


@pytest.mark.parametrize("html", ["", "<h2></h2>", "<p>x</p><h2>y</h2>"])
def test_parts_bear_what_is_empty(html):
    assert "".join(heading + text for heading, text in prose.parts(html)) == html.replace("<h2>", "").replace(
        "</h2>", ""
    )

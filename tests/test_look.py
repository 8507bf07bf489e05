"""How it looks, as far as a machine can tell: contrast, weight, one source for every line, room for long words."""

import os
import re
import struct
import subprocess
import sys
import time

import brotli
import pytest
from django.core.management import call_command
from django.template.loader import render_to_string
from django.test import Client
from django.utils.translation import gettext, override

from tests.browser import COMPONENTS, FORMS, LANGUAGES
from tests.markup import Markup
from tests.running import ROOT
from tests.screenshots import RARE_STATES
from tools import pictures
from website.staticfiles import shortened

SITE_CSS = (ROOT / "static/css/site.css").read_text()
PRINT_CSS = (ROOT / "static/css/print.css").read_text()
LAYERS = ["reset", "tokens", "base", "layout", "components", "utilities"]

# --- The page of all components -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_components_stand_on_one_page_without_the_database(language):
    # No django_db mark: any query is an error.
    response = Client().get(COMPONENTS[language])
    assert response.status_code == 200
    markup = Markup(response.content.decode())
    markup.one("h1")
    ids = [e["id"] for e in markup.elements if e["id"]]
    assert len(ids) == len(set(ids)) > 30
    assert [e["class"].split()[1] for e in markup.all("section", class_="now")] == [
        *("none", "none", "upcoming", "upcoming", "open", "closing")
    ]
    for name, least in {"row": 7, "mark": 38, "contact": 3, "notice": 2, "field": 24, "error": 2, "summary": 1}.items():
        assert len(markup.all(class_=name)) >= least, name
    assert markup.one("meta", name="robots")["content"] == "noindex"
    assert markup.all("link", rel="canonical") + markup.all("link", rel="alternate") == []
    assert len(markup.all("p", class_="notice")) == (3 if language == "en" else 2)  # in English: shown in Finnish
    switcher = [e["hreflang"] for e in markup.all("a") if e["hreflang"] and not e["rel"]]
    assert switcher == (["fi", "sv", "en"] if language == "en" else ["fi", "sv"])


def test_the_public_site_has_no_page_of_components(tmp_path):
    """COMPONENTS_PAGE is off unless somebody turns it on; tests/settings.py does."""
    script = "import django, sys; django.setup(); from django.urls import resolve; resolve(sys.argv[1])"
    variables = {"DJANGO_SETTINGS_MODULE": "website.settings", "SECRET_KEY": "x" * 60, "VAR_DIR": str(tmp_path)}
    variables |= {"SITE_URL": "http://127.0.0.1", "PATH": os.environ["PATH"]}
    for path, expected in (("/fi/komponentit/", "Resolver404"), ("/fi/verkosto/", "")):
        command = [sys.executable, "-c", script, path]
        run = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True)
        assert (expected in run.stderr) and bool(expected) == bool(run.returncode), path
    for tool in ("COMPONENTS_PAGE", "DEBUG"):
        public = variables | {"SITE_URL": "https://site.example", tool: "true"}
        run = subprocess.run(command, cwd=ROOT, env=public, capture_output=True, text=True)
        assert f"ImproperlyConfigured: {tool}" in run.stderr


@pytest.mark.django_db
def test_no_list_names_the_page_of_components(client):
    lists = [client.get(path).content.decode() for path in ("/sitemap.xml", "/fi/", "/sv/", "/en/", "/nothing/")]
    assert [path for path in COMPONENTS.values() if any(path in text for text in lists)] == []


@pytest.mark.django_db
def test_the_screenshots_can_show_what_is_seldom_seen(client):
    call_command("shell", command=RARE_STATES, verbosity=0)
    page = client.get("/fi/").content.decode()
    assert len(Markup(page).all("p", class_="notice")) == 2
    assert "Haku on auki" in page
    assert 'lang="fi"' in client.get("/en/network/").content.decode()


# --- Colours ------------------------------------------------------------------------------------------------------

#: Every text on every ground it stands on.
TEXTS = [
    *((ink, "paper") for ink in ("ink", "muted", "link", "hover", "visited", "error", "line")),
    *((ink, "panel") for ink in ("ink", "muted", "hover")),
    *((ink, "deep") for ink in ("on-deep", "on-deep-line", "beacon")),
    *(("on-button", ground) for ground in ("button", "button-hover")),
    ("night", "beacon"),
    *((ink, "tint") for ink in ("ink", "error")),
]
#: What must be seen without being read: lines, frames of controls, the ring of focus (on the panel it is the link's).
LINES = [
    *((line, "paper") for line in ("line", "control", "focus", "error", "button")),
    *((line, "deep") for line in ("on-deep-line", "focus-on-deep")),
    ("link", "panel"),
]
#: Hairlines and the segments of other commitments: nothing is lost with them.
ORNAMENT = {"rule", "faint"}


def layer(name):
    return SITE_CSS.split(f"@layer {name} {{")[1].split("/* -----")[0]


def tokens(css):
    return dict(re.findall(r"--([\w-]+): ((?:#|color-mix)[^;]+);", css))


def looks():
    """The colours of each look: what a media query gives stands above what comes before it."""
    parts = re.split(r"@media ", layer("tokens"))
    found = {query.split("{")[0].strip(): tokens(query) for query in parts[1:]}
    dark, contrast = found["(prefers-color-scheme: dark)"], found["(prefers-contrast: more)"]
    both = found["(prefers-contrast: more) and (prefers-color-scheme: dark)"]
    light = tokens(parts[0])
    return {
        "light": light,
        "dark": light | dark,
        "light, more contrast": light | contrast,
        "dark, more contrast": light | dark | contrast | both,
    }


def mixed(colour, colours):
    """The colour that a color-mix() of two tokens gives, as hexadecimal digits."""
    mix = re.fullmatch(r"color-mix\(in srgb, var\(--([\w-]+)\) (\d+)%, var\(--([\w-]+)\)\)", colour)
    if not mix:
        return colour
    share = int(mix[2]) / 100
    one, other = (_digits(colours[name]) for name in (mix[1], mix[3]))
    pairs = zip(bytes.fromhex(one), bytes.fromhex(other), strict=True)
    return "#" + bytes(round(share * a + (1 - share) * b) for a, b in pairs).hex()


def _digits(colour):
    return colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])


def contrast(one, other):
    def luminance(colour):
        digits = _digits(colour)
        parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name, colours", looks().items(), ids=looks())
def test_every_text_and_every_line_stands_out_from_its_ground(name, colours):
    colours = {token: mixed(colour, colours) for token, colour in colours.items()}
    low = [
        f"{fore} on {ground}: {contrast(colours[fore], colours[ground]):.2f}"
        for least, pairs in ((4.5, TEXTS), (3, LINES))
        for fore, ground in pairs
        if contrast(colours[fore], colours[ground]) < least
    ]
    assert low == []
    measured = {colour for pair in TEXTS + LINES for colour in pair}
    assert set(colours) - ORNAMENT == measured


def test_print_is_dark_on_white():
    colours = tokens(PRINT_CSS)
    assert {colours[ground] for ground in ("paper", "panel", "deep")} == {"#fff"}
    texts = {fore for fore in colours if fore not in ("paper", "panel", "deep", "rule")}
    assert [fore for fore in texts if contrast(colours[fore], "#fff") < 7] == []


# --- One style sheet ----------------------------------------------------------------------------------------------


def test_the_style_sheet_is_short_and_in_six_layers():
    assert len(SITE_CSS.splitlines()) <= 991
    assert max(len(line) for line in (SITE_CSS + PRINT_CSS).splitlines()) <= 120
    assert re.search(r"^@layer ([^{;]+);", SITE_CSS, re.MULTILINE)[1].split(", ") == LAYERS
    assert re.findall(r"^@layer (\w+) {", SITE_CSS, re.MULTILINE) == LAYERS
    contents = SITE_CSS.split("*/")[0]
    assert re.findall(rf"^     ({'|'.join(LAYERS)}) ", contents, re.MULTILINE) == LAYERS
    assert re.findall(r"^/\* -+ (\w+) \*/", SITE_CSS, re.MULTILINE) == LAYERS


def test_colours_stand_in_the_tokens_alone():
    elsewhere = SITE_CSS.replace(layer("tokens"), "")
    assert set(re.findall(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch)\(", elsewhere)) <= {"#0000"}
    assert "!important" not in SITE_CSS + PRINT_CSS


def test_nothing_moves_for_those_who_want_no_motion():
    before, after = SITE_CSS.split("@media (prefers-reduced-motion: no-preference) {")
    moving = r"view-transition|transition:|animation|scroll-behavior"
    assert not re.search(moving, before)
    assert re.search(moving, after)
    assert after.count("{") == after.count("}") - 1  # the block is the last thing in the file


def test_no_template_and_no_drawing_styles_by_itself():
    files = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("static/img/*.svg")]
    assert len(files) > 40
    assert [str(path) for path in files if re.search(r"\sstyle=|<style|<script(?![^>]*\ssrc=)", path.read_text())] == []


def test_every_printed_page_carries_the_name_of_the_site():
    for language in LANGUAGES:
        with override(language):
            name = gettext("Declaration on public sector innovation in Finland")
        assert re.search(rf'@page {language} {{\s*@bottom-left {{\s*content: "{name}";', PRINT_CSS), language
        assert f":lang({language}) > body {{ page: {language}; }}" in PRINT_CSS


# --- The lines ----------------------------------------------------------------------------------------------------


def test_each_drawing_stands_in_one_file():
    texts = {path: path.read_text() for path in (*ROOT.glob("templates/**/*.html"), *ROOT.glob("static/**/*.svg"))}
    drawn = {path.name: text.count("<path") for path, text in texts.items() if "<path" in text}
    assert drawn == {"mark.html": 7, "error_strip.html": 1, "favicon.svg": 2}


@pytest.mark.parametrize("drawing", [*(f"mark.html {n}" for n in range(1, 6)), "error_strip.html"])
def test_lines_are_drawn_with_classes_and_presentation_attributes_only(drawing):
    template, _space, n = drawing.partition(" ")
    known = {"class", "viewbox", "preserveaspectratio", "aria-hidden", "focusable", "d"}
    presentation = {"fill", "stroke", "stroke-width", "vector-effect"}
    elements = Markup(render_to_string(f"includes/{template}", {"n": int(n or 0)})).elements
    assert [element.tag for element in elements] == ["svg", "path"]
    for element in elements:
        assert set(element.attributes) <= known | presentation
        assert {element["fill"], element["stroke"]} <= {None, "none", "currentColor"}


def size_of(path):
    return struct.unpack(">II", path.read_bytes()[16:24])


def test_there_is_a_picture_to_share_for_each_language_and_commitment():
    share = ROOT / "static/img/share"
    names = {f"{language}{n}.png" for language in LANGUAGES for n in ("", "-1", "-2", "-3", "-4", "-5")}
    assert {path.name for path in share.iterdir()} == names
    assert {size_of(share / name) for name in names} == {(1200, 630)}
    assert size_of(ROOT / "static/img/favicon-32.png") == (32, 32)
    assert size_of(ROOT / "static/img/apple-touch-icon.png") == (180, 180)
    # Without a database, as whoever draws them anew needs none.
    pages = dict(pictures.pages_to_share())
    assert set(pages) == names
    drawn = [path["d"] for path in Markup(render_to_string("includes/mark_strip.html")).all("path")]
    for name, page in pages.items():
        assert [path["d"] for path in Markup(page).all("path")] == drawn, name
    assert "<h1>Vaalimme kumppanuuksia" in pages["fi-3.png"]


# --- Weight -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_front_page_is_light(client, language):
    page = client.get(f"/{language}/").content
    sheets = [shortened(css).encode() for css in (SITE_CSS, PRINT_CSS)]
    weights = [len(brotli.compress(part)) for part in (page, *sheets)]
    assert sum(weights) <= 10_000, weights


#: What one of five connections on Lighthouse's slow 4G (1.6 Mbit/s, 150 ms) surely brings in three round trips, headers
#: included: three windows of four segments. The serif has two weights and needs the third.
THREE_WINDOWS = 3 * 4 * 1460


@pytest.mark.browser
def test_the_first_view_takes_five_requests_and_64_kilobytes(visit):
    visitor = visit()
    answers = []
    visitor.page.on("requestfinished", lambda request: answers.append((request.url, request.sizes())))
    visitor.open("/fi/").wait_for_load_state("networkidle")
    files = {url.rsplit("/", 1)[-1].split(".")[0]: sizes for url, sizes in answers}
    bodies = {name: sizes["responseBodySize"] for name, sizes in files.items() if not name.startswith("favicon")}
    assert sorted(bodies) == ["", "print", "site", "source-sans-3", "source-serif-4"]
    assert sum(bodies.values()) <= 64_000, bodies
    fonts = {name: sizes for name, sizes in files.items() if name.startswith("source-")}
    assert max(s["responseBodySize"] + s["responseHeadersSize"] for s in fonts.values()) <= THREE_WINDOWS, fonts


# --- In a browser -------------------------------------------------------------------------------------------------

#: What each file of a family is for, and the Sámi letters that they have; Source Serif has fewer.
LETTERS = {
    "Source Sans 3": "abcåäöéÅÄÖÉ “”’–—…€§−~[]= ÁáÂâÜüÆæØøÕõÐðÞþßñç«»·°½×•£ ČčĐđŊŋŠšŦŧŽžǤǥǦǧƷʒǮǯ",
    "Source Serif 4": "abcåäöéÅÄÖÉ “”’–—…€§−~[]= ÁáÂâÜüÆæØøÕõÐðÞþßñç«»·°½×•£ ČčĐđŊŋŠšŽžǦǧ",
}
LONG = [
    "/fi/",
    "/fi/saavutettavuusseloste/",
    "/fi/sitoumukset/",
    "/fi/sitoumukset/2/",
    "/fi/verkosto/liity/",
    "/fi/opsi/",
]
LONG += ["/sv/", "/sv/tillganglighetsutlatande/", "/sv/ataganden/2/", "/sv/natverk/anmal-dig/", "/en/", "/en/opsi/"]
LONG += COMPONENTS.values()
#: WCAG 1.4.12.
SPACING = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
p { margin-block-end: 2em !important }"""
STICKING_OUT = """() => [...document.querySelectorAll("body, body *")].filter(e => {
    const box = e.getBoundingClientRect(), s = getComputedStyle(e);
    if (!e.textContent.trim() || e.closest(".unseen, .skip") || s.display === "inline") return false;
    if (s.clipPath !== "none") return false; // for those who listen
    const cut = e.scrollWidth > e.clientWidth + 1 && s.overflowX !== "visible";
    return cut || box.right > innerWidth + 1 || box.left < -1;
}).map(e => `${location.pathname} <${e.tagName} ${e.className}> ${e.textContent.trim().slice(0, 40)}`)"""
#: Headings and links of which a word is wider than its line: it would be broken where no syllable ends.
BROKEN = """() => [...document.querySelectorAll("h1, h2, h3, .name, .state, .button, .site, .footer a")].flatMap(e => {
    if (getComputedStyle(e).clipPath !== "none") return []; // for those who listen
    const line = e.getBoundingClientRect().width, probe = document.createElement("span");
    probe.className = "probe"; e.append(probe);
    const wide = e.textContent.trim().split(/[\\s-]+/).filter(w => {
        probe.textContent = w; return probe.getBoundingClientRect().width > line + 1; });
    probe.remove();
    return wide.map(w => `${location.pathname} ${w} in ${e.parentElement.outerHTML.slice(0, 150)}`); })"""


@pytest.mark.browser
@pytest.mark.parametrize("style", ["", "html { font-size: 200% }", SPACING], ids=["plain", "200 %", "spacing"])
def test_the_longest_words_have_room_on_a_small_screen(visit, style):
    visitor = visit(width=320, bypass_csp=True)
    found = []
    for path in LONG:
        page = visitor.open(path)
        page.add_style_tag(content=style + " .probe { position: absolute; white-space: nowrap; hyphens: none }")
        found += page.evaluate(STICKING_OUT)
        if not style:
            found += page.evaluate(BROKEN)
    assert not found, "\n".join(found)


@pytest.mark.browser
def test_large_text_on_a_large_screen_is_set_as_on_a_small_one(visit):
    """Columns are counted in the reader's own text, not in pixels: text alone may be enlarged, without the page."""
    visitor = visit(bypass_csp=True)
    found = []
    for path in LONG:
        page = visitor.open(path)
        page.add_style_tag(content="html { font-size: 200% } .probe { position: absolute; white-space: nowrap }")
        for width in (768, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            found += page.evaluate(STICKING_OUT) + page.evaluate(BROKEN)
    assert not found, "\n".join(found)


#: Links of which nothing but the arrow stands on a line: a line is as wide as its parts.
ALONE = """() => [...document.querySelectorAll(".external, .prose a[href^='http']")].filter(e => {
    const lines = {};
    for (const box of e.getClientRects()) lines[box.top] = (lines[box.top] ?? 0) + box.width;
    return Object.values(lines).some(width => width < 24);
}).map(e => e.textContent)"""


@pytest.mark.browser
@pytest.mark.parametrize("colors", ["none", "active"])
def test_the_arrow_of_a_link_to_another_site_never_stands_alone_on_a_line(visit, colors):
    found = []
    for width in (320, 360, 375, 390, 412):
        visitor = visit(width=width, forced_colors=colors)
        found += [(width, alone) for path in ("/en/opsi/", "/fi/opsi/") for alone in visitor.open(path).evaluate(ALONE)]
    assert not found


@pytest.mark.browser
@pytest.mark.parametrize("family, letters", LETTERS.items(), ids=LETTERS)
def test_the_fonts_hold_the_letters_of_finnish_swedish_and_sami(visit, family, letters):
    page = visit(bypass_csp=True).open("/fi/")
    page.add_style_tag(content=f'body {{ font: 300 1rem "{family}", monospace !important }}')
    page.evaluate(
        """async ([family, letters]) => {
        document.body.replaceChildren(letters);
        await document.fonts.load(`300 16px "${family}"`, letters);
        for (const wait of [1, 2]) await new Promise(requestAnimationFrame);
    }""",
        [family, letters],
    )
    session = page.context.new_cdp_session(page)
    for domain in ("DOM", "CSS"):
        session.send(f"{domain}.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    body = session.send("DOM.querySelector", {"nodeId": root, "selector": "body"})["nodeId"]
    used = session.send("CSS.getPlatformFontsForNode", {"nodeId": body})["fonts"]
    assert {font["isCustomFont"] for font in used} == {True}, used
    assert sum(font["glyphCount"] for font in used) == len(letters)


SHIFTS = """window.shifts = 0; new PerformanceObserver(list => {
    for (const entry of list.getEntries()) window.shifts += entry.value;
}).observe({ type: "layout-shift", buffered: true });"""


def late(route):
    time.sleep(0.7)
    route.continue_()


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_moves_when_the_fonts_are_slow(visit, site, width):
    for path in ("/fi/", "/sv/ataganden/2/", "/en/opsi/", FORMS["sv"]):
        page = visit(width=width).page
        page.add_init_script(SHIFTS)
        page.route("**/*.woff2", late)
        page.goto(site.url + path)
        page.evaluate("document.fonts.ready.then(() => true)")
        page.wait_for_timeout(200)
        assert page.evaluate("window.shifts") == 0, path


#: What has the focus, if its ring is not whole and in sight.
UNSEEN_FOCUS = """() => {
    const e = document.activeElement, s = getComputedStyle(e), box = e.getBoundingClientRect();
    const ring = parseFloat(s.outlineWidth) + parseFloat(s.outlineOffset);
    const whole = s.outlineStyle === "solid" && parseFloat(s.outlineWidth) >= 2 && e.checkVisibility({
        opacityProperty: true, visibilityProperty: true });
    return whole && box.left >= ring && box.right <= innerWidth - ring && box.top < innerHeight && box.bottom > 0
        ? null : `${location.pathname} ${e.tagName} ${e.className} ${e.textContent.trim().slice(0, 30)}`; }"""


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 1280])
def test_the_keyboard_always_shows_where_it_is(visit, width):
    visitor, unseen, reached = visit(width=width), [], 0
    for path in ("/fi/", "/sv/ataganden/3/", "/en/opsi/", FORMS["fi"], COMPONENTS["sv"], "/en/nothing-here/"):
        page = visitor.open(path)
        page.evaluate("document.activeElement.blur()")
        stops = page.locator("a[href], button, input:not([type=hidden], [tabindex='-1']), textarea").count()
        for _ in range(stops):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement === document.body"):
                break
            reached += 1
            unseen.append(page.evaluate(UNSEEN_FOCUS))
    assert reached > 120
    assert [where for where in unseen if where] == []


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_front_page_prints_as_one_poster(visit, language):
    printed = visit().open(f"/{language}/").pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    assert re.search(rb"/MediaBox \[0 0 59[45][\d.]* 84[12][\d.]*\]", printed)


@pytest.mark.browser
def test_a_printed_page_keeps_the_order_of_its_sizes(visit):
    """The sheet sets its text in points: what site.css sets in rem would stand above it."""
    page = visit(width=658).open("/fi/tietosuoja/")
    page.emulate_media(media="print")
    size = "selector => parseFloat(getComputedStyle(document.querySelector(selector)).fontSize)"
    paragraph, h3, h2 = (page.evaluate(size, selector) for selector in (".prose p", "main h3", "main h2"))
    page.goto(page.url.replace("tietosuoja", "opsi"))
    assert page.evaluate(size, ".now dt") < paragraph <= h3 < h2
    assert page.evaluate(size, ".resources p + p") <= paragraph

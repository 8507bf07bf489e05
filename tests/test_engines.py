"""Firefox and WebKit: what another engine than Chromium may do otherwise, and each journey once in each."""

import re

import pytest
from django_otp.oath import TOTP

from tests.browser import FORMS, link_to, wait_for
from tests.engines import BROKEN, ENTER, ESCAPE, OVERFLOW
from tests.running import ROOT
from tests.test_browser_look import IN_VIEW

pytestmark = pytest.mark.browser

WIDTHS = (1280, 768, 390, 320)
#: What an engine may leave out: the page is whole without it.
FINER = {
    "hyphenate-limit-chars",  # WebKit: asked for by @supports
    "text-wrap",  # Firefox: pretty is no more than that
    "text-size-adjust",  # of telephones; WebKit on a desk has none
    "-webkit-text-size-adjust",
    *("orphans", "widows"),  # Firefox: of paragraphs in print
    "forced-color-adjust",  # of Windows
}


def declarations(css):
    """The declarations of a stylesheet as pairs, without those of fonts, sheets, transitions and our own names."""
    css = re.sub(r"/\*.*?\*/|@(font-face|page|view-transition)[^{]*{(?:[^{}]|{[^{}]*})*}", "", css, flags=re.DOTALL)
    return sorted(set(re.findall(r"(?:^|[{;])\s*((?!--)[a-z-]+): ([^;{}]+)(?=;)", css)))


@pytest.mark.parametrize("sheet", ["site", "print"])
def test_every_declaration_is_understood(engine, sheet):
    engine.visit("/fi/")
    written = declarations((ROOT / f"static/css/{sheet}.css").read_text())
    assert len(written) > 40
    unknown = engine.evaluate("return arguments[0].filter(([name, value]) => !CSS.supports(name, value))", written)
    assert [pair for pair in unknown if pair[0] not in FINER] == []


def test_links_are_underlined_and_steps_are_numbered(engine):
    engine.visit("/fi/")
    line = "return getComputedStyle(document.querySelector('.five .name')).textDecorationLine"
    assert engine.evaluate(line) == "underline"
    engine.visit("/fi/opsi/")
    step = "return getComputedStyle(document.querySelector('.prose ol > li'), '::before').content"
    assert "counter(list-item)" in engine.evaluate(step)


def test_nothing_sticks_out_and_no_heading_breaks_a_word_that_has_room(engine, site):
    found = []
    for path in (*site.pages(), *site.other_states()):
        # WebKit on Debian can hyphenate English alone.
        widths = (320,) if path.startswith("/en/") else WIDTHS
        engine.visit(path, widths[0])
        for width in widths:
            engine.resize(width, 800)
            found += engine.evaluate(OVERFLOW) + engine.evaluate(BROKEN)
    assert not found, "\n".join(found)
    assert engine.complaints() == []


def test_text_alone_twice_as_large_breaks_no_word_that_has_room(engine):
    found = []
    for path, width in (("/fi/", 1280), ("/fi/", 390), ("/sv/", 1280), ("/fi/opsi/", 390)):
        engine.visit(path, width)
        before = engine.evaluate("return document.querySelector('h1').getBoundingClientRect().height")
        engine.enlarge_text(2)
        grown = "return document.querySelector('h1').getBoundingClientRect().height"
        wait_for(lambda grown=grown, before=before: engine.evaluate(grown) > before, "larger text")
        found += engine.evaluate(OVERFLOW) + engine.evaluate(BROKEN)
    assert not found, "\n".join(found)


#: Every answer of the form as no reader could give it, so that each field has an error.
SPOILT = """for (const control of document.querySelectorAll(".form [name]:not([name=remark])")) {
    control.removeAttribute("maxlength");
    if (control.type === "radio" || control.type === "checkbox") {
        control.value = "nothing";
        control.checked = true;
    } else if (control.type !== "hidden" && control.tagName !== "BUTTON") {
        control.value = control.name === "email" ? "nobody" : "x".repeat(3000);
    }
}
document.querySelector(".form").noValidate = true;"""


def test_a_link_of_the_summary_shows_label_hint_error_and_focus_of_each_field(engine):
    engine.visit(FORMS["fi"], 390, 844)
    fields = engine.evaluate("return document.querySelectorAll('.form .field').length")
    engine.evaluate(SPOILT)
    engine.send()
    links = engine.evaluate("return document.querySelectorAll('.summary a').length")
    assert links == fields == 8
    for number in range(1, links + 1):
        engine.evaluate("scrollTo(0, 0)")
        engine.press(f".summary li:nth-child({number}) a", ENTER)
        wait_for(lambda: engine.evaluate("return document.activeElement.closest('.field') !== null"), "the focus")
        view = engine.evaluate(f"return ({IN_VIEW})()")
        assert view["top"] >= 0 and view["bottom"] <= 844 and view["outline"] == "solid", view


def test_somebody_joins_confirms_corrects_and_erases(engine, site):
    address = f"ylva.{engine.name}@vm.example"
    engine.visit(FORMS["sv"], 390)
    engine.click(".menu")
    wait_for(lambda: engine.evaluate("return document.querySelector('.sections').checkVisibility()"), "the menu")
    engine.press("body", ESCAPE)
    engine.fill("[name=email]", "ylva@localhost")
    engine.send()
    wait_for(lambda: engine.evaluate("return document.activeElement.matches('.summary')"), "the focus")
    engine.fill("[name=name]", "Ylva Åkerblom")
    engine.fill("[name=email]", address)
    engine.fill("[name=organisation]", "Raseborgs stad")
    engine.check("[name=organisation_type][value=municipality]")
    engine.check("[name=interests][value='3']")
    engine.send()
    assert engine.path.endswith("/tack/")

    engine.visit(link_to(site, address, 1), 390)
    assert "Raseborgs stad" in engine.text()
    engine.send("form.form button")
    assert not engine.has("form.form")

    engine.visit("/sv/egna-uppgifter/")
    engine.fill("[name=email]", address)
    engine.send("form.form button")
    own = link_to(site, address, 2)
    engine.visit(own, 390)
    engine.send("a[href*='/ratta/']")
    engine.fill("[name=title]", "utvecklingschef")
    engine.send("form.form button")
    assert engine.path == own and "utvecklingschef" in engine.text()
    engine.send("a[href$='/radera/']")
    engine.send("form.form button")
    assert engine.path.endswith("/raderat/")
    assert site.get(own)[0] == 404
    assert engine.complaints() == []


def test_feedback_is_sent(engine):
    engine.visit("/fi/sitoumukset/3/")
    engine.send("footer a[href*='page=']")
    assert engine.value("[name=page]") == "/fi/sitoumukset/3/"
    engine.send("form.form button")
    engine.find(".summary")
    engine.check("[name=kind][value=accessibility]")
    engine.fill("[name=message]", "Ruudunlukija pysähtyy kolmannelle riville.")
    engine.send("form.form button")
    assert engine.path == "/fi/palaute/kiitos/"
    assert engine.complaints() == []


SECOND_FACTOR = """
from website.accounts.models import User
from django_otp.plugins.otp_totp.models import TOTPDevice
user = User.objects.create_superuser("{name}", "{name}@vm.example", "a new and longer password")
TOTPDevice.objects.create(user=user, name="app", key="{key}", confirmed=True)
"""


def an_empty_time_looks_empty(engine, field):
    """WebKit writes today's date into it, as if it were filled in: there admin.css hides what is marked as empty."""
    assert engine.evaluate("return CSS.supports('hanging-punctuation: first')") == (engine.name == "webkit")
    write = "const time = document.querySelector(arguments[0]); time.value = arguments[1];"
    for value in ("", "2099-12-24T12:00:00", ""):
        engine.evaluate(f"{write} time.dispatchEvent(new Event('input'));", field, value)
        assert engine.has(f"{field}.empty") == (value == "")


def test_in_the_admin_rich_text_is_written_and_published(engine, site):
    key = "ab" * 20
    site.manage("shell", "-c", SECOND_FACTOR.format(name=engine.name, key=key))
    site.passwords[engine.name] = "a new and longer password"
    engine.sign_in(engine.name, code=f"{TOTP(bytes.fromhex(key)).token():06d}")

    engine.visit("/fi/hallinta/declaration/commitment/5/change/", 1280)
    editor = "#row-practice_fi [contenteditable=true]"
    engine.find(editor)
    engine.evaluate("document.querySelector(arguments[0]).scrollIntoView()", editor)
    engine.click(f"{editor} > p:last-of-type")
    engine.press(editor, f"Kirjoitettu selaimessa {engine.name}. ")
    engine.send("[name=_publish]")
    assert f"Kirjoitettu selaimessa {engine.name}." in engine.text("#content-main")
    assert engine.has("[name=starts].empty")
    an_empty_time_looks_empty(engine, "[name=starts]")
    engine.check("[name=minor]")
    engine.send(".decisions button.do")
    engine.find(".messagelist .success")
    wait_for(lambda: f"selaimessa {engine.name}." in site.get("/fi/sitoumukset/5/")[1], "the page")
    assert engine.complaints() == []


#: The lines that say what colour says elsewhere, as selector, part and side, by page.
LINES = {
    "/fi/sitoumukset/3/": [
        (".languages [aria-current]", None, "Bottom"),
        (".sections [aria-current]", None, "Bottom"),
        (".score [aria-current]", None, "Bottom"),
        (".footer", None, "Top"),
    ],
    FORMS["fi"]: [
        (".summary", None, "Left"),
        (".field:has(.error)", "::before", "Left"),
        (".form [aria-invalid]", None, "Left"),
        (".form button", None, "Left"),
    ],
}
#: Those of them that are missing; links, buttons and inputs whose focus no ring shows.
WITHOUT_COLOUR = """if (!matchMedia("(forced-colors: active)").matches) return ["the colours are not forced"];
const missing = arguments[0].filter(([selector, part, side]) => {
    const style = getComputedStyle(document.querySelector(selector), part);
    return style[`border${side}Style`] === "none" || parseFloat(style[`border${side}Width`]) < 1;
});
for (const element of document.querySelectorAll("a[href], button, .form input:not([name=remark]), textarea")) {
    if (!element.checkVisibility()) continue;
    element.focus({ focusVisible: true });
    const ring = getComputedStyle(element);
    if (ring.outlineStyle !== "solid" || parseFloat(ring.outlineWidth) < 2) missing.push(element.outerHTML);
}
return missing;"""


def test_in_forced_colours_of_chromium_lines_say_what_colours_said(visit):
    visitor = visit(forced_colors="active")
    for path, lines in LINES.items():
        page = visitor.open(path)
        if path in FORMS.values():
            page.fill("[name=email]", "nobody@localhost")
            page.click("form.form button")
            page.wait_for_selector(".summary")
        assert page.evaluate(f"(lines) => (function () {{ {WITHOUT_COLOUR} }})(lines)", lines) == []


def test_in_forced_colours_of_firefox_lines_say_what_colours_said(firefox):
    with firefox.forced_colors():
        for path, lines in LINES.items():
            firefox.visit(path)
            if path in FORMS.values():
                firefox.fill("[name=email]", "nobody@localhost")
                firefox.send()
            assert firefox.evaluate(WITHOUT_COLOUR, lines) == []


def test_short_pages_are_printed_on_one_sheet_in_firefox(firefox):
    sheets = {}
    for path in (
        "/fi/",
        "/sv/",
        "/en/",
        "/fi/yhteystiedot/",
        "/en/commitments/",
        "/fi/sitoumukset/1/",
        "/sv/ataganden/2/",
        "/en/commitments/5/",
        "/fi/nothing-here/",
    ):
        firefox.visit(path)
        sheets[path] = firefox.sheets()
    assert set(sheets.values()) == {1}, sheets
    firefox.visit("/fi/opsi/")
    assert firefox.sheets() > 1  # it can be counted

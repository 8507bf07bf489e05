"""What a reader sees first, measured in a browser: the five, the masthead, the menu, the errors of a form."""

import re

import pytest
from django.utils.translation import gettext, override

from tests.browser import FORMS, LANGUAGES, wait_for

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
#: Where the names of the five end, in pixels from the top of the page.
ENDS = "() => [...document.querySelectorAll('.five .name')].map(name => name.getBoundingClientRect().bottom)"
HEIGHTS = "elements => elements.map(e => e.getBoundingClientRect().height)"


def fonts(page):
    page.evaluate("document.fonts.ready.then(() => true)")


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_five_commitments_stand_on_the_first_screen(visit, language):
    page = visit(width=1280).open(f"/{language}/")
    fonts(page)
    ends = page.evaluate(ENDS)
    assert len(ends) == 5 and max(ends) <= 800
    page.set_viewport_size(PHONE)
    ends = page.evaluate(ENDS)
    assert sum(end <= PHONE["height"] for end in ends) >= 4, ends
    with override(language):  # and while a call is open
        beacon = f'<p class="beacon"><a href="/">{gettext("The Call for Innovations closes soon")}</a></p>'
    page.locator(".hero .lead").evaluate("(lead, beacon) => lead.insertAdjacentHTML('afterend', beacon)", beacon)
    ends = page.evaluate(ENDS)
    assert sum(end <= PHONE["height"] for end in ends) >= 3, ends
    page.set_viewport_size({"width": 1280, "height": 800})
    assert max(page.evaluate(ENDS)) <= 800


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_masthead_of_a_phone_is_one_row_and_names_the_ministry(visit, language):
    page = visit(width=390).open(f"/{language}/opsi/")
    fonts(page)
    assert page.locator(".masthead").bounding_box()["height"] <= 64
    for part in (".ministry", ".brief", ".languages", ".menu"):
        assert page.locator(part).is_visible(), part
    assert not page.locator(".full").is_visible()
    assert not page.locator(".sections").is_visible()


def test_the_menu_of_a_phone_opens_and_closes_by_keyboard_without_a_script(visit):
    page = visit(width=390, java_script_enabled=True).open("/fi/")
    page.focus(".menu")
    page.keyboard.press("Enter")
    sections = page.locator(".sections")
    sections.wait_for(state="visible")
    assert min(sections.locator("a").evaluate_all(HEIGHTS)) >= 44
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.sections') !== null")
    page.keyboard.press("Escape")
    sections.wait_for(state="hidden")


def test_what_is_touched_is_large_enough(visit):
    page = visit(width=390).open("/sv/")
    assert min(page.locator(".home .row a, .menu").evaluate_all(HEIGHTS)) >= 44
    page.goto(page.url + "natverk/anmal-dig/")
    assert (
        min(
            page.locator("fieldset label:visible, .form input[type=text]:visible, .button:visible").evaluate_all(
                HEIGHTS
            )
        )
        >= 44
    )
    width = page.locator(".form").bounding_box()["width"]
    assert page.locator(".send .button").bounding_box()["width"] == pytest.approx(width, abs=1)


def test_on_a_phone_all_five_commitments_fold_out_by_name(visit):
    page = visit(width=390).open("/fi/sitoumukset/3/")
    shown = "name => name.checkVisibility() && getComputedStyle(name).clipPath === 'none'"
    named = f"names => names.filter({shown}).length"
    assert page.locator(".score .name").evaluate_all(named) == 0
    assert page.locator("h1").bounding_box()["y"] < 300
    page.locator(".score summary").click()
    assert page.locator(".score .name").evaluate_all(named) == 5
    assert min(page.locator(".score a").evaluate_all(HEIGHTS)) >= 44
    page = visit(width=1280).open("/fi/sitoumukset/3/")
    assert page.locator(".score .name").evaluate_all(named) == 4  # the heading below says the fifth


#: From the top of the window: label or legend, hint and error of what has the focus, its own edges, and its ring.
IN_VIEW = """() => {
    const control = document.activeElement, field = control.closest(".field"), s = getComputedStyle(control);
    const tops = [...field.querySelectorAll("label, legend, .hint, .error")].slice(0, 3)
        .map(part => part.getBoundingClientRect().top);
    const box = control.getBoundingClientRect(), ring = parseFloat(s.outlineWidth) + parseFloat(s.outlineOffset);
    return { name: control.name, top: Math.min(...tops), bottom: box.bottom + ring, outline: s.outlineStyle };
}"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_link_of_the_summary_shows_label_hint_error_and_focus_of_its_field(visit, language):
    page = visit().open(FORMS[language])
    page.set_viewport_size(PHONE)
    page.evaluate("document.querySelectorAll('[type=radio]').forEach(radio => { radio.checked = false })")
    page.fill("textarea", "x" * 1001) if page.evaluate("document.querySelector('textarea').maxLength") < 0 else None
    page.click(".form .button")
    page.wait_for_selector(".summary")
    links = page.locator(".summary a")
    assert links.count() >= 4
    for number in range(links.count()):
        for press in (lambda link: link.click(), lambda link: link.press("Enter")):
            page.evaluate("scrollTo(0, 0)")
            press(links.nth(number))
            wait_for(lambda: page.evaluate("document.activeElement.closest('.field') !== null"), "the focus on a field")
            view = page.evaluate(IN_VIEW)
            assert view["top"] >= 0, view
            assert view["bottom"] <= PHONE["height"], view
            assert view["outline"] == "solid", view


def test_inputs_stay_in_line_when_some_are_wrong(visit):
    page = visit().open(FORMS["fi"])
    page.fill("input[name=name]", "Maija")
    page.click(".form .button")
    page.wait_for_selector(".summary")
    left = "inputs => inputs.map(input => Math.round(input.getBoundingClientRect().left))"
    assert len(set(page.locator(".form input[type=text], .form input[type=email], textarea").evaluate_all(left))) == 2


@pytest.mark.parametrize("path", ["/fi/", "/sv/", "/fi/verkosto/", "/sv/natverk/", "/fi/sitoumukset/1/"])
def test_no_heading_is_hyphenated_where_there_is_room(visit, path):
    page = visit(width=1280).open(path)
    hyphens = "headings => headings.map(heading => getComputedStyle(heading).hyphens)"
    assert set(page.locator("h1, h2").evaluate_all(hyphens)) == {"manual"}


COMMITMENTS = [
    f"{listed}{number}/"
    for listed in ("/fi/sitoumukset/", "/sv/ataganden/", "/en/commitments/")
    for number in range(1, 6)
]


def test_a_short_page_prints_on_one_sheet(visit):
    visitor = visit()
    for path in ("/fi/", "/fi/yhteystiedot/", "/en/commitments/", *COMMITMENTS):
        printed = visitor.open(path).pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1, path

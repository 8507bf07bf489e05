"""One editor at the form of a draft in Chromium: beside the preview, with the keyboard, over a crash."""

import pytest

from tests.browser import LANGUAGES, sign_in, wait_for, wait_for_focus

pytestmark = pytest.mark.browser

COMMITMENT = "/fi/hallinta/declaration/commitment/3/change/"
NAMES = "all => all.map((one) => one.ariaLabel)"
KEPT = "() => Object.keys(sessionStorage).filter((name) => name.startsWith('kept:')).length"


@pytest.fixture
def desk(visit, site):
    """desk(path, **options) opens a form as the editor."""

    def opened(path=COMMITMENT, name="editor", **options):
        watched = visit(**options)
        sign_in(watched.page, site, name)
        watched.open(path)
        watched.page.wait_for_selector(".ProseMirror[contenteditable]")
        return watched

    return opened


def seen(page):
    return page.frame_locator("#preview iframe")


def test_the_preview_follows_what_is_typed_and_a_click_leads_to_its_field(desk):
    watched = desk()
    page = watched.page
    page.focus("[name=summary_sv]")
    page.click("#open-preview")
    seen(page).get_by_text("Vad åtagandet betyder").wait_for()
    # The keyboard goes on from its tools. Looking is no change.
    wait_for_focus(page, "#preview [name=_seen]:checked")
    assert page.locator("#saved[data-dirty]").count() == 0
    assert page.locator(".pair .entry:visible").evaluate_all("all => all.every((one) => one.matches('.sv'))")
    page.fill("[name=summary_sv]", "En sammanfattning som ingen har sparat.")
    seen(page).get_by_text("En sammanfattning som ingen har sparat.").wait_for()
    assert page.locator("#saved[data-dirty]").count() == 1
    words = seen(page).locator("[data-field=practice_sv] li").first.inner_text()
    seen(page).get_by_text(words).click()
    assert page.evaluate("() => getSelection().anchorNode.textContent") == words
    page.keyboard.type("Nytt: ")
    seen(page).get_by_text(f"Nytt: {words}").wait_for()
    # It stays in the language that was chosen for it; Escape in its list of moments closes the list alone.
    page.check("#preview [name=_seen][value=en]")
    page.locator("#preview [name=_moment]").press("Escape")
    page.click("#open-preview")
    page.locator("#preview").wait_for(state="hidden")
    page.click("#open-preview")
    assert page.is_checked("#preview [name=_seen][value=en]")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(page.url)
    page.wait_for_selector("#preview:visible")
    assert page.is_checked("#preview [name=_seen][value=en]")
    page.set_viewport_size({"width": 1600, "height": 800})
    assert page.locator("#preview").bounding_box()["width"] > 800
    assert watched.complaints == []


@pytest.mark.parametrize("name", ["summary_en", "practice_sv"])
def test_an_address_with_a_field_puts_the_cursor_into_it(desk, name):
    """Search, advice and the publish page lead so to a line or to a rich text, in whichever language."""
    watched = desk(f"{COMMITMENT}#row-{name}")
    wait_for_focus(watched.page, f"#row-{name} :is(.ProseMirror, textarea)")
    assert watched.complaints == []


def test_a_call_that_is_not_saved_is_seen_before_while_and_after_it_is_open(desk):
    watched = desk("/fi/hallinta/opsi/call/add/")
    page = watched.page
    page.fill("[name=name_fi]", "Haku 2031")
    page.fill("[name=opens_on]", "2031-01-10")
    page.fill("[name=closes_on]", "2031-01-31")
    page.fill("[name=closes_0]", "23:59")
    page.select_option("[name=closes_1]", "Europe/Paris")
    assert page.inner_text(".field-closes output") == "= Suomessa 1.2. klo 0.59"
    assert "23.59 CET tallentuu" in page.inner_text(".field-closes .help")
    names = page.eval_on_selector_all(".field-opens :is(input, select), .field-closes :is(input, select)", NAMES)
    assert names == [
        *("Avautumisen kellonaika", "Avautumisen aikavyöhyke"),
        *("Päättymisen kellonaika", "Päättymisen aikavyöhyke"),
    ]
    page.keyboard.press("Control+s")  # from now on it is Finnish time, and beside it stands what was announced
    page.wait_for_selector(".messagelist .success")
    assert (page.input_value("[name=closes_on]"), page.input_value("[name=closes_0]")) == ("2031-02-01", "00:59")
    assert page.inner_text(".field-closes output") == "= CET/CEST 31.1. klo 23.59"
    page.click("#open-preview")
    for moment, words in (("closing", "päättyy pian"), ("opens", "on auki"), ("closed", "ei ole nyt auki")):
        page.select_option("#preview [name=_moment]", moment)
        seen(page).locator(".state", has_text=words).first.wait_for()
    page.select_option("#preview [name=_moment]", "at")
    page.fill("#preview [name=_moment_at]", "2031-01-09T10:00")
    page.press("#preview [name=_moment_at]", "Tab")
    seen(page).locator(".state", has_text="ei ole vielä auki").first.wait_for()
    assert watched.complaints == []


def test_what_is_typed_is_kept_while_one_types_and_goes_with_the_save(desk):
    page = desk().page
    page.fill("[name=name_fi]", "Kirjoitettu\nja kadonnut")
    assert page.input_value("[name=name_fi]") == "Kirjoitettu ja kadonnut"
    page.press("[name=name_fi]", "Enter")
    page.click(".field-practice_fi .ProseMirror[contenteditable]")
    page.keyboard.type("Alkuun. ")
    wait_for(lambda: "Alkuun." in page.evaluate("() => JSON.stringify(sessionStorage)"), "the kept text")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(page.url)
    page.wait_for_selector("#kept:visible")
    assert page.input_value("[name=name_fi]") == "Kirjoitettu ja kadonnut"
    assert "Alkuun." in page.input_value("[name=practice_fi]")
    assert page.locator("#saved[data-dirty]").count() == 1
    page.keyboard.press("Control+s")
    page.wait_for_selector(".messagelist .success")
    assert page.evaluate(KEPT) == 0
    assert page.input_value("[name=name_fi]") == "Kirjoitettu ja kadonnut"


def told(page):
    """What stands in the live regions of the page, as Chromium gives it to screen readers."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    by_id = {node["nodeId"]: node for node in nodes}

    def words(node):
        if node.get("role", {}).get("value") == "StaticText":
            return node["name"]["value"]
        return " ".join(words(by_id[child]) for child in node.get("childIds", []) if child in by_id)

    return " ".join(words(node) for node in nodes if node.get("role", {}).get("value") == "status")


def test_each_message_of_the_form_stands_in_a_live_region(desk):
    page = desk().page
    page.on("dialog", lambda dialog: dialog.accept())
    assert "Tallentamatta" not in told(page)
    page.fill("[name=name_fi]", "Uusi nimi")
    page.press("[name=name_fi]", "End")  # as somebody who types
    wait_for(lambda: "Tallentamatta" in told(page), "not saved")
    page.click("#open-preview")
    wait_for(lambda: "ajan tasalla" in told(page), "the preview is up to date")
    page.route("**/change/", lambda route: route.abort())
    page.fill("[name=name_fi]", "Uudempi nimi")
    wait_for(lambda: "ei päivity" in told(page), "the preview is stale")
    page.unroute("**/change/")
    page.evaluate("() => editors.practice_fi.view.pasteHTML('<table><tr><td>A</td><td>B</td></tr></table>')")
    wait_for(lambda: "taulukon solut" in told(page), "the cells of a table")
    page.reload()
    wait_for(lambda: "jota et ollut tallentanut" in told(page), "text that was brought back")
    page.evaluate("() => localStorage.setItem('session-ends', 1)")
    wait_for(lambda: "Sinut on kirjattu ulos" in told(page), "the end of the session")


def test_the_editor_is_told_and_reached_without_a_mouse(desk, axe):
    watched = desk()
    page = watched.page
    box = page.locator(".field-practice_fi .ProseMirror[contenteditable]")
    focused = "box => document.activeElement === box"
    # The label leads there once the editor has come, a moment after its box.
    wait_for(lambda: page.click("label[for=id_practice_fi]") or box.evaluate(focused), "the focus in the box")
    assert "suomeksi" in box.get_attribute("aria-label")
    assert page.locator(f"#{box.get_attribute('aria-describedby')}").inner_text()
    # The toolbar is one stop, its arrows lead on, and it says what is pressed.
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    focused = page.locator("button:focus")
    assert focused.get_attribute("data-name") == "heading3" and focused.get_attribute("aria-pressed") == "false"
    page.keyboard.press("Enter")
    assert page.locator(".field-practice_fi [data-name=heading3]").get_attribute("aria-pressed") == "true"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("() => document.activeElement.name") == "summary_sv"
    # The dialog has a name, refuses aloud, and knows the pages of the site.
    box.click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog")
    assert dialog.get_attribute("aria-labelledby") and axe(page) == []
    page.fill("[name=href]", "javascript:alert(1)")
    page.keyboard.press("Enter")
    dialog.get_by_role("alert").wait_for()
    options = page.locator("#pages-fi option").evaluate_all("all => all.map((one) => one.value)")
    assert "/fi/verkosto/" in options and not any(path.startswith("/sv/") for path in options)
    page.fill("[name=href]", "www.vm.fi")
    page.keyboard.press("Enter")
    assert 'href="https://www.vm.fi"' in page.input_value("[name=practice_fi]")
    # A part in another language.
    page.click(".field-practice_fi [data-name=language]")
    page.get_by_role("dialog").locator("select").select_option(index=2)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert '<span lang="sv">' in page.input_value("[name=practice_fi]")
    assert watched.complaints == []


#: Words of the tools, those that are hidden too, and of the dialog of links.
TOOLS = """() => [...document.querySelectorAll(".field-practice_fi .prose-menubar button")].map((tool) => tool.title)"""
DIALOG = """() => [...document.querySelectorAll("dialog[open] :is(.prose-editor-dialog-title, label, button)")]
  .filter((one) => one.checkVisibility()).map((one) => one.textContent)"""


def test_tools_and_dialogs_of_the_editor_speak_the_language_of_the_page(desk):
    watched, words = desk(), {}
    page = watched.page
    page.on("dialog", lambda dialog: dialog.accept())
    for language in LANGUAGES:
        watched.open(COMMITMENT.replace("/fi/", f"/{language}/"))
        wait_for(
            lambda: page.evaluate("() => [...document.querySelectorAll('.ProseMirror')].at(-1)?.ariaLabel"), "tools"
        )
        page.click(".field-practice_fi .ProseMirror[contenteditable]")
        page.click(".field-practice_fi [data-name=orderedList]")  # where it may offer more
        page.keyboard.press("Control+a")
        page.keyboard.press("Control+k")
        words[language] = page.evaluate(TOOLS) + page.evaluate(DIALOG)
    assert len(words["fi"]) == len(words["sv"]) == len(words["en"]) > 15
    assert set(words["en"]) & set(words["fi"]) == set(words["en"]) & set(words["sv"]) == set()


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_on_a_phone_the_bar_is_low_and_says_whether_the_text_is_saved(desk, language):
    page = desk(COMMITMENT.replace("/fi/", f"/{language}/"), width=320).page
    page.fill("[name=summary_fi]", "Lyhyt")
    assert page.evaluate("() => document.querySelector('.bar').offsetHeight") <= 96
    (said, line) = (page.locator(selector).bounding_box() for selector in ("#saved", ".bar p"))
    assert said["x"] + said["width"] <= line["x"] + line["width"] + 1


#: Another value for each visible choice of the form.
CHOOSE = """() => {
  const choices = [...document.querySelectorAll("main select, main [type=checkbox], main [type=radio]")];
  for (const one of choices.filter((one) => one.checkVisibility())) {
    one.focus();
    if (one.matches("select")) one.selectedIndex = one.options.length - 1; else one.checked = true;
    for (const kind of ["input", "change"]) one.dispatchEvent(new Event(kind, { bubbles: true }));
    if (document.activeElement !== one) return one.outerHTML;
  }
  return choices.length;
}"""


def test_a_letter_a_choice_or_half_a_press_does_nothing_by_itself(desk):
    for path in (COMMITMENT, "/fi/hallinta/opsi/call/add/"):
        watched = desk(path)
        page = watched.page
        before = page.inner_text("#saved")
        for key in "abcdefghijklmnopqrstuvwxyz0123456789/?.":
            page.keyboard.press(key)
        assert page.evaluate("() => document.activeElement === document.body") and page.inner_text("#saved") == before
        # A tool acts when it is released, and on itself alone; nothing needs to be dragged.
        page.click(".ProseMirror[contenteditable] >> nth=0")
        bold = page.locator("[data-name=bold]:visible").first
        bold.hover()
        page.mouse.down()
        page.mouse.move(2, 2)
        page.mouse.up()
        assert bold.get_attribute("aria-pressed") == "false"
        assert page.locator("[draggable=true]").count() == 0
        page.click("#open-preview")
        assert page.evaluate(CHOOSE) > 3
        assert page.url.endswith(path) and page.locator("dialog[open]").count() == 0
        assert watched.complaints == []

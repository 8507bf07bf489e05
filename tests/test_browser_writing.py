"""One editor at the form of a draft in Chromium: beside the preview, with the keyboard, over a crash."""

import pytest

from tests.browser import sign_in, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

COMMITMENT = "/fi/hallinta/declaration/commitment/3/change/"
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
    page.focus("[name=summary_fi]")
    page.click("#open-preview")
    page.wait_for_selector("#preview [data-state=fresh]")
    page.check("[name=_seen][value=sv]", force=True)
    seen(page).get_by_text("Vad åtagandet betyder").wait_for()
    # Looking is no change.
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
    assert watched.complaints == []


def test_a_call_that_is_not_saved_is_seen_before_while_and_after_it_is_open(desk):
    watched = desk("/fi/hallinta/opsi/call/add/")
    page = watched.page
    page.fill("[name=name_fi]", "Haku 2031")
    page.fill("[name=opens_on]", "2031-01-10")
    page.fill("[name=closes_on]", "2031-02-28")
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

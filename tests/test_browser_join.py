"""An official joins the network with the keyboard alone, and the ministry sees it."""

import re

import pytest

from tests.browser import FOCUSED, FORMS, LANGUAGES, link_to, sign_in, wait_for_focus

pytestmark = pytest.mark.browser


def tab_to(page, selector):
    """Presses Tab until the focus is there."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED, selector):
            return
    raise AssertionError(f"Tab never leads to {selector}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_official_joins_with_the_keyboard_alone(visit, site, language):
    address = f"maija.{language}@vm.example"
    visitor = visit("light", 1280)
    page = visitor.open(FORMS[language])
    press, write = page.keyboard.press, page.keyboard.type

    # Wrong at first: no name, an address that nothing can be sent to.
    tab_to(page, "[name=email]")
    write("maija@localhost")
    press("Enter")
    page.wait_for_selector(".summary")
    wait_for_focus(page, ".summary")
    assert page.title() != visit().open(FORMS[language]).title()
    press("Tab")
    wait_for_focus(page, ".summary a")
    press("Enter")
    wait_for_focus(page, "[name=name]")

    # Wrong again: the summary comes first again, wherever the last link led.
    write("Maija Meikäläinen")
    with page.expect_navigation():
        press("Enter")
    wait_for_focus(page, ".summary")
    tab_to(page, "[name=email]")
    assert page.input_value("[name=email]") == "maija@localhost"
    press("Control+A")
    write(address)
    tab_to(page, "[name=organisation]")
    write(f"Virasto {language}")
    tab_to(page, "[name=organisation_type]")
    press("Space")
    tab_to(page, "[name=interests]")
    press("Space")
    tab_to(page, "[name=description]")
    write("Kokeilu alkoi keväällä.")
    tab_to(page, "form.form button")
    press("Enter")
    page.wait_for_url(re.compile(rf"{FORMS[language]}\w+/$"))

    # The link in the mail opens a page; the button on it confirms.
    link = link_to(site, address)
    page = visitor.open(link)
    assert f"Virasto {language}" in page.inner_text("main")
    asked = page.inner_text("h1")
    tab_to(page, "form button")
    press("Enter")
    page.wait_for_selector("form", state="detached")
    assert page.inner_text("h1") != asked
    assert visitor.complaints == []

    # The coordinator finds it among the requests.
    desk = visit().page
    sign_in(desk, site, "administrator", language)
    desk.goto(f"{site.url}/{language}/hallinta/network/joinrequest/?state__exact=waiting")
    assert f"Virasto {language}" in desk.inner_text("#result_list")


def test_the_first_tab_leads_past_the_masthead(visit):
    page = visit().open("/fi/")
    page.keyboard.press("Tab")
    wait_for_focus(page, "a[href='#main']")
    assert page.locator("a[href='#main']").bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    wait_for_focus(page, "#main")


def test_the_site_leaves_no_cookie_and_stores_nothing(visit, site):
    visitor = visit()
    for path in site.pages():
        visitor.open(path)
    visitor.page.fill("input[name=email]", "x") if visitor.page.query_selector("input[name=email]") else None
    assert visitor.page.context.cookies() == []
    assert visitor.page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]

"""The public forms in a browser: the honeypot is out of everybody's way, and nothing typed is lost by going away."""

import pytest

from tests.browser import FORMS
from tests.forms import ASK, FEEDBACK

pytestmark = pytest.mark.browser

BESIDE = {"fi": "avautuu uuteen välilehteen", "sv": "öppnas i en ny flik", "en": "opens in a new tab"}
LONG = "Pitkään kirjoitettu viesti.\nToinen rivi."


def accessible(page):
    """What a screen reader would read of the page, from Chromium's own tree."""
    session = page.context.new_cdp_session(page)
    return [node for node in session.send("Accessibility.getFullAXTree")["nodes"] if not node["ignored"]]


def name(node):
    return node.get("name", {}).get("value", "")


def said(page, what):
    """The names of what the tree says to be so: `invalid` or `required`."""
    yes = {"name": what, "value": {"value": True}}, {"name": what, "value": {"value": "true"}}
    return {
        name(node)
        for node in accessible(page)
        for state in node.get("properties", [])
        if {"name": state["name"], "value": {"value": state["value"].get("value")}} in yes
    }


@pytest.mark.parametrize("path", [FORMS["en"], FEEDBACK["en"], ASK["en"]])
@pytest.mark.parametrize("styled", [True, False])
def test_the_honeypot_is_not_visible_focusable_or_read_aloud(visit, path, styled):
    visitor = visit()
    if not styled:
        visitor.page.route("**/*.css", lambda route: route.abort())
    page = visitor.open(path)
    names = [name(node) for node in accessible(page)]
    assert any("e-mail" in name.lower() for name in names)
    assert [name for name in names if "Leave this field empty" in name] == []
    honeypot = page.locator("[name=remark]")
    assert not honeypot.is_visible()
    honeypot.evaluate("element => element.focus()")
    assert page.evaluate("document.activeElement.name") != "remark"


def test_nothing_is_reported_as_invalid_before_it_has_been_sent(visit):
    page = visit().open(FORMS["en"])
    assert said(page, "invalid") == set()
    required = {"Name", "Work e-mail", "Language of our messages", "Organisation", "Type of organisation"}
    assert said(page, "required") == required
    page.click("form.form button")
    page.wait_for_selector(".summary")
    assert {"Name", "Work e-mail", "Organisation", "Type of organisation"} <= said(page, "invalid")


def written(page):
    return page.input_value("[name=name]"), page.input_value("textarea")


@pytest.mark.parametrize("address", [FORMS["fi"], FEEDBACK["sv"]], ids=["join", "feedback"])
def test_going_away_from_a_form_in_error_and_back_loses_nothing(visit, address):
    page = visit().open(address)
    page.fill("[name=name]", "Maija")
    page.fill("textarea", LONG)
    page.fill("[name=email]", "no address")
    page.click("form.form button")
    page.wait_for_selector(".summary")
    address = page.url
    page.locator("details.handling summary").click()
    places = [".masthead", ".breadcrumb", ".languages", "footer"]
    away = [*page.locator("main a[target=_blank]").all(), *(page.locator(f"{place} a").first for place in places)]
    for link in away:
        with page.expect_popup() as opened:
            link.click()
        opened.value.wait_for_load_state()
        assert opened.value.locator("main").count() == 1
        opened.value.close()
        assert (page.url, *written(page)) == (address, "Maija", LONG)
    # Links within the page stay in it, and so does the form.
    page.locator(".summary a").first.click()
    page.go_back()
    assert written(page) == ("Maija", LONG)
    page.fill("[name=name]", "Maija Meikäläinen")
    page.click("form.form button")
    page.wait_for_load_state()
    assert len(page.context.pages) == 1
    assert written(page) == ("Maija Meikäläinen", LONG)


@pytest.mark.parametrize("language, forms", [("fi", FORMS), ("sv", FEEDBACK), ("en", ASK)])
def test_links_that_lead_away_from_a_form_say_so(visit, language, forms):
    page = visit().open(forms[language])
    page.locator("details.handling summary").click()
    assert page.locator("details.handling li").first.is_visible()
    links = page.locator("main a:not([href^='tel:']):not([href^='mailto:']):not([href^='#'])").all()
    assert len(links) >= 2
    for link in links:
        assert BESIDE[language] in link.inner_text()
        assert link.get_attribute("target") == "_blank"

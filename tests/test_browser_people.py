"""People write to the ministry, and the ministry answers: both stories, in a browser, from beginning to end."""

import re

import pytest

from tests.browser import mail_to, sign_in

pytestmark = pytest.mark.browser

QUEUE = "/sv/hallinta/network/joinrequest/"


def test_a_whole_life_in_the_network_in_swedish(visit, site):
    address = "ylva.story@vm.example"
    visitor = visit("light", 400)

    # She asks,
    page = visitor.open("/sv/natverk/anmal-dig/")
    page.fill("[name=name]", "Ylva Åkerblom")
    page.fill("[name=email]", address)
    page.fill("[name=organisation]", "Raseborgs stad")
    page.check("[name=organisation_type][value=municipality]")
    page.check("[name=interests][value='3']")
    page.click("form.form button")
    page.wait_for_url(re.compile("/tack/$"))

    # reads what she sent behind the link, not in the mail, and confirms with the button,
    text = mail_to(site, address, 1)
    assert "Raseborgs stad" not in text
    page = visitor.open(re.search(r"/sv/natverk/bekrafta/[\w-]+/", text)[0])
    assert "Raseborgs stad" in page.inner_text("main")
    page.click("form.form button")
    page.wait_for_selector("form.form", state="detached")

    # is accepted by the coordinator, who reads the mail before it goes,
    desk = visit().page
    sign_in(desk, site, "administrator", "sv")
    desk.goto(f"{site.url}{QUEUE}?state__exact=waiting&language__exact=sv")
    desk.click("#result_list a:text-is('Ylva Åkerblom')")
    assert "Hej Ylva Åkerblom" in desk.input_value("#id_accept_sv")
    desk.fill("#id_accept_sv", "Hej Ylva, välkommen med!")
    desk.click("#accept-form button")
    desk.wait_for_selector(".success")

    # reads everything that is held about her, and corrects it,
    text = mail_to(site, address, 2)
    assert "Hej Ylva, välkommen med!" in text
    own = re.search(r"/sv/egna-uppgifter/[\w-]{43}/", text)[0]
    page = visitor.open(own)
    assert "Ylva Åkerblom" in page.inner_text("main")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.click("a[href*='/ratta/']")
    page.fill("[name=title]", "utvecklingschef")
    page.click("form.form button")
    page.wait_for_url(re.compile(re.escape(own)))
    assert "utvecklingschef" in page.inner_text("main")

    # and leaves: the coordinator finds her no more.
    page.click("a[href$='/radera/']")
    page.click("form.form button")
    page.wait_for_url(re.compile("/raderat/$"))
    assert page.goto(site.url + own).status == 404
    look_for(desk, "story")
    assert desk.locator(".hits li").count() == 0
    assert [line for line in visitor.complaints if own not in line] == []


def test_feedback_on_accessibility_without_an_address_reaches_the_inbox(visit, site):
    visitor = visit("dark", 1280)
    page = visitor.open("/en/commitments/3/")
    page.click("footer a[href*='page=']")
    assert page.input_value("[name=page]") == "/en/commitments/3/"
    page.check("[name=kind][value=accessibility]")
    page.click("form.form button")  # nothing written yet
    page.wait_for_selector(".summary")
    assert page.input_value("[name=page]") == "/en/commitments/3/"
    page.fill("[name=message]", "My screen reader stops at the third line.")
    page.click("form.form button")
    page.wait_for_url(re.compile("/en/feedback/thanks/$"))
    assert visitor.complaints == []

    desk = visit().page
    sign_in(desk, site, "administrator", "en")
    look_for(desk, "third line")
    desk.click(".hits a")
    row = desk.inner_text("#content")
    assert "/en/commitments/3/" in row
    assert re.search(r"to be answered by \d+ \w+ \d{4}", row)


def look_for(desk, words):
    """The search of every page: what was searched for stands in no address."""
    desk.fill("#desk-search", words)
    desk.press("#desk-search", "Enter")
    desk.wait_for_url(re.compile("/search/$"))


def test_a_list_that_was_downloaded_leaves_no_question_behind(visit, site):
    page = sign_in(visit().page, site, "administrator")
    page.goto(f"{site.url}/fi/hallinta/network/joinrequest/export/")
    page.fill("[name=why]", "Kutsu kokoukseen")
    with page.expect_download():
        page.click(".submit-row .default")
    page.wait_for_timeout(3200)  # until the form may be sent again
    questions = []
    page.on("dialog", lambda dialog: (questions.append(dialog.type), dialog.accept()))
    page.click(".breadcrumbs a")
    page.wait_for_url("**/hallinta/")
    assert questions == []

"""What the admin does in a browser beside saving: sessions that are about to end, names and rings of its controls."""

import re

import pytest

from tests.browser import sign_in, wait_for, wait_for_focus
from tests.controls import found_in, kinds_of_pages

pytestmark = pytest.mark.browser

ENDS = "() => localStorage.getItem('session-ends')"


def test_who_is_idle_is_warned_two_minutes_before_and_goes_on_with_one_key(visit, site):
    visitor = visit()
    page = visitor.page
    page.clock.install()
    sign_in(page, site, "administrator")
    # The half hour begins when the script has run, which comes after the page.
    wait_for(lambda: page.evaluate(ENDS), "the beginning")
    page.clock.fast_forward("27:50")
    assert not page.is_visible("#session-ends")
    page.clock.fast_forward("00:15")
    page.wait_for_selector("#session-ends[open] .soon")
    with page.expect_response(re.compile("/hallinta/session/")) as asked:
        page.keyboard.press("Enter")
    assert 1700 < asked.value.json()["seconds"] <= 1800
    assert not page.is_visible("#session-ends")
    # Who types is not asked.
    page.goto(f"{site.url}/fi/hallinta/accounts/user/add/")
    page.type("[name=username]", "anna")
    before = page.evaluate(ENDS)
    with page.expect_response(re.compile("/hallinta/session/")):
        page.clock.fast_forward("05:02")
    wait_for(lambda: page.evaluate(ENDS) != before, "the answer to be read")
    page.clock.fast_forward("28:10")
    page.wait_for_selector("#session-ends[open] .soon")
    page.clock.fast_forward("02:00")
    assert "kirjattu ulos" in page.inner_text("#session-ends .ended")
    assert "pian" not in page.inner_text("#session-ends")
    assert page.input_value("[name=username]") == "anna"
    assert visitor.complaints == []


NAMED_EDITORS = """() => document.querySelectorAll("textarea[data-django-prose-editor-configurable]").length
  === [...document.querySelectorAll(".ProseMirror")].filter((box) => box.ariaLabel).length"""


def test_controls_have_names_and_rings_and_no_text_is_cut_on_any_page(visit, site):
    """As an administrator, in Finnish, whose words are the longest."""
    site.manage("shell", "-c", PEOPLE)
    page = sign_in(visit().page, site, "administrator")
    found, seen = [], []
    for address in kinds_of_pages(page, f"{site.url}/fi/hallinta/"):
        seen.append(address)
        # The rich-text editors start one after another.
        wait_for(lambda: page.evaluate(NAMED_EDITORS), "the rich-text editors")
        found += found_in(page)
    assert found == []
    assert len(seen) > 30
    assert [part for part in ("joinrequest/", "message/", "user/add/") if not any(part in path for path in seen)] == []


PEOPLE = """
from tests.admin_pages import a_message, a_request
a_request(77, normalised_email="x77@vm.example", description="Kokeilu", name="Nimi " * 9, interests=["1", "2"])
a_message(77, normalised_email="x77@vm.example", kind="accessibility", page="/fi/verkosto/")
"""


def test_after_a_refused_save_the_focus_is_on_links_to_what_is_wrong(visit, site):
    page = sign_in(visit().page, site, "administrator", "sv")
    page.goto(f"{site.url}/sv/hallinta/accounts/user/add/")
    page.fill("[name=email]", "x")
    page.click("[name=_save]")
    page.wait_for_selector(".refused:focus")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "username"


def test_a_refused_publication_leads_to_its_field_and_so_does_a_refused_withdrawal(visit, site):
    page = sign_in(visit().page, site, "publisher")
    page.goto(f"{site.url}/fi/hallinta/publishing/publication/publish/?thing=opsi.resource:1")
    page.check("[name=minor][value='']")
    page.click("#publish-form .do")
    wait_for_focus(page, ".errornote")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "note_fi"
    page.goto(f"{site.url}/fi/hallinta/opsi/resource/1/withdraw/")
    page.fill("[name=note_fi]", "Poistuu")
    page.click(".acts button")
    wait_for_focus(page, ".errornote")


def test_what_is_not_sent_yet_is_asked_about_before_another_form_of_the_page_is_sent(visit, site):
    site.manage("shell", "-c", "from tests.admin_pages import a_request; a_request(78)")
    visitor = visit()
    page = sign_in(visitor.page, site, "administrator")
    page.goto(f"{site.url}/fi/hallinta/network/joinrequest/?state__exact=waiting")
    page.click("#result_list a:text-is('Henkilö 78')")
    questions = []
    page.on("dialog", lambda dialog: (questions.append(dialog.type), dialog.dismiss()))
    page.fill("#id_accept_fi", "Hei, tervetuloa")
    page.fill("[name=note]", "Soitettu")
    with page.expect_event("dialog"):
        page.click("#note-form button")
    assert questions == ["beforeunload"] and page.input_value("#id_accept_fi") == "Hei, tervetuloa"
    page.fill("[name=note]", "")
    page.click("#accept-form button")
    page.wait_for_selector(".success")
    assert len(questions) == 1 and visitor.complaints == []

"""The steps of the help page, walked in each language: its links are opened, the controls that it names are pressed."""

import pytest

from tests.browser import LANGUAGES, sign_in, started_site

pytestmark = pytest.mark.browser

PEOPLE = """
from tests.admin_pages import a_request
for number in range(12):
    a_request(number + 900)
"""
#: The first thing of a list.
FIRST = "#result_list tbody th a, main tbody th a, main tbody td a"
NAMED = """name => [...document.querySelectorAll("summary, button, a, input[type=submit]")]
  .find((e) => e.checkVisibility() && (e.tagName === "INPUT" ? e.value : e.textContent).trim() === name)"""
#: Something to publish: a sign more in the first line of each language.
WRITE = """for (const code of ["fi", "sv", "en"]) {
  const line = document.querySelector(`main form :is(input[type=text], textarea[name])[lang=${code}]`);
  if (line) line.value += "!";
}"""


@pytest.fixture
def site(tmp_path):
    """A site of its own: what is published here would be read by other tests."""
    with started_site(tmp_path) as running:
        yield running


def steps(page, language, site):
    """The links and the named controls of the page, in their order."""
    page.goto(f"{site.url}/{language}/hallinta/help/")
    return page.eval_on_selector_all(
        "main section li :is(a, b)", "all => all.map(e => [e.tagName, e.textContent, e.href])"
    )


def control(page, name):
    """The visible control with that name, or None."""
    return page.evaluate_handle(NAMED, name).as_element()


def press(page, name):
    """Presses a control of the page, of the first thing that its list holds, or of the page before it."""
    found = control(page, name)
    if found is None:
        if page.locator(FIRST).count():
            page.locator(FIRST).first.click()
        else:
            page.go_back()
        page.wait_for_load_state()
        found = control(page, name)
    assert found is not None, f"{page.url} has no “{name}”"
    if page.locator("[name=minor]").count():
        page.check("[name=minor] >> nth=0")
    elif page.locator("[name=title_fi], [name=name_fi]").count():
        page.evaluate(WRITE)
    if not found.evaluate("e => e.tagName === 'SUMMARY' && e.parentElement.open"):
        found.click()
        page.wait_for_load_state()


def test_every_step_of_the_help_page_can_be_taken_in_each_language(visit, site):
    site.manage("shell", "-c", PEOPLE)
    for name, languages, least in (("administrator", LANGUAGES, 16), ("editor", ("sv",), 6)):
        page = sign_in(visit().page, site, name)
        page.on("dialog", lambda dialog: dialog.accept())
        for language in languages:
            walked = steps(page, language, site)
            assert len(walked) >= least
            for tag, words, address in walked:
                if tag == "A":
                    assert page.goto(address).status == 200, address
                else:
                    press(page, words)

"""What a screen reader is told of seven pages, as text: read it when it changes.

WRITE_TREES=1 .venv/bin/python -m pytest tests/test_accessibility_trees.py     # writes tests/accessibility_trees/ anew
"""

import os
from pathlib import Path

import pytest

from tests.browser import FORMS

pytestmark = pytest.mark.browser

TREES = Path(__file__).parent / "accessibility_trees"
PAGES = {
    "front": "/fi/",
    "commitment": "/sv/ataganden/3/",
    "opsi": "/en/opsi/",
    "network": "/fi/verkosto/",
    "contacts": "/sv/kontakt/",
    "data-protection": "/en/data-protection/",
    "join-in-error": FORMS["fi"],
}


def tree(page):
    """Chromium's tree of the page. Dates of its last change, which are those of the run, are left out."""
    text = page.locator("body").aria_snapshot()
    changed = page.locator(".changed")
    for date in changed.locator("time").all_inner_texts() if changed.count() else ():
        text = text.replace(date, "DATE")
    return text + "\n"


@pytest.mark.parametrize("name", PAGES)
def test_a_screen_reader_is_told_what_people_have_read(visit, name):
    page = visit().open(PAGES[name])
    if name == "join-in-error":
        page.fill("[name=email]", "maija@@vm.example")
        page.click("form.form button")
        page.wait_for_selector(".summary")
    kept = TREES / f"{name}.txt"
    if "WRITE_TREES" in os.environ:
        kept.write_text(tree(page))
    assert tree(page) == kept.read_text()

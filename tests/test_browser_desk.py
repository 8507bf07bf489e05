"""What the admin does in a browser beside saving: sessions that are about to end, names and rings of its controls."""

import re

import pytest

from tests.browser import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_who_is_idle_is_warned_two_minutes_before_and_goes_on_with_one_key(visit, site):
    visitor = visit()
    page = visitor.page
    page.clock.install()
    sign_in(page, site, "administrator")
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
    with page.expect_response(re.compile("/hallinta/session/")):
        page.clock.fast_forward("05:02")
    page.clock.fast_forward("28:10")
    page.wait_for_selector("#session-ends[open] .soon")
    page.clock.fast_forward("02:00")
    assert "kirjattu ulos" in page.inner_text("#session-ends .ended")
    assert page.input_value("[name=username]") == "anna"
    assert visitor.complaints == []

"""A colleague's first day in a real browser: invited, password, second factor, signed in again with a recovery code."""

from base64 import b32decode

import pytest
from django_otp.oath import TOTP

from tests.browser import sign_in, wait_for
from tests.signing_in import link_in_text

pytestmark = pytest.mark.browser

PASSWORD = "a new and longer password"


def look_at(axe, visitor, path=None):
    """What axe finds; what the browser says of axe's own work is not kept."""
    page = visitor.open(path) if path else visitor.page
    page.wait_for_load_state()
    said = len(visitor.complaints)
    found = axe(page)
    del visitor.complaints[said:]
    return found


def code_for(secret):
    return f"{TOTP(b32decode(secret.replace(' ', ''))).token():06d}"


def enter(page, site, name, code=""):
    page.goto(f"{site.url}/sv/hallinta/login/")
    for field, value in (("username", name), ("password", PASSWORD), ("code", code)):
        page.fill(f"input[name={field}]", value)
    page.press("input[name=password]", "Enter")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_a_colleague_is_invited_and_signs_in_with_a_second_factor(visit, site, axe, scheme, width):
    name, found = f"anna-{scheme}", []
    inviting, invited = visit(scheme, width), visit(scheme, width)
    sign_in(inviting.page, site, "administrator", "sv")
    page = inviting.open("/sv/hallinta/accounts/user/add/")
    found += look_at(axe, inviting)
    page.fill("input[name=username]", name)
    page.fill("input[name=email]", f"{name}@example.fi")
    page.press("input[name=email]", "Enter")
    page.wait_for_selector(".messagelist .success")
    found += look_at(axe, inviting, "/sv/hallinta/accounts/user/") + look_at(
        axe, inviting, "/sv/hallinta/admin/logentry/"
    )

    mails = [mail for mail in site.mails() if name in mail["To"]]
    wait_for(lambda: mails or mails.extend(m for m in site.mails() if name in m["To"]), "the invitation")
    page = invited.open(link_in_text(mails[0].get_content(), site.url))
    found += look_at(axe, invited)
    page.fill("input[name=new_password1]", PASSWORD)
    page.fill("input[name=new_password2]", PASSWORD)
    page.press("input[name=new_password2]", "Enter")
    page.wait_for_url("**/password-reset/done/")
    for path in (None, "/sv/hallinta/password-reset/", "/sv/hallinta/login/"):
        found += look_at(axe, invited, path)

    enter(page, site, name)
    page.wait_for_selector("#user-tools")
    page = invited.open("/sv/hallinta/second-factor/")
    found += look_at(axe, invited)
    assert page.locator(".qr path").bounding_box()["width"] > 150
    page.fill("input[name=password]", PASSWORD)
    page.fill("input[name=code]", code_for(page.locator(".steps code").inner_text()))
    page.press("input[name=code]", "Enter")
    recovery = page.locator(".recovery-codes code").all_inner_texts()
    found += look_at(axe, invited)
    assert len(recovery) == 10

    page.context.clear_cookies()
    enter(page, site, name)
    page.wait_for_selector(".errorlist")
    found += look_at(axe, invited)
    enter(page, site, name, recovery[0])
    page.wait_for_selector("#user-tools")
    found += look_at(axe, invited, "/sv/hallinta/sessions/")
    assert page.locator("input[name=sessions]").count() > 0
    page.check("input[name=sessions] >> nth=0")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_selector(".messagelist .success")
    found += inviting.complaints + invited.complaints
    assert found == [], "\n".join(found)


def test_signing_out_leaves_nothing_in_the_browser(visit, site):
    visitor = visit("light", 1280)
    page = sign_in(visitor.page, site, "editor")
    written = page.goto(f"{site.url}/fi/hallinta/pages/page/network/change/")
    assert written.status == 200
    page.click("#user-tools")
    page.click("#logout-form button")
    page.wait_for_load_state()
    # The look of the page may stay; what was read and written may not.
    kept = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
    assert set(kept) <= {"theme", "django.admin.navSidebarIsOpen", "django.admin.navSidebarFilterValue"}
    assert [cookie["name"] for cookie in page.context.cookies()] == ["csrf"]
    for _step in range(2):
        page.go_back()
        page.wait_for_load_state()
        assert page.locator("input[name=title_fi]").count() == 0
    assert page.locator("input[name=password]").count() == 1

"""Two editors and a publisher at work in real browsers, while the public reads."""

import re
from datetime import datetime, timedelta
from time import sleep
from zoneinfo import ZoneInfo

import pytest

from tests.browser import sign_in, started_site, wait_for, wait_for_focus

pytestmark = pytest.mark.browser

HELSINKI = ZoneInfo("Europe/Helsinki")
ADMIN = "/fi/hallinta"
CHANGE = f"{ADMIN}/pages/page/network/change/"
PUBLIC = {"fi": "/fi/verkosto/", "sv": "/sv/natverk/"}
SECOND_EDITOR = """
from django.contrib.auth.models import Group
from website.accounts.models import User
user = User.objects.create_user("second", password="correct horse battery", is_staff=True)
user.groups.add(Group.objects.get(name="Editors"))
"""


@pytest.fixture
def site(tmp_path):
    """A site of its own for each story: it changes what others read, and may be tried again."""
    with started_site(tmp_path) as running:
        yield running


def heading(site, language):
    return re.search(r"<h1[^>]*>(.*?)</h1>", site.get(PUBLIC[language])[1], re.DOTALL)[1].strip()


def save(page, name="_continue"):
    page.click(f".bar [name={name}]")
    page.wait_for_load_state()


def test_two_editors_and_a_publisher_change_a_page_in_two_languages(visit, site, axe):
    site.manage("shell", "-c", SECOND_EDITOR)
    site.passwords["second"] = "correct horse battery"
    aino, bertil, paula = (visit().page for _person in range(3))
    sign_in(aino, site, "editor")
    sign_in(bertil, site, "second")
    sign_in(paula, site, "publisher")
    old = {language: heading(site, language) for language in PUBLIC}
    seen_by_axe = []

    # Aino edits in Finnish; the public sees nothing of it.
    aino.goto(site.url + CHANGE)
    seen_by_axe += axe(aino)
    aino.fill("[name=title_fi]", "Ainon verkosto")
    save(aino)
    assert aino.locator(".messagelist .success").count() == 1
    assert heading(site, "fi") == old["fi"]

    # Beside the Swedish text stands what changed; she previews hers before saving it.
    assert aino.locator("#row-title_sv .difference ins").count() == 1
    aino.fill("[name=title_sv]", "Ainos nätverk")
    with aino.context.expect_page() as opened:
        aino.click(".tools button[name=_preview][value=sv]")
    assert opened.value.inner_text("h1") == "Ainos nätverk"
    opened.value.close()
    assert heading(site, "sv") == old["sv"]

    # Bertil has opened the same form; Aino saves first; nothing of either is lost.
    bertil.goto(site.url + CHANGE)
    save(aino)
    bertil.fill("[name=title_sv]", "Bertils nätverk")
    bertil.fill("[name=lead_fi]", "Bertilin ingressi.")
    save(bertil)
    conflict = bertil.locator("#conflict-title_sv")
    assert "Ainos nätverk" in conflict.inner_text() and "Bertils nätverk" in conflict.inner_text()
    assert bertil.input_value("[name=lead_fi]") == "Bertilin ingressi."
    seen_by_axe += axe(bertil)
    bertil.check("[name=theirs][value=title_sv]")
    save(bertil)
    assert bertil.input_value("[name=title_sv]") == "Ainos nätverk"
    assert bertil.input_value("[name=lead_fi]") == "Bertilin ingressi."

    # Aino's session ends while she writes: she signs in, and the form is as she left it.
    aino.goto(site.url + CHANGE)
    aino.context.clear_cookies()
    aino.fill("[name=lead_sv]", "Ainos ingress, skriven länge.")
    save(aino)
    seen_by_axe += axe(aino)
    aino.fill("[name=username]", "editor")
    aino.fill("[name=password]", site.passwords["editor"])
    aino.press("[name=password]", "Enter")
    aino.wait_for_selector("[name=lead_sv]")
    wait_for_focus(aino, ".errorlist.nonfield")
    assert aino.input_value("[name=lead_sv]") == "Ainos ingress, skriven länge."

    # She is asked before she leaves it unsaved.
    questions = []
    aino.on("dialog", lambda dialog: (questions.append(dialog.type), dialog.dismiss()))
    aino.click("[name=title_fi]")
    aino.evaluate("location.href = '/fi/hallinta/'")
    wait_for(lambda: aino.wait_for_timeout(50) or questions, "the question")
    assert questions == ["beforeunload"] and CHANGE in aino.url
    save(aino)

    # Paula finds what waits, looks at what changes, and chooses the second.
    paula.goto(f"{site.url}{ADMIN}/")
    seen_by_axe += axe(paula)
    paula.click(".rows a[href*='thing=pages.page:network']")
    seen_by_axe += axe(paula)
    marked = paula.locator(".difference")
    assert {marked.nth(n).get_attribute("lang") for n in range(marked.count())} == {"fi", "sv"}
    paula.check("[name=minor][value=on]")
    assert not paula.is_visible("[name=note_fi]")  # idle then
    paula.check("[name=minor][value='']")
    paula.fill("[name=note_fi]", "Sivun otsikko ja ingressi on kirjoitettu uudelleen.")
    paula.fill("[name=note_sv]", "Sidans rubrik och ingress har skrivits om.")
    moment = datetime.now(HELSINKI).replace(microsecond=0) + timedelta(seconds=9)
    paula.fill("[name=starts]", moment.strftime("%Y-%m-%dT%H:%M:%S"))
    paula.click(".decisions button.do")
    paula.wait_for_url("**/schedule/")
    seen_by_axe += axe(paula)

    # Both languages change at that second, and neither before.
    new = {"fi": "Ainon verkosto", "sv": "Ainos nätverk"}
    while (now := datetime.now(HELSINKI)) < moment - timedelta(milliseconds=400):
        read = {language: heading(site, language) for language in PUBLIC}
        if datetime.now(HELSINKI) < moment:
            assert read == old, now
        sleep(0.1)
    wait_for(lambda: {language: heading(site, language) for language in PUBLIC} == new, "the second", seconds=10)
    assert "Sidans rubrik och ingress" in site.get("/sv/andringar/")[1]

    # History: what was changed, word by word, and the old Finnish title back into the draft alone.
    aino.goto(f"{site.url}{ADMIN}/pages/page/network/history/")
    older = aino.locator("[name=older]")
    older.nth(older.count() - 1).check()
    aino.locator("[name=newer]").first.check()
    aino.click("form[method=get] input[type=submit]")
    aino.wait_for_load_state()
    seen_by_axe += axe(aino)
    assert aino.locator("del", has_text=old["fi"]).count() == 1
    aino.click("button[name=restore][value=title_fi]")
    aino.wait_for_selector("[name=title_fi]")
    assert aino.input_value("[name=title_fi]") == old["fi"]
    assert heading(site, "fi") == new["fi"]

    paula.goto(f"{site.url}{ADMIN}/pages/page/")
    seen_by_axe += axe(paula)
    assert seen_by_axe == []

"""Six stories of editors, each with the mouse and with the keyboard alone, counted; `make stories` prints the counts.

One action is a click, a key that presses a control, a choice in a list, or a field that is filled in, whatever it
held. Going to the control belongs to it; signing in is free. The keyboard goes there with the Tab key alone, so a
control that it does not reach fails the story; how often it was pressed is printed beside.
"""

import os

import pytest

from tests.browser import sign_in, started_site, wait_for, wait_for_focus

pytestmark = pytest.mark.browser


class Mouse:
    def __init__(self, page):
        self.page, self.actions, self.tabs = page, 0, 0

    def go_to(self, selector):
        self.page.locator(selector).first.click()

    def press(self, selector, leads_to=None):
        """Presses a link or a button; `leads_to` is the pattern of the address that it opens."""
        self.actions += 1
        self._press(selector)
        if leads_to:
            self.page.wait_for_url(leads_to)

    def _press(self, selector):
        self.page.locator(selector).first.click()

    def fill(self, selector, text, then=None):
        """Writes over a field; `then` is a key that ends it."""
        self.actions += 1
        self.go_to(selector)
        field = self.page.locator(selector).first
        if (field.get_attribute("type") or "").startswith("date"):
            field.fill(text)  # what is typed into its parts depends on the country of the browser
        else:
            self.page.keyboard.press("Control+A")
            self.page.keyboard.type(text)
        if then:
            self.page.keyboard.press(then)

    def choose(self, selector, value):
        self.actions += 1
        self.page.select_option(selector, value)


class Keyboard(Mouse):
    def go_to(self, selector):
        target = self.page.locator(selector).first
        target.wait_for()
        for _tab in range(400):
            if target.evaluate("e => e.contains(document.activeElement)"):
                return
            self.tabs += 1
            self.page.keyboard.press("Tab")
        pytest.fail(f"the Tab key does not reach {selector} on {self.page.url}")

    def _press(self, selector):
        target = self.page.locator(selector).first
        if target.get_attribute("type") == "radio":
            self._choose_radio(target)
        else:
            self.go_to(selector)
            self.page.keyboard.press("Enter")

    def _choose_radio(self, target):
        """Tab leads to the chosen one of a group, an arrow to the next."""
        self.go_to(f"[name={target.get_attribute('name')}]:checked")
        while not target.is_checked():
            self.page.keyboard.press("ArrowDown")

    def choose(self, selector, value):
        self.actions += 1
        self.go_to(selector)
        options = self.page.locator(f"{selector} option").evaluate_all("all => all.map((one) => one.value)")
        self.page.keyboard.press("Home")
        for _step in range(options.index(value)):
            self.page.keyboard.press("ArrowDown")
        assert self.page.input_value(selector) == value


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site of these stories' own, since they change what others read."""
    with started_site(tmp_path_factory.mktemp("stories")) as running:
        yield running


#: The keyboard has to reach whatever the mouse presses, so CI walks the stories with it alone.
HANDS = [Keyboard] if "CI" in os.environ else [Mouse, Keyboard]


@pytest.fixture(params=HANDS, ids=[hand.__name__.lower() for hand in HANDS])
def hand(request, visit, site):
    visitors = []

    def of(name):
        visitors.append(visit())
        sign_in(visitors[0].page, site, name)
        return request.param(visitors[0].page)

    yield of
    assert visitors[0].complaints == []


def told(story, hand, limit):
    tabs = f", {hand.tabs} times Tab" if hand.tabs else ""
    print(f"{story:45} {type(hand).__name__:9} {hand.actions:3} of at most {limit}{tabs}")
    assert hand.actions <= limit


def shown(site, words, *paths):
    for path in paths:
        wait_for(lambda path=path: words in site.get(path)[1], f"{words} on {path}")


def contact(name):
    return f".tree a:text-is('{name}')"


def test_a_phone_number_is_live_in_two_languages(hand, site):
    desk = hand("publisher")
    number = "+358 295 999 99" + ("8" if isinstance(desk, Keyboard) else "9")
    desk.press(contact("Arja Terho"), leads_to="**/change/")
    desk.fill("[name=phone]", number)
    desk.press(".bar [name=_publish]", leads_to="**/publish/**")
    desk.press(".decisions button.do", leads_to=lambda url: "/publish/" not in url)
    shown(site, number, "/fi/yhteystiedot/", "/sv/kontakt/")
    told("A phone number, live in fi and sv", desk, 6)


def test_a_contact_is_replaced_by_another_at_one_moment(hand, site):
    desk = hand("publisher")
    old, new = ("Arja Terho", "Kaisu Kokeilu") if type(desk) is Mouse else ("Pauliina Pussinen", "Niilo Näyte")
    desk.press(contact(old), leads_to="**/change/")
    desk.press(".tools a[href*='copy=']", leads_to="**/add/**")
    desk.fill("[name=name]", new)
    desk.fill("[name=phone]", "+358 295 111 111")
    desk.press(".bar [name=_publish]", leads_to="**/publish/**")
    desk.press(".together summary")
    desk.choose("#also-withdraw", desk.page.get_attribute(f"#also-withdraw option:text-is('{old}')", "value"))
    desk.press(".together button")
    desk.page.locator(".bundle:focus li", has_text=old).wait_for()  # the keyboard goes on from there
    desk.press("[name=minor][value=on]")
    desk.fill("[name=starts]", "2031-05-02T08:00:00")
    assert "2. toukokuuta 2031 klo 8.00" in desk.page.inner_text(".decisions button.do")
    desk.press(".decisions button.do", leads_to="**/schedule/**")
    lines = desk.page.locator(".time tr", has_text="2.5.2031").all_inner_texts()
    assert {(new, True), (old, True)} == {
        (name, "klo 8.00" in line) for name in (new, old) for line in lines if name in line
    }
    told("A contact replaced by another at one moment", desk, 12)


def test_a_call_is_announced_seen_at_three_moments_and_scheduled(hand, site):
    desk = hand("publisher")
    name = f"Call for Innovations 2031 {type(desk).__name__}"
    desk.press(".tree a[href$='/opsi/call/add/']", leads_to="**/add/**")
    desk.fill("[name=opens_on]", "2031-01-10")
    desk.fill("[name=closes_on]", "2031-01-31")
    desk.fill("[name=name_fi]", name)
    desk.fill("[name=name_sv]", name)
    desk.press("#open-preview")
    # In the language that was written last, first as it is now.
    state = desk.page.frame_locator("#preview iframe").locator(".state")
    state.filter(has_text="är inte öppen ännu").first.wait_for()
    for moment, words in (("opens", "är öppen"), ("closing", "avslutas snart")):
        desk.choose("#preview [name=_moment]", moment)
        state.filter(has_text=words).first.wait_for()
    desk.press(".bar [name=_publish]", leads_to="**/publish/**")
    desk.press("[name=minor][value=on]")
    desk.fill("[name=starts]", "2030-12-01T09:00:00")
    desk.press(".decisions button.do", leads_to="**/schedule/**")
    assert desk.page.locator(".time tr", has_text=name).count() >= 3  # visible, opens, closes
    assert name not in site.get("/fi/opsi/")[1]
    told("A call seen at three moments and scheduled", desk, 12)


def test_two_paragraphs_are_rewritten_translated_and_published(hand, site):
    desk = hand("publisher")
    number = 2 if type(desk) is Mouse else 4
    desk.press(f".tree a[href$='/commitment/{number}/change/']", leads_to="**/change/")
    desk.fill("[name=summary_fi]", f"Uusi tiivistelmä {number}.")
    desk.fill("[name=summary_sv]", f"En ny sammanfattning {number}.")
    desk.fill(".field-practice_fi .ProseMirror", f"Uusi kappale {number}.")
    desk.fill(".field-practice_sv .ProseMirror", f"Ett nytt stycke {number}.")
    desk.press(".bar [name=_publish]", leads_to="**/publish/**")
    desk.press("[name=minor][value=on]")
    desk.press(".decisions button.do", leads_to=lambda url: "/publish/" not in url)
    shown(site, f"Uusi tiivistelmä {number}.", f"/fi/sitoumukset/{number}/")
    shown(site, f"Uusi kappale {number}.", f"/fi/sitoumukset/{number}/")
    shown(site, f"En ny sammanfattning {number}.", f"/sv/ataganden/{number}/")
    shown(site, f"Ett nytt stycke {number}.", f"/sv/ataganden/{number}/")
    told("Two paragraphs, translated, in two languages", desk, 9)


def test_a_request_is_decided(hand, site):
    desk = hand("administrator")
    name = f"Kukka {type(desk).__name__}"
    number = 1 if type(desk) is Mouse else 2
    site.manage("shell", "-c", f"from tests.admin_pages import a_request; a_request({number}, name={name!r})")
    desk.page.reload()
    desk.press(f".queue li:has-text('{name}') a", leads_to="**/change/**")
    desk.press("#accept-form button", leads_to=lambda url: "/change/" not in url)
    desk.page.locator(".messagelist .success").wait_for()
    asked = f"from network.models import JoinRequest; print(JoinRequest.objects.get(name={name!r}).state)"
    assert site.manage("shell", "-v0", "-c", asked).split()[-1] == "member"
    wait_for(lambda: [mail for mail in site.mails() if mail["To"] == f"{number}@vm.example"], "the mail")
    told("A request decided", desk, 3)


def test_a_phrase_is_found_and_its_text_opened(hand, site):
    desk = hand("editor")
    desk.fill("#desk-search", "kumppanuuksia ja tuemme", then="Enter")
    desk.press(".hits li li a", leads_to="**/declaration/commitment/3/change/**")
    assert "kumppanuuksia ja tuemme" in desk.page.input_value("[name=name_fi]")
    wait_for_focus(desk.page, "[name=name_fi]")
    told("A phrase found and its text opened", desk, 2)

"""What stands in the pages of the public forms: the honeypot, how data are handled, and links that open beside."""

import re

import pytest
from django.conf import settings
from django.utils.translation import override

from network.models import JoinRequest
from tests.conftest import LANGUAGES
from tests.forms import ANSWERS, ASK, FEEDBACK, FORM, members_link
from tests.markup import Markup
from website.correspondence.receiving import HONEYPOT_FIELD
from website.correspondence.retention import REGISTER
from website.publishing.texts import RichText

pytestmark = [pytest.mark.django_db, pytest.mark.once]

FORMS = {"join": FORM, "feedback": FEEDBACK, "ask": ASK}
#: Words by which browsers and managers of passwords recognise a field (Chromium's and Mozilla's lists, shortened).
AUTOFILLED = r"""name|mail|url|site|web|home|phone|tel|fax|\bext|mobile|compan|organi|business|street|address|city|town
|zip|post|state|region|county|country|card|cc|cvc|exp|user|login|pass|code|otp|birth|day|month|year|sex|gender|title|nick"""


@pytest.mark.parametrize("form", FORMS)
def test_the_honeypot_is_hidden_and_no_autofill_knows_it(client, form):
    markup = Markup(client.get(FORMS[form]["en"]).content.decode())
    honeypot = markup.one("input", name=HONEYPOT_FIELD)
    assert not re.search(AUTOFILLED.replace("\n", ""), f"{honeypot['name']} {honeypot['id'].removeprefix('id_')}")
    assert (honeypot["tabindex"], honeypot["autocomplete"], honeypot["type"]) == ("-1", "off", "text")
    ignored = {"data-1p-ignore": "", "data-lpignore": "true", "data-bwignore": "", "data-form-type": "other"}
    assert {name: honeypot[name] for name in ignored} == ignored
    # With its label, in an element that no browser renders, with style sheets or without.
    label = markup.one("label", for_=honeypot["id"])
    assert label.text == "Leave this field empty"  # for browsers that show what is hidden
    assert honeypot.parent is label.parent
    assert honeypot.parent["hidden"] is not None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("form", "kinds"),
    [
        ("join", {"unconfirmed", "unconfirmed_text", "suspected", "refused"}),
        ("feedback", {"feedback", "suspected_feedback"}),
        ("ask", set()),
    ],
)
def test_the_form_s_page_says_how_its_data_are_handled(client, form, kinds, language):
    everywhere = {"mail_texts", "mails", "links", "tallies"}
    details = Markup(client.get(FORMS[form][language]).content.decode()).one("details", class_="handling")
    said = [name for name, entry in REGISTER.items() if f"{entry.what}: " in details.text]
    assert set(said) == kinds | everywhere
    for name in kinds:
        assert f"{REGISTER[name].what}: {settings.KEEP_DAYS[REGISTER[name].setting]} " in details.text
    assert details["open"] is None


@pytest.mark.parametrize("form", FORMS)
def test_on_a_page_in_error_every_link_opens_beside_and_the_form_does_not(client, form):
    address = FORMS[form]["sv"]
    for page, wrong in ((client.get(address), False), (client.post(address, {"email": "x"}), True)):
        markup = Markup(page.content.decode())
        assert [base["target"] for base in markup.all("base")] == ["_blank"] * wrong
        assert markup.one("form")["target"] == "_self"
        assert {link["target"] for link in markup.all("a") if link["href"].startswith("#")} == {"_self"}
        assert ("öppnas i en ny flik, så att det du skrev finns kvar" in page.content.decode()) is wrong


def test_a_correction_in_error_is_not_left_either(client):
    token = members_link(client).rstrip("/").rpartition("/")[2]
    page = Markup(client.post(f"/en/network/correct/{token}/", ANSWERS | {"name": ""}).content.decode())
    assert page.one("base")["target"] == "_blank"
    assert page.one("form")["target"] == "_self"
    assert JoinRequest.objects.get().name == ANSWERS["name"]


def test_links_of_a_rich_text_open_beside_and_numbers_and_addresses_do_not():
    html = '<p><a href="/fi/">Etu &amp; sivu</a> <a href="tel:+3581">1</a> <a href="mailto:a@b.example">a</a></p>'
    beside = RichText(html, "fi").html_beside
    words = " <span>(avautuu uuteen välilehteen)</span>"
    assert f'<a href="/fi/" target="_blank">Etu &amp; sivu{words}</a> <a href="tel:+3581">1</a>' in beside
    assert '<a href="mailto:a@b.example">a</a>' in beside
    elsewhere = RichText('<p><a href="https://oecd.example/">OECD</a></p>', "fi").html_beside
    assert elsewhere.count("<a ") == elsewhere.count('target="_blank"') == elsewhere.count(words) == 1
    with override("sv"):
        assert '<span lang="sv">(öppnas i en ny flik)</span>' in RichText(html, "fi").html_beside

"""No word of the admin stays in English for those who work in Finnish or Swedish, whichever library it is from."""

import re
from html.parser import HTMLParser

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.urls import reverse
from django.utils.translation import override

from network.models import JoinRequest
from tests.admin_pages import addresses
from tests.catalogues import committed, messages
from website.pages.models import Notice

pytestmark = pytest.mark.once

REQUEST = {
    "normalised_email": "aino@esimerkki.example",
    "email": "aino@esimerkki.example",
    "name": "Aino Esimerkki",
    "organisation": "Esimerkkivirasto",
    "title": "Kehittäjä",
    "description": "Kokeilemme uutta.",
}

#: Words that a language shares with English; "statement" is a key.
SHARED = {
    "fi": {"OPSI", "statement", "CET/CEST", "Helsinki"},
    "sv": {"OPSI", "Administration", "information", "organisation", "Organisation", "person", "text", "Text"}
    | {"version", "Version", "Status", "statement", "CET/CEST"},
}
#: Attributes that people see or hear.
SPOKEN = ("title", "aria-label", "placeholder", "alt", "data-empty-label")
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "path", "use"}


class Words(HTMLParser):
    """The words of a page. What stands inside an element with a `lang` of its own, or in an input, is data."""

    def __init__(self, html):
        super().__init__()
        self.words, self.open = set(), []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if not self._silent():
            self.words |= {attributes[name] for name in SPOKEN if attributes.get(name)}
            if tag == "input" and attributes.get("type") in ("submit", "button"):
                self.words.add(attributes.get("value", ""))
        if tag not in VOID:
            silent = tag in ("script", "style", "textarea", "code") or (tag != "html" and "lang" in attributes)
            self.open.append((tag, silent or attributes.get("translate") == "no"))

    def handle_endtag(self, tag):
        while self.open and tag in [name for name, silent in self.open] and self.open.pop()[0] != tag:
            pass

    def handle_data(self, text):
        if not self._silent():
            self.words.add(" ".join(text.split()))

    def _silent(self):
        return any(silent for name, silent in self.open)


def words(html):
    """The words of the page's frame, without the marks that join them."""
    # "Version 7 FI" is one word with a number and a language.
    found = {re.sub(r" \d+( FI| SV| EN)?$", "", word.strip("› :")) for word in Words(html).words}
    addresses = re.compile(r"https://|\S+@\S+$")
    return {word for word in found if re.search(r"[^\W\d_]", word) and not addresses.match(word)}


def names():
    """What things, people and languages are called: data, wherever it stands."""
    named = (
        {f"{REQUEST['name']}, {REQUEST['organisation']}", *REQUEST.values()}
        | {name for code, name in settings.LANGUAGES}
        | {"FI", "SV", "EN"}
    )
    for code, _name in settings.LANGUAGES:
        with override(code):
            named |= {str(thing) for model in admin.site._registry for thing in model._default_manager.all()}
    # A page of differences shows such names part by part.
    return named | {
        part
        for name in named
        for part in ("Call for Innovations", "OECD Call for Government Innovations")
        if part in name
    }


def crawl(client, language):
    """Address without its language → the words of the page."""
    with override(language):
        pages = {address: client.get(address) for address in addresses()}
        # Forms that are sent back, and the pages of those who are signed out.
        for address in (reverse("admin:second_factor"), reverse("admin:accounts_user_add")):
            pages[f"{address}, empty"] = client.post(address, {})
        anonymous, sign_in = type(client)(), reverse("admin:login")
        pages[sign_in] = anonymous.get(sign_in)
        for attempt in range(5):
            pages[f"{sign_in}, attempt {attempt}"] = anonymous.post(sign_in, {"username": "x", "password": "x"})
        pages[f"{reverse('admin:password_reset')}, empty"] = anonymous.post(reverse("admin:password_reset"), {})
    # What nobody may do has no page of the admin's own.
    assert {page.status_code for page in pages.values()} == {200, 403, 429}
    return {address[3:]: words(page.content.decode()) for address, page in pages.items() if page.status_code != 403}


@pytest.fixture
def administrator_at_work(client, administrator):
    """Signed in, with something in every list, so that the words of the lists are seen as well."""
    client.force_login(administrator)
    LogEntry.objects.log_actions(administrator.pk, [administrator], CHANGE, [{"changed": {"fields": ["Email"]}}])
    JoinRequest.objects.create(**REQUEST, language="sv", organisation_type="agency", interests=["1"], suspected=True)
    Notice.objects.create(text_fi="Huomio", text_sv="Märk", text_en="Note")
    return client


def test_no_page_of_the_admin_says_the_same_as_in_english(administrator_at_work):
    english, left = crawl(administrator_at_work, "en"), []
    assert len(english) > 60
    assert [word for words in english.values() for word in words if re.search(r"\[(fi|sv|en)\]", word)] == []
    for language in ("fi", "sv"):
        translated, same = crawl(administrator_at_work, language), names() | SHARED[language]
        found = {word: address for address in english for word in english[address] & translated[address] - same}
        left += [f"{language} {word}   ({address})" for word, address in sorted(found.items())]
    assert not left, "\n".join(left)


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_the_editors_buttons_are_translated(administrator_at_work, language):
    with override(language):
        script = administrator_at_work.get(reverse("admin:jsi18n")).content.decode()
        catalogue = messages(committed(language, "locale/libraries", "djangojs"))
        words = {entry["msgid"]: entry["msgstr"] for entry in catalogue}
        assert len(words) == 19 and "paragraph" in words
        assert [word for word, said in words.items() if said == word and word != "URL"] == []
        letters = re.sub(r"\\u([0-9A-Fa-f]{4})", lambda escape: chr(int(escape[1], 16)), script)
        assert all(said in letters for said in words.values())

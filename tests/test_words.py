"""Words that say what is true for whoever reads them: errors, calls, commitments by name, what erasing means."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import RequestFactory
from django.utils import timezone

from contacts.models import Contact, Message
from declaration.models import Commitment
from network.models import JoinRequest
from opsi.models import Call, Resource
from tests.admin_pages import INBOX, decide
from tests.conftest import LANGUAGES
from tests.forms import ANSWERS, FEEDBACK, WORDS, asked, deliver, give, members_link, own_link, press, send
from tests.markup import Markup
from tests.test_pages import AUTHORITY, STATEMENT, publish
from website.publishing import workflow
from website.publishing.edition import Edition
from website.publishing.models import State, publishable_models
from website.publishing.rules import advice
from website.publishing.versions import latest_version
from website.publishing.workflow import Incomplete
from website.views import render_error

pytestmark = [pytest.mark.django_db, pytest.mark.once]

OPSI = {"fi": "/fi/opsi/", "sv": "/sv/opsi/", "en": "/en/opsi/"}
COMMITMENT = {"fi": "/fi/sitoumukset/{}/", "sv": "/sv/ataganden/{}/", "en": "/en/commitments/{}/"}
NETWORK = {"fi": "/fi/verkosto/", "sv": "/sv/natverk/", "en": "/en/network/"}
CONTACTS = {"fi": "/fi/yhteystiedot/", "sv": "/sv/kontakt/", "en": "/en/contacts/"}
JOIN = {"fi": "/fi/verkosto/liity/", "sv": "/sv/natverk/anmal-dig/", "en": "/en/network/join/"}


def main(client, path):
    return Markup(client.get(path).content.decode()).one("main").text


def errors(answer):
    """The text of each field's error, without the word before it, by the field's name."""
    found = Markup(answer.content.decode()).all("div", class_="error")
    return {e["id"].removeprefix("id_").removesuffix("_error"): e.text.partition(": ")[2] for e in found}


# --- Errors say what to do ------------------------------------------------------------------------------------------

REQUIRED = {
    "fi": {
        "name": "Kirjoita nimesi",
        "email": "Kirjoita työsähköpostiosoitteesi",
        "organisation": "Kirjoita organisaatiosi nimi",
        "organisation_type": "Valitse organisaation tyyppi",
        "language": "Valitse viestiemme kieli",
    },
    "sv": {
        "name": "Skriv ditt namn",
        "email": "Skriv din e-postadress i arbetet",
        "organisation": "Skriv namnet på din organisation",
        "organisation_type": "Välj typ av organisation",
        "language": "Välj språk för våra meddelanden",
    },
    "en": {
        "name": "Enter your name",
        "email": "Enter your work e-mail address",
        "organisation": "Enter the name of your organisation",
        "organisation_type": "Choose the type of organisation",
        "language": "Choose the language of our messages",
    },
}
WRONG = {
    "fi": {
        "email": "Kirjoita sähköpostiosoite muodossa nimi@example.fi",
        "name": "Lyhennä teksti 100 merkkiin. Nyt merkkejä on 120.",
        "organisation_type": "Valitse jokin vaihtoehdoista. x ei ole niiden joukossa.",
    },
    "sv": {
        "email": "Skriv e-postadressen i formatet namn@example.fi",
        "name": "Förkorta texten till högst 100 tecken. Nu är den 120 tecken lång.",
        "organisation_type": "Välj ett av alternativen. x finns inte bland dem.",
    },
    "en": {
        "email": "Enter the e-mail address in the format name@example.fi",
        "name": "Shorten the text to 100 characters or fewer. It now has 120.",
        "organisation_type": "Choose one of the options. x is not one of them.",
    },
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_field_left_empty_says_what_to_write(client, language):
    assert errors(send(client, language, **dict.fromkeys(REQUIRED[language], ""))) == REQUIRED[language]


FEEDBACK_REQUIRED = {
    "fi": {"kind": "Valitse, mitä palautteesi koskee", "message": "Kirjoita viestisi"},
    "sv": {"kind": "Välj vad din respons gäller", "message": "Skriv ditt meddelande"},
    "en": {"kind": "Choose what your feedback is about", "message": "Write your message"},
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_feedback_left_empty_says_what_to_write(client, language):
    answer = give(client, language, **dict.fromkeys(FEEDBACK_REQUIRED[language], ""))
    assert errors(answer) == FEEDBACK_REQUIRED[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_wrong_says_how_it_is_right(client, language):
    answer = send(client, language, email="maija@example..fi", name="x" * 120, organisation_type="x")
    assert errors(answer) == WRONG[language]


#: What each language says first about an address in which something can be named.
ADDRESSES = {
    "fi": {
        "maija": "@-merkki puuttuu.",
        "matti@@esimerkki": "Osoitteessa on useampi kuin yksi @-merkki.",
        "maija@localhost": "Osoitteen loppu puuttuu, esimerkiksi .fi.",
    },
    "sv": {
        "maija": "Tecknet @ saknas.",
        "matti@@esimerkki": "Det finns fler än ett @ i adressen.",
        "maija@localhost": "Slutet på adressen saknas, till exempel .fi.",
    },
    "en": {
        "maija": "The @ sign is missing.",
        "matti@@esimerkki": "There is more than one @ sign.",
        "maija@localhost": "The end of the address is missing, for example .fi.",
    },
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_wrong_in_an_address_is_named(client, language):
    for address, said in ADDRESSES[language].items():
        assert errors(send(client, language, email=address)) == {"email": f"{said} {WRONG[language]['email']}."}


# --- Commitments have names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_commitments_of_interest_are_named_to_the_person(client, language):
    link = asked(client, language=language)
    names = {c.number: getattr(c, f"name_{language}") for c in Commitment.objects.all()}
    own = Markup(client.get(link).content.decode())
    confirm = own.one("main").text
    for number, name in names.items():
        assert (name in confirm) == (number in (1, 3))
    press(client, link)


def test_commitments_of_interest_are_named_on_the_own_page_and_in_the_admin(client, signed_in, coordinator):
    first, third, fourth = (Commitment.objects.get(number=number).name_fi for number in (1, 3, 4))
    text = main(client, members_link(client))
    assert first in text and third in text and fourth not in text
    admin = signed_in(coordinator)
    row = JoinRequest.objects.get()
    page = admin.get(f"/fi/hallinta/network/joinrequest/{row.pk}/change/").content.decode()
    assert first in page and third in page and fourth not in page and "[&#x27;1" not in page
    listed = admin.get("/fi/hallinta/network/joinrequest/?interest=4").content.decode()
    assert fourth in listed and ANSWERS["organisation"] not in listed


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", range(1, 6))
def test_a_commitment_says_once_what_is_not_the_declaration_s_and_shows_finnish_cases(client, language, number):
    ours = {
        "fi": "Selitys ja kysymykset eivät ole osa julistusta.",
        "sv": "Förklaringen och frågorna är inte en del av deklarationen.",
        "en": "The explanation and the questions are not part of the declaration.",
    }[language]
    page = Markup(client.get(COMMITMENT[language].format(number)).content.decode())
    text = page.one("main").text
    assert text.count(ours) == 1
    headings = [e.text for e in page.all("h2") if e["id"] and e["id"].startswith("practice-")]
    assert all(text.index(ours) < text.index(heading) for heading in headings)
    assert page.one("a", href="https://oecd-opsi.org/case_type/opsi/?_countries=finland")


# --- Calls ----------------------------------------------------------------------------------------------------------


def an_open_call(**changes):
    call = Call(name_fi="Kutsu", name_sv="Kallelse", name_en="Call", closes=timezone.now() + timedelta(days=60))
    publish(call, **changes)
    return call


@pytest.mark.parametrize("language", LANGUAGES)
def test_while_no_call_is_open_the_page_says_what_earlier_ones_asked_for(client, language):
    page = Markup(client.get(OPSI[language]).content.decode())
    terms = page.one("h2", id="terms").parent.text
    for key, field in ((5, "conditions"), (3, "who_may_submit"), (2, "submission_languages"), (2, "instructions")):
        call = Call.objects.get(pk=key)
        text = getattr(call, f"{field}_{language}")
        assert Markup(f"<body>{text}</body>").text[:40] in terms
        assert getattr(call, f"name_{language}") in terms


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_open_call_says_what_it_asks_for_and_earlier_ones_only_the_rest(client, language):
    an_open_call(**{f"conditions_{code}": f"<p>Ehto {code}</p>" for code in LANGUAGES})
    page = Markup(client.get(OPSI[language]).content.decode())
    now = page.one("section", class_="now").text
    earlier = page.one("h2", id="terms").parent.text
    assert f"Ehto {language}" in now and f"Ehto {language}" not in earlier
    assert Call.objects.get(pk=5).name_en not in earlier  # whose conditions are replaced
    assert Call.objects.get(pk=3).name_en in earlier


def test_a_publication_is_linked_by_its_own_title_in_its_own_language(client):
    resource = Resource.objects.get(pk=1)
    page = Markup(client.get(OPSI["fi"]).content.decode())
    link = page.one("a", href=resource.url)
    title = next(e for e in page.all("span") if link in e.above and resource.original_title in e.text)
    assert title.lang == "en"
    assert resource.title_fi in page.one("main").text


# --- Where to turn --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["network", "join", "join/thanks", "contacts", "429", "503"])
def test_beside_the_telephone_stand_the_registry_and_the_switchboard(client, place):
    pages = {
        "network": NETWORK["sv"],
        "join": JOIN["sv"],
        "join/thanks": f"{JOIN['sv']}tack/",
        "contacts": CONTACTS["sv"],
    }
    if place in pages:
        html = client.get(pages[place]).content.decode()
    else:
        html = render_error(RequestFactory().get("/sv/"), int(place)).content.decode()
    hrefs = [e["href"] for e in Markup(html).all("a")]
    assert "mailto:kirjaamo.vm@gov.fi" in hrefs and "tel:+35829516001" in hrefs


# --- Feedback -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_feedback_from_the_statement_is_about_accessibility(client, language):
    def chosen(page):
        markup = Markup(client.get(f"{FEEDBACK[language]}?page={page}").content.decode())
        return [e["value"] for e in markup.all("input", name="kind") if e["checked"] is not None]

    assert chosen(STATEMENT[language]) == ["accessibility"]
    assert chosen(NETWORK[language]) == ["other"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["accessibility", "content"])
def test_mails_about_accessibility_name_the_authority_and_the_last_day(client, signed_in, coordinator, language, kind):
    give(client, language, kind=kind)
    message = Message.objects.get()
    last_day = message.answer_due
    numbers = f"{last_day.day}.{last_day.month}.{last_day.year}" if language != "en" else f"{last_day.day} "
    desk = signed_in(coordinator)
    shown = Markup(desk.get(f"{INBOX}{message.pk}/change/").content.decode()).one("pre").text
    decide(desk, message, "answer", "Kiitos.")
    receipt, answer = deliver()
    for mail in (receipt, answer):
        for words in (*AUTHORITY[language], "saavutettavuus@traficom.fi", "29 534 5000"):
            assert (words in mail.body) == (kind == "accessibility")
        assert (numbers in mail.body) == (kind == "accessibility")
    # The page has shown all of the answer but the person's own link.
    assert [line for line in shown.splitlines() if line.strip() and line not in answer.body and "(" not in line] == []


def test_rows_of_feedback_go_by_their_first_words_and_logs_hold_none_of_them(client, signed_in, coordinator):
    give(client)
    row = Message.objects.get()
    admin = signed_in(coordinator)
    assert " ".join(WORDS["message"].split()[:3]) in Markup(admin.get(INBOX).content.decode()).one("tbody").text
    decide(admin, row, "mark_answered")
    assert LogEntry.objects.exists()
    for entry in LogEntry.objects.all():
        assert not set(WORDS["message"].split()) & set(f"{entry.object_repr} {entry.change_message}".split())


# --- Erasing --------------------------------------------------------------------------------------------------------


def erase_page(client, link):
    page = Markup(client.get(f"{link}poista/").content.decode())
    return page.one("h1").text, page.one("p", class_="lead").text


def test_who_only_gave_feedback_leaves_nothing(client):
    give(client, "fi")
    link = own_link(deliver()[-1])
    heading, lead = erase_page(client, link)
    assert heading == "Poista tietosi"
    assert "verkosto" not in lead
    assert "et silloin saa sitä" in lead
    assert "Lähde" not in main(client, link)
    Message.objects.update(answered_at=timezone.now())
    assert "et silloin saa sitä" not in erase_page(client, link)[1]


def test_a_member_leaves_and_who_waits_is_told_so(client):
    link = members_link(client)  # who waits for a decision
    heading, lead = erase_page(client, link)
    assert heading == "Poista tietosi" and "et silloin saa sitä" in lead
    JoinRequest.objects.update(state="member")
    heading, lead = erase_page(client, link)
    assert heading == "Lähde verkostosta ja poista kaikki tiedot"
    assert "lähdet innovaatioverkostosta" in lead and "et silloin saa sitä" not in lead


def test_a_new_member_reads_what_an_editor_wrote_of_what_happens_next(client, signed_in, coordinator):
    from website.pages.models import Page

    publish(Page.objects.get(key="network"), welcome_fi="Seuraavaksi näin.", welcome_sv="Härnäst så.")
    asked(client, language="sv")
    JoinRequest.objects.update(state="waiting")
    row = JoinRequest.objects.get()
    page = signed_in(coordinator).get(f"/fi/hallinta/network/joinrequest/{row.pk}/change/").content.decode()
    assert "Härnäst så." in page and "Seuraavaksi näin." not in page
    assert f"http://testserver{NETWORK['sv']}" in page


# --- Both national languages ----------------------------------------------------------------------------------------

OPTIONAL = [
    (model, name)
    for model in publishable_models()
    for name in model.translated
    if name not in model.required_for_publication
]


@pytest.mark.parametrize(("written", "missing"), [("fi", "sv"), ("sv", "fi")])
@pytest.mark.parametrize(("model", "name"), OPTIONAL, ids=lambda value: getattr(value, "__name__", value))
def test_a_text_in_one_national_language_stops_unless_the_model_lets_it(model, name, written, missing):
    thing = model(**{f"{name}_{written}": "Teksti"})
    stopping = {finding.name for finding in advice(thing) if finding.stops}
    assert (f"{name}_{missing}" in stopping) == (name not in model.may_stay_finnish)
    setattr(thing, f"{name}_{missing}", "Text")
    assert f"{name}_{missing}" not in {finding.name for finding in advice(thing) if finding.stops}


@pytest.mark.parametrize("note", [{"fi": "Ohi."}, {"sv": "Över."}, {"fi": "Ohi.", "en": "Over."}])
def test_a_note_to_the_readers_is_in_both_national_languages_or_in_none(note):
    contact = Contact.objects.first()
    contact.name += "!"
    workflow.save_draft(contact)
    with pytest.raises(Incomplete):
        workflow.withdraw(contact, reason=note)
    with pytest.raises(Incomplete):
        workflow.publish([latest_version(contact)], starts=timezone.now() + timedelta(days=1), note=note)
    assert Edition.load().public(contact)


def test_a_mailbox_without_an_address_is_not_called_public():
    mailbox = Contact.objects.get(name="")
    assert Edition.load().state_of(mailbox) == State.UNSEEN
    publish(mailbox, email="mailbox@example.fi")
    assert Edition.load().state_of(mailbox) == State.PUBLIC

"""The accessibility statement and the privacy notice: complete by the law's lists, and never at odds with the code."""

from datetime import date
from html import unescape

import pytest
from django.utils.translation import override

from contacts.forms import FeedbackForm
from network.forms import JoinForm
from tests.conftest import LANGUAGES
from tests.forms import FEEDBACK
from tests.markup import Markup
from website.correspondence.retention import REGISTER
from website.pages.models import AccessibilityStatement, Shortcoming
from website.publishing import versions, workflow

pytestmark = [pytest.mark.django_db, pytest.mark.once]

STATEMENT = {
    "fi": "/fi/saavutettavuusseloste/",
    "sv": "/sv/tillganglighetsutlatande/",
    "en": "/en/accessibility-statement/",
}
PRIVACY = {"fi": "/fi/tietosuoja/", "sv": "/sv/dataskydd/", "en": "/en/data-protection/"}
#: Name, unit and site of the supervisory authority, as its own pages give them.
AUTHORITY = {
    "fi": (
        "Liikenne- ja viestintävirasto Traficom",
        "Digitaalisen esteettömyyden ja saavutettavuuden valvontayksikkö",
        "www.saavutettavuusvaatimukset.fi",
    ),
    "sv": (
        "Transport- och kommunikationsverket Traficom",
        "Enheten för tillsyn över digital tillgänglighet",
        "www.tillganglighetskrav.fi",
    ),
    "en": (
        "Finnish Transport and Communications Agency Traficom",
        "Digital Accessibility Supervision Unit",
        "www.webaccessibility.fi",
    ),
}


def publish(thing, **changes):
    for field, value in changes.items():
        setattr(thing, field, value)
    workflow.save_draft(thing)
    workflow.publish([versions.latest_version(thing)])


def the_statement():
    return AccessibilityStatement.objects.get()


def a_shortcoming(**changes):
    texts = {"title": "Kartta", "place": "Yhteystiedot", "reason": "Kohtuuton rasite", "alternative": "Soita meille"}
    translated = {f"{field}_{code}": f"{text} {code}" for field, text in texts.items() for code in LANGUAGES}
    thing = Shortcoming(criterion="1.1.1", planned_on=date(2027, 5, 1), **translated)
    publish(thing, **changes)
    return thing


def section(client, language, name):
    page = Markup(client.get(STATEMENT[language]).content.decode())
    return page, page.one("section", id=name)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", ["fully", "mostly", "not"])
def test_the_statement_has_the_six_parts_of_the_law(client, language, status):
    shortcomings = [] if status == "fully" else [a_shortcoming()]
    publish(
        the_statement(),
        status=status,
        prepared_on=date(2026, 12, 1),
        reviewed_on=date(2027, 1, 15),
        **{f"unit_{code}": f"Yksikkö {code}" for code in LANGUAGES},
    )
    page, coverage = section(client, language, "coverage")
    # 1. which site, and how well it complies
    assert "306/2019" in coverage.text and "2.1" in coverage.text
    said = page.one("section", id="status")
    assert [e for e in page.all("p", class_=status) if said in e.above]
    assert not page.all("p", class_="unknown")
    # 2. what is not accessible, against which criterion, and why
    listed = page.one("section", id="shortcomings").text
    for _thing in shortcomings:
        for words in (
            f"Kartta {language}",
            f"Yhteystiedot {language}",
            "WCAG 1.1.1",
            f"Kohtuuton rasite {language}",
            "2027",
        ):
            assert words in listed
    # 3. the same in another way
    assert page.one("section", id="alternatives").text
    assert all(f"Soita meille {language}" in listed for _ in shortcomings)
    # 4. when it was prepared and reviewed, and by which method
    days = [e["datetime"] for e in page.all("time") if page.one("section", id="prepared") in e.above]
    assert days == ["2026-12-01", "2027-01-15"]
    with override(language):
        assert str(the_statement().get_assessed_by_display()) in page.one("section", id="prepared").text
    # 5. the way to give feedback, and the unit that answers
    feedback = page.one("section", id="feedback")
    links = [e["href"] for e in page.all("a") if feedback in e.above]
    assert f"{FEEDBACK[language]}?page={STATEMENT[language]}" in links
    assert "14" in feedback.text and f"Yksikkö {language}" in feedback.text
    # 6. the supervisory authority, its address and its procedure
    authority = page.one("section", id="authority")
    for words in (*AUTHORITY[language], "saavutettavuus@traficom.fi", "29 534 5000"):
        assert words in authority.text
    assert f"https://{AUTHORITY[language][-1]}/" in [e["href"] for e in page.all("a") if authority in e.above]


@pytest.mark.parametrize("language", LANGUAGES)
def test_at_launch_the_statement_says_what_has_not_been_assessed_and_invents_nothing(client, language):
    page, _ = section(client, language, "status")
    assert page.one("p", class_="unknown").text
    assert not [e for e in page.all("time") if page.one("section", id="prepared") in e.above]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_privacy_notice_names_every_field_and_every_period(client, settings, language):
    def parts():
        page = Markup(client.get(PRIVACY[language]).content.decode())
        return {name: unescape(page.one("section", id=name).text) for name in ("asked", "kept", "cookies")}

    with override(language):
        for form in (JoinForm, FeedbackForm):
            for field in form.base_fields.values():
                assert str(field.label) in parts()["asked"]
        for entry in REGISTER.values():
            assert str(entry.what) in parts()["kept"]
    for name in settings.KEEP_DAYS:
        settings.KEEP_DAYS = settings.KEEP_DAYS | {name: 4321}
        assert "4321" in parts()["kept"].replace("\xa0", "").replace(",", "").replace(" ", "")
        settings.KEEP_DAYS = settings.KEEP_DAYS | {name: 0}
    none = parts()["cookies"]
    settings.PUBLIC_COOKIES = ("biscuit",)
    assert "biscuit" not in none and "biscuit" in parts()["cookies"]


#: Article 13, and the words by which the notice says it in each language.
ARTICLE_13 = {
    "controller": ("Valtiovarainministeriö", "Finansministeriet", "Ministry of Finance"),
    "its contacts": ("kirjaamo.vm@gov.fi",) * 3,
    "data protection officer": ("vmtietosuojavastaava@gov.fi",) * 3,
    "purposes": ("Mihin tietoja käytetään", "Vad uppgifterna används till", "What your data is used for"),
    "legal basis": ("6\xa0artiklan 1\xa0kohdan e\xa0alakohta", "artikel\xa06.1\xa0e", "Article\xa06(1)(e)"),
    "recipients": ("Kuka tietoja käsittelee", "Vem som behandlar uppgifterna", "Who handles the data"),
    "transfers": ("Euroopan talousalueen ulkopuolelle", "Europeiska ekonomiska", "European Economic Area"),
    "access": ("jäljennös", "en kopia", "a copy"),
    "rectification": ("oikaistuiksi", "rättade", "corrected"),
    "erasure": ("poistamista", "raderas", "erased"),
    "restriction": ("rajoittamista", "begränsas", "restricted"),
    "objection": ("vastustaa käsittelyä", "göra invändningar", "object to the processing"),
    "portability": ("siirtää tiedot", "flytta uppgifter", "move data"),
    "complaint": ("tietosuojavaltuutetulle", "dataombudsmannen", "Data Protection Ombudsman"),
    "automated decisions": ("automaattisia päätöksiä", "inga automatiska beslut", "no automated decisions"),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", ARTICLE_13)
def test_the_privacy_notice_has_every_part_of_article_13(listed, language, part):
    (page,) = [page for page in listed if page.path == PRIVACY[language]]
    text = page.markup.one("main").text.replace("\xa0", " ")
    words = ARTICLE_13[part][LANGUAGES.index(language)].replace("\xa0", " ")
    assert words in text

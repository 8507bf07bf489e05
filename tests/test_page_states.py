"""What a page shows as texts are missing, moments pass and parts are empty."""

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone
from django.utils.translation import gettext, override

from contacts.models import Contact
from declaration.models import Declaration
from opsi.models import Call
from tests.conftest import LANGUAGES
from tests.public_pages import CONTACTS, OPSI, PATHS, SITE, published, read, sitemap
from website.pages.models import Notice, Page
from website.publishing import workflow

pytestmark = [pytest.mark.django_db, pytest.mark.once]


# --- A page that is not there in the reader's language -----------------------------------------------------------


@pytest.fixture
def without_english(db):
    return published(Page.objects.get(pk="opsi"), title_en="", lead_en="", body_en="")


def test_a_page_without_english_is_announced_in_no_list(client, without_english):
    addresses = sitemap(client)
    assert f"{SITE}/en/opsi/" not in addresses
    assert addresses[f"{SITE}/fi/opsi/"] == {
        "fi": f"{SITE}/fi/opsi/",
        "sv": f"{SITE}/sv/opsi/",
        "x-default": f"{SITE}/fi/opsi/",
    }
    for path in ("/fi/opsi/", "/sv/opsi/"):
        markup = read(client, path).markup
        assert [e["hreflang"] for e in markup.all("link", rel="alternate")] == ["fi", "sv", "x-default"]
        assert [e for e in markup.all("a") if e["href"] == "/en/opsi/"] == []


def test_a_page_without_english_opens_there_in_finnish_and_says_so(client, without_english):
    markup = read(client, "/en/opsi/").markup
    assert markup.one("html")["lang"] == "en"
    assert markup.one("h1").lang == "fi"
    assert markup.one("p", class_="lead").lang == "fi"
    # The page's own text; what stands in it of a call has its English.
    assert markup.all("div", class_="prose")[0].lang == "fi"
    assert markup.one("p", class_="notice").text == (
        "This page is not yet available in English. It is shown in Finnish."
    )
    assert markup.one("meta", name="robots")["content"] == "noindex"
    assert markup.one("link", rel="canonical")["href"] == f"{SITE}/fi/opsi/"
    assert markup.all("link", rel="alternate") == []
    assert markup.one("nav", class_="languages")


def test_other_pages_are_not_touched_by_one_without_english(client, without_english):
    assert read(client, "/en/network/").markup.all("p", class_="notice") == []


# --- The call's states -------------------------------------------------------------------------------------------

#: In words of the page; a state never looks like another.
STATES = {
    "2026-12-31 12:00:00+02:00": ("upcoming", "The call is not open yet"),
    "2027-01-10 11:00:00+02:00": ("open", "The call is open"),
    "2027-03-01 00:58:59+02:00": ("open", "The call is open"),
    "2027-03-02 12:00:00+02:00": ("closing", "The call closes soon"),
    "2027-03-15 00:58:59+02:00": ("closing", "The call closes soon"),
    "2027-03-15 00:59:00+02:00": ("none", "The call is not open now"),
}
#: 14 March 2027, 23:59 in Paris.
DEADLINE = {"fi": "15.3.2027 klo 0.59", "sv": "15.3.2027 kl. 0.59", "en": "15 March 2027, 00:59"}
DAY = {"fi": "14.3.2027", "sv": "14.3.2027", "en": "14 March 2027"}


def a_call(**dates):
    names = {f"name_{language}": f"Haku 2027 {language}" for language in LANGUAGES}
    return Call(url="https://oecd-opsi.org/haku", **names | dates)


@pytest.fixture
def timed_call(db):
    return published(
        a_call(
            opens=datetime.fromisoformat("2027-01-10T10:00+01:00"),
            closes=datetime.fromisoformat("2027-03-14T23:59+01:00"),
        )
    )


def the_call(client, language):
    """The part of OPSI's page about the call, as (state, words, dates and other facts)."""
    markup = read(client, OPSI[language]).markup
    section = markup.one("section", class_="now")
    facts = [e.text for e in [*markup.all("dd"), *markup.all("p", class_="deadline")] if section in e.above]
    return section["class"].split()[-1], markup.one("p", class_="state").text, "\n".join(facts)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("moment", STATES)
def test_the_call_s_state_follows_the_clock(client, time_machine, timed_call, language, moment):
    time_machine.move_to(moment, tick=False)
    state, words = STATES[moment]
    with override(language):
        assert the_call(client, language)[:2] == (state, gettext(words))
        assert (gettext(words) == words) == (language == "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_deadline_known_to_the_minute_is_shown_in_helsinki_time(client, time_machine, timed_call, language):
    time_machine.move_to("2027-02-01 12:00:00+02:00", tick=False)
    with override(language):
        zone = gettext("Helsinki time")
    assert f"{DEADLINE[language]} ({zone})" in the_call(client, language)[2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_deadline_known_as_a_day_is_shown_as_a_day_and_ends_with_it(client, time_machine, language):
    published(a_call(closes_on=date(2027, 3, 14)))
    time_machine.move_to("2027-03-14 23:59:59+02:00", tick=False)
    state, _words, facts = the_call(client, language)
    assert state == "closing"
    assert DAY[language] in facts
    time_machine.shift(timedelta(seconds=1))
    assert the_call(client, language)[0] == "none"
    assert DAY[language] in the_call(client, language)[2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_front_page_calls_attention_to_an_open_call_alone(client, time_machine, timed_call, language):
    front = f"/{language}/"
    time_machine.move_to("2026-12-31 12:00:00+02:00", tick=False)
    assert read(client, front).markup.all("p", class_="beacon") == []
    time_machine.move_to("2027-02-01 12:00:00+02:00", tick=False)
    assert read(client, front).markup.one("p", class_="beacon").text
    time_machine.move_to("2027-03-15 00:59:00+02:00", tick=False)
    assert read(client, front).markup.all("p", class_="beacon") == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_with_no_call_at_all_the_page_still_stands(client, language):
    for call in Call.objects.all():
        workflow.withdraw(call)
    state, words, facts = the_call(client, language)
    with override(language):
        assert (state, words, facts) == ("none", gettext("The call is not open now"), "")
    assert read(client, f"/{language}/")


def test_today_no_call_is_open_and_the_last_one_is_named(client):
    assert the_call(client, "fi")[0] == "none"
    assert "14.4.2026" in the_call(client, "fi")[2]


# --- Notices, contacts, what is hidden while empty -----------------------------------------------------------------


def test_a_notice_stands_on_every_page_between_its_moments(one_of_each, client, time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    now = timezone.now()
    moments = {"begins": now + timedelta(hours=1), "ends": now + timedelta(hours=2)}
    texts = {f"text_{language}": f"Katko <{language}>" for language in LANGUAGES}
    for level in Notice.Level.values:
        published(Notice(level=level, **texts | moments))
    for expected in ([], ["notice info", "notice warning"], []):
        for path in [page.path for page in one_of_each]:
            page = read(client, path)
            notices = [e for e in page.markup.all("p", class_="notice") if e.text == f"Katko <{page.language}>"]
            assert [e["class"] for e in notices] == expected, path
        time_machine.shift(timedelta(hours=1))


#: What the ministry's own page is about and whom it names, to the letter; and where it stands: the place in PATHS.
NAMES = [
    (1, "Suomen julkisen hallinnon innovaatiojulistus"),
    (1, "Den finländska offentliga förvaltningens innovationsdeklaration"),
    (1, "Declaration on public sector innovation in Finland"),
    (1, "Julkisen hallinnon innovaatiot"),
    (1, "Innovationer inom den offentliga förvaltningen"),
    (1, "Public sector innovations"),
    (0, "Tuemme ja vahvistamme innovaatiotoimintaa julkisessa hallinnossa"),
    (0, "Rohkaisemme ja valmennamme kaikkia virkamiehiä innovointiin"),
    (0, "Vaalimme kumppanuuksia ja tuemme moniäänisyyttä"),
    (0, "Tuemme tutkimusta, iterointia ja kokeiluja"),
    (0, "Levitämme opittua ja jaamme käytäntöjä"),
    (0, "Vi stärker och stöder innovationerna inom den offentliga förvaltningen"),
    (0, "Vi uppmuntrar och tränar alla tjänstemän i innovationer"),
    (0, "Vi värnar om partnerskap och vi stöder flerstämmighet"),
    (0, "Vi stöder forskning, iteration och försök"),
    (0, "Vi sprider det vi lärt oss och vi distribuerar praxis"),
    (0, "We embrace and enhance innovation within the public sector"),
    (0, "We encourage and equip all public servants to innovate"),
    (0, "We cultivate new partnerships and involve different voices"),
    (0, "We support exploration, iteration and testing"),
    (0, "We diffuse lessons and share practices"),
    (0, "Lisätietoja"),
    (0, "Mer information"),
    (0, "Further information"),
    (8, "Tule mukaan osaksi innovaatioverkostoa"),
    (8, "Kom med i innovationsnätverket"),
    (8, "Join the innovation network"),
    *((9, name) for name in ("Tutkimukset", "Materiaalit", "Mahdollisuudet", "Call for Innovations -haku")),
    *((9, name) for name in ("Undersökningar", "Material", "Möjligheter", "utlysningen Call for Innovations")),
    *((9, name) for name in ("Studies", "Materials", "Opportunities", "Call for Innovations")),
    *((10, name) for name in ("Pauliina Pussinen", "erityisasiantuntija", "Hallintopolitiikkayksikkö")),
    *((10, name) for name in ("Arja Terho", "finanssineuvos", "Konsernipolitiikkayksikkö")),
    *((10, name) for name in ("Valtionhallinnon kehittämisosasto", "Avdelningen för utveckling av statsförvaltningen")),
    *((10, name) for name in ("specialsakkunnig", "finansråd", "Förvaltningspolitiska enheten")),
    *((10, name) for name in ("Senior Specialist", "Governance Policy Unit", "Public Governance Department")),
]


def test_the_names_of_the_ministry_s_page_stand_to_the_letter(listed):
    shown = {page.path: " ".join(page.markup.text.split()) for page in listed}
    missing = [name for place, name in NAMES if not any(name in shown[path] for path in PATHS[place])]
    assert missing == []


def test_a_unit_without_a_swedish_name_is_shown_in_finnish_and_marked(client):
    for language in ("sv", "en"):
        unit = [e for e in read(client, CONTACTS[language]).markup.all("p") if e.text == "Konsernipolitiikkayksikkö"]
        assert [e["lang"] for e in unit] == ["fi"], language
    unit = [e for e in read(client, CONTACTS["fi"]).markup.all("p") if e.text == "Konsernipolitiikkayksikkö"]
    assert [e["lang"] for e in unit] == [None]


def test_contacts_are_reached_by_phone(client):
    links = {e["href"]: e.text for e in read(client, CONTACTS["sv"]).markup.all("a") if e["href"].startswith("tel:")}
    switchboard = {"tel:+35829516001": "+358 295 16001"}
    assert links == {"tel:+358295530108": "+358 295 530 108", "tel:+358295530235": "+358 295 530 235"} | switchboard


def test_a_mailbox_is_shown_once_it_has_an_address(client):
    names = {"title_fi": "Verkoston postilaatikko", "title_sv": "Nätverkets postlåda", "title_en": "Mailbox"}
    organisation = {f"organisation_{language}": "VM" for language in LANGUAGES}
    mailbox = published(Contact(**names | organisation))
    assert "Verkoston postilaatikko" not in read(client, CONTACTS["fi"]).markup.text
    published(mailbox, email="verkosto@example.fi")
    addresses = [e["href"] for e in read(client, CONTACTS["fi"]).markup.all("a") if "@" in e["href"]]
    assert addresses == ["mailto:verkosto@example.fi", "mailto:kirjaamo.vm@gov.fi"]


def test_the_declaration_s_document_is_shown_once_it_has_an_address(client):
    address = "https://vm.fi/julistus.pdf"
    declaration = Declaration.objects.get()

    def links(path):
        return [e["href"] for e in read(client, path).markup.all("a") if e["href"] == address]

    assert not any(links(path) for path in PATHS[1])
    before = {path: len(read(client, path).markup.all("dt")) for path in PATHS[1]}
    published(declaration, document_url_fi=address, document_language_fi="fi")
    assert links("/fi/julistus/") == [address]
    assert len(read(client, "/fi/julistus/").markup.all("dt")) == before["/fi/julistus/"] + 1

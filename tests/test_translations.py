"""What is outdated in a translation, and the checks of a text."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from contacts.models import Contact
from opsi.models import Call, Resource
from tests.admin_pages import filled_in
from tests.editing import ADMIN, CHANGE, CONTENT, PUBLISH, page, published, saved
from tests.markup import Markup
from website.publishing import versions, workflow
from website.publishing.edition import Edition
from website.publishing.rules import advice

pytestmark = pytest.mark.django_db


# --- Translation state ---------------------------------------------------------------------------------------------


def test_a_translation_is_outdated_when_the_finnish_changes_and_current_once_it_follows():
    saved(page(), lead_fi="Uusi ingressi")
    assert page().translation_states()["lead_sv"] == "outdated"
    assert page().translation_states()["title_sv"] == "current"
    saved(page(), lead_sv="Ny ingress")
    assert page().translation_states()["lead_sv"] == "current"
    saved(page(), lead_en="")
    assert page().translation_states()["lead_en"] == "missing"


def test_moving_saving_again_and_undoing_make_nothing_outdated():
    before = page().lead_fi
    resource = Resource.objects.first()
    saved(resource, order=99)
    assert set(resource.translation_states().values()) == {"current"}
    saved(page(), lead_fi="Muutos")
    saved(page(), lead_fi=f"  {before}\r\n")
    assert page().translation_states()["lead_sv"] == "current"


def test_still_correct_writes_only_that_and_is_no_change_for_the_public(signed_in, editor):
    published(page(), lead_fi="Uusi ingressi")
    client = signed_in(editor)
    fields = filled_in(client, CHANGE)
    before = page().content()
    assert client.post(CHANGE, fields | {"_still_correct": "lead_sv"}).status_code == 302
    assert page().content() == before
    assert page().translation_states()["lead_sv"] == "current"
    assert Edition.load().state_of(page()) == "public"
    typed = client.post(CHANGE, fields | {"_still_correct": "lead_en", "title_fi": "Kirjoitettu"})
    assert typed.context["adminform"].form["title_fi"].value() == "Kirjoitettu"
    assert page().content() == before
    assert page().translation_states()["lead_en"] == "current"


def test_enter_in_a_line_saves_the_draft_and_marks_no_translation(signed_in, editor):
    saved(page(), title_fi="Verkosto uudella nimellä")
    form = Markup(signed_in(editor).get(CHANGE).content.decode())
    buttons = [e["name"] for e in form.all(type="submit") if form.one("form", id="page_form") in e.above]
    assert "_still_correct" in buttons
    assert buttons[0] == "_continue"  # Enter presses the first


def test_beside_an_outdated_text_stands_what_changed_in_the_finnish_since(signed_in, editor):
    saved(page(), lead_fi="Verkosto on avoin kaikille virastoille.", lead_sv="Nätverket är öppet.")
    saved(page(), title_fi="Muu muutos")
    saved(page(), lead_fi="Verkosto on avoin kaikille kunnille.")
    markup = Markup(signed_in(editor).get(CHANGE).content.decode())
    row = markup.one("div", id="row-lead_sv")
    assert [e.text for e in markup.all("ins") if row in e.above] == ["added: kunnille.;"]
    assert [e.text for e in markup.all("del") if row in e.above] == ["removed: virastoille.;"]


def test_a_restored_translation_remembers_the_finnish_it_was_made_from():
    first = versions.latest_version(page())
    saved(page(), lead_fi="Uusi ingressi", lead_sv="Ny ingress")
    workflow.restore(page(), first, ["lead_sv"])
    assert page().translation_states()["lead_sv"] == "outdated"
    workflow.restore(page(), first, ["lead_fi"])
    assert page().translation_states()["lead_sv"] == "current"


def test_a_unit_without_an_official_name_is_no_missing_translation():
    for contact in Contact.objects.all():
        assert "missing" not in contact.translation_states().values()


def test_the_table_and_the_lists_show_and_filter_the_states(signed_in, editor):
    saved(page(), lead_fi="Uusi ingressi")
    client = signed_in(editor)
    rows = client.get(f"{CONTENT}?show=outdated").context["rows"]
    assert [(row.reference, row.translations[0]) for row in rows] == [("pages.page:network", ("sv", "outdated"))]
    listed = client.get(f"{ADMIN}pages/page/?translation=sv-outdated").context["cl"].result_list
    assert [thing.pk for thing in listed] == ["network"]
    listed = client.get(f"{ADMIN}pages/page/?state=changed").context["cl"].result_list
    assert [thing.pk for thing in listed] == ["network"]


# --- Checks --------------------------------------------------------------------------------------------------------

LONG = "Tämä kappale on täsmälleen sama molemmissa kielissä ja siksi se on vielä kääntämättä"


@pytest.mark.parametrize(
    "texts, name, stops",
    [
        ({"body_fi": '<p><a href="/fi/opsi/">Klikkaa tästä</a></p>'}, "body_fi", True),
        # As the editor's own dialog writes a link.
        ({"body_fi": '<p><a href="/fi/opsi/" title="">Klikkaa tästä</a></p>'}, "body_fi", True),
        ({"body_sv": '<p><a href="/sv/opsi/">klicka här.</a></p>'}, "body_sv", True),
        ({"body_fi": '<p><a href="/fi/opsi/">Lue&nbsp;lisää… →</a></p>'}, "body_fi", True),
        ({"body_sv": '<p><a href="/sv/opsi/">”Klicka här!”</a></p>'}, "body_sv", True),
        ({"body_en": '<p><a href="/en/opsi/"><strong>Click here</strong></a></p>'}, "body_en", True),
        ({"body_fi": '<p><a href="https://oecd.org/">https://oecd.org/</a></p>'}, "body_fi", False),
        ({"body_fi": "<h3>Alaotsikko</h3><h2>Otsikko</h2>"}, "body_fi", False),
        ({"body_fi": f"<p>{LONG}</p>", "body_en": f"<p>{LONG}</p>"}, "body_en", False),
        ({"body_sv": '<p><a href="/fi/opsi/">OPSI på finska</a></p>'}, "body_sv", False),
        ({"body_fi": '<p><a href="/fi/ei-ole/">Sivu</a></p>'}, "body_fi", False),
        ({"body_fi": '<p><a href="http://www.oecd.org/">OECD</a></p>'}, "body_fi", False),
        ({"body_sv": '<p><a href="www.oecd.org">OECD</a></p>'}, "body_sv", False),
        ({"body_sv": '<p><a href="info@oecd.org">OECD</a></p>'}, "body_sv", False),
        ({"body_fi": '<p><a href="tel:0295530108">0295 530 108</a></p>'}, "body_fi", False),
        ({"title_fi": "Pitkä " * 15}, "title_fi", False),
        ({"lead_sv": ""}, "lead_sv", True),
        ({"lead_en": ""}, "lead_en", False),
    ],
)
def test_each_check_names_its_field_and_only_the_law_stops(texts, name, stops):
    thing = saved(page(), **texts)
    found = [finding for finding in advice(thing, Edition.load()) if finding.name == name]
    assert [finding.stops for finding in found] == [stops]
    if stops:
        with pytest.raises(workflow.Incomplete):
            workflow.publish([versions.latest_version(thing)])
    else:
        workflow.publish([versions.latest_version(thing)])


def test_the_same_paragraph_in_two_languages_asks_whether_it_is_a_quotation():
    thing = saved(page(), body_fi=f"<p>{LONG}</p>", body_sv=f"<p>{LONG}</p>")
    (found,) = [finding for finding in advice(thing, Edition.load()) if finding.name == "body_sv"]
    assert found.needs_confirmation and not found.stops
    with pytest.raises(workflow.Incomplete):
        workflow.publish([versions.latest_version(thing)])
    workflow.publish([versions.latest_version(thing)], confirmed=True)


def test_a_translation_that_nobody_has_begun_needs_no_advice():
    assert advice(saved(page(), title_en="", lead_en="", body_en="", welcome_en=""), Edition.load()) == []
    assert advice(saved(page(), body_fi='<p><a href="/fi/opsi/?a=1#b">OPSI & OECD</a></p>'), Edition.load()) == []


def test_the_first_content_needs_no_advice():
    edition = Edition.load()
    assert [(thing, finding) for thing in edition.things() for finding in advice(thing, edition)] == []


def test_a_call_that_is_to_come_or_open_needs_an_address():
    edition, day = Edition.load(), timedelta(days=1)
    names = {"name_fi": "Haku", "name_sv": "Utlysning", "name_en": "Call"}
    for closes, address, expected in ((day, "", ["url"]), (day, "https://oecd.example/", []), (-day, "", [])):
        call = Call(closes=timezone.now() + closes, url=address, **names)
        assert [finding.name for finding in advice(call, edition) if finding.name == "url"] == expected


def test_advice_leads_to_its_field_on_the_form_and_on_the_publish_page(signed_in, publisher):
    saved(page(), body_fi='<p><a href="/fi/opsi/">Klikkaa tästä</a></p>')
    client = signed_in(publisher)
    form = Markup(client.get(CHANGE).content.decode())
    assert [e for e in form.all("a") if e["href"] == "#row-body_fi"] and form.all("div", id="row-body_fi")
    shown = Markup(client.get(f"{PUBLISH}?thing=pages.page:network").content.decode())
    assert [e for e in shown.all("a") if e["href"] == f"{CHANGE}#row-body_fi"]
    assert shown.all("input", name="version") == []


@pytest.mark.parametrize(
    "text, words",
    [
        ("<p><strong>Näin toimit</strong></p><p>Teksti</p>", "paragraph in bold"),
        ("<p>- eka<br>- toka</p>", "typed bullet or number"),
        ("<p>1. eka</p>", "typed bullet or number"),
        ("<p>Nimi&nbsp;&nbsp; &nbsp;Puhelin</p>", "Spaces in a row"),
        ('<p><a href="/fi/opsi/">haku</a> <a href="/fi/verkosto/">Haku</a></p>', "the same text “haku”"),
    ],
)
def test_what_only_looks_like_structure_is_noticed(text, words):
    with override("en"):
        assert any(words in finding.message for finding in advice(saved(page(), body_fi=text)))
        plain = "<p><strong>Huom.</strong> teksti 1.2. ja – näin – 10–11</p><p>1.1.2027 alkaa</p>"
        assert not any(words in finding.message for finding in advice(saved(page(), body_fi=plain)))

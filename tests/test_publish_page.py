"""The publish page, the schedule, and the changes that readers are told of."""

from datetime import timedelta

import pytest
from django.template.loader import render_to_string
from django.utils import timezone, translation

from contacts.models import Contact
from tests.editing import ADMIN, PUBLISH, SCHEDULE, a_notice, page, published, saved, versions_on
from tests.markup import Markup
from website.publishing import versions, workflow
from website.publishing.difference import Differences
from website.publishing.edition import Edition
from website.publishing.models import Publication

pytestmark = pytest.mark.django_db


# --- 1. The publish page -------------------------------------------------------------------------------------------


def test_the_publish_page_shows_what_changes_word_by_word_in_each_language(signed_in, publisher):
    saved(page(), title_fi="Uusi verkosto", title_sv="Nytt nätverk")
    markup = Markup(signed_in(publisher).get(f"{PUBLISH}?thing=pages.page:network").content.decode())
    languages = [e["lang"] for e in markup.all("div", class_="difference")]
    assert languages == ["fi", "sv"]
    # Marked by elements and in words, not by colour alone.
    assert [e.text for e in markup.all("ins")] == ["added: Uusi verkosto;", "added: Nytt nätverk;"]
    assert [e.text for e in markup.all("del")] == ["removed: Innovaatioverkosto;", "removed: Innovationsnätverket;"]


def test_a_change_in_the_middle_of_a_text_marks_only_its_words():
    before, after = page(), page()
    before.body_fi = "<h2>Kenelle</h2><p>Verkosto on avoin kaikille.</p>"
    after.body_fi = '<h2>Kenelle</h2><p>Verkosto on <a href="/fi/opsi/">avoin</a> aivan kaikille.</p>'
    (found,) = Differences.between(before, after)
    marked = [text for kind, text in found.pieces if kind]
    assert found.count("ins") <= 3 and any("aivan" in text for text in marked)
    assert not any("kaikille." in text for text in marked)


def test_what_differs_is_never_silent():
    before, after = page(), page()
    before.body_fi, after.body_fi = "<ul><li>a</li></ul>", "<ol><li>a</li></ol>"
    (found,) = Differences.between(before, after)
    with translation.override("en"):
        assert "formatting differ" in render_to_string("publishing/_difference.html", {"difference": found})


def test_text_in_a_difference_is_text(signed_in, publisher):
    saved(page(), title_fi="<script>x()</script>")
    assert "<script>x()" not in signed_in(publisher).get(f"{PUBLISH}?thing=pages.page:network").content.decode()


def test_a_change_needs_a_note_in_both_national_languages_or_is_minor(signed_in, publisher):
    client = signed_in(publisher)
    saved(page(), title_fi="Uusi otsikko")
    address = f"{PUBLISH}?thing=pages.page:network"
    shown = versions_on(client.get(address))
    for refused in ({}, {"note_fi": "Otsikko vaihtui."}, {"note_sv": "Ny rubrik."}):
        answer = client.post(address, {"version": shown} | refused)
        assert answer.status_code == 200
        assert all(text in answer.content.decode() for text in refused.values())
    assert Edition.load().get("pages.Page", "network").title_fi != "Uusi otsikko"
    assert client.post(address, {"version": shown, "minor": "on"}).status_code == 302
    assert Edition.load().get("pages.Page", "network").publication.minor


def test_small_changes_are_offered_as_minor_and_large_ones_are_not(signed_in, publisher):
    client = signed_in(publisher)
    address = f"{PUBLISH}?thing=pages.page:network"
    saved(page(), title_fi="Uusi otsikko")
    assert client.get(address).context["form"].initial["minor"]
    saved(page(), lead_fi=" ".join(f"sana{n}" for n in range(30)))
    assert not client.get(address).context["form"].initial["minor"]


def test_a_button_pressed_twice_publishes_once(signed_in, publisher):
    client = signed_in(publisher)
    saved(page(), title_fi="Uusi otsikko")
    address = f"{PUBLISH}?thing=pages.page:network"
    fields = {"version": versions_on(client.get(address)), "note_fi": "Uusi", "note_sv": "Ny"}
    before = Publication.objects.count()
    later = fields | {"starts": "2099-01-01T08:00"}
    for posted in (fields, fields, later, later):
        assert client.post(address, posted).status_code == 302
    assert Publication.objects.count() == before + 2


def test_drafts_of_several_kinds_go_out_together_at_a_moment_in_helsinki(signed_in, publisher, time_machine):
    time_machine.move_to("2027-06-01 12:00:00+03:00", tick=False)
    client = signed_in(publisher)
    contact = Contact.objects.first()
    saved(page(), title_fi="Uusi otsikko")
    saved(contact, phone="+358 295 000 000")
    address = f"{PUBLISH}?thing=pages.page:network&thing=contacts.contact:{contact.pk}"
    fields = {"version": versions_on(client.get(address)), "minor": "on"}
    # In spring there is no such hour in Helsinki.
    for no_moment in ("2028-03-26T03:30", "soon"):
        assert client.post(address, fields | {"starts": no_moment}).status_code == 200
    assert client.post(address, fields | {"starts": "2027-06-02T08:00:30"}).status_code == 302
    time_machine.move_to("2027-06-02 08:00:29+03:00", tick=False)
    assert Edition.load().get("pages.Page", "network").title_fi != "Uusi otsikko"
    time_machine.move_to("2027-06-02 08:00:30+03:00", tick=False)
    edition = Edition.load()
    assert edition.get("pages.Page", "network").title_fi == "Uusi otsikko"
    assert edition.get("contacts.Contact", contact.pk).phone == "+358 295 000 000"


def test_a_moment_that_has_passed_is_refused_and_keeps_what_was_typed(signed_in, publisher):
    client = signed_in(publisher)
    saved(page(), title_fi="Uusi otsikko")
    address = f"{PUBLISH}?thing=pages.page:network"
    fields = {"version": versions_on(client.get(address)), "note_fi": "A", "note_sv": "B"}
    answer = client.post(address, fields | {"starts": "2020-01-01T08:00"}).content.decode()
    assert "Choose a moment that is still to come." in answer
    assert 'value="2020-01-01T08:00"' in answer


def test_the_page_says_what_is_scheduled_already_and_the_schedule_cancels_it(signed_in, publisher):
    client = signed_in(publisher)
    saved(page(), title_fi="Ajastettu")
    workflow.publish([versions.latest_version(page())], starts=timezone.now() + timedelta(days=3))
    saved(page(), title_fi="Välissä")
    assert SCHEDULE in client.get(f"{PUBLISH}?thing=pages.page:network").content.decode()
    (cancel,) = Markup(client.get(SCHEDULE).content.decode()).all("button", name="cancel")
    client.post(SCHEDULE, {"cancel": cancel["value"]})
    assert Publication.objects.get(pk=cancel["value"]).cancelled_by == publisher
    assert Markup(client.get(SCHEDULE).content.decode()).all("button", name="cancel") == []


def test_withdrawing_says_what_is_scheduled_and_tells_readers_in_both_languages(signed_in, publisher):
    notice = a_notice()
    published(notice)
    saved(notice, text_fi="Toinen katko")
    workflow.publish([versions.latest_version(notice)], starts=timezone.now() + timedelta(days=3))
    client, address = signed_in(publisher), f"{ADMIN}pages/notice/{notice.pk}/withdraw/"
    assert "is scheduled for" in client.get(address).content.decode()
    assert "note_sv" in client.post(address, {"note_fi": "Katko on ohi."}).context["form"].errors
    assert Edition.load().public(notice)


@pytest.mark.parametrize("reference", ["pages.page:nothing", "auth.user:1", "x", "publishing.publication:1"])
def test_nothing_but_drafts_can_be_published(signed_in, publisher, reference):
    answer = signed_in(publisher).get(f"{PUBLISH}?thing={reference}")
    assert answer.status_code == 403 or not answer.context["proposals"]


# --- The public side -----------------------------------------------------------------------------------------------

CHANGES = {"fi": "/fi/muutokset/", "sv": "/sv/andringar/", "en": "/en/changes/"}


def test_a_published_note_stands_on_the_page_of_changes_and_in_the_feed(client):
    saved(page(), title_fi="Uusi otsikko")
    notes = {"fi": "Otsikko vaihtui.", "sv": "Rubriken ändrades."}
    workflow.publish([versions.latest_version(page())], note=notes)
    saved(page(), title_fi="Uusi otsikko!")
    workflow.publish([versions.latest_version(page())], note={"fi": "Piste", "sv": "Punkt"}, minor=True)
    for language, path in CHANGES.items():
        markup = Markup(client.get(path).content.decode())
        (note,) = markup.all("dd")
        assert (note.text, note.lang) == (notes.get(language, notes["fi"]), "fi" if language != "sv" else "sv")
        feed = client.get(f"{path}feed.atom")
        assert feed["Content-Type"] == "application/atom+xml"
        assert ("<summary>" in feed.content.decode()) == (language in notes)
        assert f'href="{path}"' in client.get(f"/{language}/").content.decode()


def test_a_note_scheduled_for_later_is_told_then(client, time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    saved(page(), title_fi="Uusi otsikko")
    starts = timezone.now() + timedelta(hours=1)
    workflow.publish([versions.latest_version(page())], starts=starts, note={"fi": "Vaihtui", "sv": "Ändrades"})
    assert "Vaihtui" not in client.get(CHANGES["fi"]).content.decode()
    loaded = Edition.load()
    assert [c.note_fi for c in loaded.moved_to(starts).changes] == ["Vaihtui"]
    time_machine.move_to(starts, tick=False)
    assert "Vaihtui" in client.get(CHANGES["fi"]).content.decode()


def test_the_foot_of_a_page_shows_when_something_it_shows_last_changed_but_for_minor_changes(client, time_machine):
    def foot(path="/fi/yhteystiedot/"):
        (changed,) = Markup(client.get(path).content.decode()).all("p", class_="changed")
        return changed.text.split()[-1]

    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    contact = Contact.objects.first()
    published(contact, phone="+358 295 000 000")
    assert foot() == "1.1.2027"
    time_machine.move_to("2027-02-01 12:00:00+02:00", tick=False)
    saved(contact, phone="+358 295 000 001")
    workflow.publish([versions.latest_version(contact)], minor=True)
    assert foot() == "1.1.2027"
    assert foot("/fi/tietosuoja/") != "1.1.2027"

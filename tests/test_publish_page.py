"""The publish page, the schedule, and the changes that readers are told of."""

import re
from datetime import timedelta

import pytest
from django.template.loader import render_to_string
from django.utils import timezone, translation

from contacts.models import Contact
from tests.editing import ADMIN, PUBLISH, SCHEDULE, a_notice, page, published, saved, versions_on
from tests.markup import Markup
from website.mail.models import Mail
from website.publishing import versions, workflow
from website.publishing.difference import Differences
from website.publishing.edition import Edition
from website.publishing.models import Publication, PublishingRequest

pytestmark = pytest.mark.django_db


# --- The publish page ----------------------------------------------------------------------------------------------


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
    marked = re.findall(r"<(?:ins|del)>.*?</(?:ins|del)>", " ".join(html for _tag, html in found.blocks))
    assert found.count("ins") <= 3 and any("aivan" in text for text in marked)
    assert not any("kaikille." in text for text in marked)


def test_a_difference_is_shown_by_paragraph_as_a_reader_sees_it():
    before, after = page(), page()
    before.body_fi = "<h2>Kenelle</h2><p>Kaikille.</p><ul><li>yksi</li><li>kaksi</li></ul><p>Lopuksi.</p>"
    # As the editor writes lists: what nobody touched does not count as added.
    after.body_fi = (
        "<h2>Kenelle</h2><p>Kaikille.</p><ul><li><p>yksi</p></li><li><p>kaksi <strong>tai</strong></p></li></ul>"
        '<p><a href="https://oecd.org/">Lopuksi.</a></p>'
    )
    (found,) = Differences.between(before, after)
    with translation.override("en"):
        tags, lines = zip(*found.blocks, strict=True)
    assert tags == ("skipped", "li", "p")
    assert "<strong>tai</strong>" in lines[1] and "<del>" not in lines[1]
    assert "[https://oecd.org/]" in lines[2]  # where a link leads is never silent
    assert (found.count("ins"), found.count("del")) == (2, 1)
    assert found.after == "Kenelle\nKaikille.\n• yksi\n• kaksi tai\nLopuksi."


def test_items_have_their_numbers_and_only_the_new_one_is_marked():
    before, after = page(), page()
    before.body_fi = '<ol start="3"><li><p>eka</p></li><li><p>toka</p></li></ol><ul><li>luoti</li></ul>'
    after.body_fi = (
        '<ol start="3"><li><p>uusi</p></li><li><p>eka</p></li><li><p>toka</p></li></ol><ul><li>luoti</li></ul>'
    )
    (found,) = Differences.between(before, after)
    with translation.override("en"):
        (tag, html), (skipped, _html) = found.blocks
    assert (tag, skipped) == ("step", "skipped") and "<ins>" in html and "uusi" in html
    assert found.after == "3. uusi\n4. eka\n5. toka\n• luoti"
    # Another kind of list is another line.
    before.body_fi, after.body_fi = "<ul><li>a</li></ul>", "<ol><li>a</li></ol>"
    (found,) = Differences.between(before, after)
    assert [tag for tag, _html in found.blocks] == ["li", "step"]


def test_what_differs_is_never_silent():
    before, after = page(), page()
    before.body_fi, after.body_fi = "<ol><li>a</li></ol>", '<ol start="2"><li>a</li></ol>'
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
    assert client.post(address, fields).status_code == 302
    again = client.post(address, fields)  # it is said, and the note is still there
    assert "for the readers it is so already" in again.content.decode() and 'value="Uusi"' in again.content.decode()
    assert Publication.objects.count() == before + 1


def test_a_thing_takes_the_place_of_another_at_one_moment(signed_in, publisher):
    client = signed_in(publisher)
    old, new = published(a_notice()).thing(), saved(a_notice(text_fi="Uusi", text_en="New"))
    address = f"{PUBLISH}?thing=pages.notice:{new.pk}&withdraw=pages.notice:{old.pk}&thing=&withdraw="
    shown = client.get(address)
    assert "Outage" in shown.content.decode()
    fields = {"version": versions_on(shown), "note_fi": "Vaihtui", "note_sv": "Byttes"}
    assert client.post(address, fields | {"ends": "2020-01-01T08:00"}).context["form"].errors["ends"]
    assert client.post(address, fields | {"ends": "2099-01-01T08:00"}).status_code == 302
    edition = Edition.load()
    assert [notice.pk for notice in edition.things("pages.Notice")] == [new.pk]
    assert [p.version for p in edition.to_come(new)] == [None]


@pytest.mark.parametrize("pressed", [{"add": ""}, {}], ids=["add", "publish"])
def test_adding_more_on_the_publish_page_keeps_the_form_and_publishes_all_together(signed_in, publisher, pressed):
    client = signed_in(publisher)
    old, new = published(a_notice()).thing(), saved(a_notice(text_fi="Uusi", text_en="New"))
    also = saved(a_notice(text_fi="Toinen", text_en="Second"))
    address, before = f"{PUBLISH}?thing=pages.notice:{new.pk}", Publication.objects.count()
    typed = {"note_fi": "Vaihtui", "note_sv": "Byttes", "starts": "2099-03-01T08:00", "minor": "", "ends": "soon"}
    chosen = {"withdraw_too": f"pages.notice:{old.pk}", "thing_too": f"pages.notice:{also.pk}"}
    shown = client.post(address, typed | chosen | pressed | {"version": versions_on(client.get(address))})
    # Nothing is published, and nothing is called an error before it is sent.
    assert Publication.objects.count() == before
    markup = Markup(shown.content.decode())
    assert markup.all(class_="errorlist") == []
    kept = {e["name"]: e["value"] for e in markup.all("input") if e["name"] in typed and e["type"] != "radio"}
    assert kept == {name: text for name, text in typed.items() if name != "minor"}
    told = [e.text for e in markup.all("li") if markup.one("ul", class_="bundle") in e.above]
    assert told == ["New: becomes visible", "Second: becomes visible", "Outage: disappears"]
    # The next press publishes all of it.
    action = markup.one("form", id="publish-form")["action"]
    fields = typed | {"ends": "", "version": versions_on(shown)}
    answer = client.post(f"{PUBLISH}{action}", fields, follow=True)
    assert "Scheduled for 1 March 2099, 08:00" in answer.content.decode()
    later = Edition.load().to_come(old)[0].starts
    assert [Edition.load().to_come(thing)[0].starts for thing in (new, also)] == [later, later]


def test_the_order_is_a_difference_when_it_changes_but_not_of_a_new_contact(signed_in, publisher):
    old = Contact.objects.first()
    new = saved(Contact(name="Kaisu Kokeilu", phone="+358 295 111 111", order=31))
    saved(old, order=32)
    for thing, told in ((new, False), (old, True)):
        shown = signed_in(publisher).get(f"{PUBLISH}?thing=contacts.contact:{thing.pk}").context["proposals"][0]
        assert ("order" in [difference.field.name for difference in shown.differences]) == told


def test_what_was_a_minor_change_is_none_with_a_withdrawal(signed_in, publisher):
    client = signed_in(publisher)
    notice = published(a_notice()).thing()
    saved(Contact.objects.first(), phone="+358 295 000 000")
    address = f"{PUBLISH}?thing=contacts.contact:{Contact.objects.first().pk}"
    assert client.get(address).context["form"].initial["minor"]
    shown = client.post(address, {"minor": "on", "withdraw_too": f"pages.notice:{notice.pk}"})
    assert not shown.context["form"].initial["minor"]


def test_who_cancels_one_of_several_is_told_what_stays_scheduled(signed_in, publisher):
    client = signed_in(publisher)
    old, new = published(a_notice()).thing(), saved(a_notice(text_fi="Uusi", text_en="New"))
    later = timezone.now() + timedelta(days=3)
    workflow.publish([versions.latest_version(new)], withdrawals=[old], starts=later)
    workflow.withdraw(new, starts=later + timedelta(days=1))
    (withdrawal,) = Edition.load().to_come(old)
    (publication, _end) = Edition.load().to_come(new)
    told = client.post(SCHEDULE, {"cancel": withdrawal.pk}, follow=True).content.decode()
    assert "Cancelled: “Outage” stays public." in told
    assert "Still to come at that moment: New." in told
    told = client.post(SCHEDULE, {"cancel": publication.pk}, follow=True).content.decode()
    assert "Cancelled: “New” will not become public." in told
    assert "Still to come" not in told


def test_publishing_with_a_finding_that_needs_confirmation_needs_the_checkbox(signed_in, publisher):
    client, quotation = (
        signed_in(publisher),
        "<p>Tämä on kappale jossa on enemmän kuin kahdeksan sanaa samalla kielellä.</p>",
    )
    saved(page(), body_fi=quotation, body_sv=quotation)
    address = f"{PUBLISH}?thing=pages.page:network"
    fields = {"version": versions_on(client.get(address)), "minor": "on"}
    assert "quotation" in client.post(address, fields).content.decode()
    assert client.post(address, fields | {"confirmed": "on"}).status_code == 302


def test_a_publishing_request_is_mailed_waits_and_is_returned_with_words(signed_in, editor, publisher):
    saved(page(), by=editor, title_en="Changed")
    for user in (editor, publisher):
        type(user).objects.filter(pk=user.pk).update(email=f"{user.username}@vm.example")
    ask = f"{ADMIN}pages/page/network/ask/"
    client = signed_in(editor)
    assert publisher.username in client.get(ask).content.decode()
    assert client.post(ask, {"words": "Ennen maanantaita, kiitos."}).status_code == 302
    (mail,) = Mail.objects.all()
    assert mail.recipient == "publisher@vm.example" and "Ennen maanantaita" in mail.body
    assert f"{PUBLISH}?thing=pages.page:network" in mail.body
    client = signed_in(publisher)
    (line,) = client.get(ADMIN).context["waiting"]["things"]
    assert "Ennen maanantaita" in line.why
    asked = PublishingRequest.objects.get()
    client.post(line.url, {"return": asked.pk, "words": "Lisää ruotsi."})
    assert "Lisää ruotsi." in Mail.objects.get(recipient="editor@vm.example").body
    assert not PublishingRequest.objects.exists()


def test_a_publishing_request_is_not_shown_once_a_newer_version_is_saved(signed_in, editor, publisher):
    saved(page(), by=editor, title_en="Changed")
    signed_in(editor).post(f"{ADMIN}pages/page/network/ask/", {})
    assert signed_in(editor).get(ADMIN).context["waiting"]["things"] == []  # it waits for somebody else
    saved(page(), by=editor, title_en="Changed again")
    (line,) = signed_in(publisher).get(ADMIN).context["waiting"]["things"]
    assert "asks" not in str(line.why)


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
    told = client.post(SCHEDULE, {"cancel": cancel["value"]}, follow=True).content.decode()
    assert "stays as it is now" in told and "will not become public" not in told  # the page was public before
    assert Publication.objects.get(pk=cancel["value"]).cancelled_by == publisher
    assert Markup(client.get(SCHEDULE).content.decode()).all("button", name="cancel") == []


def test_what_is_public_now_is_no_longer_scheduled_and_what_differs_stays(signed_in, publisher):
    client, later = signed_in(publisher), timezone.now() + timedelta(days=3)
    notice = a_notice()
    for thing in (saved(page(), title_fi="Ajastettu"), saved(notice)):
        workflow.publish([versions.latest_version(thing)], starts=later)
    client.post(f"{PUBLISH}?thing=pages.page:network", {"version": versions.latest_version(page()).pk, "minor": "on"})
    assert Edition.load().to_come(page()) == []
    assert Publication.objects.exclude(cancelled_at=None).get().cancelled_by == publisher
    assert len(Edition.load().to_come(notice)) == 1
    # The end of something stays where another version of it is published, and goes where it is withdrawn before.
    ending = a_notice(text_fi="Loppuu")
    published(ending)
    workflow.withdraw(ending, starts=later)
    saved(ending, text_fi="Toinen katko")
    posted = {"version": versions.latest_version(ending).pk, "minor": "on"}
    client.post(f"{PUBLISH}?thing=pages.notice:{ending.pk}", posted)
    assert [change.version_id for change in Edition.load().to_come(ending)] == [None]
    client.post(f"{ADMIN}pages/notice/{ending.pk}/withdraw/", {"starts": ""})
    assert Edition.load().to_come(ending) == [] and Edition.load().public(ending) is None


def test_an_earlier_withdrawal_leaves_the_one_that_was_scheduled(signed_in, publisher):
    notice = a_notice()
    published(notice)
    client, address = signed_in(publisher), f"{ADMIN}pages/notice/{notice.pk}/withdraw/"
    for moment in ("2099-12-28T08:00", "2099-12-20T08:00"):
        client.post(address, {"starts": moment})
    assert len(Edition.load().to_come(notice)) == 2


def test_what_is_public_already_gets_an_end_once(signed_in, publisher):
    notice = a_notice()
    published(notice)
    client, address = signed_in(publisher), f"{PUBLISH}?thing=pages.notice:{notice.pk}"
    posted = {"version": versions.latest_version(notice).pk, "minor": "on", "ends": "2099-01-01T08:00"}
    answer = client.post(address, posted)
    assert answer.url == SCHEDULE
    assert "1 January 2099" in client.get(SCHEDULE).content.decode()
    assert [p.version_id for p in Edition.load().to_come(notice)] == [None]
    again = client.post(address, posted).content.decode()
    assert "so already" in again and len(Edition.load().to_come(notice)) == 1


def test_withdrawing_says_what_is_scheduled_and_tells_readers_in_both_languages(signed_in, publisher):
    notice = a_notice()
    published(notice)
    saved(notice, text_fi="Toinen katko")
    workflow.publish([versions.latest_version(notice)], starts=timezone.now() + timedelta(days=3))
    client, address = signed_in(publisher), f"{ADMIN}pages/notice/{notice.pk}/withdraw/"
    assert "scheduled: visible on" in client.get(address).content.decode()
    assert "note_sv" in client.post(address, {"note_fi": "Katko on ohi."}).context["form"].errors
    assert Edition.load().public(notice)
    # A moment alone needs no words.
    assert client.post(address, {"starts": "2099-06-01T08:00"}).status_code == 302
    (at_last,) = [p for p in Edition.load().to_come(notice) if not p.version_id]
    workflow.cancel(at_last, publisher)
    later = {"note_fi": "Ohi.", "note_sv": "Över.", "starts": "2099-01-01T08:00"}
    assert client.post(address, later).status_code == 302
    assert [p.version_id for p in Edition.load().to_come(notice)][1:] == [None]
    again = client.post(address, later)
    assert "so already" in again.content.decode() and 'value="Ohi."' in again.content.decode()


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


def test_the_footer_of_a_page_shows_its_last_change_that_was_not_minor(client, time_machine):
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


def test_the_list_of_publications_names_each_thing_in_the_reader_s_language(signed_in, publisher):
    thing = Contact.objects.first()
    published(thing, name="", title_fi="Postilaatikko", title_sv="Brevlåda")
    workflow.withdraw(thing)
    published(Contact.objects.last(), title_sv="En annan")
    rows = Markup(signed_in(publisher).get("/sv/hallinta/publishing/publication/").content.decode()).all("tr")
    words = [row.text for row in rows]
    assert sum("Brevlåda" in row for row in words) == 2
    assert sum("avpublicering: Brevlåda" in row for row in words) == 1
    assert any("Den finländska offentliga förvaltningens innovationsdeklaration" in row for row in words)

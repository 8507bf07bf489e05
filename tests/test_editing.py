"""What editors do beyond the first cut: compare, schedule, translate, repair, preview, look after."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import signing
from django.http import QueryDict
from django.template.loader import render_to_string
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone, translation
from django.utils.formats import date_format
from reversion.models import Version

from contacts.models import Contact
from opsi.models import Call, Resource
from tests.conftest import person
from tests.markup import Markup
from tests.test_admin import filled_in
from website.links import checking
from website.links.models import BrokenLink
from website.pages.models import Notice, Page
from website.publishing import versions, workflow
from website.publishing.admin import PublishableAdmin
from website.publishing.advice import advice
from website.publishing.difference import Differences
from website.publishing.edition import Edition
from website.publishing.models import Publication, Publishable
from website.publishing.texts import fingerprint

pytestmark = pytest.mark.django_db

ADMIN = "/en/hallinta/"
CHANGE = f"{ADMIN}pages/page/network/change/"
HISTORY = f"{ADMIN}pages/page/network/history/"
PUBLISH = f"{ADMIN}publishing/publication/publish/"
SCHEDULE = f"{ADMIN}publishing/publication/schedule/"
CONTENT = f"{ADMIN}publishing/publication/content/"
SIGN_IN = {"username": "editor", "password": "correct horse battery"}


def page(key="network"):
    return Page.objects.get(pk=key)


def saved(thing, by=None, **texts):
    for name, text in texts.items():
        setattr(thing, name, text)
    workflow.save_draft(thing, by)
    return thing


def published(thing, **texts):
    saved(thing, **texts)
    return workflow.publish([versions.latest_version(thing)])[0]


def a_notice(**fields):
    return Notice(**{"text_fi": "Katko", "text_sv": "Avbrott", "text_en": "Outage"} | fields)


def versions_on(response):
    return [e["value"] for e in Markup(response.content.decode()).all("input", name="version")]


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


def test_the_schedule_lists_thirty_days_and_what_changes_by_its_own_dates(signed_in, editor, time_machine):
    time_machine.move_to("2027-06-01 12:00:00+03:00", tick=False)
    now = timezone.now()
    published(a_notice(begins=now + timedelta(days=2), ends=now + timedelta(days=40)))
    for days in (10, 31):
        saved(page(), title_fi=f"Otsikko {days}")
        workflow.publish([versions.latest_version(page())], starts=now + timedelta(days=days))
    shown = signed_in(editor).get(SCHEDULE).context
    assert [(moment - now).days for moment, _thing, _publication in shown["coming"]] == [2, 10]
    # What is further away can be cancelled as well; a notice that ends then is no work of anybody's.
    assert [(moment - now).days for moment, _thing, _publication in shown["later"]] == [31]


@pytest.mark.parametrize("reference", ["pages.page:nothing", "auth.user:1", "x", "publishing.publication:1"])
def test_nothing_but_drafts_can_be_published(signed_in, publisher, reference):
    answer = signed_in(publisher).get(f"{PUBLISH}?thing={reference}")
    assert answer.status_code == 403 or not answer.context["proposals"]


# --- 2. Nothing typed is lost --------------------------------------------------------------------------------------


def test_a_colleague_s_other_field_is_taken_and_mine_is_kept(signed_in, editor, publisher):
    client = signed_in(editor)
    mine = filled_in(client, CHANGE) | {"title_fi": "Minun otsikkoni", "_continue": "1"}
    saved(page(), publisher, lead_sv="Kollegans ingress")
    answer = client.post(CHANGE, mine)
    assert answer.status_code == 200
    form = answer.context["adminform"].form
    assert form["title_fi"].value() == "Minun otsikkoni"
    assert form["lead_sv"].value() == "Kollegans ingress"
    assert "publisher" in answer.content.decode()
    client.post(CHANGE, {name: form[name].value() or "" for name in form.fields} | {"_continue": "1"})
    assert (page().title_fi, page().lead_sv) == ("Minun otsikkoni", "Kollegans ingress")


def test_where_both_wrote_the_editor_chooses(signed_in, editor):
    client = signed_in(editor)
    mine = filled_in(client, CHANGE) | {"title_fi": "Minun", "title_sv": "Min", "_continue": "1"}
    saved(page(), title_fi="Kollegan", title_sv="Kollegans")
    form = client.post(CHANGE, mine).context["adminform"].form
    again = {name: form[name].value() or "" for name in form.fields} | {"theirs": ["title_sv"], "_continue": "1"}
    assert client.post(CHANGE, again).status_code == 302
    assert (page().title_fi, page().title_sv) == ("Minun", "Kollegans")


def test_a_button_pressed_twice_saves_once_and_is_no_conflict(signed_in, editor):
    client = signed_in(editor)
    mine = filled_in(client, CHANGE) | {"title_fi": "Kahdesti"}
    assert [client.post(CHANGE, mine).status_code for _press in range(2)] == [302, 302]
    assert page().title_fi == "Kahdesti"


def test_a_moment_of_a_colleague_survives_as_well(signed_in, editor):
    notice = saved(a_notice())
    address = f"{ADMIN}pages/notice/{notice.pk}/change/"
    client = signed_in(editor)
    form = client.get(address).context["adminform"].form
    mine = {n: form[n].value() or "" for n in form.fields if n not in ("begins", "ends")} | {"text_fi": "Minun katkoni"}
    empty = {f"{n}_{part}": "" for n in ("begins", "ends") for part in (0, 1)}
    begins = timezone.now().replace(second=0, microsecond=0) + timedelta(days=1)
    saved(Notice.objects.get(pk=notice.pk), begins=begins)
    markup = Markup(client.post(address, mine | empty).content.decode())
    fields = {e["name"]: e["value"] or "" for e in markup.all("input") if (e["name"] or "").startswith("begins")}
    again = mine | empty | fields | {"opened_version": markup.one("input", name="opened_version")["value"]}
    assert client.post(address, again | {"_continue": "1"}).status_code == 302
    notice.refresh_from_db()
    assert (notice.begins, notice.text_fi) == (begins, "Minun katkoni")


def test_a_colleague_s_day_of_review_is_kept(signed_in, editor):
    client = signed_in(editor)
    mine, theirs = (filled_in(client, CHANGE) for _person in range(2))
    client.post(CHANGE, theirs | {"review_due": "2027-03-01"})
    client.post(CHANGE, mine | {"title_fi": "Minun"})
    assert (page().review_due, page().title_fi) == (date(2027, 3, 1), "Minun")
    client.post(CHANGE, filled_in(client, CHANGE) | {"review_due": ""})
    assert page().review_due is None


def test_a_colleague_who_only_marked_a_translation_is_in_nobody_s_way(signed_in, editor):
    saved(page(), lead_fi="Uusi ingressi")
    client = signed_in(editor)
    mine = filled_in(client, CHANGE) | {"title_fi": "Minun otsikkoni", "_continue": "1"}
    workflow.confirm_translation(page(), "lead_sv")
    assert client.post(CHANGE, mine).status_code == 302


def test_a_form_without_its_version_overwrites_nothing(signed_in, editor):
    client = signed_in(editor)
    mine = filled_in(client, CHANGE) | {"title_fi": "Minun otsikkoni", "opened_version": ""}
    assert client.post(CHANGE, mine).status_code == 200
    assert page().title_fi != "Minun otsikkoni"


def test_what_i_write_outlives_a_colleague_s_deletion(signed_in, editor):
    notice = saved(a_notice())
    address = f"{ADMIN}pages/notice/{notice.pk}/change/"
    client = signed_in(editor)
    form = client.get(address).context["adminform"].form
    mine = {n: form[n].value() or "" for n in form.fields if n not in ("begins", "ends")} | {"text_fi": "Minun"}
    notice.delete()
    answer = client.post(address, mine)
    assert answer.context["adminform"].form["text_fi"].value() == "Minun"
    (action,) = [e["action"] for e in Markup(answer.content.decode()).all("form", id="notice_form")]
    assert client.post(action, mine | {"_save": "1"}).status_code == 302
    assert Notice.objects.get().text_fi == "Minun"


def carried_fields(answer):
    fields = Markup(answer.content.decode()).all("input", type="hidden")
    return {e["name"]: e["value"] or "" for e in fields}


def test_a_stale_token_leads_to_the_sign_in_page_that_carries_the_form(editor):
    client = Client(enforce_csrf_checks=True)
    client.force_login(editor)
    posted = {"title_fi": 'Rivi "1"\r\nRivi <2>', "csrfmiddlewaretoken": "x" * 64}
    answer = client.post(CHANGE, posted)
    carried = carried_fields(answer)
    assert QueryDict(carried["carried"]).dict() == {"title_fi": posted["title_fi"]}
    form = client.post(CHANGE, carried | SIGN_IN)
    assert form.context["adminform"].form["title_fi"].value() == posted["title_fi"]
    assert "Nothing has been saved or sent yet" in form.content.decode()


def test_strangers_pages_cannot_fill_the_form(editor):
    client = Client(enforce_csrf_checks=True)
    client.force_login(editor)
    answer = client.post(CHANGE, {"title_fi": "Kaapattu"}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert "Kaapattu" not in answer.content.decode()


def test_a_wrong_password_keeps_the_form_too(client, editor):
    carried = carried_fields(client.post(CHANGE, {"title_fi": "Pitkä teksti"}))
    again = client.post(CHANGE, carried | SIGN_IN | {"password": "wrong"})
    assert QueryDict(carried_fields(again)["carried"])["title_fi"] == "Pitkä teksti"
    form = client.post(CHANGE, carried_fields(again) | SIGN_IN)
    assert form.context["adminform"].form["title_fi"].value() == "Pitkä teksti"


def test_the_second_factor_is_asked_for_and_the_form_waits(client, editor):
    from django_otp.plugins.otp_static.models import StaticDevice
    from django_otp.plugins.otp_totp.models import TOTPDevice

    from website.accounts.second_factor import hashed

    TOTPDevice.objects.create(user=editor, confirmed=True)
    recovery = StaticDevice.objects.create(user=editor)
    recovery.token_set.create(token=hashed(recovery, "abcdef"))
    carried = carried_fields(client.post(CHANGE, {"title_fi": "Pitkä teksti"}))
    without = client.post(CHANGE, carried | SIGN_IN)
    assert without.context.get("adminform") is None
    form = client.post(CHANGE, carried_fields(without) | SIGN_IN | {"code": "abcdef"})
    assert form.context["adminform"].form["title_fi"].value() == "Pitkä teksti"
    assert client.get(CHANGE).status_code == 200


def test_signing_in_again_publishes_and_deletes_nothing(client, publisher):
    notice = saved(a_notice())
    before = Publication.objects.count()
    address = f"{PUBLISH}?thing=pages.notice:{notice.pk}"
    sign_in = SIGN_IN | {"username": "publisher"}
    posted = {"version": versions.latest_version(notice).pk, "note_fi": "Pitkä selitys", "note_sv": "x"}
    shown = client.post(address, carried_fields(client.post(address, posted)) | sign_in)
    assert 'value="Pitkä selitys"' in shown.content.decode()
    client.logout()
    address = f"{ADMIN}pages/notice/{notice.pk}/delete/"
    client.post(address, carried_fields(client.post(address, {"post": "yes"})) | sign_in)
    assert Publication.objects.count() == before
    assert Notice.objects.filter(pk=notice.pk).exists()


# --- 3. Preview ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language, field", [("fi", "title_fi"), ("sv", "title_sv"), ("en", "title_en")])
def test_unsaved_text_is_previewed_in_its_language(signed_in, editor, language, field):
    client = signed_in(editor)
    mine = filled_in(client, CHANGE) | {field: "Näkyy vain esikatselussa", "_preview": language}
    shown = client.post(CHANGE, mine)
    markup = Markup(shown.content.decode())
    assert markup.one("html")["lang"] == language
    assert markup.one("h1").text == "Näkyy vain esikatselussa"
    assert markup.one("meta", name="robots")["content"] == "noindex"
    assert shown["Cache-Control"].startswith("no-store")
    assert getattr(page(), field) != "Näkyy vain esikatselussa"
    assert "Näkyy vain" not in client.get("/fi/verkosto/").content.decode()


def test_an_invalid_field_is_previewed_as_in_the_draft_and_named(signed_in, editor):
    client = signed_in(editor)
    mine = filled_in(client, CHANGE) | {"title_fi": "A" * 200, "lead_fi": "Uusi ingressi", "_preview": "fi"}
    markup = Markup(client.post(CHANGE, mine).content.decode())
    assert markup.one("h1").text == page().title_fi
    assert "Uusi ingressi" in markup.text
    with translation.override("fi"):
        assert str(Page._meta.get_field("title").verbose_name) in markup.one("p", class_="invalid").text.lower()


@pytest.mark.parametrize("day", ["1.1.0001", "31.12.9999"])
def test_a_year_that_nobody_meant_is_refused_and_not_previewed(signed_in, editor, day):
    client, address = signed_in(editor), f"{ADMIN}opsi/call/1/change/"
    fields = {name: value for name, value in filled_in(client, address).items() if name not in ("opens", "closes")}
    for field in ({"closes_on": day}, {"closes_0": day, "closes_1": "10.00", "closes_on": ""}):
        answer = client.post(address, fields | field)
        assert answer.status_code == 200 and "Write a year between 2000 and 2100." in answer.content.decode()
        assert client.post(address, fields | field | {"_preview": "fi"}).status_code == 200


@pytest.mark.parametrize("path", ["contacts/contact/1/change/", "opsi/resource/1/change/", "opsi/call/add/"])
def test_a_thing_without_a_page_is_previewed_where_it_is_shown(signed_in, editor, path):
    client = signed_in(editor)
    fields = filled_in(client, ADMIN + path) | {"_preview": "fi"}
    fields |= {"title_fi": "Uusi nimike", "name_fi": "Uusi nimike", "closes_on": "1.1.2099"}
    assert "Uusi nimike" in client.post(ADMIN + path, fields).content.decode()


def test_a_notice_of_next_week_is_previewed_as_it_will_stand(signed_in, editor):
    notice = saved(a_notice(begins=timezone.now() + timedelta(days=7)))
    address = f"{ADMIN}pages/notice/{notice.pk}/change/"
    client = signed_in(editor)
    form = client.get(address).context["adminform"].form
    shown = Markup(client.get(address).content.decode())
    moments = {e["name"]: e["value"] or "" for e in shown.all("input") if re.match("begins_|ends_", e["name"] or "")}
    fields = {n: form[n].value() or "" for n in form.fields if n not in ("begins", "ends")} | moments
    assert "Katko" in client.post(address, fields | {"_preview": "fi"}).content.decode()


def test_a_signed_link_shows_one_version_in_one_language_for_a_week(client, signed_in, editor, time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    saved(page(), title_sv="Utkast")
    markup = Markup(signed_in(editor).get(CHANGE).content.decode())
    (address,) = [e["href"] for e in markup.all("a") if (e["href"] or "").startswith("/sv/utkast/")]
    saved(page(), title_sv="Nyare")
    colleague = Client()
    shown = colleague.get(address)
    assert "Utkast" in shown.content.decode() and shown["Cache-Control"] == "no-store"
    assert not shown.cookies
    assert colleague.get(address.replace("/sv/utkast/", "/fi/luonnos/")).status_code == 404
    assert colleague.get(address[:-3] + "xx/").status_code == 404
    assert colleague.get(f"/sv/utkast/{signing.dumps([1, 'sv'])}/").status_code == 404
    time_machine.shift(timedelta(days=7, seconds=1))
    assert colleague.get(address).status_code == 404


# --- 4. History ----------------------------------------------------------------------------------------------------


def test_any_two_versions_are_compared_and_one_field_is_brought_back(signed_in, editor):
    first = versions.latest_version(page())
    saved(page(), title_fi="Toinen", lead_sv="Andra")
    saved(page(), title_fi="Kolmas")
    client = signed_in(editor)
    address = f"{HISTORY}?older={first.pk}&newer={versions.latest_version(page()).pk}"
    markup = Markup(client.get(address).content.decode())
    assert {e["value"] for e in markup.all("button", name="restore")} >= {"title_fi", "lead_sv", "fi", "sv", "all"}
    public = Edition.load().get("pages.Page", "network").title_fi
    client.post(HISTORY, {"version": first.pk, "restore": "title_fi"})
    assert (page().title_fi, page().lead_sv) == (public, "Andra")
    assert "vanhempi teksti palautettu" in client.get("/fi/hallinta/pages/page/network/history/").content.decode()
    client.post(HISTORY, {"version": first.pk, "restore": "sv"})
    assert page().lead_sv == first.field_dict["lead_sv"]


def test_what_does_not_fit_the_rest_of_the_draft_is_not_brought_back(signed_in, editor):
    call = saved(Call(name_fi="Haku", name_sv="Utlysning", closes_on=date(2026, 12, 1)))
    first = versions.latest_version(call)
    saved(call, closes_on=None, closes=datetime(2026, 12, 1, 12, tzinfo=UTC))
    client = signed_in(editor)
    posted = {"version": first.pk, "restore": "closes_on"}
    shown = client.post(f"{ADMIN}opsi/call/{call.pk}/history/", posted, follow=True)
    assert "not both" in shown.content.decode()
    assert Call.objects.get(pk=call.pk).closes_on is None


def test_everything_is_brought_back_into_the_draft_and_never_to_the_public(signed_in, editor):
    published(page(), title_fi="Julki")
    first = Version.objects.get_for_object(page()).last()
    signed_in(editor).post(HISTORY, {"version": first.pk, "restore": "all"})
    assert page().content() == versions.thing_from(first).content()
    assert Edition.load().get("pages.Page", "network").title_fi == "Julki"


@pytest.mark.parametrize("key", ["", "x", "0", "9" * 30])
def test_made_up_numbers_find_nothing(signed_in, publisher, key):
    client = signed_in(publisher)
    for address, posted in (
        (HISTORY, {"version": key, "restore": "all"}),
        (SCHEDULE, {"cancel": key}),
        (f"{ADMIN}pages/notice/deleted/", {"version": key}),
    ):
        assert client.post(address, posted).status_code == 404
    assert client.get(f"{HISTORY}?older={key}&newer={key}").status_code == 200


def test_a_row_that_no_desk_has_seen_has_an_empty_history(signed_in, editor):
    notice = Notice.objects.create(text_fi="Katko")
    assert signed_in(editor).get(f"{ADMIN}pages/notice/{notice.pk}/history/").status_code == 200


def test_a_version_of_something_else_is_not_restored(signed_in, editor):
    other = versions.latest_version(page("join"))
    assert signed_in(editor).post(HISTORY, {"version": other.pk, "restore": "all"}).status_code == 404


def test_what_was_deleted_comes_back_with_its_key_and_its_history(signed_in, editor):
    notice = saved(a_notice())
    key = notice.pk
    client = signed_in(editor)
    client.post(f"{ADMIN}pages/notice/{key}/delete/", {"post": "yes"})
    deleted = f"{ADMIN}pages/notice/deleted/"
    (version,) = Markup(client.get(deleted).content.decode()).all("button", name="version")
    client.post(deleted, {"version": version["value"]})
    assert Notice.objects.get(pk=key).text_sv == "Avbrott"
    assert Version.objects.get_for_object(notice).count() == 1
    assert client.post(deleted, {"version": version["value"]}).status_code == 404


# --- 5. Translation state ------------------------------------------------------------------------------------------


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


def test_fingerprints_ignore_spaces_and_what_cleaning_takes_away():
    assert fingerprint("<p>a  b</p>\n") == fingerprint('<p class="x">a b</p>') != fingerprint("<p>a c</p>")
    assert fingerprint(" ") == fingerprint(None) == ""


# --- 7. Checks -----------------------------------------------------------------------------------------------------

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
        ({"body_fi": f"<p>{LONG}</p>", "body_sv": f"<p>{LONG}</p>"}, "body_sv", True),
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


def test_a_translation_that_nobody_has_begun_needs_no_advice():
    assert advice(saved(page(), title_en="", lead_en="", body_en=""), Edition.load()) == []
    assert advice(saved(page(), body_fi='<p><a href="/fi/opsi/?a=1#b">OPSI & OECD</a></p>'), Edition.load()) == []


def test_the_first_content_needs_no_advice():
    edition = Edition.load()
    assert [(thing, finding) for thing in edition.things() for finding in advice(thing, edition)] == []


def test_advice_leads_to_its_field_on_the_form_and_on_the_publish_page(signed_in, publisher):
    saved(page(), body_fi='<p><a href="/fi/opsi/">Klikkaa tästä</a></p>')
    client = signed_in(publisher)
    form = Markup(client.get(CHANGE).content.decode())
    assert [e for e in form.all("a") if e["href"] == "#row-body_fi"] and form.all("div", id="row-body_fi")
    shown = Markup(client.get(f"{PUBLISH}?thing=pages.page:network").content.decode())
    assert [e for e in shown.all("a") if e["href"] == f"{CHANGE}#row-body_fi"]
    assert shown.all("input", name="version") == []


# --- 8. Roles ------------------------------------------------------------------------------------------------------


def admin_paths():
    """Every address of the admin, its arguments filled in with something that is there."""
    for prefix, _kwargs, pattern in _walk(get_resolver().url_patterns):
        yield prefix, pattern


def _walk(patterns, prefix=""):
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from _walk(pattern.url_patterns, route)
        elif "hallinta/" in route:
            yield route, None, pattern


OPEN = {"login", "password_reset", "password_reset_done", "password_reset_confirm", "password_reset_complete"}
OWN = {"index", "logout", "second_factor", "sessions", "password_change", "password_change_done", "jsi18n", "app_list"}
CONTENT_APPS = {"pages", "declaration", "opsi", "contacts"}


def allowed(role, name, app, model):
    """Who may open what, said once more and independently of the code."""
    if name in OPEN or (name in OWN and role != "anonymous"):
        return True
    if role == "administrator":
        return True
    content = app in CONTENT_APPS and model != "message"
    if role in ("editor", "publisher") and content:
        return not name.endswith("withdraw") or role == "publisher"
    if role in ("editor", "publisher") and model == "brokenlink":
        return True
    if role in ("editor", "publisher") and model == "publication":
        return not name.endswith("publish") or role == "publisher"
    return role == "coordinator" and (app in ("network", "correspondence") or model == "message")


@pytest.mark.parametrize("role", ["anonymous", "editor", "publisher", "coordinator", "administrator"])
def test_every_address_of_the_admin_opens_for_those_it_is_for(request, client, role):
    if role != "anonymous":
        client.force_login(request.getfixturevalue(role))
    keys = {"page": "network", "declaration": "declaration", "commitment": "3", "notice": saved(a_notice()).pk}
    wrong, walked = [], 0
    with translation.override("en"):
        addresses = list(admin_paths())
    for route, pattern in addresses:
        name = pattern.name or ""
        match = re.search(r"hallinta/([a-z]+)/([a-z]+)/", route)
        app, model = match.groups() if match else ("", "")
        key = str(keys.get(model, 1))
        path = re.sub(r"<path:object_id>", key, route)
        if name in ("password_reset_confirm", "view_on_site", "app_list", "logout", "autocomplete") or not name:
            continue
        path = "/en/hallinta/" + path.partition("hallinta/")[2]
        walked += 1
        answer = client.get(path)
        status = answer.status_code
        # To the first page or to the sign-in page leads what is not theirs, or is not there.
        opened = status == 200 or (status == 302 and not re.search(r"hallinta/(login/.*)?$", answer["Location"]))
        may = allowed(role, name, app, model)
        if opened and not may:
            wrong.append((path, status))
        if may and status in (403,) and not re.search(r"/(add|delete|deleted|withdraw)/$", path):
            wrong.append((path, status, "closed"))
    assert walked > 60
    assert wrong == []


@pytest.mark.parametrize("role", ["anonymous", "editor", "coordinator"])
def test_what_only_publishers_do_is_refused_to_others(request, client, role):
    if role != "anonymous":
        client.force_login(request.getfixturevalue(role))
    notice = a_notice()
    published(notice)
    saved(page(), title_fi="Uusi otsikko")
    workflow.publish([versions.latest_version(page())], starts=timezone.now() + timedelta(days=1))
    before = list(Publication.objects.values())
    version = versions.latest_version(page()).pk
    client.post(f"{PUBLISH}?thing=pages.page:network", {"version": version, "minor": "on"})
    client.post(f"{ADMIN}pages/notice/{notice.pk}/withdraw/", {})
    client.post(SCHEDULE, {"cancel": Publication.objects.last().pk})
    client.post(f"{ADMIN}pages/page/", {"action": "publish_selected", "_selected_action": ["network"]})
    assert list(Publication.objects.values()) == before


@pytest.mark.parametrize("role", ["anonymous", "coordinator"])
def test_what_editors_do_is_refused_to_others(request, client, role):
    fields = filled_in(_as(person("someone", "Editors")), CHANGE) | {"title_fi": "Luvatta"}
    if role != "anonymous":
        client.force_login(request.getfixturevalue(role))
    before = Version.objects.count()
    first = Version.objects.get_for_object(page()).last()
    for address, posted in (
        (CHANGE, fields),
        (CHANGE, fields | {"_preview": "fi"}),
        (CHANGE, fields | {"_still_correct": "lead_sv"}),
        (HISTORY, {"version": first.pk, "restore": "all"}),
        (CONTENT, {"reviewed": "pages.page:network"}),
        (f"{ADMIN}pages/notice/deleted/", {"version": first.pk}),
    ):
        answer = client.post(address, posted)
        assert answer.status_code in (403, 404) or role == "anonymous", address
        assert "Luvatta</h1>" not in answer.content.decode()
    assert Version.objects.count() == before


def _as(user):
    client = Client()
    client.force_login(user)
    return client


# --- 9. Dashboard --------------------------------------------------------------------------------------------------


def test_the_first_page_counts_what_waits_and_shows_nobody_what_is_not_theirs(request, client):
    today = timezone.localdate()
    saved(page(), lead_fi="Uusi ingressi", review_due=today)
    shown = {}
    for role in ("editor", "coordinator"):
        client.force_login(request.getfixturevalue(role))
        shown[role] = {str(label): number for label, number, _address in client.get(ADMIN).context["counters"]}
        for _label, _number, address in client.get(ADMIN).context["counters"]:
            assert client.get(address).status_code == 200
    assert shown["editor"]["Drafts waiting to be published"] == 1
    assert shown["editor"]["Translations outdated"] == 1
    assert shown["editor"]["Review due"] == 1
    assert not set(shown["editor"]) & set(shown["coordinator"])
    assert "Requests waiting for a decision" in shown["coordinator"]


def test_reviewed_nothing_to_change_is_one_click_and_no_new_version(signed_in, editor):
    saved(page(), review_due=timezone.localdate())
    versions = Version.objects.count()
    client = signed_in(editor)
    asked = Markup(client.get(f"{CONTENT}?show=review").content.decode())
    (button,) = asked.all("button", name="reviewed")
    assert button.parent.text.startswith(date_format(timezone.localdate()))
    client.post(CONTENT, {"reviewed": button["value"]})
    assert page().review_due == timezone.localdate() + timedelta(days=365)
    assert Version.objects.count() == versions
    assert client.get(f"{CONTENT}?show=review").context["rows"] == []


# --- 10. Links -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("one_connection")
def test_links_are_looked_at_and_trouble_is_kept_until_it_is_mended(
    monkeypatch, settings, tmp_path, time_machine, signed_in, editor
):
    settings.VAR_DIR = tmp_path
    asked = []

    def other(address):
        asked.append(address)
        return (301, "https://new.example/") if "oecd-opsi" in address else (200, "")

    monkeypatch.setattr(checking, "_ask_other_site", other)
    published(page(), body_fi='<p><a href="/fi/ei-ole/">Sivu</a> <a href="/fi/opsi/">OPSI</a></p>')
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    checking.check_all()
    found = {link.url: link for link in BrokenLink.objects.all()}
    broken = found["http://testserver/fi/ei-ole/"]
    assert (broken.problem, broken.used_in) == ("answers: 404", ["/fi/verkosto/"])
    assert {link.problem for url, link in found.items() if "oecd-opsi" in url} == {"moved to: https://new.example/"}
    assert "http://testserver/fi/opsi/" not in found
    listed = signed_in(editor).get("/fi/hallinta/links/brokenlink/").content.decode()
    assert "vastaus: 404" in listed and "siirtynyt osoitteeseen: https://new.example/" in listed
    assert len(asked) == len(set(asked)) > 5
    since = broken.since
    time_machine.shift(timedelta(days=7))
    checking.check_all()
    broken.refresh_from_db()
    assert broken.since == since < broken.checked_at
    published(page(), body_fi="<p>Teksti</p>")
    checking.check_all()
    assert not BrokenLink.objects.filter(pk=broken.pk).exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "[::1]", "192.168.1.1"])
def test_links_into_private_networks_are_not_followed(host, monkeypatch):
    def never(*args, **kwargs):
        raise AssertionError("connected")

    monkeypatch.setattr(checking.socket, "create_connection", never)
    assert checking.problem_with(f"http://{host}/") == "a private address"
    assert checking.problem_with(f"http://{host}:6379/") == "a port that is no web server’s"


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


# --- Sizes ---------------------------------------------------------------------------------------------------------


def grow(things, versions):
    """So many more resources with so many versions each, written past the workflow to save time."""
    from django.contrib.contenttypes.models import ContentType
    from django.core import serializers
    from reversion.models import Revision

    texts = {f"{f}_{c}": f"{f} {c}" for f in ("title", "description") for c in ("fi", "sv", "en")}
    made = [Resource(kind="studies", url="https://example.fi/", **texts) for _number in range(things)]
    Resource.objects.bulk_create(made)
    revisions = [Revision(date_created=timezone.now()) for _number in range(versions)]
    Revision.objects.bulk_create(revisions)
    kind = ContentType.objects.get_for_model(Resource)
    fields = [f.name for f in Resource.content_fields()] + ["translated_from"]
    rows = []
    for thing in made:
        data = serializers.serialize("json", [thing], fields=fields)
        row = {"content_type": kind, "object_id": thing.pk, "db": "default", "format": "json"}
        rows += [Version(revision=r, serialized_data=data, object_repr=str(thing), **row) for r in revisions]
    Version.objects.bulk_create(rows, batch_size=2000)
    return made


def test_lists_and_forms_take_the_same_number_of_queries_however_much_there_is(signed_in, publisher):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = signed_in(publisher)
    first = Resource.objects.first().pk
    addresses = [
        f"{ADMIN}opsi/resource/",
        f"{ADMIN}opsi/resource/?state=public",
        f"{ADMIN}opsi/resource/?translation=sv-outdated",
        f"{ADMIN}opsi/resource/{first}/change/",
        f"{ADMIN}opsi/resource/{first}/history/",
        f"{ADMIN}opsi/resource/deleted/",
        f"{PUBLISH}?thing=opsi.resource:{first}",
        CONTENT,
        SCHEDULE,
        ADMIN,
    ]

    def counted():
        numbers = {}
        for address in addresses:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            numbers[address] = len(queries)
        return numbers

    counted()  # content types are remembered from here on
    before = counted()
    grow(200, 200)
    assert counted() == before
    assert max(before.values()) < 30


def test_everything_publishable_has_the_one_admin():
    from django.apps import apps
    from django.contrib import admin

    for model in apps.get_models():
        if issubclass(model, Publishable):
            assert isinstance(admin.site._registry[model], PublishableAdmin), model


def test_numbers_in_forms_are_written_without_spaces_however_large(signed_in, publisher):
    """Numbers in sentences are grouped by thousands; those that a form posts back must not be."""
    saved(page(), title_fi="Uusi otsikko")
    newest = versions.latest_version(page())
    Version.objects.filter(pk=newest.pk).update(id=1_234_567)
    client = signed_in(publisher)
    address = f"{PUBLISH}?thing=pages.page:network"
    assert versions_on(client.get(address)) == ["1234567"]
    markup = Markup(client.get(HISTORY).content.decode())
    values = [e["value"] for e in markup.all("input") if e["name"] in ("older", "newer", "version")]
    assert all(value.isdecimal() for value in values)
    assert filled_in(client, CHANGE)["opened_version"] == 1_234_567


def test_every_field_says_what_it_is_for():
    from django.apps import apps

    silent = [
        (model.__name__, field.name)
        for model in apps.get_models()
        if issubclass(model, Publishable)
        for field in model._meta.fields
        if field.editable and not field.auto_created and not field.help_text
    ]
    assert silent == []

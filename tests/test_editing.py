"""What editors do: compare, schedule, translate, repair, preview, look after."""

import re
from datetime import date, timedelta

import pytest
from django.core import signing
from django.http import QueryDict
from django.test import Client
from django.utils import timezone, translation
from reversion.models import Version

from opsi.models import Resource
from tests.admin_pages import filled_in
from tests.editing import ADMIN, CHANGE, CONTENT, HISTORY, PUBLISH, SCHEDULE, a_notice, page, saved, versions_on
from tests.markup import Markup
from website.pages.models import Notice, Page
from website.publishing import versions, workflow
from website.publishing.admin import PublishableAdmin
from website.publishing.models import Publication, Publishable

pytestmark = pytest.mark.django_db

SIGN_IN = {"username": "editor", "password": "correct horse battery"}


# --- Nothing typed is lost -----------------------------------------------------------------------------------------


def test_who_opens_a_form_learns_which_colleague_has_opened_it_and_when(editor, publisher, time_machine):
    time_machine.move_to("2031-01-15 14:10:00+02:00", tick=False)
    aino, paula = Client(), Client()
    aino.force_login(editor)
    paula.force_login(publisher)
    assert "opened this" not in aino.get(CHANGE).content.decode()
    time_machine.shift(timedelta(minutes=20))
    assert "editor öppnade detta kl. 14.10" in paula.get(CHANGE.replace("/en/", "/sv/")).content.decode()
    # Not of another draft, of oneself, of who has opened something else since, of who is no longer there.
    assert "opened this" not in paula.get(CHANGE.replace("network", "home")).content.decode()
    assert "opened this" not in aino.get(CHANGE).content.decode()
    time_machine.shift(timedelta(minutes=31))
    assert "opened this" not in paula.get(CHANGE).content.decode()


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


def test_a_translation_marked_correct_meanwhile_is_no_conflict(signed_in, editor):
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


def test_a_sign_in_in_another_tab_does_not_lose_the_form_that_waits_for_one(editor):
    client = Client(enforce_csrf_checks=True)
    stale = carried_fields(client.post(CHANGE, {"title_fi": "Pitkä teksti"})) | SIGN_IN
    other_tab = "/en/hallinta/login/"
    client.post(other_tab, carried_fields(client.get(other_tab)) | SIGN_IN)  # which changes the token
    again = client.post(CHANGE, stale)
    assert again.status_code == 200
    fresh = carried_fields(again) | SIGN_IN
    form = client.post(CHANGE, fresh)
    assert form.context["adminform"].form["title_fi"].value() == "Pitkä teksti"


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


# --- Preview -------------------------------------------------------------------------------------------------------


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


def test_the_preview_alone_says_which_field_each_text_comes_from(signed_in, editor, client):
    shown = signed_in(editor).post(CHANGE, filled_in(client, CHANGE) | {"title_sv": "", "_preview": "sv"})
    assert shown["X-Preview"] == "sv" and shown["X-Frame-Options"] == "DENY"  # the form's script shows it, no address
    heading = Markup(shown.content.decode()).one("h1")
    assert (heading["data-field"], heading["lang"]) == ("title_fi", "fi")
    assert "data-field" not in client.get("/sv/natverk/").content.decode()


def test_the_preview_of_a_moment_has_all_that_is_scheduled_until_then(signed_in, editor, client):
    notice, begins = a_notice(text_fi="Huomenna alkava katko"), timezone.now() + timedelta(days=2)
    workflow.save_draft(notice)
    workflow.publish([versions.latest_version(notice)], starts=begins)
    posted = filled_in(signed_in(editor), CHANGE) | {"_preview": "fi", "_moment": "at"}
    for days, seen in ((1, False), (3, True)):
        moment = timezone.localtime() + timedelta(days=days)
        shown = client.post(CHANGE, posted | {"_moment_at": moment.strftime("%Y-%m-%dT%H:%M")}).content.decode()
        assert ("Huomenna alkava katko" in shown) is seen
    for nonsense in ("", "x", "0001-01-01T00:00", "9999-12-31T23:59"):
        assert client.post(CHANGE, posted | {"_moment_at": nonsense}).status_code == 200


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
    for field in ({"closes_on": day}, {"closes_on": day, "closes_0": "10.00"}):
        answer = client.post(address, fields | field)
        assert answer.status_code == 200 and "Write a year between 2000 and 2100." in answer.content.decode()
        assert client.post(address, fields | field | {"_preview": "fi"}).status_code == 200


@pytest.mark.parametrize("path", ["contacts/contact/1/change/", "opsi/resource/1/change/", "opsi/call/add/"])
def test_a_thing_without_a_page_is_previewed_where_it_is_shown(signed_in, editor, path):
    client = signed_in(editor)
    fields = filled_in(client, ADMIN + path) | {"_preview": "fi"}
    fields |= dict.fromkeys(("title_fi", "name_fi", "description_fi"), "Uusi nimike") | {"closes_on": "1.1.2099"}
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
        f"{ADMIN}publishing/publication/search/",
        ADMIN,
    ]

    def counted():
        numbers = {}
        for address in addresses:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            numbers[address] = len(queries)
        return numbers

    client.post(f"{ADMIN}publishing/publication/search/", {"q": "title"})
    counted()  # content types are remembered from here on
    before = counted()
    made = grow(120, 20)  # more than one page of a list
    workflow.publish([versions.latest_version(thing) for thing in made[:20]])
    counted()  # the first after a publication loads the edition
    assert counted() == before
    assert max(before.values()) < 40


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

"""Every text field of the site passes the rule: models, public forms, forms of the admin; and so does what goes out."""

import xml.etree.ElementTree as ElementTree
from datetime import date

import pytest
from django import forms
from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.utils.translation import override
from reversion.models import Version

from contacts.models import Contact, Message
from network.models import Export, JoinRequest
from tests.forms import give, send
from website.pages.models import Notice, Page
from website.publishing import workflow
from website.publishing.admin.form_layout import Lines
from website.publishing.models import Publication
from website.publishing.versions import latest_version
from website.text import fields as ours
from website.text import forms as our_forms

pytestmark = pytest.mark.django_db

APPS = ("website", "contacts", "declaration", "network", "opsi")
ADMIN = "/fi/hallinta/"
#: Of models of ours: what nobody types, and what is compared, not read.
NO_WORDS = {
    "accounts.user.password": "a hash",
    "contacts.message.normalised_email": "normalised from the e-mail",
    "contacts.message.digest": "a hash",
    "correspondence.erasure.digest": "a hash",
    "correspondence.erasure.key": "a name of a key",
    "correspondence.link.normalised_email": "normalised from an e-mail",
    "correspondence.link.digest": "a hash",
    "correspondence.monthcount.what": "written by the code",
    "correspondence.tally.name": "a hash",
    "declaration.declaration.key": "a constant",
    "links.brokenlink.problem": "written by the code",
    "links.brokenlink.url": "from a text that is cleaned",
    **{
        f"mail.mail.{column}": "written by the code from texts that are cleaned, or by the mail server"
        for column in ("recipient", "subject", "body", "message_id", "cause", "claim", "answer")
    },
    "network.joinrequest.normalised_email": "normalised from the e-mail",
    "publishing.publication.object_id": "a key",
}


def is_ours(thing):
    return thing.__module__.split(".")[0] in APPS


def text_fields():
    """Every column of ours that holds a text, of the models as they are in the database."""
    for model in filter(is_ours, apps.get_models()):
        for field in model._meta.concrete_fields:
            if isinstance(field, models.CharField | models.TextField) and not field.choices:
                yield field


def test_every_text_of_every_model_passes_the_rule():
    left_out = {str(field).lower() for field in text_fields() if not isinstance(field, ours.Cleaned)}
    assert left_out == NO_WORDS.keys()


def subclasses(kind):
    for child in kind.__subclasses__():
        yield child
        yield from subclasses(child)


def all_forms(request):
    """Every form class of ours, and those that the admin makes of models, of ours and of libraries."""
    found = [form for form in {*subclasses(forms.BaseForm)} if is_ours(form)]
    for model_admin in admin.site._registry.values():
        if model_admin.has_add_permission(request):
            found.append(model_admin.get_form(request))
        if model_admin.has_change_permission(request):
            found.append(model_admin.get_form(request, model_admin.model()))
    return found


def is_secret(field):
    from website.accounts.second_factor import CodeField

    return isinstance(field, CodeField) or isinstance(field.widget, forms.PasswordInput)


@pytest.fixture
def text_form_fields(rf, administrator):
    """By the names of form and field, the field of every text that somebody types."""
    request = rf.get("/")
    request.user = administrator
    found = {}
    for form in all_forms(request):
        for name, field in form.base_fields.items():
            if isinstance(field, forms.CharField) and not is_secret(field):
                found[f"{form.__module__}.{form.__qualname__}.{name}"] = field
    return found


DIRTY = "\u202e\u200bA\u030agren\u00ad \u2060"


def dirty(field):
    """What is typed into a field of its kind, and what is taken."""
    if isinstance(field, forms.EmailField):
        return "\u2068nimi@example.fi\u200b\u2069", "nimi@example.fi"
    if isinstance(field, forms.URLField):
        return "\u200bhttps://example.fi/a\u2011b\u00a0", "https://example.fi/a-b"
    if isinstance(field, our_forms.PhoneField):
        return "\u202d+358\u00a0295 530 000\u202c", "+358 295 530 000"
    if field.widget.__class__.__name__.endswith("ProseEditorWidget"):
        return f"<p>{DIRTY}</p><h2>\u200b</h2>", "<p>Ågren </p>"
    return (DIRTY.replace(" ", ""), "Ågren") if "username" in str(field.validators).lower() else (DIRTY, "Ågren")


def test_every_text_of_every_form_passes_the_rule(text_form_fields):
    assert len(text_form_fields) > 80
    for name, field in text_form_fields.items():
        typed, taken = dirty(field)
        assert field.clean(typed) == taken, name


def test_bytes_that_are_no_text_are_refused_in_every_form(text_form_fields):
    for name, field in text_form_fields.items():
        for odd in ("\ufffd", "\x00", "\x1b"):
            with pytest.raises(ValidationError) as refused:
                field.clean(f"Maija{odd}")
            assert "pelkkänä tekstinä" in str(refused.value), name


def test_what_is_empty_to_the_eye_is_required_in_every_form(text_form_fields):
    for name, field in text_form_fields.items():
        for blank in ("\u200b", "\u00ad", "\ufeff\u3164"):
            if field.required:
                with pytest.raises(ValidationError):
                    field.clean(blank)
            else:
                assert field.clean(blank) in ("", None), name


def test_limits_count_what_a_person_counts_in_every_form(text_form_fields):
    for name, field in text_form_fields.items():
        plain = not isinstance(field, forms.EmailField | forms.URLField | our_forms.PhoneField)
        if plain and field.max_length and "UsernameValidator" not in str(field.validators):
            whole = ["a\u0308\u200b"] * (field.max_length - 10)  # one character each, as people count
            typed = "".join(whole) + "\r\n" * 9 + "x"
            several = isinstance(field.widget, forms.Textarea) and not isinstance(field.widget, Lines)
            taken = "ä" * (field.max_length - 10) + ("\n" if several else " ") * 9 + "x"
            assert field.clean(typed) == taken, name
            with pytest.raises(ValidationError):
                field.clean(typed + "x")


# --- The database, whatever the way in -----------------------------------------------------------------------------


def stored(field, row):
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT "{field}" FROM "{row._meta.db_table}" WHERE id = %s', [row.pk])
        return cursor.fetchone()[0]


def test_rows_are_cleaned_whatever_the_way_in():
    from django.core import serializers

    contact = Contact(name="Aino\u200b", phone="+358\u00a0295 530 108", email="a@example.fi\u200b", title_fi="\u00ad")
    contact.save()
    assert (contact.name, contact.phone, contact.email, contact.title_fi) == (
        *("Aino", "+358 295 530 108", "a@example.fi"),
        "",
    )
    Contact.objects.filter(pk=contact.pk).update(name="Ma\u202eija", title_sv="chef\x0b\u00a0inno\u00advation")
    assert stored("name", contact) == "Maija"
    assert stored("title_sv", contact) == "chef \u00a0inno\u00advation"
    (made,) = Contact.objects.bulk_create([Contact(name="Be\x07rtil\x1f")])
    assert stored("name", made) == made.name == "Bertil"
    written = serializers.serialize("json", [contact]).replace("Aino", "Ai\\u200bno\\u0000")
    (read,) = serializers.deserialize("json", written)
    read.save()
    assert stored("name", contact) == "Aino"
    assert Contact.objects.filter(name="\u200bAino").exists()


def test_translated_base_columns_write_into_no_language():
    notice = Notice(text_fi="Hei\u200b", text_sv="Hej", text_en="")
    with override("sv"):
        notice.save()
    notice.refresh_from_db()
    assert (notice.text_fi, notice.text_sv, notice.text_en) == ("Hei", "Hej", "")


# --- Forms, as they are sent ---------------------------------------------------------------------------------------


def test_the_join_form_takes_what_is_pasted_and_stores_what_is_seen(client):
    answers = {
        "name": "\u202eMai\u00adja\nMeika\u0308la\u0308inen \U0001fa77",
        "email": "maija@vm.example\u200b",
        "organisation": "Suomi\u2028\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "description": "yksi\x0bkaksi\r\n\u200bkolme\x1eneljä",
    }
    assert send(client, **answers).status_code == 303
    row = JoinRequest.objects.get()
    assert (row.name, row.email, row.normalised_email) == ("Maija Meikäläinen \U0001fa77", *["maija@vm.example"] * 2)
    assert row.organisation == "Suomi " + answers["organisation"][6:]
    assert row.description == "yksi\nkaksi\nkolme-neljä"


def test_feedback_takes_it_likewise(client):
    assert give(client, message="\u2066Hei\u2069\r\n\U0001fae8", email="\u00a0aino@vm.example\u200b").status_code == 303
    row = Message.objects.get()
    assert (row.message, row.email, row.normalised_email) == ("Hei\n\U0001fae8", *["aino@vm.example"] * 2)
    assert give(client, message="\u200b\u00ad\u3164").status_code == 422


def test_an_invitation_goes_to_the_address_that_is_seen(signed_in, administrator):
    people = {
        "username": "maija\u200b",
        "email": "maija@example.fi\u200b",
        "first_name": "Mai\u00adja",
        "last_name": "M\u202e",
    }
    assert signed_in(administrator).post(f"{ADMIN}accounts/user/add/", people).status_code == 302
    person = get_user_model().objects.get(username="maija")
    assert (person.email, person.first_name, person.last_name) == ("maija@example.fi", "Maija", "M")


def test_signing_in_and_asking_for_a_password_take_what_is_pasted(client, editor):
    from website.accounts.password_reset import ResetForm

    answer = client.post(f"{ADMIN}login/", {"username": "\u200beditor\u00a0", "password": "correct horse battery"})
    assert answer.wsgi_request.user == editor
    form = ResetForm({"email": f"{editor.email}\u200b"})
    assert form.is_valid() and list(form.get_users(form.cleaned_data["email"])) == [editor]


def test_names_that_look_the_same_are_counted_as_one_by_the_lockout(rf):
    from website.accounts.lockout import username

    posted = rf.post("/", {"username": "\u200bEdi\u00adtor "})
    assert username(posted) == username(posted, {"username": "editor"}) == "editor"


def test_the_purpose_of_an_export_is_seen(signed_in, coordinator):
    address = f"{ADMIN}network/joinrequest/export/"
    assert signed_in(coordinator).post(address, {"why": "\u200b\u00ad"}).status_code == 200
    assert signed_in(coordinator).post(address, {"why": "Kutsu\r\n\u202etilaisuuteen"}).status_code == 200
    assert [export.why for export in Export.objects.all()] == ["Kutsu tilaisuuteen"]


@pytest.mark.parametrize("typed", ["Ka\u0308pyla\u0308", "\u200bKäpylä\u00a0", "Kä\u00adpylä"], ids=ascii)
def test_a_search_finds_what_is_seen(client, signed_in, coordinator, typed):
    send(client, name="Käpylän Kerttu", email="kerttu@vm.example")
    send(client, name="Pentti", email="pentti@vm.example")
    page = signed_in(coordinator).post(f"{ADMIN}publishing/publication/search/", {"q": typed}, follow=True)
    assert [name for _kind, name, _url in page.context["people"]] == ["Käpylän Kerttu, Valtiokonttori"]


PHONES = {
    "+358 295 530 000": True,
    "+358295530000": True,
    "+46 8 123 45": True,
    "+1234567": True,
    "\u202d+358\u00a0295\u2009530 000\u202c": True,
    "+123456": False,
    "+": False,
    "358 295 530 000": True,
    "0295 530 000 / 001": False,
    "0295 530 000": True,
    "+ 358 295 530 000": True,
    "+358-295-530": True,
    "+358 295 530 000 a": False,
    "a +358 295 530 000": False,
    "+358 295 530 000\n+358 295 530 001": False,
    "+٣٥٨ ٢٩٥ ٥٣٠": False,
    "+358 (0)295 530 000": True,
    "+358 295 530 000 123 456 789 12": False,
}


@pytest.mark.parametrize("number, taken", PHONES.items(), ids=ascii)
def test_phones_become_international_and_each_of_the_others_is_told_how(number, taken):
    field = Contact._meta.get_field("phone")
    errors = []
    try:
        field.clean(number, None)
        field.formfield().clean(number)
    except ValidationError as refused:
        errors = refused.messages
    assert bool(errors) != taken
    if errors and len(number) <= 30:
        assert errors == ["Kirjoita numero kansainvälisessä muodossa: +358 295 530 000."]


# --- Publishing ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("blank", ["\u200b", "\u00ad", "\ufeff", "\u2800", "\u3164", "\u00a0", "\x0b"], ids=ascii)
def test_a_swedish_title_that_nobody_sees_does_not_publish(blank):
    page = Page.objects.get(pk="network")
    page.title_sv = blank
    assert page.missing_texts() and "sv" not in page.languages
    assert page.title.language == "fi"
    workflow.save_draft(page)
    with pytest.raises(workflow.Incomplete):
        workflow.publish([latest_version(page)])


@pytest.mark.parametrize("blank", ["<h2>\u200b</h2>", '<p><a href="/fi/">\ufeff</a></p>', "<p>\u00ad</p>"], ids=ascii)
def test_a_rich_text_that_nobody_sees_does_not_publish(blank):
    from declaration.models import Declaration

    declaration = Declaration.objects.get()
    declaration.background_sv = blank
    workflow.save_draft(declaration)
    assert [(code, field.name) for code, field in declaration.missing_texts()] == [("sv", "background")]
    with pytest.raises(workflow.Incomplete):
        workflow.publish([latest_version(declaration)])


def test_a_space_of_another_kind_makes_no_translation_outdated():
    page = Page.objects.get(pk="network")
    states = page.translation_states()
    page.title_fi = page.title_fi.replace(" ", "\u00a0") + "\u00a0"
    page.body_fi = (
        page.body_fi.replace(" ja ", "&nbsp;ja\n ").replace("verkosto", "ver\u00adkosto").replace("ä", "a\u0308")
    )
    workflow.save_draft(page)
    assert page.translation_states() == states
    page.title_fi += "t"
    workflow.save_draft(page)
    assert page.translation_states() != states


def test_a_note_of_400_characters_with_ten_line_breaks_fits(signed_in, publisher):
    notice = Notice(text_fi="Huolto", text_sv="Service")
    workflow.save_draft(notice)
    note = "\r\n".join(["x" * 39] * 10) + "\r\n"
    version = latest_version(notice)
    address = f"{ADMIN}publishing/publication/publish/?thing=pages.notice:{notice.pk}"
    posted = {"version": version.pk, "note_fi": note, "note_sv": note, "note_en": "\u200b"}
    assert signed_in(publisher).post(address, posted).status_code == 302
    publication = Publication.objects.get(version=version)
    assert publication.note_fi == " ".join(["x" * 39] * 10)
    assert publication.note_en == ""


# --- On the way out ------------------------------------------------------------------------------------------------

CONTROLS = "\x01\x07\x0b\x0c\x1e\x1f\x7f\x85\u2028\ufdd0\uffff"


def test_feeds_and_pages_are_well_formed_whatever_stands_in_the_database(client):
    page = Page.objects.get(pk="network")
    page.title_fi = "Verkosto & <ystävät>"
    workflow.save_draft(page)
    (publication,) = workflow.publish([latest_version(page)], note={"fi": "Uusi alku", "sv": "Ny start"})
    # As a release before this rule may have left them, past every field.
    version = Version.objects.get(pk=publication.version_id)
    dirty = version.serialized_data.replace("Verkosto &", "Verk\\u0007osto\\u001f &")
    Version.objects.filter(pk=version.pk).update(serialized_data=dirty)
    with connection.cursor() as cursor:
        table = Publication._meta.db_table
        cursor.execute(f"UPDATE {table} SET note_fi = %s WHERE id = %s", [f"Uusi{CONTROLS} alku", publication.pk])
    for path in ("/fi/muutokset/feed.atom", "/sitemap.xml", "/fi/verkosto/", "/fi/muutokset/"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        text = answer.content.decode()
        assert not set(text) & set(CONTROLS) - {"\u2028"}, path
        if path.endswith(".xml"):
            ElementTree.fromstring(answer.content)
    feed = ElementTree.fromstring(client.get("/fi/muutokset/feed.atom").content)
    title = feed.find("{*}entry/{*}title").text
    assert title == "Verkosto & <ystävät>"


def test_a_title_with_signs_of_marks_is_read_as_it_was_written(client):
    page = Page.objects.get(pk="network")
    page.title_fi = "x<y ja z>w: T&K toi\u00adminta"
    workflow.save_draft(page)
    workflow.publish([latest_version(page)])
    html = client.get("/fi/verkosto/").content.decode()
    assert "<title>x&lt;y ja z&gt;w: T&amp;K toiminta" in html
    assert 'property="og:title" content="x&lt;y ja z&gt;w: T&amp;K toiminta"' in html
    assert "<h1>x&lt;y ja z&gt;w: T&amp;K toi\u00adminta</h1>" in html


def test_the_statement_is_named_in_the_list_of_changes_not_quoted(client):
    from website.pages.models import AccessibilityStatement

    statement = AccessibilityStatement.objects.get()
    statement.prepared_on = date(2026, 11, 1)
    workflow.save_draft(statement)
    workflow.publish([latest_version(statement)], note={"fi": "Tarkistettu", "sv": "Granskad"})
    assert "&lt;p&gt;" not in client.get("/fi/muutokset/").content.decode()
    assert "&lt;p&gt;" not in client.get("/fi/muutokset/feed.atom").content.decode()

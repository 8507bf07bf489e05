"""Two people in the admin at once: whoever comes second meets what the first one did, and loses nothing."""

import pytest
from django.contrib import admin
from django.contrib.admin.options import ModelAdmin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from contacts.models import Message
from network.models import JoinRequest
from tests.admin_pages import INBOX, QUEUE, a_message, a_request, address_of, filled_in, hidden_fields
from tests.conftest import LANGUAGES
from tests.editing import page, saved
from tests.markup import Markup
from website.accounts import second_factor
from website.accounts.password_reset import NewPasswordForm, OwnPasswordForm
from website.admin.lost_updates import ConflictForm, GuardedDeletion, GuardedForm
from website.admin.pages import ReadOnlyAdmin
from website.correspondence.admin import SubmissionAdmin
from website.pages.models import Notice
from website.publishing import workflow
from website.publishing.versions import latest_version

pytestmark = pytest.mark.django_db

User = get_user_model()
HISTORY = "/en/hallinta/pages/page/network/history/"


@pytest.fixture
def second_administrator(db):
    return User.objects.create_superuser("bertil", "bertil@example.fi", "correct horse battery")


@pytest.fixture
def two(administrator, second_administrator):
    """Two administrators, each in a browser of their own."""
    clients = Client(), Client()
    for client, person in zip(clients, (administrator, second_administrator), strict=True):
        client.force_login(person)
    return clients


# --- People ----------------------------------------------------------------------------------------------------------


def test_who_was_deactivated_meanwhile_stays_so_and_nothing_typed_is_lost(two, editor):
    anna, bertil = two
    mine, theirs = (filled_in(client, address_of(editor)) for client in two)
    assert bertil.post(address_of(editor), theirs | {"is_active": ""}).status_code == 302
    answer = anna.post(address_of(editor), mine | {"first_name": "Elli"})
    editor.refresh_from_db()
    assert (answer.status_code, editor.is_active, editor.first_name) == (200, False, "")
    form = answer.context["adminform"].form
    assert (form["first_name"].value(), form["is_active"].value()) == ("Elli", False)
    assert "bertil" in form.non_field_errors()[0]
    # Looked at, and saved again.
    again = {name: form[name].value() or "" for name in form.fields}
    assert anna.post(address_of(editor), again).status_code == 302
    editor.refresh_from_db()
    assert (editor.is_active, editor.first_name) == (False, "Elli")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_both_changed_keeps_mine_and_shows_theirs_at_its_field(two, editor, language):
    anna, bertil = two
    address = address_of(editor, language)
    mine, theirs = (filled_in(client, address) for client in two)
    bertil.post(address, theirs | {"last_name": "Bertilin valinta"})
    answer = anna.post(address, mine | {"last_name": "Annan valinta"})
    assert answer.context["adminform"].form["last_name"].value() == "Annan valinta"
    markup = Markup(answer.content.decode())
    field = markup.one("input", name="last_name")
    assert field["aria-invalid"] == "true"
    told = [e.text for name in field["aria-describedby"].split() for e in markup.all("ul", id=name)]
    assert "Bertilin valinta" in told[0]
    assert [e["name"] for e in markup.all("input") if e["aria-invalid"]] == ["last_name"]
    assert User.objects.get(pk=editor.pk).last_name == "Bertilin valinta"


def test_groups_that_a_colleague_gave_are_not_taken_away(two, editor):
    anna, bertil = two
    mine, theirs = (filled_in(client, address_of(editor)) for client in two)
    both = [group.pk for group in Group.objects.filter(name__in=["Editors", "Publishers"])]
    bertil.post(address_of(editor), theirs | {"groups": both})
    answer = anna.post(address_of(editor), mine | {"email": "elli@example.fi"})
    assert answer.status_code == 200
    assert sorted(editor.groups.values_list("pk", flat=True)) == sorted(both)
    assert sorted(answer.context["adminform"].form["groups"].value()) == sorted(both)
    # Where both chose groups, theirs are named beside mine.
    third = Group.objects.get(name="Network coordinators").pk
    shown = anna.post(address_of(editor), mine | {"groups": [third]})
    assert "Toimittajat, Julkaisijat" in str(shown.context["adminform"].form.errors["groups"])


def test_the_same_change_twice_is_no_conflict(two, editor):
    mine, theirs = (filled_in(client, address_of(editor)) | {"first_name": "Elli"} for client in two)
    answers = [client.post(address_of(editor), data) for client, data in zip(two, (mine, theirs), strict=True)]
    assert [answer.status_code for answer in answers] == [302, 302]


def test_a_form_with_an_error_still_finds_the_colleagues_change_afterwards(two, editor):
    anna, bertil = two
    mine, theirs = (filled_in(client, address_of(editor)) for client in two)
    bertil.post(address_of(editor), theirs | {"is_active": ""})
    form = anna.post(address_of(editor), mine | {"email": "no address"}).context["adminform"].form
    again = {name: form[name].value() or "" for name in form.fields} | {"email": "elli@example.fi"}
    assert anna.post(address_of(editor), again).status_code == 200
    assert User.objects.get(pk=editor.pk).is_active is False


def test_one_s_own_row_is_guarded_too(two, administrator):
    anna, bertil = two
    mine, theirs = (filled_in(client, address_of(administrator)) for client in two)
    bertil.post(address_of(administrator), theirs | {"last_name": "Bertilin valinta"})
    assert anna.post(address_of(administrator), mine | {"first_name": "Aatu"}).status_code == 200
    assert User.objects.get(pk=administrator.pk).last_name == "Bertilin valinta"


def test_the_log_names_the_fields_that_were_changed_and_not_the_guard(two, editor):
    anna, _bertil = two
    anna.post(address_of(editor), filled_in(anna, address_of(editor)) | {"first_name": "Elli"})
    page = anna.get(f"/en/hallinta/accounts/user/{editor.pk}/history/").content.decode()
    assert "Changed First name." in page


@pytest.mark.parametrize("form", [NewPasswordForm, OwnPasswordForm])
def test_a_new_password_leaves_a_deactivation_of_this_moment_as_it_is(editor, form):
    stale = User.objects.get(pk=editor.pk)  # as the request read it
    User.objects.filter(pk=editor.pk).update(is_active=False)
    words = "a new and longer password"
    data = {"old_password": "correct horse battery", "new_password1": words, "new_password2": words}
    bound = form(stale, data)
    assert bound.is_valid()
    bound.save()
    editor.refresh_from_db()
    assert (editor.is_active, editor.check_password(words)) == (False, True)


def test_the_page_that_changes_a_password_saves_it_alone(client, editor, monkeypatch):
    """The colleague deactivates the person between the request's reading the row and its writing it."""
    client.force_login(editor)
    set_password = User.set_password

    def deactivated_meanwhile(user, raw):
        User.objects.filter(pk=user.pk).update(is_active=False)
        set_password(user, raw)

    monkeypatch.setattr(User, "set_password", deactivated_meanwhile)
    words = "a new and longer password"
    data = {"old_password": "correct horse battery", "new_password1": words, "new_password2": words}
    client.post("/fi/hallinta/password_change/", data)
    editor.refresh_from_db()
    assert (editor.is_active, editor.check_password(words)) == (False, True)


def test_a_second_factor_set_up_after_the_list_was_opened_is_not_removed(two, editor, publisher):
    anna, _bertil = two
    TOTPDevice.objects.create(user=publisher, name="lost")
    opened = hidden_fields(anna.get("/fi/hallinta/accounts/user/"))["opened_on"]
    second_factor.remove(editor)
    TOTPDevice.objects.create(user=editor, name="new", confirmed=True)
    chosen = {"action": "remove_second_factor", "_selected_action": [editor.pk, publisher.pk], "opened_on": opened}
    page = anna.post("/fi/hallinta/accounts/user/", chosen, follow=True).content.decode()
    assert [device.user for device in TOTPDevice.objects.all()] == [editor]
    assert "Käyttäjä editor on ottanut uuden" in page and "Poistettu käyttäjältä publisher" in page


# --- Deleting --------------------------------------------------------------------------------------------------------


def changed_request(row):
    row.accept(None)


def changed_message(row):
    row.be_answered(None)


def noted(row):
    row.notes.create(text="Soitettu", by=User.objects.create_user("noting"))


@pytest.mark.parametrize("change", [changed_request, noted])
def test_a_request_that_changed_after_the_page_was_opened_is_not_deleted(signed_in, coordinator, change):
    row, other = a_request(1), a_request(2)
    client = signed_in(coordinator)
    address = f"{QUEUE}{row.pk}/delete/"
    opened = hidden_fields(client.get(address))
    change(JoinRequest.objects.get(pk=row.pk))
    answer = client.post(address, opened)
    assert answer.status_code == 200 and "Mitään ei ole vielä poistettu" in answer.content.decode()
    assert JoinRequest.objects.filter(pk=row.pk).exists()
    assert client.post(address, hidden_fields(answer)).status_code == 302
    assert list(JoinRequest.objects.all()) == [other]


def test_several_are_deleted_as_they_were_shown_or_not_at_all(signed_in, coordinator):
    rows = [a_message(number) for number in (1, 2, 3)]
    client = signed_in(coordinator)
    chosen = {"action": "delete_selected", "_selected_action": [row.pk for row in rows[:2]]}
    opened = hidden_fields(client.post(INBOX, chosen)) | chosen
    assert opened["opened_on"]
    changed_message(rows[1])
    answer = client.post(INBOX, opened)
    assert "Mitään ei ole vielä poistettu" in answer.content.decode()
    assert Message.objects.count() == 3
    assert client.post(INBOX, hidden_fields(answer) | chosen).status_code == 302
    assert list(Message.objects.all()) == [rows[2]]


def test_a_draft_and_a_person_that_changed_are_not_deleted(two):
    anna, _bertil = two
    notice = Notice(text_fi="Katko", text_sv="Avbrott", text_en="Outage")
    workflow.save_draft(notice)
    invited = User.objects.create_user("invited", "invited@example.fi", is_staff=True)
    pages = [f"/fi/hallinta/pages/notice/{notice.pk}/delete/", f"/fi/hallinta/accounts/user/{invited.pk}/delete/"]
    opened = [hidden_fields(anna.get(page)) for page in pages]
    notice.text_fi = "Uusi katko"
    workflow.save_draft(notice)
    invited.groups.add(Group.objects.get(name="Editors"))
    assert [anna.post(page, data).status_code for page, data in zip(pages, opened, strict=True)] == [200, 200]
    assert [Notice.objects.count(), User.objects.filter(pk=invited.pk).count()] == [1, 1]
    opened = [hidden_fields(anna.get(page)) for page in pages]
    assert [anna.post(page, data).status_code for page, data in zip(pages, opened, strict=True)] == [302, 302]


# --- The desk's other buttons ----------------------------------------------------------------------------------------


def test_a_translation_is_not_marked_correct_for_a_finnish_text_that_nobody_saw(signed_in, editor):
    saved(page(), lead_fi="Uusi ingressi")
    client = signed_in(editor)
    address = "/fi/hallinta/pages/page/network/change/"
    mine = filled_in(client, address) | {"title_fi": "Minun"}
    saved(page(), lead_fi="Kollegan ingressi")
    answer = client.post(address, mine | {"_still_correct": "lead_sv"})
    assert page().translation_states()["lead_sv"] == "outdated"
    assert answer.context["adminform"].form["title_fi"].value() == "Minun"
    assert "Suomenkielinen teksti on muuttunut" in answer.content.decode()


def test_older_texts_are_not_brought_back_over_a_draft_that_nobody_saw(signed_in, editor):
    first = latest_version(page())
    saved(page(), title_fi="Toinen")
    client = signed_in(editor)
    opened = hidden_fields(client.get(HISTORY)) | {"version": first.pk, "restore": "all"}
    saved(page(), title_fi="Kollegan")
    shown = client.post(HISTORY, opened, follow=True)
    assert page().title_fi == "Kollegan"
    assert "newer draft meanwhile" in shown.content.decode()
    client.post(HISTORY, hidden_fields(shown) | {"version": first.pk, "restore": "all"})
    assert page().title_fi == first.field_dict["title_fi"]


def test_a_day_of_review_that_a_colleague_set_meanwhile_stays(signed_in, editor):
    kept = page().review_due
    client = signed_in(editor)
    client.post("/fi/hallinta/publishing/publication/content/", {"reviewed": "pages.page:network"})
    assert page().review_due == kept


# --- Notes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("queue", "made"), [(QUEUE, a_request), (INBOX, a_message)])
def test_two_notes_at_once_both_stay_with_who_and_when(coordinator, queue, made):
    row, other = made(1), made(2)
    second = User.objects.create_user("bertil", is_staff=True)
    second.groups.set(coordinator.groups.all())
    clients = Client(), Client()
    for client, person in zip(clients, (coordinator, second), strict=True):
        client.force_login(person)
    address = f"{queue}{row.pk}/change/"
    typed = [{"note": f"Merkintä {n}"} for n, _client in enumerate(clients)]
    if made is a_request:
        row.refuse(coordinator)  # decided meanwhile: a note is welcome all the same
    for client, data in zip(clients, typed, strict=True):
        assert client.post(address, data).status_code == 302
    assert [(note.text, note.by) for note in row.notes.all()] == [("Merkintä 0", coordinator), ("Merkintä 1", second)]
    assert not other.notes.exists()
    shown = Markup(clients[0].get(address).content.decode()).one("main").text
    assert shown.index("coordinator") < shown.index("Merkintä 0") < shown.index("bertil") < shown.index("Merkintä 1")


def test_a_note_has_a_button_of_its_own_and_nothing_else_can_be_saved(signed_in, coordinator):
    row = a_request()
    markup = Markup(signed_in(coordinator).get(f"{QUEUE}{row.pk}/change/").content.decode())
    form = markup.one("form", id="note-form")
    controls = [e for e in markup.all("input", "textarea", "button") if form in e.above and e["type"] != "hidden"]
    assert [e["name"] or e.text.strip() for e in controls] == ["note", "Lisää merkintä"]
    assert signed_in(coordinator).post(f"{QUEUE}{row.pk}/change/", {"note": "  "}).status_code == 200
    assert not row.notes.exists()


def test_notes_go_with_what_they_are_about(coordinator):
    for row in (a_request(1), a_request(2), a_message(1), a_message(2)):
        row.notes.create(text=f"Merkintä {row.pk}", by=coordinator)
    JoinRequest.objects.first().erase("purged")
    Message.objects.first().erase("left")
    for model in (JoinRequest, Message):
        (row,) = model.objects.all()
        assert [note.about for note in row.notes.model.objects.all()] == [row]


def test_who_may_only_read_is_offered_no_box(client):
    from django.contrib.auth.models import Permission

    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_joinrequest"))
    client.force_login(reader)
    row = a_request()
    markup = Markup(client.get(f"{QUEUE}{row.pk}/change/").content.decode())
    assert markup.all("textarea") == []
    assert client.post(f"{QUEUE}{row.pk}/change/", {"note": "x"}).status_code == 403


# --- All of them -----------------------------------------------------------------------------------------------------


def test_every_form_of_the_admin_that_saves_or_deletes_is_guarded():
    for model, made in admin.site._registry.items():
        if isinstance(made, ReadOnlyAdmin):
            continue
        assert isinstance(made, GuardedDeletion), model
        edited = issubclass(made.form, ConflictForm)
        decided = isinstance(made, SubmissionAdmin)  # has a page of its own, which carries the state of the row
        assert edited or decided, model
        assert type(made).list_editable == ModelAdmin.list_editable == ()
    assert admin.site.get_action("delete_selected").__module__ == "website.admin.lost_updates"
    assert issubclass(GuardedForm, ConflictForm)


def test_a_form_of_moments_and_days_can_be_guarded_as_well():
    from django.utils import timezone

    class Form(GuardedForm):
        class Meta:
            model = JoinRequest
            fields = ["confirmed_at", "suspected"]

    form = Form(instance=a_request(confirmed_at=timezone.now()))
    values = form.values_now()
    assert isinstance(values["confirmed_at"], str) and values["suspected"] is False

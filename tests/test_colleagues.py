"""People who work here: invited, deactivated, looked after by administrators."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

from tests.admin_pages import filled_in, hidden_fields
from tests.signing_in import PASSWORD, act, choose_password, is_signed_in, link_in, people, sign_in
from website.mail.models import Mail

# --- Colleagues ---------------------------------------------------------------------------------------------------
COLLEAGUE = {"username": "anna", "email": "anna@example.fi", "first_name": "Anna", "last_name": "Aho"}


def test_a_colleague_is_invited_by_mail_and_chooses_the_password(client, administrator, editor):
    group = editor.groups.get()
    sign_in(client, "administrator")
    client.post("/sv/hallinta/accounts/user/add/", COLLEAGUE | {"groups": [group.pk]})
    anna = people("anna")
    assert (anna.is_staff, anna.is_superuser, anna.has_usable_password()) == (True, False, False)
    assert list(anna.groups.all()) == [group]
    mail = Mail.objects.get()
    assert mail.recipient == "anna@example.fi"
    assert "Hej" in mail.body
    assert "anna" in mail.body
    client.logout()
    choose_password(client, link_in(mail))
    assert sign_in(client, "anna", "a new and longer password").status_code == 302


def test_nobody_is_invited_without_an_address(client, administrator):
    sign_in(client, "administrator")
    answer = client.post("/fi/hallinta/accounts/user/add/", COLLEAGUE | {"email": ""})
    assert answer.status_code == 200
    assert not get_user_model().objects.filter(username="anna").exists()


def test_an_expired_session_keeps_the_form_of_an_invitation(client, administrator, editor):
    address, typed = "/fi/hallinta/accounts/user/add/", COLLEAGUE | {"groups": [editor.groups.get().pk]}
    again = {"username": "administrator", "password": PASSWORD, **hidden_fields(client.post(address, typed))}
    shown = client.post(address, again)
    assert shown.status_code == 200 and not Mail.objects.exists()
    form = shown.context["adminform"].form
    assert {name: form[name].value() for name in COLLEAGUE} == COLLEAGUE
    assert form["groups"].value() == [str(editor.groups.get().pk)]
    assert client.post(address, typed).status_code == 302 and Mail.objects.count() == 1


def test_who_lost_the_invitation_may_ask_for_a_password_alone(client, db):
    get_user_model().objects.create_user("anna", "anna@example.fi", is_staff=True)
    client.post("/fi/hallinta/password-reset/", {"email": "anna@example.fi"})
    assert Mail.objects.count() == 1


def test_a_lost_second_factor_is_removed_by_an_administrator(client, administrator, editor, device):
    sign_in(client, "administrator")
    act(client, "remove_second_factor", editor)
    history = client.get(f"/fi/hallinta/accounts/user/{editor.pk}/history/").content.decode()
    assert "Muutettu Kaksivaiheinen kirjautuminen." in history
    client.logout()
    assert sign_in(client).status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["editor", "publisher", "coordinator"])
@pytest.mark.parametrize(
    "address", [f"accounts/user/{rest}" for rest in ("", "add/", "1/change/")] + ["admin/logentry/"]
)
def test_only_administrators_see_people_and_the_log(client, request, who, address):
    person = request.getfixturevalue(who)
    person.user_permissions.set(Permission.objects.filter(content_type__app_label__in=["auth", "admin"]))
    sign_in(client, who)
    assert client.get(f"/fi/hallinta/{address.replace('1', str(person.pk))}").status_code == 403


def test_deactivation_ends_the_session_at_once(client, administrator, editor):
    sign_in(client)
    assert is_signed_in(client)
    admin = type(client)()
    sign_in(admin, "administrator")
    address = f"/fi/hallinta/accounts/user/{editor.pk}/change/"
    assert admin.post(address, filled_in(admin, address) | {"is_active": ""}).status_code == 302
    assert not is_signed_in(client)
    assert sign_in(client).status_code == 200


def test_who_has_worked_here_is_deactivated_and_not_deleted(client, administrator, editor):
    never_came = get_user_model().objects.create_user("anna", "anna@example.fi", is_staff=True)
    sign_in(client)
    sign_in(client, "administrator")
    assert "delete_selected" not in client.get("/fi/hallinta/accounts/user/").content.decode()
    assert client.post(f"/fi/hallinta/accounts/user/{editor.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"/fi/hallinta/accounts/user/{never_came.pk}/delete/", {"post": "yes"}).status_code == 302
    assert people("editor")


def test_administrators_cannot_lock_themselves_out(client, administrator):
    sign_in(client, "administrator")
    address = f"/fi/hallinta/accounts/user/{administrator.pk}/change/"
    given_up = {"is_active": "", "is_superuser": "", "first_name": "Aatu"}
    assert client.post(address, filled_in(client, address) | given_up).status_code == 302
    administrator.refresh_from_db()
    assert (administrator.is_active, administrator.is_superuser) == (True, True)


def test_the_log_is_read_and_never_changed(client, administrator, editor):
    sign_in(client, "administrator")
    address = f"/fi/hallinta/accounts/user/{editor.pk}/change/"
    client.post(address, filled_in(client, address) | {"email": "new@example.fi"})
    client.post("/fi/hallinta/contacts/contact/1/withdraw/", {"note_fi": "Siirtynyt muualle", "note_sv": "Har flyttat"})
    page = client.get("/fi/hallinta/admin/logentry/")
    assert "editor" in page.content.decode()
    assert ">Poistettu julkaisusta.</td>" in page.content.decode()
    assert client.get("/fi/hallinta/admin/logentry/add/").status_code == 403
    entry = page.context["cl"].result_list[0]
    assert client.post(f"/fi/hallinta/admin/logentry/{entry.pk}/delete/", {"post": "yes"}).status_code == 403

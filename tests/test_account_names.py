"""User names and e-mail addresses are unique without regard to case, in forms and in the database."""

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

from tests.conftest import person
from tests.signing_in import PASSWORD


@pytest.mark.parametrize(
    "other", [{"username": "MAIJA", "email": "other@example.fi"}, {"username": "other", "email": "Maija@Example.FI"}]
)
def test_two_accounts_never_differ_in_case_alone(editor, other):
    person("maija", "Editors")
    with pytest.raises(IntegrityError), transaction.atomic():
        get_user_model().objects.create_user(password=PASSWORD, **other)


def test_accounts_without_an_address_are_no_doubles(db):
    for name in ("first", "second"):
        get_user_model().objects.create_user(name, password=PASSWORD)
    assert get_user_model().objects.filter(email="").count() == 2


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"username": "EDITOR", "email": "new@example.fi"}, "Tämä käyttäjätunnus on jo käytössä"),
        ({"username": "new", "email": "Editor@Example.fi"}, "Tällä sähköpostiosoitteella on jo tunnus"),
    ],
)
def test_an_invitation_for_a_name_that_is_taken_says_so_and_keeps_what_was_typed(
    signed_in, administrator, editor, publisher, posted, sentence
):
    answer = signed_in(administrator).post("/fi/hallinta/accounts/user/add/", posted | {"first_name": "Maija"})
    assert sentence in answer.content.decode()
    assert 'value="Maija"' in answer.content.decode()
    assert get_user_model().objects.count() == 3


def test_one_signs_in_with_ones_name_in_any_case(client, editor, publisher):
    answer = client.post("/fi/hallinta/login/", {"username": "Editor", "password": PASSWORD})
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(editor.pk)


def test_wrong_passwords_count_for_one_account_however_its_name_is_written(client, editor):
    for name in ("editor", "Editor", "EDITOR", "eDitor", "edItor"):
        client.post("/fi/hallinta/login/", {"username": name, "password": "wrong"})
    answer = client.post("/fi/hallinta/login/", {"username": "editor", "password": PASSWORD})
    assert answer.status_code == 429


def test_a_name_longer_than_any_account_s_gets_the_sign_in_page_again(client, editor):
    answer = client.post("/fi/hallinta/login/", {"username": "9" * 300, "password": PASSWORD})
    assert answer.status_code == 200
    assert "Lyhennä teksti 150 merkkiin" in answer.content.decode()

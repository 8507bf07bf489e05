"""Passwords: forgotten, chosen, changed, and what makes a good one."""

import re

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.markup import Markup
from tests.signing_in import (
    CHANGE_PASSWORD,
    LOGIN,
    PASSWORD,
    choose_password,
    code_of,
    is_signed_in,
    link_in,
    lock,
    sign_in,
)
from website.accounts import password_reset
from website.accounts.passwords import CommonPasswords
from website.mail.models import Mail

# --- A forgotten password -----------------------------------------------------------------------------------------


def test_a_forgotten_password_is_changed_by_a_mail_in_the_language_of_the_page(client, editor):
    client.post("/sv/hallinta/password-reset/", {"email": "EDITOR@example.fi"}, HTTP_HOST="testserver:666")
    mail = Mail.objects.get()
    assert mail.recipient == "editor@example.fi"
    assert "http://testserver/sv/hallinta/password-reset/" in mail.body
    assert "Hej" in mail.body
    assert choose_password(client, link_in(mail)).status_code == 302
    assert sign_in(client, password="a new and longer password").status_code == 302


def test_an_unknown_address_gets_the_same_answer_and_no_mail(client, editor):
    get_user_model().objects.create_user("gone", "gone@example.fi", PASSWORD, is_staff=True, is_active=False)
    known, unknown, inactive = (
        client.post("/fi/hallinta/password-reset/", {"email": address}, follow=True)
        for address in ("editor@example.fi", "nobody@example.fi", "gone@example.fi")
    )
    assert known.redirect_chain == unknown.redirect_chain == inactive.redirect_chain
    assert known.content == unknown.content == inactive.content
    assert [mail.recipient for mail in Mail.objects.all()] == ["editor@example.fi"]


def test_nobody_can_fill_a_colleagues_mailbox(client, editor, publisher):
    with time_machine.travel("2026-11-23 12:00 +0200", tick=False) as clock:
        for _attempt in range(5):
            client.post("/fi/hallinta/password-reset/", {"email": "editor@example.fi"})
        assert Mail.objects.count() == 3
        client.post("/fi/hallinta/password-reset/", {"email": "publisher@example.fi"})
        clock.shift(24 * 60 * 60 + 1)
        client.post("/fi/hallinta/password-reset/", {"email": "editor@example.fi"})
        assert Mail.objects.count() == 5


def test_one_network_asks_for_a_few_new_passwords_an_hour(client, editor):
    """Of whichever addresses, and in whichever language."""
    reset = "/sv/hallinta/password-reset/"
    for number in range(20):
        assert client.post(reset, {"email": f"name{number}@example.fi"}, REMOTE_ADDR="192.0.2.7").status_code == 302
    refused = client.post(reset, {"email": "editor@example.fi"}, REMOTE_ADDR="192.0.2.77")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3600")
    assert '<html lang="sv"' in refused.content.decode()
    assert not Mail.objects.exists()
    assert client.post(reset, {"email": "editor@example.fi"}, REMOTE_ADDR="198.51.100.4").status_code == 302
    assert Mail.objects.count() == 1


def test_the_time_of_the_answer_does_not_tell_who_is_known(client, editor, monkeypatch):
    """For every address the same is done: the same queries, the same mail written; for most it goes no further."""
    get_user_model().objects.create_user("gone", "gone@example.fi", PASSWORD, is_staff=True, is_active=False)
    written = []
    enqueue = password_reset.enqueue
    monkeypatch.setattr(
        password_reset, "enqueue", lambda *args, **kwargs: written.append(args[0]) or enqueue(*args, **kwargs)
    )

    def done(address):
        with CaptureQueriesContext(connection) as queries:
            client.post("/fi/hallinta/password-reset/", {"email": address})
        statements = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
        return [re.match(r"\w+(?: .*?(?:FROM|INTO))?(?: \S+)?", statement)[0] for statement in statements]

    done("first@example.fi")  # makes the key of the day
    addresses = ["editor@example.fi", "nobody@example.fi", "gone@example.fi", *["editor@example.fi"] * 3]
    work = [done(address) for address in addresses]
    assert [*map(len, work)] == [len(work[0])] * 6
    for steps in work:
        assert steps == work[0]
    assert written == ["first@example.fi", *addresses]
    assert Mail.objects.count() == 3


def test_the_link_works_once_and_for_three_days(client, editor):
    with time_machine.travel("2026-11-23 12:00 +0200", tick=False) as clock:
        client.post("/fi/hallinta/password-reset/", {"email": "editor@example.fi"})
        link = link_in(Mail.objects.get())
        clock.shift(3 * 24 * 60 * 60 + 1)
        assert "new_password1" not in client.get(link, follow=True).content.decode()
        clock.shift(-2)
        choose_password(client, link)
        assert "new_password1" not in client.get(link, follow=True).content.decode()


def test_after_a_reset_the_right_password_is_let_in_though_the_name_was_locked(client, editor):
    assert lock(client)[-1] == 429
    client.post("/fi/hallinta/password-reset/", {"email": "editor@example.fi"})
    choose_password(client, link_in(Mail.objects.get()))
    assert sign_in(client, password="a new and longer password").status_code == 302


def test_a_link_for_somebody_deactivated_says_so_to_who_has_the_link(client, editor):
    client.post("/fi/hallinta/password-reset/", {"email": "editor@example.fi"})
    link = link_in(Mail.objects.get())
    get_user_model().objects.update(is_active=False)
    said = client.get(link, follow=True).content.decode()
    assert "ei ole enää käytössä" in said and "new_password1" not in said
    assert "ei ole enää käytössä" not in client.get(link[:-5] + "wxyz/", follow=True).content.decode()


def test_a_short_password_is_refused(client, editor):
    client.post("/fi/hallinta/password-reset/", {"email": "editor@example.fi"})
    assert choose_password(client, link_in(Mail.objects.get()), "fourteen chars").status_code == 200
    assert sign_in(client).status_code == 302


def test_a_new_password_ends_the_sessions_of_the_old_one_and_keeps_the_second_factor(client, editor, device):
    other = type(client)()
    sign_in(other, code=code_of(device))
    client.post("/fi/hallinta/password-reset/", {"email": "editor@example.fi"})
    choose_password(client, link_in(Mail.objects.get()))
    assert not is_signed_in(other)
    assert sign_in(client, password="a new and longer password").status_code == 200
    assert not is_signed_in(client)


# --- Passwords ----------------------------------------------------------------------------------------------------


def change_password(client, new, old=PASSWORD):
    answer = client.post(CHANGE_PASSWORD, {"old_password": old, "new_password1": new, "new_password2": new})
    return answer.status_code == 302


def test_a_new_password_needs_the_old_one(client, editor):
    sign_in(client)
    assert not change_password(client, "a new and longer phrase", old="wrong")
    assert not change_password(client, "a new and longer phrase", old="")
    assert change_password(client, "a new and longer phrase")


def test_passwords_are_long_of_any_signs_and_taken_as_they_are_written(client, editor):
    long = "  Ä ö 漢字 " + "x1!" * 60 + "  "
    sign_in(client)
    assert change_password(client, long)
    for nearly in (long.strip(), long[:72], long.lower()):
        client.logout()
        sign_in(client, password=nearly)
        assert not is_signed_in(client)
    sign_in(client, password=long)
    assert is_signed_in(client)


@pytest.mark.parametrize(
    "guessable",
    [
        *("innovaatiojulistus", "Innovaatio-Julistus2026", "Valtiovarainministeriö1", "OECD.opsi.Suomi26"),
        *("qwertyuiopasdfg", "PasswordPassword1", "1234567890123456", "sunshine0000000"),
    ],
)
def test_words_of_this_site_and_common_passwords_make_no_password(client, editor, guessable):
    sign_in(client)
    assert not change_password(client, guessable)
    assert change_password(client, "seven grey herons at oecd")


def test_a_longer_list_of_breached_passwords_can_be_given(tmp_path):
    (tmp_path / "breached").write_text("seven grey herons\n", encoding="utf-8")
    with pytest.raises(ValidationError):
        CommonPasswords(password_list_path=tmp_path / "breached").validate("Seven Grey Herons")
    CommonPasswords().validate("Seven Grey Herons")


def test_password_fields_hide_what_is_typed_and_let_programs_fill_it_in(client, administrator):
    seen = []
    client.post("/fi/hallinta/password-reset/", {"email": "administrator@example.fi"})
    reset = client.get(link_in(Mail.objects.get()), follow=True)
    pages = [client.get(LOGIN), reset]
    sign_in(client, "administrator")
    sign_in(type(client)(), "administrator")
    pages += [client.get(f"/fi/hallinta/{address}/") for address in ("second-factor", "sessions", "password_change")]
    for page in pages:
        for field in Markup(page.content.decode()).all("input"):
            if "password" in (field["name"] or ""):
                seen.append(field["name"])
                assert (field["type"], field["autocomplete"]) in (
                    ("password", "current-password"),
                    ("password", "new-password"),
                )
                assert not field["onpaste"] and not field["readonly"]
    assert len(seen) == 8

"""People's way into the admin: signing in, the second factor, passwords, colleagues."""

import json
import re
import time
from urllib.parse import urlencode

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.utils.translation import override
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.admin_pages import addresses, filled_in
from tests.markup import Markup
from tests.signing_in import (
    CHANGE_PASSWORD,
    LOGIN,
    PASSWORD,
    SECOND_FACTOR,
    code_of,
    is_signed_in,
    lock,
    pending_device,
    people,
    recovery_codes,
    set_up,
    sign_in,
)
from website.accounts import sessions
from website.logs import formatting


# --- Signing in ---------------------------------------------------------------------------------------------------
def test_an_editor_signs_in_with_username_and_password(client, editor):
    assert sign_in(client).status_code == 302
    assert is_signed_in(client)


@pytest.mark.parametrize("written", [{}, {"username": "editor"}, {"password": PASSWORD}])
def test_signing_in_with_something_left_out_says_so(client, editor, written):
    answer = client.post(LOGIN, written)
    assert answer.status_code == 200
    assert answer.content.decode().count("Tämä tieto puuttuu.") == 2 - len(written)


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:x"])
def test_signing_in_leads_to_no_other_site(client, editor, elsewhere):
    for address in (LOGIN, f"{LOGIN}?{urlencode({'next': elsewhere})}"):
        answer = client.post(address, {"username": "editor", "password": PASSWORD, "next": elsewhere})
        assert answer.headers["Location"] == "/fi/hallinta/"


@pytest.mark.parametrize("address", ["", "login/", "password-reset/", "second-factor/", "jsi18n/", "password_change/"])
def test_no_page_of_the_admin_is_kept_in_a_cache(client, editor, address):
    for session in (False, True):
        if session:
            sign_in(client)
        assert "no-store" in client.get(f"/fi/hallinta/{address}").headers["Cache-Control"]


def test_the_sign_in_page_speaks_the_language_of_its_path_and_leads_to_the_others(client, db):
    page = client.get("/sv/hallinta/login/?next=/sv/hallinta/").content.decode()
    assert '<html lang="sv"' in page
    assert "Lösenord" in page
    for other in ("fi", "sv", "en"):
        assert f'href="/{other}/hallinta/login/?next=/sv/hallinta/"' in page


def test_the_admin_says_which_environment_it_is(client, db, settings):
    places = [LOGIN, *(f"/fi/hallinta/password-reset/{page}" for page in ("", "sent/", "x/y/", "done/"))]
    assert not [place for place in places if "HARJOITUS" in client.get(place).content.decode()]
    settings.ENVIRONMENT_LABEL = "HARJOITUS"
    assert [place for place in places if "HARJOITUS" in client.get(place).content.decode()] == places


def test_passwords_are_guessed_from_a_whole_network_of_ipv6_as_from_one_address(client, editor):
    for number in range(5):
        client.post(LOGIN, {"username": "editor", "password": "x"}, REMOTE_ADDR=f"2001:db8::{number}")
    right = {"username": "editor", "password": PASSWORD}
    assert client.post(LOGIN, right, REMOTE_ADDR="2001:db8::77").status_code == 429
    assert client.post(LOGIN, right, REMOTE_ADDR="2001:db8:0:1::77").status_code == 302


@pytest.mark.parametrize("label", ["axes", "otp_totp", "otp_static", "reversion", "auth/group"])
def test_tables_of_libraries_have_no_page(client, administrator, label):
    sign_in(client, "administrator")
    assert client.get(f"/fi/hallinta/{label}/").status_code == 404


# --- Too many attempts --------------------------------------------------------------------------------------------


def test_five_wrong_passwords_lock_the_username_at_that_address_for_the_right_one_too(client, editor, publisher):
    assert lock(client) == [200, 200, 200, 200, 429]
    locked = sign_in(client)
    assert locked.status_code == 429
    assert not is_signed_in(client)
    assert "15" in locked.content.decode()
    assert '<html lang="fi"' in locked.content.decode()
    assert 'href="/sv/hallinta/login/"' in locked.content.decode()
    assert sign_in(client, "publisher").status_code == 302
    client.logout()
    assert sign_in(client, REMOTE_ADDR="192.0.2.7").status_code == 302


def test_the_lock_opens_by_itself(client, editor):
    with time_machine.travel("2026-11-23 12:00 +0200", tick=False) as clock:
        lock(client)
        clock.shift(16 * 60)
        assert sign_in(client).status_code == 302


def test_signing_in_forgets_earlier_wrong_attempts(client, editor):
    for _round in range(2):
        for _attempt in range(4):
            assert sign_in(client, password="wrong").status_code == 200
        assert sign_in(client).status_code == 302
        client.logout()


def test_a_forged_address_does_not_escape_the_lock(client, editor, settings):
    """Without a proxy the header is the visitor's own text; behind one, everything but its last entry is."""
    for proxies, real in ((0, ""), (1, ", 198.51.100.4")):
        settings.TRUSTED_PROXIES = proxies
        answers = [
            sign_in(client, password="wrong", HTTP_X_FORWARDED_FOR=f"203.0.113.{attempt}{real}").status_code
            for attempt in range(6)
        ]
        assert answers[-2:] == [429, 429], proxies
        assert sign_in(client, HTTP_X_FORWARDED_FOR=f"203.0.113.99{real}").status_code == 429


@pytest.mark.parametrize("path", ["login/", "", "pages/page/network/change/", "second-factor/"])
def test_many_names_from_one_address_are_locked_whatever_page_the_sign_in_is_sent_to(client, editor, caplog, path):
    """The form that carries what was typed into a page signs in at the address of that page."""

    def tried(name, typed="wrong", **extra):
        posted = {"username": name, "password": typed, "carried": "title_fi=Teksti"}
        return client.post(f"/fi/hallinta/{path}", posted, **extra)

    assert {tried(f"name{number}").status_code for number in range(19)} == {200}
    assert tried("name19").status_code == 429
    locked = tried("editor", PASSWORD)
    assert (locked.status_code, is_signed_in(client)) == (429, False)
    assert "15" in locked.content.decode()
    assert "locked out" in [event[0] for event in told(caplog)[0]]
    assert tried("editor", PASSWORD, REMOTE_ADDR="192.0.2.7").status_code in (200, 302)
    assert is_signed_in(client)


def test_behind_a_proxy_one_visitor_does_not_lock_out_another(client, editor, settings):
    settings.TRUSTED_PROXIES = 1
    lock(client, HTTP_X_FORWARDED_FOR="198.51.100.4")
    assert sign_in(client, HTTP_X_FORWARDED_FOR="198.51.100.5").status_code == 302


# --- The second factor ----------------------------------------------------------------------------------------------
def test_who_has_a_second_factor_needs_its_code_even_where_it_is_not_required(client, editor, device):
    for wrong in ("", "000000", "abcdefgh"):
        assert sign_in(client, code=wrong).status_code == 200
        assert not is_signed_in(client)


def test_forgetting_the_code_costs_no_wait(client, editor):
    sign_in(client)
    code = recovery_codes(set_up(client))[0]
    client.logout()
    sign_in(client)
    assert sign_in(client, code=code).status_code == 302


def test_the_code_of_the_app_signs_in_once(client, editor, device):
    code = code_of(device)
    assert sign_in(client, code=f"{code[:3]} {code[3:]}").status_code == 302
    assert is_signed_in(client)
    client.logout()
    assert sign_in(client, code=code).status_code == 200
    assert not is_signed_in(client)


def test_a_code_of_somebody_else_is_worth_nothing(client, editor, publisher, device):
    theirs = TOTPDevice.objects.create(user=publisher, name="app", confirmed=True)
    assert sign_in(client, code=code_of(theirs)).status_code == 200


def test_after_wrong_codes_the_right_one_has_to_wait(client, editor, device):
    for _attempt in range(3):
        sign_in(client, code="000000")
    assert sign_in(client, code=code_of(device)).status_code == 200
    with time_machine.travel(time.time() + 60):
        assert sign_in(client, code=code_of(device)).status_code == 302


def test_setting_it_up_asks_for_a_code_and_shows_recovery_codes_once(client, editor, required):
    sign_in(client)
    assert client.get("/fi/hallinta/").headers["Location"] == SECOND_FACTOR
    page = client.get(SECOND_FACTOR).content.decode()
    assert "<svg" in page
    assert "style=" not in page
    assert TOTPDevice.objects.filter(confirmed=True).count() == 0
    codes = recovery_codes(set_up(client))
    assert len(set(codes)) == 10
    assert is_signed_in(client)
    again = client.get(SECOND_FACTOR).content.decode()
    assert not any(code in again for code in codes)


def test_a_recovery_code_works_once_in_place_of_the_app(client, editor):
    sign_in(client)
    code = recovery_codes(set_up(client))[0]
    client.logout()
    assert sign_in(client, code=code.upper()).status_code == 302
    client.logout()
    assert sign_in(client, code=code).status_code == 200


@pytest.mark.parametrize("posted", [{"code": "000000"}, {"password": "wrong"}], ids=["wrong code", "wrong password"])
def test_the_old_second_factor_stays_until_the_new_one_is_proved(client, editor, device, posted):
    sign_in(client, code=code_of(device))
    pending = pending_device(client)
    client.post(SECOND_FACTOR, {"code": code_of(pending), "password": PASSWORD} | posted)
    assert list(TOTPDevice.objects.filter(confirmed=True)) == [device]


def test_a_new_second_factor_replaces_the_old_one_and_its_recovery_codes(client, editor):
    sign_in(client)
    old_codes = recovery_codes(set_up(client))
    old_device = TOTPDevice.objects.get()
    new_codes = recovery_codes(set_up(client))
    assert TOTPDevice.objects.get() != old_device
    client.logout()
    assert sign_in(client, code=old_codes[0]).status_code == 200
    with time_machine.travel(time.time() + 60):
        assert sign_in(client, code=new_codes[0]).status_code == 302


def test_setting_it_up_ends_older_sessions_of_the_same_person(client, editor, django_user_model):
    other = type(client)()
    sign_in(other)
    sign_in(client)
    set_up(client)
    assert is_signed_in(client)
    assert not is_signed_in(other)


def test_a_secret_seen_in_another_session_is_not_used(client, editor):
    other = type(client)()
    sign_in(other)
    seen = pending_device(other)
    sign_in(client)
    pending_device(client)
    client.post(SECOND_FACTOR, {"code": code_of(seen), "password": PASSWORD})
    assert not TOTPDevice.objects.exists()
    set_up(client)
    assert TOTPDevice.objects.get().key != seen.key


@pytest.mark.parametrize("address", ["", "pages/page/", "pages/page/network/change/", "r/1/1/"])
def test_without_the_required_second_factor_every_page_leads_to_setting_it_up(client, editor, required, address):
    sign_in(client)
    for method in (client.get, client.post):
        answer = method(f"/fi/hallinta/{address}")
        assert (answer.status_code, answer.headers.get("Location")) == (302, SECOND_FACTOR)


def test_signing_out_and_the_password_stay_open_without_the_required_second_factor(client, editor, required):
    sign_in(client)
    assert client.get("/fi/hallinta/password_change/").status_code == 200
    assert client.get("/fi/hallinta/jsi18n/").status_code == 200
    assert client.post("/fi/hallinta/logout/").status_code == 200
    assert client.get(SECOND_FACTOR).headers["Location"].startswith(LOGIN)


# --- Codes --------------------------------------------------------------------------------------------------------
def test_the_apps_code_counts_for_its_half_minute_and_the_one_before_and_after(client, editor):
    # Nobody types in no time, and clocks differ: SECURITY.md. A code that was used counts no more.
    with time_machine.travel("2026-11-23 12:00:15 +0200", tick=False) as clock:
        sign_in(client)
        set_up(client)
        client.logout()
        device = TOTPDevice.objects.get()
        for steps, taken in ((-2, False), (2, False), (-1, True), (0, True), (1, True)):
            clock.shift(20 * 60)  # past every wait
            TOTPDevice.objects.update(drift=0, last_t=-1)
            sign_in(client, code=code_of(device, steps))
            assert is_signed_in(client) == taken, steps
            client.logout()


# --- Sessions -----------------------------------------------------------------------------------------------------
SESSIONS = "/fi/hallinta/sessions/"


def session_of(client):
    return client.cookies["session"].value


def test_signing_in_changes_the_session_and_signing_out_ends_it(client, editor):
    keys = []
    for _time in range(2):
        sign_in(client)
        keys.append(session_of(client))
    assert len(set(keys)) == 2
    assert not Session.objects.filter(pk=keys[0]).exists()
    assert all(re.fullmatch(r"[a-z0-9]{32}", key) for key in keys)  # 165 bits, from the system's generator
    client.post("/fi/hallinta/logout/")
    client.cookies["session"] = keys[1]
    assert not is_signed_in(client)
    assert Session.objects.count() == 0


def test_a_session_that_nobody_signed_in_with_is_worth_nothing(client, editor):
    client.cookies["session"] = "a" * 32
    assert not is_signed_in(client)
    sign_in(client)
    assert session_of(client) != "a" * 32


def test_a_session_ends_after_half_an_hour_without_use_and_after_eight_hours_of_use(client, editor):
    with time_machine.travel("2026-11-23 08:00 +0200", tick=False) as clock:
        sign_in(client)
        clock.shift(31 * 60)
        assert not is_signed_in(client)
        sign_in(client)
        for _time in range(8 * 60 // 20 - 1):
            clock.shift(20 * 60)
            assert is_signed_in(client)
        clock.shift(20 * 60 + 1)
        assert not is_signed_in(client)
        sign_in(client)
        assert is_signed_in(client)
    assert not client.cookies["session"]["max-age"]  # and with the browser


def test_what_was_typed_outlives_the_session_but_for_passwords(client, editor):
    with time_machine.travel("2026-11-23 08:00 +0200", tick=False) as clock:
        sign_in(client)
        clock.shift(31 * 60)
        for address, posted in (
            ("/fi/hallinta/pages/page/network/change/", {"title_fi": "Kauan kirjoitettu"}),
            (CHANGE_PASSWORD, {"old_password": PASSWORD, "new_password1": "seven grey herons"}),
        ):
            page = client.post(address, posted).content.decode()
            assert 'name="carried"' in page
            assert ("Kauan+kirjoitettu" in page) == ("title_fi" in posted)
            assert not re.search("horse|heron", page)


def test_somebodys_other_sessions_are_listed_and_ended_with_the_password(client, editor, publisher):
    others = [type(client)() for _number in range(3)]
    for other, name in zip(others, ("editor", "editor", "publisher"), strict=True):
        sign_in(other, name)
    sign_in(client)
    page = client.get(SESSIONS).content.decode()
    assert not any(session_of(one) in page for one in [client, *others])
    names = [field["value"] for field in Markup(page).all("input", type="checkbox")]
    assert len(names) == 2
    client.post(SESSIONS, {"sessions": names, "password": "wrong"})
    assert all(is_signed_in(one) for one in [client, *others])
    foreign = sessions.sha256(session_of(others[2]).encode()).hexdigest()
    client.post(SESSIONS, {"sessions": [foreign], "password": PASSWORD})
    assert client.post(SESSIONS, {"sessions": names[:1], "password": PASSWORD}).status_code == 302
    assert sorted(is_signed_in(one) for one in others[:2]) == [False, True]
    assert is_signed_in(client) and is_signed_in(others[2])


@pytest.mark.once
def test_every_page_of_the_admin_lets_people_sign_out(client, administrator):
    sign_in(client, "administrator")
    with override("fi"):
        pages = {address: client.get(address) for address in addresses()}
    opened = {a: p for a, p in pages.items() if p.status_code == 200 and "/password-reset/" not in a}
    assert len(opened) > 40
    assert [a for a, page in opened.items() if 'id="logout-form"' not in page.content.decode()] == []


def test_nobody_changes_the_address_that_their_own_new_password_would_go_to(client, administrator, editor):
    sign_in(client, "administrator")
    for person in (administrator, editor):
        address = f"/fi/hallinta/accounts/user/{person.pk}/change/"
        client.post(address, filled_in(client, address) | {"email": "elsewhere@example.fi"})
    assert people("administrator").email == "administrator@example.fi"
    assert people("editor").email == "elsewhere@example.fi"


# --- What is logged -----------------------------------------------------------------------------------------------
def told(caplog):
    lines = [
        json.loads(formatting.Json().format(record)) for record in caplog.records if record.name == "website.security"
    ]
    caplog.clear()
    return [(line["message"], line["user"], line.get("factor")) for line in lines], json.dumps(lines)


def test_signing_in_is_logged_whether_it_works_or_not(client, editor, device, caplog):
    sign_in(client, "Aino.Esimerkki")
    sign_in(client, password="wrong")
    sign_in(client)
    sign_in(client, code="000000")
    with time_machine.travel(time.time() + 60):
        sign_in(client, code=code_of(device))
    client.post("/fi/hallinta/logout/")
    lock(client)
    events, text = told(caplog)
    assert events == [
        ("sign-in failed", None, None),
        ("sign-in failed", editor.pk, None),
        ("no code", editor.pk, None),
        ("wrong code", editor.pk, None),
        ("signed in", editor.pk, "totpdevice"),
        ("signed out", editor.pk, None),
        *[("sign-in failed", editor.pk, None)] * 4,
        ("locked out", editor.pk, None),
        ("sign-in failed", editor.pk, None),
    ]
    assert not re.search(r"Aino|editor|wrong\"|000000|127\.0\.0\.1|example", text)
    assert '"page": "admin:login"' in text


def test_setting_up_a_second_factor_is_logged_without_its_secret(client, editor, caplog):
    sign_in(client)
    told(caplog)
    set_up(client)
    events, text = told(caplog)
    assert events == [("second factor set up", editor.pk, None)]
    assert TOTPDevice.objects.get().key not in text


def test_what_is_refused_is_logged_with_who_asked(client, editor, settings, caplog):
    sign_in(client)
    told(caplog)
    client.get("/fi/hallinta/accounts/user/")
    client.post("/fi/verkosto/liity/", {"name": "Aino"}, headers={"sec-fetch-site": "cross-site"})
    stranger = type(client)(enforce_csrf_checks=True)
    stranger.post(LOGIN, {"username": "Aino"})
    settings.REQUESTS_PER_SITE_PER_HOUR = 0
    feedback = {"kind": "other", "message": "Aino", "remark": ""}
    client.post("/fi/palaute/", feedback)
    settings.REQUESTS_PER_SITE_PER_HOUR = 100
    client.post("/fi/palaute/", feedback | {"remark": "https://spam.example"})
    events, text = told(caplog)
    assert [event[:2] for event in events] == [
        ("refused", editor.pk),
        ("refused", None),
        ("refused", None),
        ("too many forms", None),
        ("trapped", None),
    ]
    assert not re.search(r"Aino|spam", text)

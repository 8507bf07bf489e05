"""Every secret is random and as long as it should be: two of them differ, and what is made from one changes with it."""

import hashlib
import io
import re
import uuid
from base64 import b32decode, urlsafe_b64decode
from datetime import date

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from network.models import JoinRequest
from tests.admin_pages import QUEUE, a_message, a_request, address_of, hidden_fields
from tests.forms import ASK, deliver
from tests.signing_in import SECOND_FACTOR, pending_device, recovery_codes, set_up, sign_in
from website import environment
from website.accounts import second_factor
from website.admin.lost_updates import state_of
from website.correspondence import erasures
from website.correspondence.hourly_limits import admit
from website.correspondence.models import DailyKey, Link, Tally
from website.logs import formatting
from website.mail import sender
from website.mail.models import Mail
from website.mail.outbox import enqueue
from website.management.commands import prepare
from website.prerender import render
from website.publishing.edition import Edition
from website.publishing.models import Serial
from website.publishing.versions import latest_version
from website.publishing.views import shared_urls

pytestmark = pytest.mark.django_db

DAYS = [date(2027, 1, 1), date(2027, 1, 2)]
OTHER_KEY = "another secret key " + "0123456789" * 5


def bytes_in(token):
    """How many bytes a token in URL-safe base64 holds."""
    return len(urlsafe_b64decode(token + "=" * (-len(token) % 4)))


# --- What counts visitors ------------------------------------------------------------------------------------------


def test_the_key_of_each_day_is_random_and_does_not_change_within_the_day():
    # The newest first: making a key deletes older ones.
    keys = [DailyKey.of(day) for day in reversed(DAYS)]
    assert [len(key) for key in keys] == [32, 32]
    assert len(set(keys)) == 2
    assert DailyKey.of(DAYS[0]) == keys[1]
    DailyKey.objects.all().delete()
    assert DailyKey.of(DAYS[0]) not in keys


def test_a_count_has_another_name_under_another_key():
    """And two networks, and the two kinds of submission, have different names under one."""

    def names(*visitors):
        Tally.objects.all().delete()
        for visitor in visitors:
            admit(visitor, False)
        return set(Tally.objects.exclude(name=Tally.ORDINARY).values_list("name", flat=True))

    first = names("203.0.113.7")
    assert [len(name) for name in first] == [64]
    assert names("203.0.113.250") == first  # the same network
    assert len(names("203.0.113.7", "203.0.112.7")) == 2
    DailyKey.objects.update(key=b"x" * 32)
    assert not names("203.0.113.7") & first
    Tally.objects.all().delete()
    admit("203.0.113.7", False)
    admit("203.0.113.7", True)
    assert Tally.objects.exclude(name__in=(Tally.ORDINARY, Tally.SUSPECTED)).count() == 2


# --- What is mailed --------------------------------------------------------------------------------------------------


def test_each_mailed_link_is_a_secret_of_its_own(client):
    """Of one person, of two, and of the form that sends a link anew."""
    tokens = [Link.make(f"{name}@vm.example") for name in ("aino", "aino", "bertil")]
    a_request(1, normalised_email="aino@vm.example", email="aino@vm.example")
    for _time in range(2):
        client.post(ASK["fi"], {"email": "aino@vm.example", "remark": ""})
        (mail,) = deliver()
        tokens += re.findall(r"/omat-tiedot/([\w-]{43})/", mail.body)
    assert len(tokens) == len(set(tokens)) == 5
    assert {bytes_in(token) for token in tokens} == {32}
    assert Link.find(tokens[0]).normalised_email == "aino@vm.example"
    assert Link.find(tokens[2]).normalised_email == "bertil@vm.example"
    for altered in ("", "x" * 43, tokens[0][:-1], tokens[0] + "x", tokens[0].swapcase()):
        assert Link.find(altered) is None
    # What is stored of each is its hash.
    digests = {hashlib.sha256(token.encode()).hexdigest() for token in tokens}
    assert set(Link.objects.values_list("digest", flat=True)) == digests


def test_two_mails_have_different_message_ids():
    for _time in range(2):
        enqueue("aino@vm.example", "network/mail/known.txt", "fi", {"token": "x", "days": 1})
    assert len(set(Mail.objects.values_list("message_id", flat=True))) == 2


def test_each_claim_of_a_sender_is_random():
    mails = [enqueue(f"{n}@vm.example", "network/mail/known.txt", "fi", {"token": "x", "days": 1}) for n in (1, 2)]
    claims = {sender.claimed(mail).claim for mail in mails}
    assert len(claims) == 2
    assert all(uuid.UUID(claim).version == 4 for claim in claims)


def test_a_reset_link_is_one_person_s_and_dies_with_the_password_and_the_key(client, editor, publisher, settings):
    def links():
        Mail.objects.all().delete()
        for person in (editor, publisher):
            client.post("/fi/hallinta/password-reset/", {"email": person.email})
        bodies = Mail.objects.order_by("pk").values_list("body", flat=True)
        return [re.search(r"/password-reset/([\w-]+)/([\w-]+)/", body).groups() for body in bodies]

    def opens(uid, token):
        answer = Client().get(f"/fi/hallinta/password-reset/{uid}/{token}/", follow=True)
        return "new_password1" in answer.content.decode()

    (uid, token), (other_uid, other_token) = links()
    assert token.partition("-")[2] != other_token.partition("-")[2]
    assert (opens(uid, token), opens(uid, other_token), opens(other_uid, token)) == (True, False, False)
    key, settings.SECRET_KEY = settings.SECRET_KEY, OTHER_KEY
    assert not opens(uid, token)
    settings.SECRET_KEY = key
    assert opens(uid, token)
    editor.set_password("another correct horse")
    editor.save()
    assert not opens(uid, token)


# --- Sessions and the second factor ----------------------------------------------------------------------------------


def test_each_session_has_a_key_of_its_own_and_a_new_one_after_signing_in(editor):
    keys = []
    for _time in range(2):
        client = Client()
        sign_in(client)
        keys.append(client.session.session_key)
        sign_in(client)
        keys.append(client.session.session_key)
    assert len(set(keys)) == 4
    assert {len(key) for key in keys} == {32}


def test_each_secret_of_an_app_is_random_and_is_the_one_on_the_screen(editor, publisher):
    secrets = []
    for name in ("editor", "editor", "publisher"):
        client = Client()
        sign_in(client, name)
        shown = re.search(r"((?:[A-Z2-7]{4} ?){8})", client.get(SECOND_FACTOR).content.decode())[1]
        key = pending_device(client).bin_key
        assert b32decode(shown.replace(" ", "")) == key
        secrets.append(key)
    assert len(set(secrets)) == 3
    assert {len(secret) for secret in secrets} == {20}


def test_recovery_codes_of_two_people_and_of_two_times_differ(editor, publisher):
    codes, salts = [], []
    clients = {"editor": Client(), "publisher": Client()}
    for name, client in clients.items():
        sign_in(client, name)
    for name in ("editor", "publisher", "editor"):
        client = clients[name]
        codes += recovery_codes(set_up(client))
        salts.append(StaticDevice.objects.get(user__username=name).name)
    assert len(codes) == len(set(codes)) == 30
    assert min(len(code) for code in codes) >= 8  # 40 bits
    assert len(set(salts)) == 3
    assert {len(bytes.fromhex(salt)) for salt in salts} == {16}
    assert TOTPDevice.objects.filter(confirmed=True).count() == 2
    # What is stored changes with the code and with the salt.
    one, two = (StaticDevice(name=salt) for salt in salts[:2])
    stored = [second_factor.hashed(one, codes[0]), second_factor.hashed(one, codes[1])]
    stored.append(second_factor.hashed(two, codes[0]))
    assert len(set(stored)) == 3
    tokens = set(StaticToken.objects.values_list("token", flat=True))
    assert len(tokens) == 20 and tokens.isdisjoint(codes)
    newest = StaticDevice.objects.get(user__username="editor")
    assert second_factor.hashed(newest, codes[-1]) in tokens


# --- What is signed or keyed with the secret key ---------------------------------------------------------------------


def test_a_signed_link_to_a_draft_is_of_one_version_one_language_and_one_key(client, settings):
    from website.pages.models import Page

    versions = [latest_version(page) for page in Page.objects.order_by("pk")[:2]]
    urls = [dict(shared_urls(version)) for version in versions]
    assert len({url for by_language in urls for url in by_language.values()}) == 6
    assert [client.get(by_language["fi"]).status_code for by_language in urls] == [200, 200]
    first, second = (by_language["fi"].strip("/").rpartition("/")[2].split(":") for by_language in urls)
    mixed = ":".join([first[0], *second[1:]])  # the signature of another version
    assert client.get(f"/fi/luonnos/{mixed}/").status_code == 404
    settings.SECRET_KEY = OTHER_KEY
    assert client.get(urls[0]["fi"]).status_code == 404
    assert dict(shared_urls(versions[0]))["fi"] != urls[0]["fi"]


def test_the_hidden_state_of_a_form_is_valid_for_one_row_and_one_key(
    administrator, editor, publisher, client, settings
):
    client.force_login(administrator)
    carried = [hidden_fields(client.get(address_of(person)))["opened_on"] for person in (editor, publisher)]
    form = client.get(address_of(editor)).context["adminform"].form
    fields = {name: form[name].value() or "" for name in form.fields}
    mine = fields | {"first_name": "Elli"}
    # Nobody knows what was on a screen whose form was another row's, or was signed with another key.
    for opened_on in (carried[1], carried[0][:-1] + "x", "", "x"):
        assert client.post(address_of(editor), mine | {"opened_on": opened_on}).status_code == 200
    key, settings.SECRET_KEY = settings.SECRET_KEY, OTHER_KEY
    client.force_login(administrator)
    assert client.post(address_of(editor), mine | {"opened_on": carried[0]}).status_code == 200
    settings.SECRET_KEY = key
    client.force_login(administrator)
    assert get_user_model().objects.get(pk=editor.pk).first_name == ""
    assert client.post(address_of(editor), mine | {"opened_on": carried[0]}).status_code == 302


def test_what_a_page_that_deletes_shows_is_keyed(administrator, rf, settings):
    from django.contrib import admin

    row, other = a_request(1), a_request(2)
    request = rf.get(QUEUE)
    request.user = administrator
    model_admin = admin.site.get_model_admin(JoinRequest)
    states = [state_of(model_admin, request, [one]) for one in (row, other)]
    row.name = "Toinen"
    states.append(state_of(model_admin, request, [row]))
    settings.SECRET_KEY = OTHER_KEY
    states.append(state_of(model_admin, request, [row]))
    assert len(set(states)) == 4
    assert {len(state) for state in states} == {64}


def test_what_remains_of_an_erasure_changes_with_the_row_and_with_the_key(settings):
    for number in (1, 2):
        a_message(number).erase("erased")
    entries = erasures.recorded()
    assert len({entry.digest for entry in entries}) == 2
    assert {len(entry.digest) for entry in entries} == {64}
    assert {entry.key for entry in entries} == set(erasures._secrets())
    settings.SECRET_KEY = OTHER_KEY
    assert erasures.of_unknown_keys(entries) == entries
    a_message(3).erase("erased")
    assert len({entry.key for entry in erasures.recorded()}) == 2


def test_the_journal_of_erasures_is_for_its_owner_alone(tmp_path):
    a_message(1).erase("erased")
    erasures.write(tmp_path / "beside" / "erasures")
    assert erasures.read(tmp_path / "beside" / "erasures") == erasures.recorded() != []
    assert {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "beside").glob("[!.]*")} == {
        "erasures": 0o600
    }


def test_the_key_of_one_s_own_machine_is_made_once_in_each_place(tmp_path, monkeypatch):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    monkeypatch.delenv("SECRET_KEY_FILE", raising=False)
    files = [tmp_path / name / "secret_key" for name in ("one", "two")]
    keys = [environment.local_secret_key(file) for file in files]
    assert keys == [environment.local_secret_key(file) for file in files]
    assert len(set(keys)) == 2
    assert {bytes_in(key) for key in keys} == {64}
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_the_passwords_of_a_new_installation_differ_and_differ_the_next_time():
    passwords = []
    for _time in range(2):
        get_user_model().objects.all().delete()
        output = io.StringIO()
        prepare.Command(stdout=output).make_accounts()
        for user in get_user_model().objects.all():
            (password,) = [word for word in output.getvalue().split() if user.check_password(word)]
            passwords.append(password)
    assert len(passwords) == len(set(passwords)) == 6
    assert {bytes_in(password) for password in passwords} == {15}


# --- What tells one state from another -------------------------------------------------------------------------------


def test_the_serial_has_another_random_id_after_each_step():
    ids = []
    for _time in range(3):
        Serial.advance()
        ids.append(Serial.state()[1])
    assert len(set(ids)) == 3
    assert all(uuid.UUID(random_id).version == 4 for random_id in ids)


def test_two_prints_of_one_edition_have_different_names(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    names = []
    for _time in range(2):
        render.print_edition(Edition.load())
        names.append((tmp_path / "editions/current").resolve().name.rpartition("-")[2])
    assert len(set(names)) == 2
    assert {len(bytes.fromhex(name)) for name in names} == {4}


def test_each_request_has_an_id_of_its_own_in_the_log(rf, settings):
    ids = []
    answer = formatting.request_id(lambda request: ids.append(formatting._request_id.get()))
    given = "0123456789abcdef" * 2
    for proxies, header in ((0, ""), (0, ""), (0, given), (1, given), (1, "not an id")):
        settings.TRUSTED_PROXIES = proxies
        answer(rf.get("/", headers={"X-Request-ID": header}))
    assert len(set(ids)) == 5
    assert [value == given for value in ids] == [False, False, False, True, False]
    assert all(re.fullmatch("[0-9a-f]{32}", value) for value in ids)

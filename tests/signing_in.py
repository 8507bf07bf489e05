"""Signing in to the admin, with and without a second factor."""

import re
import time

from django.contrib.auth import get_user_model
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

LOGIN = "/fi/hallinta/login/"
SECOND_FACTOR = "/fi/hallinta/second-factor/"
CHANGE_PASSWORD = "/fi/hallinta/password_change/"
PASSWORD = "correct horse battery"


def sign_in(client, name="editor", password=PASSWORD, code="", **extra):
    return client.post(LOGIN, {"username": name, "password": password, "code": code}, **extra)


def is_signed_in(client):
    return client.get("/fi/hallinta/").status_code == 200


def code_of(device, steps=0):
    totp = TOTP(device.bin_key)
    totp.time = time.time() + 30 * steps
    return f"{totp.token():06d}"


def pending_device(client):
    """The one whose secret the page shows."""
    client.get(SECOND_FACTOR)
    return TOTPDevice(key=client.session["second_factor_pending"])


def set_up(client, password=PASSWORD):
    pending = pending_device(client)
    return client.post(SECOND_FACTOR, {"code": code_of(pending), "password": password})


def recovery_codes(answer):
    return re.findall(r'<li><code translate="no">([a-z2-7]+)</code>', answer.content.decode())


def lock(client, **extra):
    return [sign_in(client, password="wrong", **extra).status_code for _attempt in range(5)]


def link_in_text(text, site_url="http://testserver"):
    return re.search(rf"{site_url}(/\S+/password-reset/\S+)", text).group(1)


def link_in(mail):
    return link_in_text(mail.body)


def choose_password(client, link, password="a new and longer password"):  # noqa: S107
    form = client.get(link, follow=True)
    return client.post(form.redirect_chain[-1][0], {"new_password1": password, "new_password2": password})


def people(name):
    return get_user_model().objects.get(username=name)


def act(client, action, *users):
    data = {"action": action, "_selected_action": [user.pk for user in users]}
    return client.post("/fi/hallinta/accounts/user/", data, follow=True)

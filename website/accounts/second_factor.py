"""The second factor at sign-in: a code from an authenticator app, or one of ten recovery codes."""

import secrets
from base64 import b32encode, b64encode
from datetime import datetime
from hashlib import scrypt
from textwrap import wrap
from typing import Any

import qrcode
from django import forms
from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import authenticate
from django.contrib.auth.forms import UsernameField
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django_otp import login as verify_session
from django_otp import user_has_device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex
from qrcode.image.svg import SvgPathFillImage

from website.logs import security
from website.text.forms import Cleaned

RECOVERY_CODES = 10
WRONG_CODE = _("The code is not right. Wait for the next one; after several wrong codes the wait grows longer.")
_PENDING = "second_factor_pending"


class CodeField(forms.CharField):
    widget = forms.TextInput({"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"})

    def to_python(self, value: Any) -> str:
        # Apps show "123 456", and people may write the letters of recovery codes as capitals.
        return "".join((super().to_python(value) or "").split()).lower()


class CleanUsernameField(Cleaned, UsernameField):
    pass


class SignInForm(AdminAuthenticationForm):
    # Django sets the maximum of this field too late for its validator, and the record of a failure has no more room.
    username = CleanUsernameField(max_length=150, widget=forms.TextInput({"autofocus": True}))
    code = CodeField(
        label=_("Code from your authenticator app or a recovery code"),
        max_length=20,
        required=False,
        help_text=_("Leave this empty if you have not set up a second factor."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        user: Any = self.get_user()
        if user and user_has_device(user):  # None if the name or the password is wrong or missing
            code = cleaned.get("code")
            # Only a code that was typed counts as an attempt.
            user.otp_device = device_by_code(user, code) if code else None
            if user.otp_device is None:
                security.log("wrong code" if code else "no code", self.request, user)
                self.add_error("code", WRONG_CODE if code else _("Write the code as well."))
        return cleaned


@transaction.atomic
def device_by_code(user: Any, code: str) -> Any:
    """The user's device that accepts the code, or None. Codes of the app are digits, recovery codes have letters.

    django_otp's match_token() would try every device, and count a failure for those that the code is not for.
    """
    model: Any = TOTPDevice if code.isdecimal() else StaticDevice
    for device in model.objects.devices_for_user(user, confirmed=True).select_for_update():
        if device.verify_token(code if model is TOTPDevice else hashed(device, code)):
            return device
    return None


class PasswordAgain(forms.Form):
    """A form that asks for the password again, so that an open session alone is not enough."""

    password = forms.CharField(
        label=_("Your password"), strip=False, widget=forms.PasswordInput({"autocomplete": "current-password"})
    )

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.POST or None, label_suffix="")
        self.request = request

    def clean_password(self) -> str:
        # With authenticate(), so that wrong passwords count towards the lockout.
        name, password = self.request.user.get_username(), self.cleaned_data["password"]
        if authenticate(self.request, username=name, password=password) is None:
            raise ValidationError(_("The password is not right."))
        return password


class SecondFactorForm(PasswordAgain):
    code = CodeField(label=_("Code that the app shows now"), max_length=20)
    field_order = ["code"]
    device: Any = None

    def clean(self) -> None:
        # After all other errors, since a right code cannot be used again.
        if not self.errors and not self.device.verify_token(self.cleaned_data["code"]):
            # The failed attempt needs no count: the secret is shown on this page.
            self.device.delete()
            self.add_error("code", WRONG_CODE)


@sensitive_post_parameters()
def set_up(request: HttpRequest) -> HttpResponse:
    """Shows a new secret. Once a code proves that the app has it, it replaces the user's old second factor."""
    # In the session, so that a secret which another session has shown is never used.
    key = request.session.setdefault(_PENDING, random_hex(20))
    form = SecondFactorForm(request)
    device = TOTPDevice(user=request.user, name="app", key=key, confirmed=False)
    form.device = device
    context: dict[str, Any] = {"title": _("Second factor"), "form": form}
    if form.is_valid():
        context["recovery_codes"] = _confirm(device)
        del request.session[_PENDING]
        verify_session(request, device)
        request.session.cycle_key()
        security.log("second factor set up", request)
    else:
        context["secret"] = " ".join(wrap(b32encode(device.bin_key).decode(), 4))
        context["qr"] = qrcode.make(device.config_url, image_factory=SvgPathFillImage).to_string(encoding="unicode")
    # each_context() last: with a second factor set up it no longer hides the rest of the admin.
    return TemplateResponse(request, "accounts/second_factor.html", admin.site.each_context(request) | context)


@transaction.atomic
def _confirm(device: TOTPDevice) -> list[str]:
    """Replaces the user's older devices by this one, and returns new recovery codes."""
    remove(device.user, but=device)
    device.confirmed = True
    device.save()
    recovery = StaticDevice.objects.create(user=device.user, name=secrets.token_hex(16))
    codes = [StaticToken.random_token() for _number in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create([StaticToken(device=recovery, token=hashed(recovery, code)) for code in codes])
    return codes


def hashed(recovery: StaticDevice, code: str) -> str:
    """The hash of a recovery code that the database holds: scrypt with 12 bytes, as many as fit into the column.

    The salt is the random name of the device. The parameters are OWASP's, as in Django's password hasher.
    """
    key = scrypt(code.encode(), salt=recovery.name.encode(), n=2**14, r=8, p=5, dklen=12)
    return b64encode(key).decode()


def set_up_since(user: Any, moment: datetime) -> bool:
    return TOTPDevice.objects.filter(user=user, confirmed=True, created_at__gt=moment).exists()


def remove(user: Any, but: TOTPDevice | None = None) -> None:
    """Deletes the user's devices and recovery codes, except the device `but`."""
    TOTPDevice.objects.filter(user=user).exclude(pk=but and but.pk).delete()
    StaticDevice.objects.filter(user=user).delete()

"""Choosing a password by a mailed link: the invitation, and the reset of a forgotten one."""

from typing import Any

from axes.utils import reset as axes_reset
from django import forms
from django.conf import settings
from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.auth import get_user_model, views
from django.contrib.auth.forms import PasswordResetForm, SetPasswordForm
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from website.accounts import lockout
from website.correspondence.hourly_limits import count_from_network
from website.http.client_ip import client_ip
from website.logs import security
from website.mail.addresses import DeliverableEmailField, normalised
from website.mail.models import Mail
from website.mail.outbox import enqueue
from website.publishing.rendering import render_error

User = get_user_model()


def mail_link(user: Any, template: str, cause: str = "") -> Mail:
    """Queues a mail with a link to choose a password, in the language of the page that asked for it."""
    link = {"uid": urlsafe_base64_encode(force_bytes(user.pk)), "token": default_token_generator.make_token(user)}
    days = settings.PASSWORD_RESET_TIMEOUT // (24 * 60 * 60)
    return enqueue(
        user.email,
        template,
        get_language() or settings.LANGUAGE_CODE,
        {"user": user, "days": days, **link},
        cause=cause,
    )


class ResetForm(PasswordResetForm):
    email = DeliverableEmailField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput({"autocomplete": "email"})
    )

    def get_users(self, email: str) -> Any:
        # Also users who were invited and have no password yet: their link may have expired.
        return User.objects.filter(email__iexact=email, is_active=True, is_staff=True)

    @transaction.atomic
    def save(self, *arguments: Any, **options: Any) -> None:
        """Queues the mail. For an address that gets none it is done and undone, so that the time tells nothing."""
        email = self.cleaned_data["email"]
        user = self.get_users(email).first()
        # Limited, or anybody could fill a user's mailbox. Mails with other causes do not count.
        limit_reached = Mail.limit_reached(normalised(email), "password")
        mail = mail_link(user or User(email=email), "accounts/mail/password.txt", cause="password")
        unwanted = mail.pk if limit_reached or user is None else None
        Mail.objects.filter(pk=unwanted or 0).delete()


class AskForPassword(views.PasswordResetView):
    form_class, success_url = ResetForm, reverse_lazy("admin:password_reset_done")

    def form_valid(self, form: Any) -> Any:
        if count_from_network(client_ip(self.request), "password") > settings.PASSWORD_RESETS_PER_NETWORK_PER_HOUR:
            security.log("too many password resets", self.request)
            response = render_error(self.request, 429)
            response.headers["Retry-After"] = "3600"  # seconds
            return response
        return super().form_valid(form)


class SavesPasswordAlone:
    """Mixin of a form that sets a password: it saves only that column, so that other changes of the account stay."""

    def save(self, commit: bool = True) -> Any:
        user = super().save(commit=False)  # type: ignore[misc]  # of the form that it is mixed into
        if commit:
            user.save(update_fields=["password"])
        return user


class NewPasswordForm(SavesPasswordAlone, SetPasswordForm):
    pass


class OwnPasswordForm(SavesPasswordAlone, AdminPasswordChangeForm):
    pass


class ChoosePassword(views.PasswordResetConfirmView):
    form_class = NewPasswordForm
    template_name, success_url = "accounts/choose_password.html", reverse_lazy("admin:password_reset_complete")

    def get_user(self, uidb64: str) -> Any:
        """None for somebody deactivated, and the page says so to whoever has a link that was mailed to them."""
        user: Any = super().get_user(uidb64)
        if user is None or user.is_active:
            return user
        self.extra_context = {"deactivated": default_token_generator.check_token(user, self.kwargs["token"])}
        return None

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        # Wrong passwords before this one no longer lock the name.
        axes_reset(username=lockout.username(self.request, {"username": form.user.get_username()}))
        return response

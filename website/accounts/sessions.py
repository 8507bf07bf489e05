"""Sessions of the admin: how long they last, and the page on which users end their other sessions."""

import time
from datetime import datetime
from hashlib import sha256
from typing import Any

from axes.signals import user_locked_out
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import SESSION_KEY, get_user_model, signals
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from website.accounts.second_factor import PasswordAgain
from website.logs import security

_BEGAN = "began"  # session key: the moment of signing in, in seconds since 1970


class SessionStore(db.SessionStore):
    """Ends SESSION_COOKIE_AGE after the last request, and at the latest SESSION_LASTS after signing in."""

    def get_session_cookie_age(self) -> Any:
        """In seconds."""
        began = self.get(_BEGAN)
        left = settings.SESSION_LASTS if began is None else began + settings.SESSION_LASTS - time.time()
        return min(settings.SESSION_COOKIE_AGE, left)


@receiver(signals.user_logged_in)
def signed_in(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    request.session.cycle_key()  # Django keeps the key if the user was signed in already
    request.session[_BEGAN] = time.time()
    device = getattr(user, "otp_device", None)
    security.log("signed in", request, user, factor=device._meta.model_name if device else "password")


@receiver(signals.user_logged_out)
def signed_out(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    security.log("signed out", request, user)


@receiver(signals.user_login_failed)
def failed(credentials: dict[str, Any], request: HttpRequest, **kwargs: Any) -> None:
    security.log("sign-in failed", request, _known(credentials.get("username")))


@receiver(user_locked_out)
def locked_out(request: HttpRequest, username: str | None, **kwargs: Any) -> None:
    security.log("locked out", request, _known(username))


def _known(username: str | None) -> Any:
    """The user with that name, or None."""
    return get_user_model().objects.filter(username__iexact=username or "").first()


def alive(request: HttpRequest) -> JsonResponse:
    """Asked for by js/session.js while somebody works; like each request it starts the session's half an hour again."""
    session: Any = request.session
    return JsonResponse({"seconds": session.get_expiry_age()})


class SessionsForm(PasswordAgain):
    sessions = forms.MultipleChoiceField(
        label=_("Sessions to end, by the time of signing in"), widget=forms.CheckboxSelectMultiple
    )
    field_order = ["sessions"]


@sensitive_post_parameters()
def others(request: HttpRequest) -> HttpResponse:
    """The page “Your sessions”: lists the user's other sessions and ends those that were chosen.

    The page carries a hash of each session key: the key itself would let somebody take over the session.
    """
    sessions_by_hash, choices = {}, []
    for session in Session.objects.filter(expire_date__gt=timezone.now()).exclude(pk=request.session.session_key):
        data = session.get_decoded()
        if data.get(SESSION_KEY) == str(request.user.pk):
            key_hash = sha256(session.pk.encode()).hexdigest()
            sessions_by_hash[key_hash] = session
            began = datetime.fromtimestamp(data.get(_BEGAN, 0), timezone.get_current_timezone())
            choices.append((key_hash, localize(began)))
    form = SessionsForm(request)
    sessions_field: Any = form.fields["sessions"]
    sessions_field.choices = choices
    if form.is_valid():
        for key_hash in form.cleaned_data["sessions"]:
            sessions_by_hash[key_hash].delete()
        security.log("ended sessions", request)
        messages.success(request, _("Ended. Whoever used them has to sign in again."))
        return HttpResponseRedirect(request.path)
    context = {"title": _("Your sessions"), "form": form, "others": sessions_by_hash}
    return TemplateResponse(request, "accounts/sessions.html", admin.site.each_context(request) | context)

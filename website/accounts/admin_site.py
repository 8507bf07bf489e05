"""The admin site: signing in, and the pages of users and of the log."""

from collections.abc import Callable, Iterable
from functools import update_wrapper
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model, login, views
from django.db import models
from django.db.models.base import ModelBase
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import path, reverse, reverse_lazy
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django_otp import user_has_device
from django_otp.middleware import OTPMiddleware

from website.accounts import second_factor, sessions
from website.accounts.password_reset import AskForPassword, ChoosePassword, OwnPasswordForm, mail_link
from website.admin import dashboard, lost_updates
from website.admin.help import help_page
from website.admin.pages import ExtraPagesMixin, PeopleMixin, ReadOnlyAdmin
from website.mail.addresses import DeliverableEmailField
from website.publishing.models import Publishable
from website.worker.state import worker_state

User = get_user_model()
_CARRIED_FORM = "carried"  # the field of the sign-in form that holds the posted data of another page


def is_administrator(model_admin: Any, request: HttpRequest, obj: Any = None) -> bool:
    return request.user.is_active and request.user.is_superuser


class PersonAdmin(lost_updates.GuardedAdmin, PeopleMixin, ExtraPagesMixin):
    """Users get an invitation, not a password. A user who has signed in once can be deactivated, not deleted."""

    #: After signing in again these are shown as they were posted, and do nothing.
    shows_unsaved = ("add_view", "change_view")

    formfield_overrides = {models.EmailField: {"required": True, "form_class": DeliverableEmailField}}
    list_display = ["username", "first_name", "last_name", "email", "roles", "sign_in_state", "last_login"]
    found_by = ("username", "first_name", "last_name", "email")
    ordering = ["username"]
    actions = ["remove_second_factor"]
    action_form = lost_updates.TimedActionForm
    fields = ["username", "email", "first_name", "last_name", "groups"]
    fields_of_others = [*fields, "is_active", "is_superuser", "last_login", "date_joined"]
    has_module_permission = has_view_permission = has_add_permission = has_change_permission = is_administrator

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # Without these fields users cannot lock themselves out.
        return self.fields if obj in (None, request.user) else self.fields_of_others

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # Links to a new password go to this address, so users cannot change their own: a session may be left open.
        own = ["email"] if obj == request.user else []
        return ["last_login", "date_joined", *own]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).prefetch_related("groups")

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        return not lookup.startswith("password") and super().lookup_allowed(lookup, value, request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_administrator(self, request) and obj is not None and obj.last_login is None

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs, widget=forms.CheckboxSelectMultiple)
        field.label_from_instance = lambda group: gettext(group.name)
        return field

    def name_in_lists(self, row: Any) -> str:
        return row.get_full_name() or row.get_username()

    @admin.display(description=_("groups"))
    def roles(self, user: Any) -> str:
        return ", ".join(gettext(group.name) for group in user.groups.all())

    @admin.display(description=_("sign-in"))
    def sign_in_state(self, user: Any) -> Any:
        return _("active") if user.is_active else _("deactivated")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        obj.is_staff = True
        obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        mail_link(obj, "accounts/mail/invitation.txt")
        messages.success(request, _("An invitation is on its way to %(address)s.") % {"address": obj.email})

    @admin.action(description=_("Remove a lost second factor"), permissions=["change"])
    def remove_second_factor(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        opened_at = lost_updates.TimedActionForm.opened_at(request)
        for user in queryset:
            if opened_at and second_factor.set_up_since(user, opened_at):
                sentence = _("Since you opened this list, %(person)s has set up a new second factor: it stays.")
                messages.warning(request, sentence % {"person": user})
                continue
            second_factor.remove(user)
            self.log_change(request, user, [{"changed": {"fields": [gettext_noop("Second factor")]}}])
            sentence = _("Removed for %(person)s. At the next sign-in the password is enough to set up a new one.")
            messages.success(request, sentence % {"person": user})


class LogAdmin(ReadOnlyAdmin):
    """The log of the admin, read-only: who did what."""

    list_display = ["action_time", "user", "action_flag", "content_type", "object_repr", "what"]
    fields = ["action_time", "user", "action_flag", "content_type", "object_repr", "what"]
    list_filter = ["action_flag", ("user", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["user", "content_type"]
    has_module_permission = has_view_permission = is_administrator

    @admin.display(description=_("change message"))
    def what(self, entry: LogEntry) -> str:
        return gettext(entry.get_change_message())


class SiteAdmin(admin.AdminSite):
    site_url: Any = reverse_lazy("home")
    login_form = second_factor.SignInForm
    index_template = "admin/dashboard.html"
    #: An unknown path is a 404 at once, without signing in first.
    final_catch_all_view = False
    enable_nav_sidebar = False
    #: Apps whose own admin classes are not registered.
    hidden_apps = {"auth", "axes", "otp_static", "otp_totp", "reversion"}
    #: The URL names that are open to users who still have to set up the second factor.
    open_without_second_factor = {
        "second_factor",
        "logout",
        "password_change",
        "password_change_done",
        "jsi18n",
        "session",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        super().register(User, PersonAdmin)
        super().register(LogEntry, LogAdmin)
        self.disable_action("delete_selected")
        self.add_action(lost_updates.delete_selected, "delete_selected")

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        is_one = isinstance(model_or_iterable, ModelBase)
        registered: Iterable[Any] = [model_or_iterable] if is_one else model_or_iterable
        visible = [model for model in registered if model._meta.app_label not in self.hidden_apps]
        super().register(visible, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        # A session without the second factor is not enough once the user has set one up.
        user: Any = request.user
        return super().has_permission(request) and (user.is_verified() or not user_has_device(user))

    def must_set_up(self, request: HttpRequest) -> bool:
        """Whether the user has to set up the second factor before anything else."""
        user: Any = request.user
        return settings.SECOND_FACTOR_REQUIRED and self.has_permission(request) and not user.is_verified()

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        page = super().admin_view(view, cacheable=True)

        def guarded(request: Any, *args: Any, **kwargs: Any) -> Any:
            if request.method == "POST" and (_CARRIED_FORM in request.POST or self.signed_out(request)):
                return self.sign_in_again(request) or self.redisplay_form(request, view, page, *args, **kwargs)
            if request.resolver_match.url_name not in self.open_without_second_factor and self.must_set_up(request):
                return HttpResponseRedirect(reverse("admin:second_factor"))
            return page(request, *args, **kwargs)

        # Never cached, also the views that Django allows to be cached.
        return never_cache(update_wrapper(guarded, page))

    def signed_out(self, request: Any) -> bool:
        """Whether a page of the admin is requested without permission, the page “Log out” excepted."""
        return request.resolver_match.url_name != "logout" and not self.has_permission(request)

    def sign_in_again(self, request: Any) -> HttpResponse | None:
        """Signs in with what the sign-in page that carries a form has posted, and puts that form into `request.POST`.

        Returns None then, else the sign-in page. Only for requests whose CSRF token is valid.
        """
        if _CARRIED_FORM not in request.POST:
            return self.sign_in_carrying_form(request)
        form = self.login_form(request, request.POST)
        if not form.is_valid():
            return self.sign_in_carrying_form(request, form)
        login(request, form.get_user())
        OTPMiddleware(lambda request: None)(request)  # sets request.user for this request as for later ones
        request.POST = QueryDict(request.POST[_CARRIED_FORM])
        return None

    def sign_in_carrying_form(self, request: Any, form: Any = None) -> HttpResponse:
        """The sign-in page, which carries what was posted to another page, and signs nobody in.

        For sessions that have ended and CSRF tokens that are no longer valid, so that nothing typed is lost. The token
        of this very page is one, after its reader has signed in meanwhile in another tab.
        """
        carried = request.POST.get(_CARRIED_FORM)
        if carried is None:
            posted = request.POST.copy()
            for secret in [name for name in posted if name == "csrfmiddlewaretoken" or "password" in name]:
                del posted[secret]
            carried = posted.urlencode()
        context = {"title": _("Log in"), "app_path": request.get_full_path(), _CARRIED_FORM: carried}
        context["form"] = form or self.login_form(request)
        return TemplateResponse(request, "admin/login.html", self.each_context(request) | context)

    def redisplay_form(self, request: Any, view: Any, page: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """The page with what was posted, not saved, if its admin class supports that; else a redirect to the page."""
        supported = getattr(getattr(view, "__self__", None), "shows_unsaved", ())
        if self.must_set_up(request) or view.__name__ not in supported:
            return HttpResponseRedirect(request.get_full_path())
        request.unsaved = _(
            "You had been signed out. Nothing has been saved or sent yet: look through what you wrote, "
            "and press the button again."
        )
        return page(request, *args, **kwargs)

    def password_change(self, request: Any, extra_context: dict[str, Any] | None = None) -> Any:
        """Django's page with OwnPasswordForm."""
        request.current_app = self.name
        view = views.PasswordChangeView.as_view(
            form_class=OwnPasswordForm,
            success_url=reverse("admin:password_change_done"),
            extra_context=self.each_context(request) | (extra_context or {}),
        )
        return view(request)

    def get_urls(self) -> list[Any]:
        return [
            path("second-factor/", self.admin_view(second_factor.set_up), name="second_factor"),
            path("help/", self.admin_view(help_page), name="help"),
            path("session/", self.admin_view(sessions.alive), name="session"),
            path("sessions/", self.admin_view(sessions.others), name="sessions"),
            path("password-reset/", AskForPassword.as_view(), name="password_reset"),
            path("password-reset/sent/", views.PasswordResetDoneView.as_view(), name="password_reset_done"),
            path("password-reset/<uidb64>/<token>/", ChoosePassword.as_view(), name="password_reset_confirm"),
            path("password-reset/done/", views.PasswordResetCompleteView.as_view(), name="password_reset_complete"),
            *super().get_urls(),
        ]

    def each_context(self, request: Any) -> dict[str, Any]:
        context = super().each_context(request)
        if self.must_set_up(request):
            context |= {"available_apps": [], "is_nav_sidebar_enabled": False, "log_entries": None}
        return context

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        if worker_state()["trouble"]:
            sentence = _(
                "What was published last cannot be shown yet: readers see the version before it. "
                "Tell those who run the site."
            )
            messages.warning(request, sentence)
        from website.publishing.admin.home import Tree  # registers admin classes, which needs this site

        context = {
            "title": _("Home"),
            "waiting": dashboard.waiting_for(request),
            "soon": dashboard.soon(dashboard.events_for(request)),
            "branches": list(Tree(request).branches()),
            "lists": self.lists(request),
        }
        return super().index(request, context | (extra_context or {}))

    def lists(self, request: HttpRequest) -> list[tuple[Any, str]]:
        """Name and URL of each list that is not content: content stands in the tree."""
        models = [model for app in self.get_app_list(request) for model in app["models"]]
        others = [model for model in models if not issubclass(model["model"], Publishable)]
        return [(model["name"], model["admin_url"]) for model in others if model["admin_url"]]

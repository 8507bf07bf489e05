"""The list and the form of one kind of content: what they save is a draft."""

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import DateField, DateTimeField
from django.forms import SplitDateTimeField
from django.http import HttpResponseRedirect
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from js_asset import Media
from modeltranslation.admin import TranslationAdmin

from website.admin.lost_updates import GuardedDeletion
from website.admin.open_forms import opened_by_others
from website.admin.pages import ExtraPagesMixin, get_row_or_404
from website.publishing import workflow
from website.publishing.admin.form_layout import (
    DayInput,
    Lines,
    MomentInput,
    chosen_moment,
    layout_context,
    link_targets,
)
from website.publishing.admin.history import HistoryMixin
from website.publishing.admin.overview import TRANSLATION_LANGUAGES, StateFilter, TranslationFilter
from website.publishing.admin.publications import WithdrawMixin, redirect_to_publishing
from website.publishing.admin.publishing_requests import PublishingRequestMixin
from website.publishing.admin.states import state_in_words
from website.publishing.forms import DraftForm, validate_year
from website.publishing.rendering import preview
from website.publishing.rules import advice
from website.publishing.texts import LANGUAGES
from website.publishing.versions import latest_version, thing_from, versions_of
from website.publishing.views import shared_urls
from website.text.fields import ContentLineField

#: The style element that the rich-text editor adds to its page, by its hash: nothing else may be written inline.
EDITORS_STYLE = "'sha256-PlumsSlvJ7vvWzjqibGAYKq92O3y/4JTxWWsWJvyUYA='"


class PublishableAdmin(
    GuardedDeletion, HistoryMixin, PublishingRequestMixin, WithdrawMixin, ExtraPagesMixin, TranslationAdmin
):
    """Base class of the admin of every publishable model."""

    form = DraftForm
    change_form_template = "publishing/change_form.html"
    change_list_template = "publishing/change_list.html"
    delete_confirmation_template = "publishing/delete_confirmation.html"
    extra_pages = {"deleted": "deleted/", "withdraw": "<path:object_id>/withdraw/", "ask": "<path:object_id>/ask/"}
    actions = ["publish_selected", "delete_selected"]
    formfield_overrides = {
        DateField: {"widget": DayInput},
        DateTimeField: {"form_class": SplitDateTimeField, "widget": MomentInput},
    }
    #: After signing in again these are shown as they were posted, and do nothing.
    shows_unsaved = ("add_view", "change_view", "withdraw_view", "ask_view")

    class Media:
        js = ["js/unsaved.js"]

    # --- The list -------------------------------------------------------------------------------------------------
    def get_list_display(self, request):
        """Adds the state of each thing, from one edition and not from the database row by row."""
        columns = [admin.display(description=_("state"))(lambda thing: state_in_words(thing, request))]
        for code in TRANSLATION_LANGUAGES:
            column = admin.display(description=code.upper())(
                lambda thing, code=code: thing.translation_state(code).label
            )
            column.__name__ = code  # of its cells in the style sheet
            columns.append(column)
        return [*super().get_list_display(request), *columns]

    def get_list_filter(self, request):
        return [*super().get_list_filter(request), StateFilter, TranslationFilter]

    @admin.action(description=_("Publish the newest drafts of the chosen …"), permissions=["publish"])
    def publish_selected(self, request, queryset):
        return redirect_to_publishing(queryset)

    # --- Permissions ----------------------------------------------------------------------------------------------
    def has_publish_permission(self, request):
        return request.user.has_perm("publishing.add_publication") and self.has_change_permission(request)

    def has_add_permission(self, request):
        return not self.model.permanent and super().has_add_permission(request)

    def has_delete_permission(self, request, obj=None):
        # Never several from a list: one by one, on the page that says what it means.
        if obj is None or not super().has_delete_permission(request, obj):
            return False
        return workflow.may_be_deleted(obj, request.edition)

    # --- The form -------------------------------------------------------------------------------------------------
    def get_readonly_fields(self, request, obj=None):
        """A primary key that people chose is the identity of the thing: it is shown, and never changed."""
        key = self.model._meta.pk
        chosen_key = [key.name] if key.editable and not key.auto_created else []
        return [*super().get_readonly_fields(request, obj), *chosen_key]

    def get_fieldsets(self, request, obj=None):
        """Untranslated fields first, then one group for each language: Finnish, Swedish, English."""
        names = {code: [] for code in ("", *LANGUAGES)}
        for field in self.model.content_fields():
            names[getattr(field, "language", "")].append(field.name)
        readonly = [name for name in self.get_readonly_fields(request, obj) if name not in names[""]]
        untranslated = [*readonly, *names[""]]
        fieldsets = [(None, {"fields": untranslated})] if untranslated else []
        for code, name in settings.LANGUAGES:
            fieldsets.append((name, {"fields": names[code], "classes": [f"language-{code}"]}))
        return [*fieldsets, (_("Review"), {"fields": ["review_due"]})]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)
        if formfield and hasattr(db_field, "translated_field"):
            if isinstance(db_field, ContentLineField):
                formfield.widget = Lines()
            formfield.widget.attrs["lang"] = db_field.language
            # The column says the language; modeltranslation would add "[sv]" to each label.
            formfield.label = capfirst(db_field.translated_field.verbose_name)
            if db_field.language != settings.LANGUAGE_CODE:
                formfield.help_text = ""  # it stands at the Finnish text
            # A browser would cut what is pasted without a word; the server refuses it, and says why.
            if limit := formfield.widget.attrs.pop("maxlength", None) or db_field.max_length:
                formfield.widget.attrs["data-limit"] = limit
        if isinstance(db_field, DateField):
            formfield.validators.append(validate_year)
        if db_field.name == "review_due":
            formfield.show_hidden_initial = True
        return formfield

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        if "_preview" in request.POST:
            return self.preview_typed(request, object_id)
        with transaction.atomic():
            if object_id:  # the version this form was opened on is compared while nobody else can save
                thing = self.row_now(request, object_id)
                if thing is None:
                    request.unsaved = _("Somebody has deleted this meanwhile. Saving what you wrote makes it anew.")
                    return super().changeform_view(request, None, self.admin_url("add"), extra_context)
                if name := request.POST.get("_still_correct"):
                    confirmed = self._confirm_translation(request, thing, name)
                    if confirmed and not set(self._typed_form(request, thing).changed_data) - {"opened_version"}:
                        return self.redirect_with_message(request, request.path, request.unsaved)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def _confirm_translation(self, request, thing, name):
        """The button “The translation is still correct” of the field `name`: nothing else of the form is saved.

        Returns False, and changes nothing, if the Finnish text is no longer the one that was on the screen.
        """
        outdated = thing.translation_states().get(name) == "outdated"
        if not (outdated and self.has_change_permission(request, thing)):
            raise PermissionDenied
        opened = thing_from(get_row_or_404(versions_of(thing), request.POST.get("opened_version")))
        finnish = dict(thing.translations())[name]
        if getattr(opened, finnish) != getattr(thing, finnish):
            request.unsaved = _("The Finnish text has changed after you had opened this. Nothing is saved.")
            return False
        workflow.confirm_translation(thing, name, by=request.user)
        request.unsaved = _("The translation is marked as still correct. Nothing else is saved.")
        return True

    def _typed_form(self, request, obj):
        """The form as it was posted, validated and not saved."""
        allowed = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if not allowed:
            raise PermissionDenied
        form = self.get_form(request, obj, change=obj is not None)(request.POST, instance=obj)
        form.is_valid()
        return form

    def preview_typed(self, request, object_id):
        """What is on the screen, saved or not, as the public would read it. Invalid fields are as in the draft.

        The form's script asks for it as well, and knows this answer by its header `X-Preview`.
        """
        form = self._typed_form(request, self.get_object(request, unquote(object_id)) if object_id else None)
        thing, language = form.instance, request.POST["_preview"]
        if language not in LANGUAGES:
            raise PermissionDenied
        thing.pk = thing.pk or 0
        invalid = [form.fields[name].label for name in form.errors if name in form.fields]
        thing.names_fields = True
        moment = chosen_moment(thing, request.POST.get("_moment", ""), request.POST.get("_moment_at", ""))
        response = preview(request, thing, language, invalid, moment)
        response.headers["X-Preview"] = language
        return response

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        # The rich-text editor's import map is an inline script: this page alone carries a nonce for it.
        context["media"] = Media.from_media(context["media"], nonce=str(request.csp_nonce))
        context["may_publish"] = self.has_publish_permission(request)
        context["layout"] = layout_context(context["adminform"], self.model)
        context["moments"] = self.model.PREVIEW_MOMENTS.items()
        context["link_targets"] = link_targets(request.edition)
        # From the database: `obj` may hold what was typed.
        draft = self.model.objects.filter(pk=obj.pk).first() if obj and obj.pk else None
        if draft:
            edition = request.edition
            context["advice"] = advice(draft, edition)
            context["draft_state"] = state_in_words(draft, request)
            context["may_withdraw"] = context["may_publish"] and not draft.permanent and edition.public(draft)
            newest = latest_version(draft)
            context["shared"] = shared_urls(newest)
            context["saved"] = newest and newest.revision
            context["opened_by"] = list(opened_by_others(request, f"{draft._meta.label_lower}:{draft.pk}"))
        response = super().render_change_form(request, context, *args, obj=obj, **kwargs)
        response._csp_update = {"style-src": [EDITORS_STYLE]}
        return response

    def view_on_site(self, obj):
        return obj.get_public_url()

    def save_model(self, request, obj, form, change):
        workflow.save_draft(obj, by=request.user)

    def _response_post_save(self, request, obj):
        if "_publish" in request.POST and self.has_publish_permission(request):
            return redirect_to_publishing([obj])
        if "_ask" in request.POST:
            return HttpResponseRedirect(self.admin_url("ask", obj.pk))
        if number := len(advice(obj, request.edition)):
            message = ngettext("%(number)d piece of advice", "%(number)d pieces of advice", number)
            message += gettext(" on “%(thing)s”: open it to read more.")
            messages.warning(request, message % {"number": number, "thing": obj})
        return super()._response_post_save(request, obj)

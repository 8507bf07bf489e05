"""The admin of everything publishable: one base class. What it saves is a draft; publishing is a page of its own."""

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import CharField, OuterRef, Subquery, URLField
from django.db.models.functions import Cast
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from js_asset import Media
from modeltranslation.admin import TranslationAdmin
from reversion.models import Version

from website.publishing import desk
from website.publishing.models import Publication
from website.publishing.texts import LANGUAGES, Text

#: The style element that the rich-text editor adds to its page, by its hash: nothing else may be written inline.
EDITORS_STYLE = "'sha256-PlumsSlvJ7vvWzjqibGAYKq92O3y/4JTxWWsWJvyUYA='"


class BesideFinnish(forms.Widget):
    """An input under the present Finnish text that it translates."""

    def __init__(self, widget, finnish):
        super().__init__(widget.attrs)
        self.widget, self.finnish = widget, finnish

    @property
    def media(self):
        return self.widget.media

    def render(self, name, value, attrs=None, renderer=None):
        return format_html(
            '<div class="beside-finnish"><div class="finnish" lang="fi">{}</div>{}</div>',
            self.finnish.html if "<" in self.finnish else self.finnish,
            self.widget.render(name, value, attrs, renderer),
        )

    def value_from_datadict(self, data, files, name):
        return self.widget.value_from_datadict(data, files, name)

    def value_omitted_from_data(self, data, files, name):
        return self.widget.value_omitted_from_data(data, files, name)


class NoteForm(forms.Form):
    """A sentence for the readers in each language, kept with the publication."""

    note_fi = forms.CharField(label=_("Note to readers in Finnish"), required=False, max_length=400)
    note_sv = forms.CharField(label=_("Note to readers in Swedish"), required=False, max_length=400)
    note_en = forms.CharField(label=_("Note to readers in English"), required=False, max_length=400)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        for code in LANGUAGES:
            self.fields[f"note_{code}"].widget.attrs |= {"lang": code, "class": "vTextField"}

    @property
    def note(self):
        return {code: self.cleaned_data[f"note_{code}"] for code in LANGUAGES}


class PublishableAdmin(TranslationAdmin):
    change_form_template = "publishing/change_form.html"
    actions = ["publish_selected"]
    formfield_overrides = {URLField: {"assume_scheme": "https"}}

    # --- The list -------------------------------------------------------------------------------------------------
    def get_queryset(self, request):
        """Each row with its newest version and what is public of it, without a query a row."""
        reference = {
            "content_type": ContentType.objects.get_for_model(self.model),
            "object_id": Cast(OuterRef("pk"), CharField()),
        }
        newest = Version.objects.filter(**reference).order_by("-pk")
        in_force = (
            Publication.objects.standing().filter(**reference, starts__lte=timezone.now()).order_by("-starts", "-pk")
        )
        return (
            super()
            .get_queryset(request)
            .annotate(
                newest_version=Subquery(newest.values("pk")[:1]),
                publication_in_force=Subquery(in_force.values("pk")[:1]),
                public_version=Subquery(in_force.values("version")[:1]),
            )
        )

    def get_list_display(self, request):
        return [*super().get_list_display(request), "publication_state", "live_languages"]

    @admin.display(description=_("state"))
    def publication_state(self, thing):
        if thing.publication_in_force is None:
            return _("not published yet")
        if thing.public_version is None:
            return _("withdrawn")
        return _("public") if thing.public_version == thing.newest_version else _("public, with a newer draft")

    @admin.display(description=_("complete in"))
    def live_languages(self, thing):
        return " ".join(code.upper() for code in thing.languages)

    def get_actions(self, request):
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)  # one by one, with the page that says what it means
        return actions

    def has_publish_permission(self, request):
        return request.user.has_perm("publishing.add_publication") and self.has_change_permission(request)

    @admin.action(description=_("Publish the newest drafts of the chosen …"), permissions=["publish"])
    def publish_selected(self, request, queryset):
        return HttpResponseRedirect(self._publish_address(queryset.values_list("pk", flat=True)))

    # --- The form --------------------------------------------------------------------------------------------------
    def get_readonly_fields(self, request, obj=None):
        # A key that people chose is the thing's identity: it is seen, and never changed.
        key = self.model._meta.pk
        return [*super().get_readonly_fields(request, obj), *([] if key.auto_created else [key.name])]

    def get_fieldsets(self, request, obj=None):
        """Untranslated fields first, then one group for each language: Finnish, Swedish, English."""
        translated = self.model.translated_fields()
        plain = [f.name for f in self.model._meta.fields if f.editable and not self._of_translation(f, translated)]
        groups = [(None, {"fields": plain})]
        for code, name in settings.LANGUAGES:
            fields = [f"{field}_{code}" for field in translated]
            groups.append((name, {"fields": fields, "classes": [f"language-{code}"]}))
        return groups

    @staticmethod
    def _of_translation(field, translated):
        return field.auto_created or field.name in translated or hasattr(field, "translated_field")

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)
        if formfield and hasattr(db_field, "translated_field"):
            formfield.widget.attrs["lang"] = db_field.language
            # The group says the language; modeltranslation would add "[sv]" to each label.
            formfield.label = capfirst(db_field.translated_field.verbose_name)
        return formfield

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        for field in self.model.translated_fields() if obj else ():
            finnish = getattr(obj, f"{field}_{settings.LANGUAGE_CODE}")
            for code in LANGUAGES:
                formfield = form.base_fields.get(f"{field}_{code}")
                if formfield and finnish and code != settings.LANGUAGE_CODE:
                    formfield.widget = BesideFinnish(formfield.widget, Text(finnish, settings.LANGUAGE_CODE))
        return form

    def render_change_form(self, request, context, *args, **kwargs):
        # The rich-text editor's import map is an inline script: this page alone carries a nonce for it.
        context["media"] = Media.from_media(context["media"], nonce=str(request.csp_nonce))
        obj = context.get("original")
        context["may_publish"] = self.has_publish_permission(request)
        context["may_withdraw"] = bool(context["may_publish"] and obj and not obj.permanent and not desk.deletable(obj))
        response = super().render_change_form(request, context, *args, **kwargs)
        response._csp_update = {"style-src": [EDITORS_STYLE]}
        return response

    def view_on_site(self, obj):
        return obj.get_absolute_url()

    def save_model(self, request, obj, form, change):
        desk.save_draft(obj, by=request.user)

    def response_post_save_add(self, request, obj):
        return self._onward(request, obj) or super().response_post_save_add(request, obj)

    def response_post_save_change(self, request, obj):
        return self._onward(request, obj) or super().response_post_save_change(request, obj)

    def _onward(self, request, obj):
        if "_publish" in request.POST and self.has_publish_permission(request):
            return HttpResponseRedirect(self._publish_address([obj.pk]))
        return None

    def has_add_permission(self, request):
        return not self.model.permanent and super().has_add_permission(request)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (obj is None or desk.deletable(obj))

    # --- Publishing and withdrawing ---------------------------------------------------------------------------------
    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("publish/", self.admin_site.admin_view(self.publish_view), name=f"{name}_publish"),
            path("<path:object_id>/withdraw/", self.admin_site.admin_view(self.withdraw_view), name=f"{name}_withdraw"),
            *super().get_urls(),
        ]

    def _publish_address(self, keys):
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_publish")
        return f"{address}?{'&'.join(f'key={key}' for key in keys)}"

    def _list_address(self):
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def publish_view(self, request):
        """Names the versions, and publishes exactly those: a newer draft is shown first, never published unseen."""
        if not self.has_publish_permission(request):
            raise PermissionDenied
        form = NoteForm(request.POST or None)
        things = [thing for thing in self.get_queryset(request) if str(thing.pk) in request.GET.getlist("key")]
        newest = Version.objects.filter(pk__in=[t.newest_version for t in things]).select_related("revision__user")
        shown = [(version, desk.hindrances(version._object_version.object)) for version in newest]
        if request.method == "POST" and form.is_valid():
            posted = set(request.POST.getlist("version"))
            try:
                if posted != {str(version.pk) for version in newest}:
                    raise desk.NewerDraft(
                        _("Somebody has saved a newer draft meanwhile: look at it before you publish.")
                    )
                desk.publish(newest, by=request.user, note=form.note)
            except ValidationError as stopped:
                for sentence in stopped.messages:
                    messages.error(request, sentence)
            else:
                for version in newest:
                    self.log_change(request, version._object_version.object, "Published.")
                messages.success(request, _("Published. The public sees it now."))
                return HttpResponseRedirect(self._list_address())
        context = {
            "title": _("Publish"),
            "shown": shown,
            "form": form,
            "stopped": not shown or any(hindrances for version, hindrances in shown),
        }
        return self._page(request, "publishing/publish.html", context)

    def withdraw_view(self, request, object_id):
        thing = get_object_or_404(self.get_queryset(request), pk=unquote(object_id))
        if not self.has_publish_permission(request) or thing.permanent:
            raise PermissionDenied
        form = NoteForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            desk.withdraw(thing, by=request.user, reason=form.note)
            self.log_change(request, thing, "Withdrawn.")
            messages.success(request, _("Withdrawn. The public no longer sees it; the draft is still here."))
            return HttpResponseRedirect(self._list_address())
        return self._page(request, "publishing/withdraw.html", {"title": _("Withdraw"), "thing": thing, "form": form})

    def _page(self, request, template, context):
        common = self.admin_site.each_context(request) | {"opts": self.opts, "list_address": self._list_address()}
        return TemplateResponse(request, template, common | context)

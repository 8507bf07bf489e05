"""The admin of everything publishable: one base class. What it saves is a draft; publishing is a page of its own."""

from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import DateTimeField, URLField
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from js_asset import Media
from modeltranslation.admin import TranslationAdmin
from reversion.models import Version

from website.publishing import desk, difference
from website.publishing.advice import advice
from website.publishing.dashboard import counter
from website.publishing.forms import DraftForm, NoteForm, PublishForm
from website.publishing.models import LinkTrouble, Publication, Publishable
from website.publishing.rendering import preview
from website.publishing.texts import LANGUAGES
from website.publishing.views import shared_address
from website.readonly import ToBeRead

#: The style element that the rich-text editor adds to its page, by its hash: nothing else may be written inline.
EDITORS_STYLE = "'sha256-PlumsSlvJ7vvWzjqibGAYKq92O3y/4JTxWWsWJvyUYA='"
TRANSLATED_INTO = LANGUAGES[1:]
STATES = {
    "new": _("not published yet"),
    "withdrawn": _("withdrawn"),
    "public": _("public"),
    "changed": _("public, with a newer draft"),
}
TRANSLATION_STATES = {"missing": _("missing"), "outdated": _("outdated"), "current": _("current")}
#: A change of at most so many words is taken for a minor one, until the publisher says otherwise.
FEW_WORDS = 12
DAYS_AHEAD = 30


class ComputedFilter(admin.SimpleListFilter):
    """A filter by what only Python can tell of a thing."""

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        return queryset.filter(pk__in=[thing.pk for thing in queryset if self.fits(request, thing)])


class StateFilter(ComputedFilter):
    title, parameter_name = _("state"), "state"

    def lookups(self, request, model_admin):
        return STATES.items()

    def fits(self, request, thing):
        return request.edition.state_of(thing) == self.value()


class TranslationFilter(ComputedFilter):
    title, parameter_name = _("translation"), "translation"

    def lookups(self, request, model_admin):
        return [
            (f"{c}-{s}", f"{c.upper()}: {TRANSLATION_STATES[s]}") for c in TRANSLATED_INTO for s in TRANSLATION_STATES
        ]

    def fits(self, request, thing):
        language, _hyphen, state = self.value().partition("-")
        return thing.translation_state(language) == state


def posted_key(request, name):
    """The number that a button carries; 0, which nothing has, where somebody made up another."""
    key = request.POST.get(name, "")
    return int(key) if key.isdecimal() else 0


class InTheAdminsLook:
    """Pages of our own in the frame of the admin."""

    def page(self, request, template, context):
        return TemplateResponse(
            request, template, self.admin_site.each_context(request) | {"opts": self.opts} | context
        )

    def wrapped(self, route, view):
        name = f"{self.opts.app_label}_{self.opts.model_name}_{view.__name__.removesuffix('_view')}"
        return path(route, self.admin_site.admin_view(view), name=name)

    def address(self, name, *keys):
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}", args=keys)


class PublishableAdmin(InTheAdminsLook, TranslationAdmin):
    form = DraftForm
    change_form_template = "publishing/change_form.html"
    change_list_template = "publishing/change_list.html"
    actions = ["publish_selected"]
    formfield_overrides = {URLField: {"assume_scheme": "https"}}
    #: After signing in again these are shown as they were posted, and do nothing.
    shows_unsaved = ("add_view", "change_view", "withdraw_view")

    class Media:
        js = ["js/unsaved.js"]

    # --- The list -------------------------------------------------------------------------------------------------
    def get_list_display(self, request):
        """With what is public of each thing, asked of one edition, not of the database row by row."""

        @admin.display(description=_("state"))
        def state(thing):
            return STATES[request.edition.state_of(thing)]

        def translation(code):
            return admin.display(description=code.upper())(
                lambda thing: TRANSLATION_STATES[thing.translation_state(code)]
            )

        return [*super().get_list_display(request), state, *map(translation, TRANSLATED_INTO)]

    def get_list_filter(self, request):
        return [*super().get_list_filter(request), StateFilter, TranslationFilter]

    def get_actions(self, request):
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)  # one by one, with the page that says what it means
        return actions

    def has_publish_permission(self, request):
        return request.user.has_perm("publishing.add_publication") and self.has_change_permission(request)

    @admin.action(description=_("Publish the newest drafts of the chosen …"), permissions=["publish"])
    def publish_selected(self, request, queryset):
        return HttpResponseRedirect(publish_address(queryset))

    # --- The form --------------------------------------------------------------------------------------------------
    def get_readonly_fields(self, request, obj=None):
        # A key that people chose is the thing's identity: it is seen, and never changed.
        key = self.model._meta.pk
        return [*super().get_readonly_fields(request, obj), *([] if key.auto_created else [key.name])]

    def get_fieldsets(self, request, obj=None):
        """Untranslated fields first, then one group for each language: Finnish, Swedish, English."""
        translated = self.model.translated_fields()
        plain = [f.name for f in self.model._meta.fields if f.editable and not self._of_translation(f, translated)]
        plain.remove("review_due")
        groups = [(None, {"fields": plain})] if plain else []
        for code, name in settings.LANGUAGES:
            fields = [f"{field}_{code}" for field in translated]
            groups.append((name, {"fields": fields, "classes": [f"language-{code}"]}))
        return [*groups, (_("Upkeep"), {"fields": ["review_due"]})]

    @staticmethod
    def _of_translation(field, translated):
        return field.auto_created or field.name in translated or hasattr(field, "translated_field")

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)
        if formfield and hasattr(db_field, "translated_field"):
            formfield.widget.attrs["lang"] = db_field.language
            # The group says the language; modeltranslation would add "[sv]" to each label.
            formfield.label = capfirst(db_field.translated_field.verbose_name)
        if isinstance(db_field, DateTimeField):
            for part, name in zip(formfield.widget.widgets, (_("date"), _("time in Helsinki")), strict=True):
                part.attrs["aria-label"] = f"{formfield.label}: {name}"
        return formfield

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.unsaved = getattr(request, "unsaved", "")
        return form

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        if "_preview" in request.POST:
            return self.preview_typed(request, object_id)
        with transaction.atomic():
            if object_id:  # the version this form was opened on is compared while nobody else can save
                found = self.get_object(request, unquote(object_id))
                row = found and self.model.objects.select_for_update().filter(pk=found.pk).first()
                if row is None:
                    request.unsaved = _("Somebody has deleted this meanwhile. Saving what you wrote makes it anew.")
                    return super().changeform_view(request, None, self.address("add"), extra_context)
                if name := request.POST.get("_still_correct"):
                    self.still_correct(request, row, name)
                    if not set(self._typed(request, row).changed_data) - {"opened_version"}:
                        messages.success(request, request.unsaved)
                        return HttpResponseRedirect(request.path)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def _typed(self, request, obj):
        """The form as it was posted, looked at and not saved."""
        if not (self.has_change_permission(request, obj) if obj else self.has_add_permission(request)):
            raise PermissionDenied
        form = self.get_form(request, obj, change=obj is not None)(request.POST, instance=obj)
        form.is_valid()
        return form

    def preview_typed(self, request, object_id):
        """What is on the screen, saved or not, as the public would read it. Invalid fields are as in the draft."""
        form = self._typed(request, self.get_object(request, unquote(object_id)) if object_id else None)
        thing, language = form.instance, request.POST["_preview"]
        if language not in LANGUAGES:
            raise Http404
        thing.pk = thing.pk or 0
        return preview(
            request, thing, language, [form.fields[name].label for name in form.errors if name in form.fields]
        )

    def still_correct(self, request, row, name):
        if row.translation_states().get(name) != "outdated" or not self.has_change_permission(request, row):
            raise PermissionDenied
        desk.still_correct(row, name, by=request.user)
        request.unsaved = _("The translation is marked as still correct. Nothing else is saved.")

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        # The rich-text editor's import map is an inline script: this page alone carries a nonce for it.
        context["media"] = Media.from_media(context["media"], nonce=str(request.csp_nonce))
        context["may_publish"] = self.has_publish_permission(request)
        context["preview_languages"] = settings.LANGUAGES
        if draft := self.model.objects.filter(pk=obj.pk).first() if obj and obj.pk else None:
            context["may_withdraw"] = context["may_publish"] and not draft.permanent and not desk.deletable(draft)
            context["advice"] = advice(draft, request.edition)
            context["draft_state"] = STATES[request.edition.state_of(draft)]
            if version := desk.latest_version(draft):
                context["shared"] = [(code, name, shared_address(version, code)) for code, name in settings.LANGUAGES]
        response = super().render_change_form(request, context, *args, obj=obj, **kwargs)
        response._csp_update = {"style-src": [EDITORS_STYLE]}
        return response

    def view_on_site(self, obj):
        return obj.get_public_url()

    def save_model(self, request, obj, form, change):
        desk.save_draft(obj, by=request.user)

    def response_post_save_add(self, request, obj):
        return self._onward(request, obj) or super().response_post_save_add(request, obj)

    def response_post_save_change(self, request, obj):
        return self._onward(request, obj) or super().response_post_save_change(request, obj)

    def _onward(self, request, obj):
        if "_publish" in request.POST and self.has_publish_permission(request):
            return HttpResponseRedirect(publish_address([obj]))
        if number := len(advice(obj, request.edition)):
            sentence = ngettext("%(number)d piece of advice", "%(number)d pieces of advice", number)
            sentence += gettext(" on “%(thing)s”: open it to read more.")
            messages.warning(request, sentence % {"number": number, "thing": obj})
        return None

    def has_add_permission(self, request):
        return not self.model.permanent and super().has_add_permission(request)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (obj is None or desk.deletable(obj))

    # --- History ----------------------------------------------------------------------------------------------------
    def history_view(self, request, object_id, extra_context=None):
        """Every version; any two compared word by word; the older one's texts brought back into the draft."""
        thing = get_object_or_404(self.get_queryset(request), pk=unquote(object_id))
        if not self.has_view_or_change_permission(request, thing):
            raise PermissionDenied
        if request.method == "POST":
            return self._restore(request, thing)
        versions = list(Version.objects.get_for_object(thing).select_related("revision__user"))
        published = Publication.objects.of(thing).standing().order_by("starts", "pk")
        starts = {publication.version_id: publication for publication in published}
        chosen = [v for v in versions if str(v.pk) in (request.GET.get("older"), request.GET.get("newer"))]
        chosen = chosen or versions[:2]
        context = {
            "title": _("History"),
            "subtitle": str(thing),
            "thing": thing,
            "versions": [(version, starts.get(version.pk)) for version in versions],
            "newer": next(iter(chosen), None),
            "older": next(reversed(chosen), None),
            "differences": difference.by_language(
                difference.differences(*(v._object_version.object for v in chosen[::-1]))
            )
            if len(chosen) == 2
            else [],
            "shared": [(version, code, shared_address(version, code)) for version in chosen for code in LANGUAGES],
            "may_restore": self.has_change_permission(request, thing),
        }
        return self.page(request, "publishing/history.html", context)

    def _restore(self, request, thing):
        if not self.has_change_permission(request, thing):
            raise PermissionDenied
        version = get_object_or_404(Version.objects.get_for_object(thing), pk=posted_key(request, "version"))
        wanted = request.POST.get("restore", "")
        fields = self.model.content_fields()
        names = [f.name for f in fields if wanted in ("all", f.name, getattr(f, "language", None))]
        with transaction.atomic():
            thing = self.model.objects.select_for_update().get(pk=thing.pk)
            desk.restore(thing, version, names, by=request.user)
        self.log_change(request, thing, "Restored.")
        messages.success(request, _("Brought back into the draft. The public sees it once you publish it."))
        return HttpResponseRedirect(self.address("change", thing.pk))

    def deleted_view(self, request):
        """What was deleted, to be brought back with its key."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        versions = desk.deleted(self.model)
        if request.method == "POST":
            version = get_object_or_404(versions, pk=posted_key(request, "version"))
            thing = desk.bring_back(version, by=request.user)
            self.log_addition(request, thing, "Brought back.")
            messages.success(request, _("It is a draft again. The public sees it once you publish it."))
            return HttpResponseRedirect(self.address("change", thing.pk))
        context = {"title": _("Deleted"), "versions": versions, "list_address": self.address("changelist")}
        return self.page(request, "publishing/deleted.html", context)

    # --- Withdrawing ------------------------------------------------------------------------------------------------
    def get_urls(self):
        return [
            self.wrapped("deleted/", self.deleted_view),
            self.wrapped("<path:object_id>/withdraw/", self.withdraw_view),
            *super().get_urls(),
        ]

    def withdraw_view(self, request, object_id):
        thing = get_object_or_404(self.get_queryset(request), pk=unquote(object_id))
        if not self.has_publish_permission(request) or thing.permanent:
            raise PermissionDenied
        form = NoteForm(request.POST or None)
        if request.method == "POST" and form.is_valid() and not hasattr(request, "unsaved"):
            desk.withdraw(thing, by=request.user, reason=form.note)
            self.log_change(request, thing, "Withdrawn.")
            messages.success(request, _("Withdrawn. The public no longer sees it; the draft is still here."))
            return HttpResponseRedirect(self.address("changelist"))
        context = {"title": _("Withdraw"), "thing": thing, "form": form, "list_address": self.address("changelist")}
        return self.page(request, "publishing/withdraw.html", context)


def reference(thing):
    return f"{thing._meta.label_lower}:{thing.pk}"


def publish_address(things):
    query = urlencode([("thing", reference(thing)) for thing in things])
    return f"{reverse('admin:publishing_publication_publish')}?{query}"


class Row:
    """One thing in the table of all content."""

    def __init__(self, thing, edition, today):
        self.thing, self.kind, self.reference = thing, thing._meta.verbose_name, reference(thing)
        state = edition.state_of(thing)
        self.state = STATES[state]
        self.translations = [(s, TRANSLATION_STATES[s]) for s in map(thing.translation_state, TRANSLATED_INTO)]
        states = thing.translation_states().values()
        self.address = reverse(f"admin:{thing._meta.app_label}_{thing._meta.model_name}_change", args=[thing.pk])
        self.review_due = thing.review_due
        self.marks = {
            "drafts": state in ("new", "changed"),
            "missing": "missing" in states,
            "outdated": "outdated" in states,
            "review": bool(self.review_due and self.review_due <= today),
        }


def rows(request):
    """Everything that this person may see, once for all the numbers and tables of a page."""
    if not hasattr(request, "all_content"):
        kinds = [
            a for m, a in admin.site._registry.items() if issubclass(m, Publishable) and a.has_view_permission(request)
        ]
        today = timezone.localdate()
        request.all_content = [Row(t, request.edition, today) for kind in kinds for t in kind.model.objects.all()]
    return request.all_content


SHOWN = {
    "drafts": _("Drafts waiting to be published"),
    "missing": _("Translations missing"),
    "outdated": _("Translations outdated"),
    "review": _("Review due"),
}


@admin.register(Publication)
class PublicationAdmin(InTheAdminsLook, ToBeRead):
    """What was and will be made public, and the page where that happens."""

    list_display = ["what", "content_type", "starts", "published_by", "size", "note_fi", "cancelled_at"]
    exclude = ["minor"]
    readonly_fields = ["size"]
    list_select_related = ["version", "content_type", "published_by"]
    list_filter = [("content_type", admin.RelatedOnlyFieldListFilter), "minor"]
    date_hierarchy = "starts"
    ordering = ["-starts", "-pk"]
    change_list_template = "publishing/publications.html"
    shows_unsaved = ("publish_view",)

    @admin.display(description=_("size"), ordering="minor")
    def size(self, publication):
        return _("minor change") if publication.minor else _("change")

    @admin.display(description=_("what"))
    def what(self, publication):
        return publication.version or _("withdrawal of %(key)s") % {"key": publication.object_id}

    def get_urls(self):
        views = {"publish/": self.publish_view, "content/": self.content_view, "schedule/": self.schedule_view}
        return [*(self.wrapped(route, view) for route, view in views.items()), *super().get_urls()]

    def _things(self, request):
        """The chosen drafts of whatever kind, each of which this person may publish."""
        chosen = {}
        for label, _colon, key in (text.partition(":") for text in request.GET.getlist("thing")):
            chosen.setdefault(label, []).append(key)
        found = []
        for label, keys in sorted(chosen.items()):
            kind = next((a for m, a in self.admin_site._registry.items() if m._meta.label_lower == label), None)
            if kind is None or not issubclass(kind.model, Publishable) or not kind.has_publish_permission(request):
                raise PermissionDenied
            found += [thing for thing in kind.model.objects.all() if str(thing.pk) in keys]
        return found

    def publish_view(self, request):
        """Shows what changes for the public, and publishes exactly that: a newer draft is shown first."""
        if not request.user.has_perm("publishing.add_publication"):
            raise PermissionDenied
        newest = desk.newest_versions(self._things(request))
        shown = [self._shown(version, request.edition) for version in newest]
        found = [d for item in shown for d in item["differences"]]
        few = sum(d.added + d.removed for d in found) <= FEW_WORDS and all(item["public"] for item in shown)
        form = PublishForm(request.POST or None, initial={"minor": few})
        if request.method == "POST" and form.is_valid() and not hasattr(request, "unsaved"):
            try:
                if set(request.POST.getlist("version")) != {str(version.pk) for version in newest}:
                    raise desk.NewerDraft(
                        _("Somebody has saved a newer draft meanwhile: look at it before you publish.")
                    )
                minor = form.cleaned_data["minor"]
                note = None if minor else form.note
                if not all(self._done(item, form.starts) for item in shown):  # else the button was pressed twice
                    desk.publish(newest, by=request.user, starts=form.starts, note=note, minor=minor)
            except ValidationError as stopped:
                for sentence in stopped.messages:
                    messages.error(request, sentence)
            else:
                for item in shown:
                    self.log_change(request, item["draft"], "Published.")
                done = (
                    _("It becomes public at the moment you chose.")
                    if form.starts
                    else _("Published. The public sees it now.")
                )
                messages.success(request, done)
                schedule = "schedule" if form.starts else "content"
                return HttpResponseRedirect(self.address(schedule))
        context = {
            "title": _("Publish"),
            "shown": shown,
            "form": form,
            "size": difference.size(found),
            "stopped": not shown or any(item["stopping"] for item in shown),
            "list_address": self.address("content"),
        }
        return self.page(request, "publishing/publish.html", context)

    @staticmethod
    def _done(item, starts):
        """Whether exactly this version is public already, or waits for this moment."""
        publication = item["public"] and item["public"].publication
        standing = item["to_come"] if starts else [publication] if publication else []
        return any(p.version_id == item["version"].pk and p.starts == (starts or p.starts) for p in standing)

    def _shown(self, version, edition):
        draft = version._object_version.object
        public = edition.public(draft)
        found = difference.differences(public, draft)
        findings = advice(draft, edition)
        return {
            "version": version,
            "draft": draft,
            "kind": draft._meta.verbose_name,
            "address": reverse(f"admin:{draft._meta.app_label}_{draft._meta.model_name}_change", args=[draft.pk]),
            "public": public,
            "differences": found,
            "groups": difference.by_language(found),
            "stopping": [f for f in findings if f.stops],
            "advice": [f for f in findings if not f.stops],
            "to_come": edition.to_come(draft),
        }

    def content_view(self, request):
        """Everything, with its state in each language: drafts waiting, translations, reviews."""
        everything = rows(request)
        if not everything:
            raise PermissionDenied
        if request.method == "POST":
            row = next((r for r in everything if r.reference == request.POST.get("reviewed")), None)
            if row is None or not self.admin_site._registry[type(row.thing)].has_change_permission(request):
                raise PermissionDenied
            desk.review(row.thing)
            messages.success(request, _("Reviewed. It is asked again in a year."))
            return HttpResponseRedirect(request.get_full_path())
        show = request.GET.get("show")
        context = {
            "title": SHOWN.get(show, _("All content")),
            "rows": [row for row in everything if show not in SHOWN or row.marks[show]],
            "show": show,
            "views": [(name, label, sum(row.marks[name] for row in everything)) for name, label in SHOWN.items()],
            "languages_translated_into": [code.upper() for code in TRANSLATED_INTO],
            "may_publish": request.user.has_perm("publishing.add_publication"),
        }
        return self.page(request, "publishing/content.html", context)

    def schedule_view(self, request):
        """What will change in the next days, and the button that takes it back."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        may_cancel = request.user.has_perm("publishing.add_publication")
        if request.method == "POST":
            if not may_cancel:
                raise PermissionDenied
            publication = get_object_or_404(Publication, pk=posted_key(request, "cancel"))
            try:
                desk.cancel(publication, by=request.user)
                messages.success(request, _("Cancelled. It will not become public."))
            except ValidationError as stopped:
                messages.error(request, stopped.message)
            return HttpResponseRedirect(self.address("schedule"))
        context = {
            "title": _("What will change in the next %(days)d days") % {"days": DAYS_AHEAD},
            "coming": coming(request.edition),
            "may_cancel": may_cancel,
        }
        return self.page(request, "publishing/schedule.html", context)


def coming(edition):
    """Triples of a moment, a thing and its publication; without one, the thing changes by its own dates."""
    until = edition.at + timedelta(days=DAYS_AHEAD)
    found = [(p.starts, p.thing(), p) for p in edition.publications if p.starts > edition.at]
    found += [(moment, t, None) for t in edition._things.values() for moment in t.boundaries() if moment > edition.at]
    return sorted((triple for triple in found if triple[0] <= until), key=lambda triple: triple[0])


@admin.register(LinkTrouble)
class LinkTroubleAdmin(ToBeRead):
    """What the weekly look at the links found, to be read."""

    list_display = ["address", "trouble", "since", "places", "looked_at"]

    @admin.display(description=_("used in"))
    def places(self, trouble):
        return ", ".join(trouble.used_in)


def _of_content(show):
    def count(request):
        number = sum(row.marks[show] for row in rows(request))
        return number, f"{reverse('admin:publishing_publication_content')}?show={show}"

    return count


for _show, _label in SHOWN.items():
    counter(_label, "publishing.view_publication")(_of_content(_show))


@counter(_("Changes scheduled"), "publishing.view_publication")
def scheduled(request):
    edition = request.edition
    number = sum(publication.starts > edition.at for publication in edition.publications)
    return number, reverse("admin:publishing_publication_schedule")


@counter(_("Broken or moved links"), "publishing.view_linktrouble")
def broken_links(request):
    return LinkTrouble.objects.count(), reverse("admin:publishing_linktrouble_changelist")

"""The admin of everything publishable: one base class. What it saves is a draft; publishing is a page of its own."""

from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import DateField, DateTimeField, URLField
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext, gettext_noop, ngettext
from django.utils.translation import gettext_lazy as _
from js_asset import Media
from modeltranslation.admin import TranslationAdmin

from website.adminpages import InTheAdminsLook, ToBeRead, choices_filter, one, only
from website.dashboard import counter
from website.publishing import workflow
from website.publishing.advice import advice
from website.publishing.difference import Differences
from website.publishing.forms import DraftForm, NoteForm, PublishForm, year_that_was_meant
from website.publishing.models import LinkTrouble, Publication, Publishable, State, TranslationState
from website.publishing.rendering import preview
from website.publishing.texts import LANGUAGES
from website.publishing.versions import deleted_versions, latest_version, latest_versions, thing_from, versions_of
from website.publishing.views import shared_addresses

#: The style element that the rich-text editor adds to its page, by its hash: nothing else may be written inline.
EDITORS_STYLE = "'sha256-PlumsSlvJ7vvWzjqibGAYKq92O3y/4JTxWWsWJvyUYA='"
TRANSLATED_INTO = LANGUAGES[1:]
#: A change of at most so many words is taken for a minor one, until the publisher says otherwise.
FEW_WORDS = 12
DAYS_AHEAD = 30
WAITING = (State.NEW, State.CHANGED)
SHOWN = {
    "drafts": _("Drafts waiting to be published"),
    "missing": _("Translations missing"),
    "outdated": _("Translations outdated"),
    "review": _("Review due"),
}


def reference(thing):
    return f"{thing._meta.label_lower}:{thing.pk}"


class Row:
    """Where a draft stands, for the lists, the table of all content and the numbers of the first page."""

    def __init__(self, thing, edition):
        options = thing._meta
        self.thing, self.kind, self.reference = thing, options.verbose_name, reference(thing)
        self.address = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[thing.pk])
        self.state = edition.state_of(thing)
        self.translations = [(code, thing.translation_state(code)) for code in TRANSLATED_INTO]
        self.due = bool(thing.review_due and thing.review_due <= timezone.localdate())
        #: All that may be asked of it.
        self.marks = {self.state, *thing.translation_states().values(), *(f"{c}-{s}" for c, s in self.translations)}
        self.marks |= {mark for mark, fits in (("drafts", self.state in WAITING), ("review", self.due)) if fits}


def rows(request):
    """Everything that this person may see, once for all the numbers and tables of a page."""
    if not hasattr(request, "all_content"):
        kinds = (a for m, a in admin.site._registry.items() if issubclass(m, Publishable))
        things = (t for kind in kinds if kind.has_view_permission(request) for t in kind.model.objects.all())
        request.all_content = [Row(thing, request.edition) for thing in things]
    return request.all_content


def marked(things, mark, request):
    """What only Python can tell of a thing."""
    return things.filter(pk__in=[thing.pk for thing in things if mark in Row(thing, request.edition).marks])


TRANSLATIONS = [
    (f"{code}-{state}", format_lazy("{}: {}", code.upper(), state.label))
    for code in TRANSLATED_INTO
    for state in TranslationState
]
StateFilter = choices_filter("state", _("state"), State.choices, marked)
TranslationFilter = choices_filter("translation", _("translation"), TRANSLATIONS, marked)


class PublishableAdmin(InTheAdminsLook, TranslationAdmin):
    form = DraftForm
    change_form_template = "publishing/change_form.html"
    change_list_template = "publishing/change_list.html"
    own_pages = {"deleted": "deleted/", "withdraw": "<path:object_id>/withdraw/"}
    actions = ["publish_selected"]
    formfield_overrides = {URLField: {"assume_scheme": "https"}}
    #: After signing in again these are shown as they were posted, and do nothing.
    shows_unsaved = ("add_view", "change_view", "withdraw_view")

    class Media:
        js = ["js/unsaved.js"]

    # --- The list -------------------------------------------------------------------------------------------------
    def get_list_display(self, request):
        """With what is public of each thing, asked of one edition, not of the database row by row."""
        columns = [admin.display(description=_("state"))(lambda thing: request.edition.state_of(thing).label)]
        for code in TRANSLATED_INTO:
            column = admin.display(description=code.upper())
            columns.append(column(lambda thing, code=code: thing.translation_state(code).label))
        return [*super().get_list_display(request), *columns]

    def get_list_filter(self, request):
        return [*super().get_list_filter(request), StateFilter, TranslationFilter]

    @admin.action(description=_("Publish the newest drafts of the chosen …"), permissions=["publish"])
    def publish_selected(self, request, queryset):
        return to_publishing(queryset)

    # --- Who may --------------------------------------------------------------------------------------------------
    def has_publish_permission(self, request):
        return request.user.has_perm("publishing.add_publication") and self.has_change_permission(request)

    def has_add_permission(self, request):
        return not self.model.permanent and super().has_add_permission(request)

    def has_delete_permission(self, request, obj=None):
        # Never several from a list: one by one, on the page that says what it means.
        if obj is None or not super().has_delete_permission(request, obj):
            return False
        return workflow.may_be_deleted(obj, request.edition)

    # --- The form --------------------------------------------------------------------------------------------------
    def get_readonly_fields(self, request, obj=None):
        # A key that people chose is the thing's identity: it is seen, and never changed.
        key = self.model._meta.pk
        chosen = [key.name] if key.editable and not key.auto_created else []
        return [*super().get_readonly_fields(request, obj), *chosen]

    def get_fieldsets(self, request, obj=None):
        """Untranslated fields first, then one group for each language: Finnish, Swedish, English."""
        columns = {code: [] for code in ("", *LANGUAGES)}
        for field in self.model.content_fields():
            columns[getattr(field, "language", "")].append(field.name)
        plain = [name for name in self.get_readonly_fields(request, obj) if name not in columns[""]] + columns.pop("")
        groups = [(None, {"fields": plain})] if plain else []
        for code, name in settings.LANGUAGES:
            groups.append((name, {"fields": columns[code], "classes": [f"language-{code}"]}))
        return [*groups, (_("Upkeep"), {"fields": ["review_due"]})]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)
        if formfield and hasattr(db_field, "translated_field"):
            formfield.widget.attrs["lang"] = db_field.language
            # The group says the language; modeltranslation would add "[sv]" to each label.
            formfield.label = capfirst(db_field.translated_field.verbose_name)
        if isinstance(db_field, DateField):
            formfield.validators.append(year_that_was_meant)
        if db_field.name == "review_due":
            formfield.show_hidden_initial = True
        if isinstance(db_field, DateTimeField):
            for part, name in zip(formfield.widget.widgets, (_("date"), _("time in Helsinki")), strict=True):
                part.attrs["aria-label"] = f"{formfield.label}: {name}"
        return formfield

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
                    only(row.translation_states().get(name) == "outdated" and self.has_change_permission(request, row))
                    workflow.confirm_translation(row, name, by=request.user)
                    request.unsaved = _("The translation is marked as still correct. Nothing else is saved.")
                    if not set(self._typed(request, row).changed_data) - {"opened_version"}:
                        return self.done(request, request.path, request.unsaved)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def _typed(self, request, obj):
        """The form as it was posted, looked at and not saved."""
        only(self.has_change_permission(request, obj) if obj else self.has_add_permission(request))
        form = self.get_form(request, obj, change=obj is not None)(request.POST, instance=obj)
        form.is_valid()
        return form

    def preview_typed(self, request, object_id):
        """What is on the screen, saved or not, as the public would read it. Invalid fields are as in the draft."""
        form = self._typed(request, self.get_object(request, unquote(object_id)) if object_id else None)
        thing, language = form.instance, request.POST["_preview"]
        only(language in LANGUAGES)
        thing.pk = thing.pk or 0
        invalid = [form.fields[name].label for name in form.errors if name in form.fields]
        return preview(request, thing, language, invalid)

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        # The rich-text editor's import map is an inline script: this page alone carries a nonce for it.
        context["media"] = Media.from_media(context["media"], nonce=str(request.csp_nonce))
        context["may_publish"] = self.has_publish_permission(request)
        if draft := self.model.objects.filter(pk=obj.pk).first() if obj and obj.pk else None:
            edition = request.edition
            context |= {"advice": advice(draft, edition), "draft_state": edition.state_of(draft).label}
            context["may_withdraw"] = context["may_publish"] and not draft.permanent and edition.public(draft)
            context["shared"] = shared_addresses(latest_version(draft))
        response = super().render_change_form(request, context, *args, obj=obj, **kwargs)
        response._csp_update = {"style-src": [EDITORS_STYLE]}
        return response

    def view_on_site(self, obj):
        return obj.get_public_url()

    def save_model(self, request, obj, form, change):
        workflow.save_draft(obj, by=request.user)

    def _response_post_save(self, request, obj):
        if "_publish" in request.POST and self.has_publish_permission(request):
            return to_publishing([obj])
        if number := len(advice(obj, request.edition)):
            sentence = ngettext("%(number)d piece of advice", "%(number)d pieces of advice", number)
            sentence += gettext(" on “%(thing)s”: open it to read more.")
            messages.warning(request, sentence % {"number": number, "thing": obj})
        return super()._response_post_save(request, obj)

    # --- History ----------------------------------------------------------------------------------------------------
    def history_view(self, request, object_id, extra_context=None):
        """Every version; any two compared word by word; the older one's texts brought back into the draft."""
        thing = one(self.get_queryset(request), unquote(object_id))
        only(self.has_view_or_change_permission(request, thing))
        found = versions_of(thing)
        if request.method == "POST":
            only(self.has_change_permission(request, thing))
            version, wanted = one(found, request.POST.get("version")), request.POST.get("restore")
            fields = self.model.content_fields()
            names = [f.name for f in fields if wanted in ("all", f.name, getattr(f, "language", None))]
            try:
                with transaction.atomic():
                    thing = self.model.objects.select_for_update().get(pk=thing.pk)
                    workflow.restore(thing, version, names, by=request.user)
            except ValidationError as refused:
                reasons = {"why": " ".join(refused.messages)}
                messages.error(request, _("Nothing is brought back: it would not fit the draft. %(why)s") % reasons)
                return HttpResponseRedirect(request.path)
            sentence = _("Brought back into the draft. The public sees it once you publish it.")
            return self.done(request, self.address("change", thing.pk), sentence, thing, gettext_noop("Restored."))
        public = Publication.objects.standing().filter(version__in=found).order_by("starts", "pk")
        starts = {publication.version_id: publication for publication in public}
        chosen = [v for v in found if str(v.pk) in (request.GET.get("older"), request.GET.get("newer"))] or found[:2]
        states = [thing_from(version) for version in reversed(chosen)]
        context = {"subtitle": str(thing), "thing": thing, "may_restore": self.has_change_permission(request, thing)}
        context["versions"] = [(version, starts.get(version.pk)) for version in found]
        context |= {"newer": next(iter(chosen), None), "older": next(reversed(chosen), None)}
        context["differences"] = Differences.between(*states) if len(states) == 2 else None
        context["shared"] = [(version, shared_addresses(version)) for version in chosen]
        return self.page(request, "publishing/history.html", _("History"), **context)

    def deleted_view(self, request):
        """What was deleted, to be brought back with its key."""
        only(self.has_add_permission(request))
        versions = deleted_versions(self.model)
        if request.method == "POST":
            thing = workflow.bring_back(one(versions, request.POST.get("version")))
            sentence = _("It is a draft again. The public sees it once you publish it.")
            return self.done(request, self.address("change", thing.pk), sentence, thing, gettext_noop("Brought back."))
        return self.page(request, "publishing/deleted.html", _("Deleted"), versions=versions)

    def withdraw_view(self, request, object_id):
        thing = one(self.get_queryset(request), unquote(object_id))
        only(self.has_publish_permission(request) and not thing.permanent)
        form = NoteForm(request.POST or None)
        if request.method == "POST" and form.is_valid() and not hasattr(request, "unsaved"):
            workflow.withdraw(thing, by=request.user, reason=form.note)
            sentence = _("Withdrawn. The public no longer sees it; the draft is still here.")
            return self.done(request, self.address("changelist"), sentence, thing, gettext_noop("Withdrawn."))
        context = {"thing": thing, "form": form, "to_come": request.edition.to_come(thing)}
        return self.page(request, "publishing/withdraw.html", _("Withdraw"), **context)


def to_publishing(things):
    """On to the page that publishes them."""
    query = urlencode([("thing", reference(thing)) for thing in things])
    return HttpResponseRedirect(f"{reverse('admin:publishing_publication_publish')}?{query}")


class Shown(Row):
    """What publishing one version would change for the public."""

    def __init__(self, version, edition):
        super().__init__(thing_from(version), edition)
        self.version, self.public, self.to_come = version, edition.public(self.thing), edition.to_come(self.thing)
        self.differences = Differences.between(self.public, self.thing)
        found = advice(self.thing, edition)
        self.stopping, self.advice = [f for f in found if f.stops], [f for f in found if not f.stops]


@admin.register(Publication)
class PublicationAdmin(InTheAdminsLook, ToBeRead):
    """What was and will be made public, and the page where that happens."""

    list_display = ["what", "starts", "published_by", "minor", "note_fi", "cancelled_at"]
    list_select_related = ["version", "published_by"]
    list_filter = [("content_type", admin.RelatedOnlyFieldListFilter), "minor"]
    date_hierarchy = "starts"
    ordering = ["-starts", "-pk"]
    change_list_template = "publishing/publications.html"
    own_pages = {"publish": "publish/", "content": "content/", "schedule": "schedule/"}
    shows_unsaved = ("publish_view",)

    @admin.display(description=_("what"))
    def what(self, publication):
        return publication.version or _("withdrawal of %(key)s") % {"key": publication.object_id}

    def _kind(self, row):
        return self.admin_site._registry[type(row.thing)]

    def publish_view(self, request):
        """Shows what changes for the public, and publishes exactly that: a newer draft is shown first."""
        only(request.user.has_perm("publishing.add_publication"))
        chosen = [row for row in rows(request) if row.reference in request.GET.getlist("thing")]
        only(all(self._kind(row).has_publish_permission(request) for row in chosen))
        newest = latest_versions([row.thing for row in chosen])
        shown = [Shown(version, request.edition) for version in newest]
        found = Differences(difference for item in shown for difference in item.differences)
        few = sum(found.counts.values()) <= FEW_WORDS and all(item.public for item in shown)
        form = PublishForm(request.POST or None, initial={"minor": few})
        if request.method == "POST" and form.is_valid() and not hasattr(request, "unsaved"):
            starts, minor = form.cleaned_data["starts"], form.cleaned_data["minor"]
            try:
                if set(request.POST.getlist("version")) != {str(version.pk) for version in newest}:
                    sentence = _("Somebody has saved a newer draft meanwhile: look at it before you publish.")
                    raise workflow.NewerDraft(sentence)
                workflow.publish(newest, by=request.user, starts=starts, note=form.note, minor=minor)
            except ValidationError as stopped:
                form.add_error(None, stopped)
            else:
                for item in shown:
                    self.log_change(request, item.thing, gettext_noop("Published."))
                if starts:
                    sentence = _("It becomes public at the moment you chose.")
                    return self.done(request, self.address("schedule"), sentence)
                return self.done(request, self.address("content"), _("Published. The public sees it now."))
        context = {"shown": shown, "form": form, "size": found.size(), "list_address": self.address("content")}
        context["stopped"] = not shown or any(item.stopping for item in shown)
        return self.page(request, "publishing/publish.html", _("Publish"), **context)

    def content_view(self, request):
        """Everything, with its state in each language: drafts waiting, translations, reviews."""
        everything, show = rows(request), request.GET.get("show")
        only(everything)
        if request.method == "POST":
            row = next((row for row in everything if row.reference == request.POST.get("reviewed")), None)
            only(row and self._kind(row).has_change_permission(request))
            workflow.review(row.thing)
            return self.done(request, request.get_full_path(), _("Reviewed. It is asked again in a year."))
        context = {"show": show, "rows": [row for row in everything if show not in SHOWN or show in row.marks]}
        context["views"] = [(name, label, count(request, name)) for name, label in SHOWN.items()]
        context["may_publish"] = request.user.has_perm("publishing.add_publication")
        context["languages_translated_into"] = [code.upper() for code in TRANSLATED_INTO]
        return self.page(request, "publishing/content.html", SHOWN.get(show, _("All content")), **context)

    def schedule_view(self, request):
        """What will change in the next days, and the button that takes it back."""
        only(self.has_view_permission(request))
        may_cancel = request.user.has_perm("publishing.add_publication")
        if request.method == "POST":
            only(may_cancel)
            try:
                workflow.cancel(one(Publication.objects, request.POST.get("cancel")), by=request.user)
            except ValidationError as stopped:
                messages.error(request, stopped.message)
                return HttpResponseRedirect(request.path)
            return self.done(request, request.path, _("Cancelled. It will not become public."))
        ahead, until = coming(request.edition), request.edition.at + timedelta(days=DAYS_AHEAD)
        context = {"coming": [row for row in ahead if row[0] <= until], "may_cancel": may_cancel}
        context["later"] = [row for row in ahead if row[0] > until and row[2]]  # or nobody could cancel it
        title = _("What will change in the next %(days)d days") % {"days": DAYS_AHEAD}
        return self.page(request, "publishing/schedule.html", title, **context)


def coming(edition):
    """Triples of a moment, a thing and its publication; without one, the thing changes by its own dates."""
    found = [(publication.starts, publication.thing(), publication) for publication in edition.publications]
    found += [(moment, thing, None) for thing in edition._things.values() for moment in thing.boundaries()]
    return sorted((triple for triple in found if triple[0] > edition.at), key=lambda triple: triple[0])


@admin.register(LinkTrouble)
class LinkTroubleAdmin(ToBeRead):
    """What the weekly look at the links found, to be read."""

    list_display = ["address", "what", "since", "places", "looked_at"]

    @admin.display(description=_("what is wrong"), ordering="trouble")
    def what(self, trouble):
        words, *rest = trouble.trouble.split(": ", 1)
        return ": ".join([gettext(words), *rest])

    @admin.display(description=_("used in"))
    def places(self, trouble):
        return ", ".join(trouble.used_in)


def count(request, mark):
    return sum(mark in row.marks for row in rows(request))


for _mark, _label in SHOWN.items():

    @counter(_label, "publishing.view_publication")
    def of_content(request, mark=_mark):
        return count(request, mark), f"{reverse('admin:publishing_publication_content')}?show={mark}"


@counter(_("Changes scheduled"), "publishing.view_publication")
def scheduled(request):
    edition = request.edition
    number = sum(publication.starts > edition.at for publication in edition.publications)
    return number, reverse("admin:publishing_publication_schedule")


@counter(_("Broken or moved links"), "publishing.view_linktrouble")
def broken_links(request):
    return LinkTrouble.objects.count(), reverse("admin:publishing_linktrouble_changelist")

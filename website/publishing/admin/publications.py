"""Publishing, withdrawing, and the timeline."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from website.admin import dashboard
from website.admin.pages import ExtraPagesMixin, ReadOnlyAdmin, get_row_or_404
from website.admin.words import display_name
from website.publishing import workflow
from website.publishing.admin import publishing_requests
from website.publishing.admin.overview import ContentRow, OverviewMixin, content_rows, thing_reference
from website.publishing.admin.search import SearchMixin
from website.publishing.admin.states import state_in_words
from website.publishing.difference import Differences
from website.publishing.forms import PublishForm, WithdrawForm, WordsForm
from website.publishing.models import Publication, PublishingRequest, Serial
from website.publishing.rules import advice
from website.publishing.versions import latest_versions, thing_from

#: A change of at most so many words is proposed as a minor one; the publisher decides.
MINOR_CHANGE_WORDS = 12


#: The lists of the publish page in which more is chosen, by what they add to.
CHOSEN_TOO = {"thing": "thing_too", "withdraw": "withdraw_too"}


def name_of_thing(publication):
    """What a publication is about. A withdrawal names what was published before it, else its key."""
    if thing := publication.thing():
        return thing
    of_thing = {"content_type": publication.content_type_id, "object_id": publication.object_id}
    published = Publication.objects.filter(version__isnull=False, **of_thing).select_related("version").last()
    return published.thing() if published else publication.object_id


def redirect_to_publishing(things):
    """To the page that publishes the newest versions of these things."""
    query = urlencode([("thing", thing_reference(thing)) for thing in things])
    return HttpResponseRedirect(f"{reverse('admin:publishing_publication_publish')}?{query}")


class Proposal(ContentRow):
    """What publishing one version would change for the public."""

    def __init__(self, version, request):
        edition = request.edition
        super().__init__(thing_from(version), edition)
        self.version = version
        self.who = display_name(version.revision.user)
        self.state_in_words = state_in_words(self.thing, request)
        self.public = edition.public(self.thing)
        self.differences = Differences.between(self.public, self.thing)
        findings = advice(self.thing, edition)
        self.stopping = [finding for finding in findings if finding.stops]
        self.to_be_confirmed = [finding for finding in findings if finding.needs_confirmation]
        self.advice = [finding for finding in findings if not finding.stops and not finding.needs_confirmation]
        self.outdated = [name for code, name in settings.LANGUAGES if self.thing.translation_state(code) == "outdated"]
        requests = PublishingRequest.objects.filter(version=version).select_related("asked_by")
        self.publishing_request = requests.last()
        self.requested_by = display_name(self.publishing_request and self.publishing_request.asked_by)


class WithdrawMixin:
    """The page “Withdraw” of each kind of content."""

    def withdraw_view(self, request, object_id):
        thing = get_row_or_404(self.get_queryset(request), unquote(object_id))
        if thing.permanent or not self.has_publish_permission(request):
            raise PermissionDenied
        form = WithdrawForm(request.POST or None)
        if request.method == "POST" and form.is_valid() and not hasattr(request, "unsaved"):
            try:
                return self._withdraw(request, thing, form)
            except ValidationError as error:
                form.add_error(None, error)
        state, reference = state_in_words(thing, request), thing_reference(thing)
        context = {"thing": thing, "form": form, "state": state, "reference": reference}
        return self.render_page(request, "publishing/withdraw.html", _("Withdraw"), **context)

    def _withdraw(self, request, thing, form):
        starts = form.cleaned_data["starts"]
        withdrawal = workflow.withdraw(thing, by=request.user, reason=form.note, starts=starts)
        workflow.cancel_repetitions([withdrawal], request.user)
        if starts:
            url, message = reverse("admin:publishing_publication_schedule"), _("It disappears at the moment you chose.")
            return self.redirect_with_message(request, url, message, thing, gettext_noop("Withdrawal scheduled."))
        url = self.admin_url("changelist")
        message = _("Withdrawn. The public no longer sees it; the draft is still here.")
        return self.redirect_with_message(request, url, message, thing, gettext_noop("Withdrawn."))


@admin.register(Publication)
class PublicationAdmin(OverviewMixin, SearchMixin, ExtraPagesMixin, ReadOnlyAdmin):
    """What was and will be made public, and the page where that happens."""

    list_display = ["what", "starts", "published_by", "minor", "note", "cancelled_at"]
    list_select_related = ["version", "published_by"]
    list_filter = [("content_type", admin.RelatedOnlyFieldListFilter), "minor"]
    date_hierarchy = "starts"
    ordering = ["-starts", "-pk"]
    change_list_template = "publishing/publications.html"
    extra_pages = {"publish": "publish/", "content": "content/", "schedule": "schedule/", "search": "search/"}
    shows_unsaved = ("publish_view",)

    @admin.display(description=_("what"))
    def what(self, publication):
        name = name_of_thing(publication)
        return name if publication.version_id else _("withdrawal of %(thing)s") % {"thing": name}

    # --- Publishing -----------------------------------------------------------------------------------------------
    def publish_view(self, request):
        """Shows what changes for the public, and publishes exactly that: a newer draft is shown first."""
        versions = latest_versions(self._chosen_things(request, "thing"))
        withdrawals = self._chosen_things(request, "withdraw")
        proposals = [Proposal(version, request) for version in versions]
        if request.method == "POST" and "return" in request.POST and not hasattr(request, "unsaved"):
            return self._return(request, proposals)
        differences = Differences(difference for proposal in proposals for difference in proposal.differences)
        few_words = sum(differences.counts.values()) <= MINOR_CHANGE_WORDS
        minor = few_words and not withdrawals and all(proposal.public for proposal in proposals)
        form = PublishForm(request.POST or None, initial={"minor": minor})
        if "add" in request.POST or any(request.POST.get(name) for name in CHOSEN_TOO.values()):
            kept = {name: form[name].value() for name in form.fields}  # not checked yet
            form = PublishForm(initial=kept | {"minor": kept["minor"] and minor})
            messages.info(request, _("Added. Nothing is published yet: above the button stands what happens together."))
        elif request.method == "POST" and form.is_valid() and not hasattr(request, "unsaved"):
            try:
                return self._publish(request, form, versions, withdrawals)
            except ValidationError as error:
                form.add_error(None, error)
        chosen = [("thing", proposal.reference) for proposal in proposals]
        chosen += [("withdraw", thing_reference(thing)) for thing in withdrawals]
        references = {reference for _list, reference in chosen}
        context = {
            "proposals": proposals,
            "withdrawals": [(thing, state_in_words(thing, request)) for thing in withdrawals],
            "address": f"?{urlencode(chosen)}",
            "others": [row for row in content_rows(request) if row.reference not in references],
            "to_be_confirmed": any(proposal.to_be_confirmed for proposal in proposals),
            "may_end": not any(proposal.thing.permanent for proposal in proposals),
            "form": form,
            "words": WordsForm(),
            "size": differences.size(),
            "stopped": not (proposals or withdrawals) or any(proposal.stopping for proposal in proposals),
            "list_url": self.admin_url("content"),
        }
        return self.render_page(request, "publishing/publish.html", _("Review and publish"), **context)

    def _chosen_things(self, request, name):
        """The things that `?thing=` or `?withdraw=`, or the form, names.

        Raises PermissionDenied unless the user may publish each.
        """
        if not request.user.has_perm("publishing.add_publication"):
            raise PermissionDenied
        references = [*request.GET.getlist(name), request.POST.get(CHOSEN_TOO[name])]
        things = [row.thing for row in content_rows(request) if row.reference in references]
        for thing in things:
            if not self.admin_site.get_model_admin(type(thing)).has_publish_permission(request):
                raise PermissionDenied
        return things

    def _publish(self, request, form, versions, withdrawals):
        """Publishes what the page showed. Raises ValidationError if that is no longer the newest, or is stopped."""
        if set(request.POST.getlist("version")) != {str(version.pk) for version in versions}:
            message = _("Somebody has saved a newer draft meanwhile: look at it before you publish.")
            raise workflow.NewerDraft(message)
        options = {name: form.cleaned_data[name] for name in ("starts", "ends", "minor", "confirmed")}
        made = workflow.publish(versions, by=request.user, note=form.note, withdrawals=withdrawals, **options)
        workflow.cancel_repetitions(made, request.user)
        for version in versions:
            self.log_change(request, thing_from(version), gettext_noop("Published."))
        for thing in withdrawals:
            self.log_change(request, thing, gettext_noop("Withdrawn."))
        first = min(publication.starts for publication in made)
        if first in (options["starts"], options["ends"]):
            when = date_format(timezone.localtime(first), "DATETIME_FORMAT")
            message = _("Scheduled for %(when)s: all that happens then stands below.") % {"when": when}
            return self.redirect_with_message(request, self.admin_url("schedule"), message)
        visible = request.becomes_visible(Serial.current())
        sentence = _("Published. The public sees it now.") if visible else _("Published. It will be visible shortly.")
        thing = thing_from(versions[0]) if versions else withdrawals[0]
        message = format_html('{} <a href="{}">{}</a>', sentence, thing.get_public_url(), thing)
        return self.redirect_with_message(request, reverse("admin:index"), message)

    def _return(self, request, proposals):
        """The button “Return” of one request: its editor gets the words by mail, and the request is gone."""
        form = WordsForm(request.POST)
        waiting = {str(p.publishing_request.pk): p.publishing_request for p in proposals if p.publishing_request}
        publishing_request = waiting.get(request.POST["return"])
        if publishing_request is None or not form.is_valid():
            messages.error(request, _("Nothing has been returned: the wish is gone, or the words are too long."))
            return HttpResponseRedirect(request.get_full_path())
        publishing_requests.return_publishing_request(publishing_request, request.user, form.cleaned_data["words"])
        message = _("Returned to %(who)s by mail.") % {"who": display_name(publishing_request.asked_by)}
        return self.redirect_with_message(request, reverse("admin:index"), message)

    # --- The timeline ---------------------------------------------------------------------------------------------
    def schedule_view(self, request):
        """The timeline: everything that will change or is to be done, and the button that cancels what is scheduled."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        may_cancel = request.user.has_perm("publishing.add_publication")
        if request.method == "POST":
            return self._cancel(request, may_cancel)
        months: dict = {}
        for event in dashboard.events_for(request):
            months.setdefault(event.day.replace(day=1), []).append(event)
        context = {"months": months, "may_cancel": may_cancel}
        return self.render_page(request, "publishing/schedule.html", _("Timeline"), **context)

    def _cancel(self, request, may_cancel):
        if not may_cancel:
            raise PermissionDenied
        publication = get_row_or_404(Publication.objects, request.POST.get("cancel"))
        try:
            workflow.cancel(publication, by=request.user)
        except ValidationError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(request.path)
        message = _("Cancelled: “%(thing)s” stays public.")
        if publication.version_id and request.edition.public(publication.thing()):
            message = _("Cancelled: for the readers “%(thing)s” stays as it is now.")
        elif publication.version_id:
            message = _("Cancelled: “%(thing)s” will not become public.")
        message %= {"thing": name_of_thing(publication)}
        others = Publication.objects.filter(starts=publication.starts, cancelled_at=None).select_related("version")
        if names := [str(name_of_thing(other)) for other in others]:
            message += " " + _("Still to come at that moment: %(things)s.") % {"things": ", ".join(names)}
        return self.redirect_with_message(request, request.path, message)

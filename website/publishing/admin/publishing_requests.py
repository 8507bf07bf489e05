"""Asking to publish: an editor who may not publish sends words to those who may, and they can return them."""

from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext_lazy as _

from website.admin.pages import get_row_or_404
from website.admin.words import display_name
from website.mail.outbox import enqueue
from website.publishing.admin.overview import thing_reference
from website.publishing.forms import WordsForm
from website.publishing.models import PublishingRequest
from website.publishing.rules import advice
from website.publishing.versions import latest_version, thing_from


def publishers():
    """Those who may publish and have an address."""
    users = get_user_model().objects.filter(is_active=True, is_staff=True).exclude(email="")
    return [user for user in users if user.has_perm("publishing.add_publication")]


@transaction.atomic
def request_publishing(version, user, words):
    """Records the request, in place of an older one of the same version, and mails it to everybody who may publish."""
    PublishingRequest.objects.filter(version=version).delete()
    publishing_request = PublishingRequest.objects.create(version=version, asked_by=user, words=words)
    thing = thing_from(version)
    url = f"{reverse('admin:publishing_publication_publish')}?thing={thing_reference(thing)}"
    for publisher in publishers():
        _mail(publisher, "publishing/mail/asked.txt", thing=thing, who=display_name(user), words=words, url=url)
    return publishing_request


@transaction.atomic
def return_publishing_request(publishing_request, user, words):
    """Mails the words to who asked, and deletes the request."""
    thing = thing_from(publishing_request.version)
    name = f"admin:{thing._meta.app_label}_{thing._meta.model_name}_change"
    editor = publishing_request.asked_by
    if editor.email:
        url = reverse(name, args=[thing.pk])
        _mail(editor, "publishing/mail/returned.txt", thing=thing, who=display_name(user), words=words, url=url)
    publishing_request.delete()


def _mail(user, template, **context):
    # In the language of the page, as other mails to colleagues: nothing says which one they work in.
    enqueue(user.email, template, get_language(), context | {"to": display_name(user)})


class PublishingRequestMixin:
    """The page “Ask to publish” of each kind of content."""

    def ask_view(self, request, object_id):
        thing = get_row_or_404(self.get_queryset(request), unquote(object_id))
        if not self.has_change_permission(request, thing):
            raise PermissionDenied
        version = latest_version(thing)
        form = WordsForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid() and version and not hasattr(request, "unsaved"):
            request_publishing(version, request.user, form.cleaned_data["words"])
            message = _("Asked. It waits on the first page of those who may publish, and they get a mail.")
            url = reverse("admin:index")
            return self.redirect_with_message(request, url, message, thing, gettext_noop("Asked to publish."))
        stopping = [
            finding for finding in advice(thing, request.edition) if finding.stops or finding.needs_confirmation
        ]
        names = ", ".join(display_name(user) for user in publishers())
        context = {"thing": thing, "form": form, "stopping": stopping, "names": names}
        return self.render_page(request, "publishing/ask.html", _("Ask to publish"), **context)

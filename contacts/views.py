from django.conf import settings
from django.utils.translation import get_language, get_language_from_path, override

from contacts.forms import FeedbackForm
from contacts.models import Message
from website.correspondence.receiving import answer, public_form, receive, tell_the_team
from website.publishing.rendering import render


def contacts(request):
    edition = request.edition
    return render(request, "contacts/contacts.html", edition.page("contacts"), contacts=edition.contacts)


@public_form
def feedback(request):
    edition = request.edition
    about = request.GET.get("page", "")
    initial = {"kind": Message.Kind.OTHER, "page": about if is_page(edition, about) else ""}
    return receive(
        request,
        FeedbackForm(request.POST if request.method == "POST" else None, initial=initial),
        store,
        template="contacts/feedback.html",
        page=edition.page("feedback"),
        thanks="contacts:thanks",
        contacts=edition.contacts,
    )


def is_page(edition, path):
    """Whether the edition has a page of this address: the only thing that the one parameter may name."""
    with override(get_language_from_path(path) or settings.LANGUAGE_CODE):
        return bool(path) and any(thing.get_absolute_url() == path for thing in edition.things())


def store(form, suspected):
    language = get_language()
    message, new = Message.receive(form.answers, form.address, language=language, suspected=suspected)
    if new:
        if form.address:
            answer(form.address, "contacts/mail/received.txt", language, {"written": message})
        tell_the_team("contacts/mail/team.txt", "contacts_message_changelist")


def thanks(request):
    return render(request, "contacts/thanks.html", request.edition.page("feedback"), listed=False)

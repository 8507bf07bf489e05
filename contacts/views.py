from django.utils.translation import get_language

from contacts.forms import FeedbackForm
from contacts.models import Message
from website.correspondence.receiving import answer, public_form, receive, tell_the_team
from website.publishing.rendering import render


def contacts(request):
    edition = request.edition
    return render(request, "contacts/contacts.html", edition.page("contacts"), contacts=edition.contacts)


@public_form
def feedback(request):
    """The one parameter that the public site knows says which page it is about: one of the edition, or nothing."""
    edition = request.edition
    about = request.GET.get("page", "")
    initial = {"kind": Message.Kind.OTHER, "page": about if about in edition.paths() else ""}
    page = edition.page("feedback")
    response = receive(request, FeedbackForm, store, page, initial=initial, contacts=edition.contacts)
    if initial["page"]:
        response.headers["X-Accel-Expires"] = "0"  # nginx keeps pages by their address alone
    return response


def store(form, suspected):
    language = get_language()
    message, new = Message.receive(form.cleaned_data, form.address, language=language, suspected=suspected)
    if new:
        if form.address:
            answer(form.address, "contacts/mail/received.txt", language, {"written": message})
        tell_the_team("contacts/mail/team.txt", "contacts_message_changelist")


def thanks(request):
    return render(request, "contacts/thanks.html", request.edition.page("feedback"), listed=False)

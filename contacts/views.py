from django.http import Http404
from django.utils.translation import get_language

from contacts.cards import card as card_of
from contacts.forms import FeedbackForm
from contacts.models import Contact, Message
from website.correspondence.receiving import mail_to_person, mail_to_team, public_form, receive
from website.publishing.rendering import file_response, render


def contacts(request):
    edition = request.edition
    page = edition.get("pages.Page", "contacts")
    return render(request, "contacts/contacts.html", page, contacts=edition.things(Contact))


def card(request, pk):
    """A contact as a file for the reader's telephone."""
    contact = request.edition.get(Contact, pk)
    if not contact.shown_at(request.edition.at):
        raise Http404
    return file_response(card_of(contact), "text/vcard; charset=utf-8", get_language())


@public_form
def feedback(request):
    """The form for feedback. The parameter `page` fills in the page it is about, if that is a path of the edition."""
    edition = request.edition
    about = request.GET.get("page", "")
    statement = edition.get("pages.Page", "accessibility")
    from_statement = about in statement.paths_by_language().values()
    initial = {
        "kind": Message.Kind.ACCESSIBILITY if from_statement else Message.Kind.OTHER,
        "page": about if about in edition.paths() else "",
    }
    page = edition.get("pages.Page", "feedback")
    return receive(request, FeedbackForm, store, page, initial=initial, contacts=edition.things(Contact))


def store(form, suspected):
    language = get_language()
    message, new = Message.receive(form.cleaned_data, form.normalised_email, language=language, suspected=suspected)
    if new:
        if form.normalised_email:
            mail_to_person(
                form.normalised_email, "contacts/mail/received.txt", language, {"submission": message}, cause="feedback"
            )
        mail_to_team("contacts/mail/team.txt", "contacts_message_changelist")


def thanks(request):
    return render(request, "contacts/thanks.html", request.edition.get("pages.Page", "feedback"), listed=False)

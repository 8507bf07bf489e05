from django.utils.translation import get_language

from contacts.forms import FeedbackForm
from contacts.models import Contact, Message
from website.correspondence.receiving import mail_to_person, mail_to_team, public_form, receive
from website.publishing.rendering import render


def contacts(request):
    edition = request.edition
    page = edition.get("pages.Page", "contacts")
    return render(request, "contacts/contacts.html", page, contacts=edition.things(Contact))


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
                form.normalised_email, "contacts/mail/received.txt", language, {"written": message}, cause="feedback"
            )
        mail_to_team("contacts/mail/team.txt", "contacts_message_changelist")


def thanks(request):
    return render(request, "contacts/thanks.html", request.edition.get("pages.Page", "feedback"), listed=False)

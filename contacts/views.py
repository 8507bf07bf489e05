from website.publishing.rendering import render


def contacts(request):
    edition = request.edition
    return render(request, "contacts/contacts.html", edition.page("contacts"), contacts=edition.contacts)


def feedback(request):
    edition = request.edition
    return render(request, "contacts/feedback.html", edition.page("feedback"), contacts=edition.contacts)

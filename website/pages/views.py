from django.conf import settings
from django.shortcuts import render as render_alone

from website.publishing.rendering import PUBLIC, render


def page(request, key):
    return render(request, "pages/page.html", request.edition.page(key))


def changes(request):
    return render(request, "pages/changes.html", request.edition.page("changes"), changes=request.edition.changes)


def feed(request):
    """The same for feed readers: only what is said in the feed's language."""
    edition = request.edition
    told = [change for change in edition.changes if not change.texts["note"].lang]
    context = {"page": edition.page("changes"), "changes": told, "edition": edition, "site_url": settings.SITE_URL}
    response = render_alone(request, "pages/changes.xml", context, content_type="application/atom+xml")
    response.headers["Cache-Control"] = PUBLIC
    return response

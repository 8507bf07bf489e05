from django.conf import settings
from django.utils.translation import get_language

from website.correspondence.retention import FORMS, REGISTER
from website.pages.models import AccessibilityStatement, Page, Shortcoming
from website.publishing.rendering import render, render_file


def accessibility(request):
    edition = request.edition
    statement = edition.get(AccessibilityStatement, AccessibilityStatement.KEY)
    context = {"statement": statement, "shortcomings": edition.things(Shortcoming)}
    return render(request, "pages/accessibility.html", edition.get(Page, "accessibility"), **context)


def privacy(request):
    """The privacy notice: the editors' text, and the form fields, retention periods and cookies from the code."""
    context = {
        "forms": [(form.heading, form.base_fields.values()) for form in FORMS],
        "periods": REGISTER.values(),
        "public_cookies": settings.PUBLIC_COOKIES,
        "admin_cookies": (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME),
    }
    return render(request, "pages/privacy.html", request.edition.get(Page, "privacy"), **context)


def changes(request):
    return render(request, "pages/changes.html", request.edition.get(Page, "changes"), changes=request.edition.changes)


def feed(request):
    """The changes as an Atom feed: only those with a note in the language of the feed."""
    edition = request.edition
    changes = [change for change in edition.changes if not change.note.lang]
    context = {"page": edition.get(Page, "changes"), "changes": changes, "edition": edition}
    return render_file(request, "pages/changes.xml", "application/atom+xml", get_language(), **context)

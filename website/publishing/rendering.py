"""How a public page is made: a template, the thing it is about, and the frame that follows from it."""

from copy import copy

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import resolve, reverse
from django.utils.translation import get_language, override

from website.publishing.models import Publishable
from website.text.cleaning import without_forbidden

PUBLIC = "public, no-cache, stale-if-error=86400"  # browsers ask each time; the answer is mostly 304


def alternates(request, languages):
    """The page of this request in each of these languages; the front page where it is no page of ours."""
    match = request.resolver_match
    found = []
    for code, name in settings.LANGUAGES:
        if code in languages:
            with override(code):
                named = match and match.url_name  # Django's own redirects in the admin have no name
                url = reverse(match.view_name, kwargs=match.kwargs) if named else reverse("home")
            found.append({"code": code, "name": name, "url": url, "current": code == get_language()})
    return found


def last_changed(shown):
    """The newest change, minor ones left out, among the things in a page's context."""
    if isinstance(shown, Publishable):
        return shown.publication and shown.publication.changed
    parts = shown.values() if isinstance(shown, dict) else shown if isinstance(shown, list | tuple) else ()
    return max((moment for part in parts if (moment := last_changed(part))), default=None)


def preview(request, thing, language, invalid=()):
    """The public page that shows a thing, with the thing as given; `invalid` names what is left as in the draft."""
    with override(language):
        edition = request.edition.replacing(thing)
        moments = [edition.at, *(moment for moment in thing.boundaries() if moment > edition.at)]
        match = resolve(thing.get_public_url())
        reader = copy(request)
        reader.method, reader.resolver_match, reader.draft = "GET", match, {"invalid": invalid}
        reader.edition = edition.moved_to(next((m for m in moments if thing.shown_at(m)), edition.at))
        response = match.func(reader, *match.args, **match.kwargs)
    for name, value in (("Cache-Control", "no-store"), ("X-Robots-Tag", "noindex"), ("Content-Language", language)):
        response.headers[name] = value
    return response


def _rendered(request, template, context, status=200, content_type=None):
    """Well-formed whatever stands in the database: see website/text/."""
    markup = render_to_string(template, context, request)
    if status == 200:  # a form in error shows again what was typed, whatever that was
        markup = without_forbidden(markup)
    return HttpResponse(markup, status=status, content_type=content_type)


def render_file(request, template, content_type, language=settings.LANGUAGE_CODE, **context):
    """A file for programs: unless it has a language, the same for every reader, whatever languages they accept."""
    context["site_url"] = settings.SITE_URL
    response = _rendered(request, template, context, content_type=content_type)
    response.headers["Cache-Control"] = PUBLIC
    response.headers["Content-Language"] = language
    return response


def render(request, template, page=None, *, status=200, cache=PUBLIC, listed=True, **context):
    """The page about a thing of the edition; `page` is None for error pages, which stand alone.

    `listed` is false for pages that are no place of their own, like thanks: they name no address of theirs.
    A page that is not live in the reader's language opens all the same, says so, and is shown to no index.
    """
    codes = [code for code, name in settings.LANGUAGES]
    live = page.languages if page else codes
    fallback = get_language() not in live
    switcher = alternates(request, {*live, get_language()})
    own = page and listed and status == 200
    told = {a["code"]: settings.SITE_URL + a["url"] for a in switcher if own and a["code"] in live}
    response = _rendered(
        request,
        template,
        context
        | {
            "page": page,
            "edition": request.edition if page else None,
            "front": request.edition.get("pages.Page", "home") if page else None,
            "alternates": switcher,
            "hreflangs": [] if fallback else list(told.items()),
            "x_default": told.get(settings.LANGUAGE_CODE, ""),
            "canonical": told.get(settings.LANGUAGE_CODE if fallback else get_language(), ""),
            "fallback": fallback,
            "changed": last_changed((page, context)),
            "draft": getattr(request, "draft", None),
            "site_url": settings.SITE_URL,
        },
        status=status,
    )
    response.headers.setdefault("Cache-Control", cache)
    return response

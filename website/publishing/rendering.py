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
    """Links to the page of this request in each of `languages`, as dicts; to the front page where no view matched."""
    match = request.resolver_match
    links = []
    for code, name in settings.LANGUAGES:
        if code in languages:
            with override(code):
                named = match and match.url_name  # Django's own redirects in the admin have no name
                url = reverse(match.view_name, kwargs=match.kwargs) if named else reverse("home")
            links.append({"code": code, "name": name, "url": url, "current": code == get_language()})
    return links


def last_changed(value):
    """The newest moment of a change, minor ones left out, of the things in a page's context; None without any.

    `value` is the context, or any part of it: things are looked for in dicts, lists and tuples.
    """
    if isinstance(value, Publishable):
        return value.publication and value.publication.changed
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return max((moment for part in parts if (moment := last_changed(part))), default=None)


def preview(request, thing, language, invalid=(), moment=None):
    """Response with the public page that shows a thing, with the thing as given and with all that is scheduled until
    a moment to come; without one, now, or when it is first shown.

    `invalid` holds the labels of the fields that are shown as in the draft, since what was typed is not valid.
    """
    with override(language):
        edition = request.edition.replacing(thing)
        moments = [edition.at, *(moment for moment in thing.known_change_moments() if moment > edition.at)]
        shown_at = next((moment for moment in moments if thing.shown_at(moment)), edition.at)
        match = resolve(thing.get_public_url())
        page_request = copy(request)
        page_request.method = "GET"
        page_request.resolver_match = match
        later = moment if moment and moment > edition.at else None
        page_request.draft = {"invalid": invalid, "moment": later}
        page_request.edition = edition.moved_to(later or (edition.at if moment else shown_at))
        response = match.func(page_request, *match.args, **match.kwargs)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Content-Language"] = language
    return response


def _rendered(request, template, context, status):
    """Well-formed whatever stands in the database: see website/text/."""
    markup = render_to_string(template, context, request)
    if status == 200:  # a form in error shows again what was typed, whatever that was
        markup = without_forbidden(markup)
    return HttpResponse(markup, status=status)


def render_file(request, template, content_type, language=settings.LANGUAGE_CODE, **context):
    """Response with a file for programs (sitemap, feed, robots.txt). `language` is that of its text."""
    context["site_url"] = settings.SITE_URL
    return file_response(render_to_string(template, context, request), content_type, language)


def file_response(content, content_type, language):
    """Response with a file for programs, given as text in a language; printed as pages are."""
    response = HttpResponse(without_forbidden(content), content_type=content_type)
    response.headers["Cache-Control"] = PUBLIC
    response.headers["Content-Language"] = language
    return response


def render(request, template, page=None, *, status=200, cache=PUBLIC, listed=True, **context):
    """Response with the page about `page`, a thing of the edition; None for error pages, which need no edition.

    `listed` is false for pages that search engines should not know, like thanks: they say so and have no canonical URL.
    A page that is not live in the reader's language opens all the same in Finnish, says so, and is not indexed.
    """
    codes = [code for code, name in settings.LANGUAGES]
    live = page.languages if page else codes
    fallback = get_language() not in live
    switcher = alternates(request, {*live, get_language()})
    indexed = page and listed and status == 200
    urls = {a["code"]: settings.SITE_URL + a["url"] for a in switcher if indexed and a["code"] in live}
    response = _rendered(
        request,
        template,
        context
        | {
            "page": page,
            "edition": request.edition if page else None,
            "front": request.edition.get("pages.Page", "home") if page else None,
            "alternates": switcher,
            "hreflangs": [] if fallback else list(urls.items()),
            "x_default": urls.get(settings.LANGUAGE_CODE, ""),
            "canonical": urls.get(settings.LANGUAGE_CODE if fallback else get_language(), ""),
            "fallback": fallback,
            "indexed": indexed,
            "changed": last_changed((page, context)),
            "draft": getattr(request, "draft", None),
            "site_url": settings.SITE_URL,
        },
        status=status,
    )
    response.headers.setdefault("Cache-Control", cache)
    return response


def render_error(request, status, **context):
    """The page of an error: the template that is named after its status."""
    return render(request, f"{status}.html", status=status, cache="no-store", **context)

"""Template tags for the base template."""

import re

from django import template
from django.conf import settings
from django.http import Http404
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import override

from website.pages.launch import gaps
from website.pages.models import Notice, Page
from website.publishing.prose import mark_external_links

register = template.Library()
#: Without the quotation marks around it and the punctuation that ends the sentence it stands in.
_ADDRESS = re.compile(r"""(https?://[^\s<>"“”’»]*[^\s<>"“”’».,:;!?)])""")


@register.simple_tag
def public_notices(edition):
    """The notices that an edition shows now; an empty list for error pages, which have no edition."""
    return edition.things(Notice) if edition else []


@register.filter
def with_links(text, edition):
    """A Text with its line breaks, and its web addresses as links; a page of the site is shown by its name."""
    names = {}
    for thing in edition.things() if _ADDRESS.search(text) else ():
        for code, path in thing.paths_by_language().items():
            with override(code):
                names[settings.SITE_URL + path] = thing.heading.plain

    def link(address):
        words = names.get(address) or re.sub("^https?://(www[.])?", "", address).rstrip("/")
        return f'<a href="{escape(address)}">{escape(words)}</a>'

    parts = _ADDRESS.split(text)  # every other one is an address
    html = "".join(link(part) if number % 2 else escape(part) for number, part in enumerate(parts))
    return mark_safe(mark_external_links(html.replace("\n", "<br>"), text.language))  # noqa: S308  escaped above


@register.simple_tag
def missing_before_launch(edition):
    """For administrators: the gaps in what is public; an empty list where nothing has been published."""
    try:
        return list(gaps(edition))
    except Http404:
        return []


@register.simple_tag
def public_short_name(edition):
    """The short name of the site; empty if editors have given none, or the page has no edition."""
    return edition.get(Page, "home").short_name if edition else ""

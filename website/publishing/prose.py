"""From cleaned rich text to what a page shows: parts that can be linked to, and links that say where they lead."""

import re
from html import unescape

from django.conf import settings
from django.utils.html import strip_tags
from django.utils.safestring import mark_safe
from django.utils.translation import gettext, override

#: What a heading may stand inside: such a heading begins no part of the page.
_TAG = re.compile(r"<(/?)(blockquote|ul|ol|h2)(?: [^>]*)?>")
_LINK = re.compile(r'<a href="(https?://[^"]*)">(.*?)</a>', re.DOTALL)


def parts(html):
    """Cleaned HTML cut before each heading of level 2 that stands in nothing else.

    Returns pairs of a heading's inner HTML (empty for what comes before the first heading) and the HTML under it.
    """
    pairs, depth, heading, begin = [], 0, "", 0
    for tag in _TAG.finditer(html):
        closing, name = tag.groups()
        if name != "h2":
            depth += -1 if closing else 1
        elif depth == 0 and not closing:
            pairs.append((heading, html[begin : tag.start()]))
            begin = tag.end()
        elif depth == 0:
            heading, begin = html[begin : tag.start()], tag.end()
    pairs.append((heading, html[begin:]))
    return [(heading, text) for heading, text in pairs if heading or text]


def headings(html, field):
    """Pairs of an id and the words of a heading as plain text, for the contents of a page.

    Ids count headings, so that an address with one holds in every language: `body-1`, `body-2` of the field `body`.
    """
    titles = [heading for heading, _text in parts(html) if heading]
    return [(f"{field}-{number}", unescape(strip_tags(title))) for number, title in enumerate(titles, 1)]


def rendered(html, field, language):
    """Text in blocks of class `prose`; what a heading heads stands beside it, in a `side` of its own."""
    ids = iter(headings(html, field))
    blocks = []
    for heading, text in parts(mark_external_links(html, language)):
        block = f'<div class="prose">{text}</div>\n'
        if heading:
            block = f'<div class="side">\n<h2 id="{next(ids)[0]}">{heading}</h2>\n{block}</div>\n'
        blocks.append(block)
    return mark_safe("".join(blocks))  # noqa: S308  the caller has just cleaned it


def mark_external_links(html, language):
    """Links to other websites say so in words, in the language of the text; the sign after them is drawn by CSS."""
    with override(language):
        words = gettext("another website")

    def marked(link):
        address, text = link.groups()
        if address.startswith(f"{settings.SITE_URL}/"):
            return link[0]
        return f'<a class="external" href="{address}">{text}<span class="unseen">, {words}</span></a>'

    return _LINK.sub(marked, html)

"""What differs between two states of a thing, word by word, for the eye and for the screen reader."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from html import unescape

from django.conf import settings
from django.db.models import Field
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.timezone import template_localtime
from django.utils.translation import gettext as _

from website.publishing.richtext import RichTextField

# The marks of rich text as signs that can be read and compared.
_SIGNS = {"h2": "\n## ", "h3": "\n### ", "li": "\n• ", "blockquote": "\n> ", "p": "\n", "br": "\n"}
_SIGNS |= dict.fromkeys(("strong", "/strong"), "**") | dict.fromkeys(("em", "/em"), "_")
BREAK = mark_safe("<br>")  # a constant of ours
_CONTEXT = 12  # words of unchanged text shown on either side of a change


def readable(html):
    """Rich text as lines, with its headings, lists, emphasis and the addresses of its links in signs."""
    html = re.sub(r'<a href="([^"]*)">(.*?)</a>', r"\2 [\1]", html, flags=re.DOTALL)
    text = unescape(re.sub(r"<(/?\w+)[^>]*>", lambda tag: _SIGNS.get(tag[1], ""), html))
    return re.sub(r"\s*\n\s*", "\n", text).strip()


def shown(field, value):
    """A field's value as an editor reads it."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if field.flatchoices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, RichTextField) or isinstance(getattr(field, "translated_field", None), RichTextField):
        return readable(value)
    return str(localize(template_localtime(value))).replace("\r\n", "\n")


def compare(before, after):
    """Triples of what is unchanged, what was removed and what was added, in their order."""
    old, new = (re.findall(r"\n|\S+[^\S\n]*", text) for text in (before, after))
    matcher = SequenceMatcher(None, [w.strip() for w in old], [w.strip() for w in new], autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        yield (new[c:d], [], []) if kind == "equal" else ([], old[a:b], new[c:d])


@dataclass(frozen=True)
class Difference:
    """One field that differs."""

    field: Field
    before: str
    after: str

    @property
    def name(self):
        return self.field.name

    @property
    def language(self):
        return getattr(self.field, "language", "")

    @property
    def label(self):
        return getattr(self.field, "translated_field", self.field).verbose_name

    @cached_property
    def pieces(self):
        return list(compare(self.before, self.after))

    @property
    def added(self):
        return sum(bool(word.strip()) for _same, _removed, added in self.pieces for word in added)

    @property
    def removed(self):
        return sum(bool(word.strip()) for _same, removed, _added in self.pieces for word in removed)

    @property
    def html(self):
        if not self.added and not self.removed:
            return _("Only spaces, line breaks or formatting differ.")
        parts = []
        for same, removed, added in self.pieces:
            if same:
                parts.append(_shortened(same, first=not parts))
            for tag, words, said in (("del", removed, _("removed:")), ("ins", added, _("added:"))):
                if words:
                    whole = (
                        '<{0}><span class="visually-hidden">{1} </span>{2}<span class="visually-hidden">;</span></{0}> '
                    )
                    parts.append(format_html(whole, tag, said, _lines(words)))
        return format_html_join("", "{}", ((part,) for part in parts))


def _shortened(words, first):
    if len(words) <= 2 * _CONTEXT + 4:
        return _lines(words)
    head = [] if first else words[:_CONTEXT]
    return format_html('{}<span class="left-out"> […] </span>{}', _lines(head), _lines(words[-_CONTEXT:]))


def _lines(words):
    return format_html_join("", "{}", ((BREAK if word == "\n" else word,) for word in words))


def differences(before, after):
    """Every field of the public's content that differs between two states of a thing; `before` may be None."""
    then, now = before.content() if before else {}, after.content()
    return [
        Difference(field, shown(field, then.get(field.name)), shown(field, now[field.name]))
        for field in after.content_fields()
        if then.get(field.name, "") != now[field.name]
    ]


def by_language(found):
    """Pairs of a language's name and its differences, what has no language first."""
    groups = [("", _("In every language")), *settings.LANGUAGES]
    return [(code, name, chosen) for code, name in groups if (chosen := [d for d in found if d.language == code])]


def size(found):
    """How many words were removed and added, in words."""
    counts = {"removed": sum(d.removed for d in found), "added": sum(d.added for d in found)}
    return _("%(removed)d words removed, %(added)d added") % counts

"""What differs between two states of a thing, word by word; templates/publishing/_difference.html shows it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from html import unescape
from typing import Any

from django.conf import settings
from django.contrib.admin.utils import display_for_field
from django.db.models import Field
from django.utils.translation import gettext as _

from website.publishing.richtext import RichTextField

# The marks of rich text as signs that can be read and compared.
_SIGNS = {"h2": "\n## ", "h3": "\n### ", "li": "\n• ", "blockquote": "\n> ", "p": "\n", "br": "\n"}
_SIGNS |= dict.fromkeys(("strong", "/strong"), "**") | dict.fromkeys(("em", "/em"), "_")
_CONTEXT = 12  # words of unchanged text shown on either side of a change


def readable(html: str) -> str:
    """Rich text as lines, with its headings, lists, emphasis and the addresses of its links in signs."""
    html = re.sub(r'<a href="([^"]*)">(.*?)</a>', r"\2 [\1]", html, flags=re.DOTALL)
    text = unescape(re.sub(r"<(/?\w+)[^>]*>", lambda tag: _SIGNS.get(tag[1], ""), html))
    return re.sub(r"\s*\n\s*", "\n", text).strip()


def display_value(field: Field, value: Any) -> str:
    """A field's value as an editor reads it."""
    if isinstance(value, bool):  # of which Django would draw a picture
        return _("yes") if value else _("no")
    if isinstance(getattr(field, "translated_field", field), RichTextField):
        return readable(value or "")
    return str(display_for_field(value, field, "", avoid_link=True))


def compare(before: str, after: str) -> Iterator[tuple[str, list[str]]]:
    """Yields pairs of a kind ("" for unchanged, "del", "ins") and its words, in their order."""
    old, new = (re.findall(r"\n|\S+[^\S\n]*", text) for text in (before, after))
    matcher = SequenceMatcher(None, [w.strip() for w in old], [w.strip() for w in new], autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        pieces = (("", new[c:d]),) if kind == "equal" else (("del", old[a:b]), ("ins", new[c:d]))
        yield from ((mark, words) for mark, words in pieces if words)


@dataclass(frozen=True)
class Difference:
    """One field that differs."""

    field: Field
    before: str
    after: str

    @classmethod
    def of(cls, field: Field, before: Any, after: Any) -> "Difference":
        """What a field of two things holds; where there was none before, everything is new."""
        return cls(field, *(display_value(field, thing and getattr(thing, field.attname)) for thing in (before, after)))

    @property
    def language(self):
        return getattr(self.field, "language", "")

    @property
    def label(self):
        return getattr(self.field, "translated_field", self.field).verbose_name

    @cached_property
    def words(self):
        return list(compare(self.before, self.after))

    def count(self, kind):
        return sum(bool(word.strip()) for mark, words in self.words if mark == kind for word in words)

    @property
    def pieces(self):
        """What is read: long unchanged stretches are left out. Empty where no word differs."""
        if self.count("ins") or self.count("del"):
            for place, (kind, words) in enumerate(self.words):
                if not kind and len(words) > 2 * _CONTEXT + 4:
                    words = [*(words[:_CONTEXT] if place else ()), " […] ", *words[-_CONTEXT:]]
                yield kind, "".join(words)


class Differences(list):
    """Every field of the public's content that differs between two states of a thing; the first may be None."""

    @classmethod
    def between(cls, before: Any, after: Any) -> "Differences":
        then, now = before.content() if before else {}, after.content()
        changed = (field for field in after.content_fields() if then.get(field.name, "") != now[field.name])
        return cls(Difference.of(field, before, after) for field in changed)

    def by_language(self):
        """A language's code and name with what differs in it; what has no language comes first."""
        groups = [("", _("In every language")), *settings.LANGUAGES]
        return [(code, name, chosen) for code, name in groups if (chosen := [d for d in self if d.language == code])]

    @property
    def counts(self):
        """How many words were removed and added."""
        return {"removed": sum(d.count("del") for d in self), "added": sum(d.count("ins") for d in self)}

    def size(self):
        return _("%(removed)d words removed, %(added)d added") % self.counts

"""What differs between two states of a thing, word by word; templates/publishing/_difference.html shows it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from html import unescape
from itertools import groupby, zip_longest
from typing import Any

from django.conf import settings
from django.contrib.admin.utils import display_for_field
from django.db.models import Field
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from website.publishing.richtext import RichTextField

#: Tags that begin a line; what is in a list item stands on its line.
_LINES = ("h2", "h3", "li", "blockquote", "p", "br")
_TAG = re.compile(r"<(/?)(\w+)([^>]*)>")


@dataclass(frozen=True)
class Word:
    """A word with the space after it, and the marks that a reader sees on it."""

    text: str
    strong: bool = False
    em: bool = False
    address: str = ""  # of the link that it is in
    is_number: bool = False  # of an item, which follows from those before it: it is shown and makes no difference

    @property
    def key(self) -> tuple[Any, ...]:
        return "" if self.is_number else self.text.strip(), self.strong, self.em, self.address


#: The tag of a line, and its words; “step” is an item with a number.
Line = tuple[str, tuple[Word, ...]]


def lines_of(field: Field, value: Any) -> list[Line]:
    """The lines of a field's value as a reader sees them."""
    if isinstance(value, bool):  # of which Django would draw a picture
        return [("p", (Word(_("yes") if value else _("no")),))]
    if isinstance(getattr(field, "translated_field", field), RichTextField):
        return list(_lines_of_rich_text(value or ""))
    text = str(display_for_field(value, field, "", avoid_link=True))
    return [
        ("p", tuple(Word(word) for word in re.findall(r"\S+\s*", line))) for line in text.split("\n") if line.strip()
    ]


def _lines_of_rich_text(html: str) -> Iterator[Line]:
    tag, words, place = "p", [], 0
    marks: dict[str, Any] = {"strong": False, "em": False, "address": ""}
    numbers: list[int | None] = []  # of each list that is open: the next item's, or None in one with bullets
    for match in [*_TAG.finditer(html), None]:
        text = unescape(html[place : match.start() if match else None])
        words += [Word(word, **marks) for word in re.findall(r"\S+\s*|\s+", text.replace("\n", " "))]
        if match is None:
            break
        place, (closing, name, attributes) = match.end(), match.groups()
        if name in ("strong", "em"):
            marks[name] = not closing
        elif name == "a":
            marks["address"] = unescape("".join(re.findall(r'href="([^"]*)"', attributes)))
        elif name in _LINES and _has_text(words):
            yield tag, tuple(words)
            tag, words = "p", []
        if name in ("ol", "ul"):
            start = re.search(r'start="(\d+)"', attributes)
            numbers = numbers[:-1] if closing else [*numbers, (int(start[1]) if start else 1) if name == "ol" else None]
        if name == "li" and not closing and numbers and numbers[-1] is not None:
            tag, words = "step", [Word(f"{numbers[-1]}. ", is_number=True)]
            numbers[-1] += 1
        elif name in _LINES and not closing and not (name == "p" and tag in ("li", "step", "blockquote")):
            tag = "p" if name == "br" else name
    if _has_text(words):
        yield tag, tuple(words)


def _has_text(words: Sequence[Word]) -> bool:
    return any(word.text.strip() and not word.is_number for word in words)


def readable(lines: Sequence[Line]) -> str:
    """Lines as text without marks."""
    return "\n".join(("• " if tag == "li" else "") + "".join(w.text for w in words).strip() for tag, words in lines)


def compare(before: Sequence[Line], after: Sequence[Line]) -> Iterator[tuple[str, list[tuple[str, list[Word]]]]]:
    """Yields each line as its tag and pieces: pairs of a kind ("" for unchanged, "del", "ins") and its words."""
    old, new = ([(tag, tuple(word.key for word in words)) for tag, words in lines] for lines in (before, after))
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from ((tag, [("", list(words))]) for tag, words in after[c:d])
            continue
        for then, now in zip_longest(before[a:b], after[c:d]):
            if then and now and then[0] == now[0]:
                yield now[0], list(_compare_words(then[1], now[1]))
            else:
                yield from ((line[0], [(mark, list(line[1]))]) for mark, line in (("del", then), ("ins", now)) if line)


def _compare_words(before: Sequence[Word], after: Sequence[Word]) -> Iterator[tuple[str, list[Word]]]:
    old, new = ([word.key for word in words] for words in (before, after))
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        pieces = (("", after[c:d]),) if kind == "equal" else (("del", before[a:b]), ("ins", after[c:d]))
        yield from ((mark, list(words)) for mark, words in pieces if words)


def _shown(kind: str, words: list[Word]) -> str:
    """HTML of words with the same mark: bold and italics as a reader sees them, and the address of a changed link."""
    parts = []
    for (strong, em, address), same in groupby(words, key=lambda word: (word.strong, word.em, word.address)):
        html: Any = "".join(word.text for word in same)
        for tag, marked in (("strong", strong), ("em", em)):
            html = format_html(f"<{tag}>{{}}</{tag}>", html) if marked else html
        html = format_html('<span class="link">{}</span>', html) if address else html
        parts.append(format_html('{} <span class="address">[{}]</span> ', html, address) if address and kind else html)
    marked_words = format_html_join("", "{}", ((part,) for part in parts))
    if not kind:
        return marked_words
    said = _("removed:") if kind == "del" else _("added:")
    hidden = '<span class="visually-hidden">{}</span>'
    return format_html(f"<{kind}>{hidden}{{}}{hidden}</{kind}> ", f"{said} ", marked_words, ";")


@dataclass(frozen=True)
class Difference:
    """One field that differs."""

    field: Field
    lines_before: list[Line]
    lines_after: list[Line]

    @classmethod
    def of(cls, field: Field, before: Any, after: Any) -> "Difference":
        """What a field of two things holds; where there was none before, everything is new."""
        values = [thing and getattr(thing, field.attname) for thing in (before, after)]
        return cls(field, *([] if value is None else lines_of(field, value) for value in values))

    @property
    def before(self):
        return readable(self.lines_before)

    @property
    def after(self):
        return readable(self.lines_after)

    @property
    def language(self):
        return getattr(self.field, "language", "")

    @property
    def language_name(self):
        return dict(settings.LANGUAGES).get(self.language) or _("In every language")

    @property
    def label(self):
        return getattr(self.field, "translated_field", self.field).verbose_name

    @cached_property
    def lines(self):
        return list(compare(self.lines_before, self.lines_after))

    def count(self, kind):
        pieces = [piece for _tag, pieces in self.lines for piece in pieces]
        return sum(bool(word.text.strip()) for mark, words in pieces if mark == kind for word in words)

    @property
    def blocks(self):
        """Pairs of a tag and the HTML of a line that differs; ("skipped", "") where unchanged lines are left out.

        Empty where no word differs.
        """
        blocks: list[tuple[str, str]] = []
        for tag, pieces in self.lines:
            if any(kind for kind, _words in pieces):
                blocks.append((tag, format_html_join("", "{}", ((_shown(*piece),) for piece in pieces))))
            elif not blocks or blocks[-1][0] != "skipped":
                blocks.append(("skipped", ""))
        return [] if all(tag == "skipped" for tag, _html in blocks) else blocks


class Differences(list):
    """Every field of the public's content that differs between two states of a thing; the first may be None."""

    @classmethod
    def between(cls, before: Any, after: Any) -> "Differences":
        then, now = before.content() if before else {}, after.content()
        changed = [field for field in after.content_fields() if then.get(field.name, "") != now[field.name]]
        # The number by which a list is sorted says nothing of a thing that is new in it.
        return cls(Difference.of(field, before, after) for field in changed if before or field.name != "order")

    def by_field(self):
        """The label of each field with its differences, one for each language that differs."""
        labels = dict.fromkeys(difference.label for difference in self)
        return [(label, [difference for difference in self if difference.label == label]) for label in labels]

    @property
    def languages(self):
        """Code and name of each language in which something differs."""
        return [(code, name) for code, name in settings.LANGUAGES if any(d.language == code for d in self)]

    @property
    def counts(self):
        """How many words were removed and added."""
        return {"removed": sum(d.count("del") for d in self), "added": sum(d.count("ins") for d in self)}

    def size(self):
        return _("%(removed)d words removed, %(added)d added") % self.counts

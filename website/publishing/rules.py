"""What to look at in a thing's texts: advice for the draft, and the few faults with which nothing is published.

What stops is the law: both national languages (423/2003) and level A of WCAG (306/2019).
"""

import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import CharField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from website.publishing import richtext
from website.publishing.edition import Edition
from website.publishing.models import Publishable
from website.publishing.richtext import plain
from website.publishing.texts import paragraphs

LONGEST_TITLE = 70  # search engines cut what is longer
SAME_WORDS = 8  # a shorter paragraph may well be a name or an address
ADVISES, NEEDS_CONFIRMATION, BLOCKS = "advice", "asks", "stops"  # what a remark does to publishing
_LINK = re.compile(r'<a(?: href="([^"]*)")?>(.*?)</a>', re.DOTALL)
_ONLY_BOLD = re.compile(r"<p><strong>((?:[^<]|<(?!/?p>|/strong>))*)</strong></p>")
_TYPED_LIST = re.compile(r"<(?:p|br)>(?:[-–•·*]|\d{1,2}[.)])(?:&nbsp;|\s)\s*[^\W\d]")
_TYPED_COLUMNS = re.compile(r"\S(?:&nbsp;|[ \u00a0]){3,}\S")
_VAGUE = {
    *("klikkaa tästä", "klikkaa täältä", "tästä", "täältä", "täällä", "tässä", "tämä", "linkki"),
    *("lue lisää", "lue lisää tästä", "lue lisää täältä", "lisää"),
    *("klicka här", "här", "länk", "läs mer", "läs mera", "läs mer här", "mera", "mer"),
    *("click here", "here", "link", "read more", "more", "this"),
}
_IN = {"fi": gettext_noop("in Finnish"), "sv": gettext_noop("in Swedish"), "en": gettext_noop("in English")}


@dataclass(frozen=True)
class Finding:
    """One sentence to the editor, about one field."""

    name: str
    message: str
    stops: bool = False
    needs_confirmation: bool = False  # stops until a publisher has said that it is meant so


def advice(thing: Publishable, edition: Edition | None = None) -> list[Finding]:
    """List of Findings about a draft, what stops publishing first. Links to our own pages need an edition."""
    findings = []
    for code in _IN:
        stops = code in settings.NATIONAL_LANGUAGES
        begun = stops or any(getattr(thing, f"{name}_{code}") for name in thing.translated)
        for _code, field in thing.missing_texts([code]) if begun else ():
            values = {"field": field.verbose_name, "language": _(_IN[code])}
            sentence = _("“%(field)s” is missing %(language)s.") % values
            if not stops:
                sentence += " " + _("Readers get the Finnish text, and are told that this is not ready.")
            findings.append(Finding(f"{field.name}_{code}", sentence, stops))
    for name in thing.expected_for_publication:
        if not getattr(thing, name):
            expected: Any = thing._meta.get_field(name)
            sentence = _("“%(field)s” is missing: readers would look for it.") % {"field": expected.verbose_name}
            findings.append(Finding(name, sentence))
    findings += _in_one_national_language(thing)
    fields: list[Any] = [thing._meta.get_field(name) for name in thing.translated]
    for field in fields:
        for code in _IN:
            where = _("“%(field)s” %(language)s:") % {"field": field.verbose_name, "language": _(_IN[code])}
            structure = ((ADVISES, text) for text in _structure(getattr(thing, f"{field.name}_{code}") or ""))
            for kind, sentence in [*_remarks(thing, field, code, edition), *structure]:
                findings.append(
                    Finding(f"{field.name}_{code}", f"{where} {sentence}", kind == BLOCKS, kind == NEEDS_CONFIRMATION)
                )
    return sorted(findings, key=lambda finding: (not finding.stops, not finding.needs_confirmation))


def _in_one_national_language(thing):
    """A text that may be left out is given to speakers of both national languages, or to neither."""
    left_out = {*thing.required_for_publication, *thing.may_stay_finnish}
    for name in thing.translated:
        languages = [code for code in settings.NATIONAL_LANGUAGES if not thing.is_empty(name, code)]
        missing = set(settings.NATIONAL_LANGUAGES) - set(languages)
        if name not in left_out and languages and missing:
            (code,) = missing
            values = {"field": thing._meta.get_field(name).verbose_name, "language": _(_IN[code])}
            yield Finding(f"{name}_{code}", _("“%(field)s” is missing %(language)s.") % values, stops=True)


def _structure(text):
    """What only looks like a heading, a list or columns: a screen reader tells of none of them."""
    for words in _ONLY_BOLD.findall(text):
        yield _("“%(text)s” is a paragraph in bold: make it a heading, or let it be plain.") % {"text": plain(words)}
    if richtext.is_rich(text) and _TYPED_LIST.search(text):
        yield _("A paragraph begins with a typed bullet or number: make it a list.")
    if _TYPED_COLUMNS.search(text):
        yield _("Spaces in a row make columns that few can read: write sentences or a list.")
    targets: dict[str, set[str]] = {}
    for address, words in _LINK.findall(text):
        targets.setdefault(plain(words).casefold(), set()).add(address)
        if address.startswith("http:"):
            yield _("The link “%(text)s” is not encrypted: try https:// in place of http://.") % {"text": plain(words)}
    for words in (words for words, addresses in targets.items() if len(addresses) > 1):
        yield _("Links with the same text “%(text)s” lead to different places: say which is which.") % {"text": words}


def _remarks(thing, field, code, edition):
    """Yields pairs for one text: ADVISES, NEEDS_CONFIRMATION or BLOCKS, and the sentence."""
    text = getattr(thing, f"{field.name}_{code}") or ""
    if not text and field.name == thing.description_field and code in thing.languages:
        yield ADVISES, _("It is empty: search results have nothing to show under the title.")
    if field.name == thing.heading_field and isinstance(field, CharField) and len(text) > LONGEST_TITLE:
        sentence = ngettext(
            "It has %(length)d character: search results show at most %(most)d.",
            "It has %(length)d characters: search results show at most %(most)d.",
            len(text),
        )
        yield ADVISES, sentence % {"length": len(text), "most": LONGEST_TITLE}
    if "<h3>" in text and "<h2>" not in text.partition("<h3>")[0]:
        yield ADVISES, _("A subheading stands before any heading: make the first one a heading of level 2.")
    for address, words in _LINK.findall(text):
        said = {"text": plain(words), "address": address}
        own = re.split("[?#]", address.removeprefix(settings.SITE_URL))[0]
        if re.sub(r"^\W+|\W+$", "", said["text"].casefold()) in _VAGUE:
            yield BLOCKS, _("The link “%(text)s” does not say where it leads: let its text name the target.") % said
        if re.match(r"https?:|www\.|[\w.-]+\.\w{2,}/\S", said["text"]):
            yield ADVISES, _("The link “%(text)s” shows a bare address: let its text name the target.") % said
        if edition and own.startswith("/") and edition.language_by_path.get(own) != code:
            yield (
                ADVISES,
                _("The link “%(text)s” leads to %(address)s, which is no public page in this language.") % said,
            )
        if not re.match(r"/|(https?|mailto|tel):\S", address):
            sentence = _("The link “%(text)s” leads nowhere: begin its address with https://, mailto: or tel:.")
            yield ADVISES, sentence % said
        if address.startswith("tel:") and not re.fullmatch(r"tel:\+\d{7,15}", address):
            sentence = _("The phone number behind “%(text)s” is not in international form, like +358295530000.")
            yield ADVISES, sentence % said
    for other in settings.NATIONAL_LANGUAGES[: list(_IN).index(code)]:  # those before it
        for paragraph in sorted(_paragraphs(text) & _paragraphs(getattr(thing, f"{field.name}_{other}") or "")):
            sentence = _(
                "A paragraph is the same as %(other)s: a quotation, or not translated yet? It begins “%(text)s …”."
            )
            said = {"other": _(_IN[other]), "text": " ".join(paragraph.split()[:5])}
            yield NEEDS_CONFIRMATION if code in settings.NATIONAL_LANGUAGES else ADVISES, sentence % said


def _paragraphs(html):
    return {p for p in paragraphs(html) if len([word for word in p.split() if word.isalpha()]) >= SAME_WORDS}

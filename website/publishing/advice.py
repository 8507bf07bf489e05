"""What to look at in a thing's texts: advice for the draft, and the few faults with which nothing is published.

What stops is the law: both national languages (423/2003) and level A of WCAG (306/2019).
"""

import re
from dataclasses import dataclass

from django.conf import settings
from django.db.models import CharField
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

LONGEST_TITLE = 70  # search engines cut what is longer
SAME_WORDS = 8  # a shorter paragraph may well be a name or an address
_LINK = re.compile(r'<a(?: href="([^"]*)")?>(.*?)</a>', re.DOTALL)
_VAGUE = {
    *("klikkaa tästä", "tästä", "täältä", "tässä", "linkki", "lue lisää", "lisää"),
    *("klicka här", "här", "länk", "läs mer", "läs mera", "mera", "mer"),
    *("click here", "here", "link", "read more", "more", "this"),
}
_IN = {"fi": gettext_noop("in Finnish"), "sv": gettext_noop("in Swedish"), "en": gettext_noop("in English")}


@dataclass(frozen=True)
class Finding:
    """One sentence to the editor, about one field."""

    name: str
    message: str
    stops: bool = False


def faults(thing):
    """What breaks the law or comes near it, as the thing alone can tell."""
    for code, field in thing.missing_texts():
        sentence = _("“%(field)s” is missing %(language)s.") % {"field": field.verbose_name, "language": _(_IN[code])}
        yield Finding(f"{field.name}_{code}", sentence, stops=True)
    for field, code, name, text in _texts(thing):
        for _address, words in _LINK.findall(text):
            if _plain(words).casefold().strip(" .:>»") in _VAGUE:
                sentence = _("The link “%(text)s” does not say where it leads: let its text name the target.")
                yield _finding(name, field, code, sentence, {"text": _plain(words)}, stops=True)
        for other in settings.NATIONAL_LANGUAGES[: settings.NATIONAL_LANGUAGES.index(code) if code != "en" else None]:
            same = _paragraphs(text) & _paragraphs(getattr(thing, f"{field.name}_{other}") or "")
            for paragraph in sorted(same):
                sentence = _("A paragraph is the same as %(other)s: translate it. It begins “%(text)s …”.")
                said = {"other": _(_IN[other]), "text": " ".join(paragraph.split()[:5])}
                yield _finding(name, field, code, sentence, said, stops=code in settings.NATIONAL_LANGUAGES)


def advice(thing, edition):
    """All there is to say about a draft: what stops publishing first, then what could be better."""
    found = list(faults(thing))
    for field, code, name, text in _texts(thing):
        if field.name == thing.heading_field and isinstance(field, CharField) and len(text) > LONGEST_TITLE:
            sentence = ngettext(
                "It has %(length)d character: search results show at most %(most)d.",
                "It has %(length)d characters: search results show at most %(most)d.",
                len(text),
            )
            found.append(_finding(name, field, code, sentence, {"length": len(text), "most": LONGEST_TITLE}))
        if "<h3>" in text and "<h2>" not in text.partition("<h3>")[0]:
            sentence = _("A subheading stands before any heading: make the first one a heading of level 2.")
            found.append(_finding(name, field, code, sentence))
        for address, words in _LINK.findall(text):
            said = {"text": _plain(words), "address": address}
            own = address.removeprefix(settings.SITE_URL)
            if re.match(r"https?:|www\.\S+/\S", said["text"]):
                sentence = _("The link “%(text)s” shows a bare address: let its text name the target.")
                found.append(_finding(name, field, code, sentence, said))
            if own.startswith("/") and edition.addresses.get(own.partition("#")[0]) != code:
                sentence = _("The link “%(text)s” leads to %(address)s, which is no public page in this language.")
                found.append(_finding(name, field, code, sentence, said))
            if address.startswith("tel:") and not re.fullmatch(r"tel:\+\d{7,15}", address):
                sentence = _("The phone number behind “%(text)s” is not in international form, like +358295530000.")
                found.append(_finding(name, field, code, sentence, said))
    described = thing.description_field
    for code in thing.languages if described not in thing.required_for_publication else ():
        if not getattr(thing, f"{described}_{code}"):
            sentence = _("It is empty: search results have nothing to show under the title.")
            found.append(_finding(f"{described}_{code}", thing._meta.get_field(described), code, sentence))
    return found


def _finding(name, field, code, sentence, said=None, stops=False):
    where = _("“%(field)s” %(language)s:") % {"field": field.verbose_name, "language": _(_IN[code])}
    return Finding(name, f"{where} {sentence % (said or {})}", stops)


def _texts(thing):
    for field in thing.translated_fields():
        for code in _IN:
            name = f"{field}_{code}"
            if text := getattr(thing, name):
                yield thing._meta.get_field(field), code, name, text


def _plain(html):
    return " ".join(strip_tags(html).split())


def _paragraphs(html):
    found = (_plain(part) for part in re.split(r"</?(?:p|li|h2|h3|blockquote|br)>|\n", html))
    return {p for p in found if len([word for word in p.split() if word.isalpha()]) >= SAME_WORDS}

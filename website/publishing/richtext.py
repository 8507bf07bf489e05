"""Rich text: a short list of marks, cleaned in the field on the way to the database, whatever the way in."""

import re
from html import unescape

import nh3
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django_prose_editor.fields import ProseEditorField, ProseEditorFormField

from website.text.cleaning import clean_characters, clean_contact, clean_line, is_empty_to_the_eye
from website.text.fields import Cleaned
from website.text.forms import Cleaned as CleanedInForm

_PLAIN = ("BulletList", "ListItem", "Blockquote", "Bold", "Italic", "HardBreak", "History")
_SCHEMES = {"https", "http", "mailto", "tel"}
#: Of words in a text in another language.
WORD_LANGUAGES = {
    "fi": _("Finnish"),
    "sv": _("Swedish"),
    "en": _("English"),
    "se": _("Northern Sámi"),
    "fr": _("French"),
}
_GROUPS = ("headings", "lists", "nodes -headings -lists", "marks", "link", "language", "history")
EXTENSIONS = {
    "Heading": {"levels": [2, 3]},
    "Link": {"enableTarget": False, "protocols": sorted(_SCHEMES)},
    "OrderedList": {"enableListAttributes": False},
    "Menu": {"groups": [{"group": group} for group in _GROUPS]},  # no drop-downs: the Tab key does not reach them
    "Language": {
        "languages": WORD_LANGUAGES,
        "title": _("Language of these words"),
        "none": _("the language of the text"),
    },
} | dict.fromkeys(_PLAIN, True)
#: A tag as nh3 writes it: its attributes may hold a ">".
_TAG = re.compile(r'(<[^">]*(?:"[^"]*"[^">]*)*>)')
_ADDRESS = re.compile(r'href="([^"]*)"')
#: A mark with nothing but text and line breaks in it.
_INNERMOST = re.compile(
    r'<(p|h2|h3|strong|em|li|ul|ol|blockquote|a|span)(?: \w+="[^"]*")?>((?:[^<]|<br>)*)</\1>', re.DOTALL
)
_BLOCKS = re.compile(r"<(?:/?(?:p|li|ul|ol|h2|h3|blockquote)|br)(?: [^>]*)?>")
_RENAMED = re.compile(r"<(/?)(?:(b)|(i)|(h1)|(h4|h5|h6))(?=[\s>])", re.IGNORECASE)


def _renamed(match):
    # What Word and other pages write for the same thing.
    slash, bold, italic, title, _low = match.groups()
    return f"<{slash}{'strong' if bold else 'em' if italic else 'h2' if title else 'h3'}"


def _allowed(tag, attribute, value):
    """The value of an attribute, or None where it is not kept."""
    if attribute == "start":
        return value if re.fullmatch("0|[1-9][0-9]{0,3}", value) and value != "1" else None
    if attribute == "lang":
        return value if value in WORD_LANGUAGES else None
    # "//elsewhere" and "/\elsewhere" look like a path of ours, and are not.
    return None if re.match(r"\s*[/\\]{2}", value) else value


_cleaner = nh3.Cleaner(
    tags={"h2", "h3", "p", "ul", "ol", "li", "a", "blockquote", "strong", "em", "br", "span"},
    # Without "*" title and lang, which nh3 keeps everywhere, would stay.
    attributes={"a": {"href"}, "ol": {"start"}, "span": {"lang"}, "*": set()},
    attribute_filter=_allowed,
    url_schemes=_SCHEMES,
    link_rel=None,
)


def clean(html):
    """The same text with nothing left but the marks above and what can be seen. Cleaning twice changes nothing."""
    html = (html or "").encode(errors="ignore").decode()  # without lone surrogates, which nh3 refuses
    html = _cleaner.clean(_RENAMED.sub(_renamed, html))
    seen = "".join(_with_clean_address(part) if part[:1] == "<" else _clean_text(part) for part in _TAG.split(html))
    if seen != html:
        # Without a character that nobody sees, an address may be another: "java\u200bscript:" is a script.
        html = _cleaner.clean(seen)
    html = _without_bare_spans(html)
    while (emptied := _INNERMOST.sub(_unless_empty, html)) != html:
        html = emptied
    return "" if is_empty_to_the_eye(plain(html)) else html.strip()


def _without_bare_spans(html):
    """A span says the language of its words; one that says none is no mark."""
    kept, parts = [], []
    for part in _TAG.split(html):
        if part.startswith("<span"):
            kept.append(part != "<span>")
        if (part == "<span>") or (part == "</span>" and not kept.pop()):
            continue
        parts.append(part)
    return "".join(parts)


def _clean_text(text):
    return clean_characters(text, soft_hyphens=True)


def _with_clean_address(tag):
    return _ADDRESS.sub(lambda match: f'href="{_clean_address(match[1].replace("&nbsp;", " "))}"', tag)


def _clean_address(address):
    """Dashes stay in the address of a page, which may be named after a span of years; hyphens of print do not."""
    if re.match(r"\s*(mailto|tel):", address, re.IGNORECASE):
        return clean_contact(address)
    return re.sub(r"\s", " ", clean_line(address)).translate({0x2010: "-", 0x2011: "-"})


def _unless_empty(found):
    """What stands for a mark: itself, or where nothing is seen in it, at most the space that it was between words."""
    tag, content = found.groups()
    if not is_empty_to_the_eye(plain(content)):
        return found[0]
    return " " if content and tag in ("strong", "em", "a", "span") else ""


def is_rich(text):
    """Whether a text of either kind is rich: such a text begins with a mark."""
    return bool(re.match(r"\s*<(?:p|h2|h3|ul|ol|blockquote)[ >]", text))


def plain(html):
    """The text without its marks, in one line."""
    text = unescape(_TAG.sub("", _BLOCKS.sub(" ", html)))
    return " ".join(text.split())


class RichTextFormField(CleanedInForm, ProseEditorFormField):
    cleaned = staticmethod(clean)

    def clean(self, value):
        """Raises ValidationError for a link whose address cleaning takes away: nothing is lost without a word."""
        cleaned = super().clean(value)
        if emptied := re.search(r"<a>(.*?)</a>", cleaned, re.DOTALL):
            sentence = _(
                "The link “%(text)s” leads nowhere: begin its address with https://, http://, mailto: or tel:, "
                "or choose a page of this site."
            )
            raise ValidationError(sentence, params={"text": plain(emptied[1])})
        return cleaned


class RichTextField(Cleaned, ProseEditorField):
    form_class = RichTextFormField

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs | {"extensions": EXTENSIONS, "sanitize": clean})

    def cleaned(self, text):
        return clean(text)

"""Rich text: a short list of marks, cleaned in the field on the way to the database, whatever the way in."""

import re
from html import unescape

import nh3
from django_prose_editor.fields import ProseEditorField, ProseEditorFormField

from website.text.cleaning import clean_characters, clean_contact, is_empty_to_the_eye
from website.text.fields import Cleaned
from website.text.forms import Cleaned as CleanedInForm

_PLAIN = ("BulletList", "OrderedList", "ListItem", "Blockquote", "Bold", "Italic", "HardBreak", "History")
_LINK = {"enableTarget": False, "protocols": ["https", "mailto", "tel"]}
EXTENSIONS = {"Heading": {"levels": [2, 3]}, "Link": _LINK} | dict.fromkeys(_PLAIN, True)
#: A tag as nh3 writes it: its attributes may hold a ">".
_TAG = re.compile(r'(<[^">]*(?:"[^"]*"[^">]*)*>)')
_ADDRESS = re.compile(r'href="([^"]*)"')
#: A mark with nothing but text and line breaks in it.
_INNERMOST = re.compile(
    r'<(p|h2|h3|strong|em|li|ul|ol|blockquote|a)(?: href="[^"]*")?>((?:[^<]|<br>)*)</\1>', re.DOTALL
)
_BLOCKS = re.compile(r"<(?:/?(?:p|li|ul|ol|h2|h3|blockquote)|br)>")
_RENAMED = re.compile(r"<(/?)(?:(b)|(i)|(h1)|(h4|h5|h6))(?=[\s>])", re.IGNORECASE)


def _renamed(match):
    # What Word and other pages write for the same thing.
    slash, bold, italic, title, _low = match.groups()
    return f"<{slash}{'strong' if bold else 'em' if italic else 'h2' if title else 'h3'}"


def _own_or_named_scheme(tag, attribute, value):
    # "//elsewhere" and "/\elsewhere" look like a path of ours, and are not.
    return None if re.match(r"\s*[/\\]{2}", value) else value


_cleaner = nh3.Cleaner(
    tags={"h2", "h3", "p", "ul", "ol", "li", "a", "blockquote", "strong", "em", "br"},
    attributes={"a": {"href"}, "*": set()},  # or title and lang, which nh3 keeps everywhere, would stay
    attribute_filter=_own_or_named_scheme,
    url_schemes={"https", "mailto", "tel"},
    link_rel=None,
)


def clean(html):
    """The same text with nothing left but the marks above and what can be seen. Cleaning twice changes nothing."""
    html = _cleaner.clean(_RENAMED.sub(_renamed, html or ""))
    seen = "".join(_with_clean_address(part) if part[:1] == "<" else _clean_text(part) for part in _TAG.split(html))
    if seen != html:
        # Without a character that nobody sees, an address may be another: "java\u200bscript:" is a script.
        html = _cleaner.clean(seen)
    while (emptied := _INNERMOST.sub(_unless_empty, html)) != html:
        html = emptied
    return "" if is_empty_to_the_eye(plain(html)) else html.strip()


def _clean_text(text):
    return clean_characters(text, soft_hyphens=True)


def _with_clean_address(tag):
    return _ADDRESS.sub(lambda found: f'href="{clean_contact(found[1].replace("&nbsp;", " "))}"', tag)


def _unless_empty(found):
    """What stands for a mark: itself, or where nothing is seen in it, at most the space that it was between words."""
    tag, content = found.groups()
    if not is_empty_to_the_eye(plain(content)):
        return found[0]
    return " " if content and tag in ("strong", "em", "a") else ""


def is_rich(text):
    """Whether a text of either kind is rich: such a text begins with a mark."""
    return bool(re.match(r"\s*<(?:p|h2|h3|ul|ol|blockquote)[ >]", text))


def plain(html):
    """The text without its marks, in one line."""
    text = unescape(_TAG.sub("", _BLOCKS.sub(" ", html)))
    return " ".join(text.split())


class RichTextFormField(CleanedInForm, ProseEditorFormField):
    cleaned = staticmethod(clean)


class RichTextField(Cleaned, ProseEditorField):
    form_class = RichTextFormField

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs | {"extensions": EXTENSIONS, "sanitize": clean})

    def cleaned(self, text):
        return clean(text)

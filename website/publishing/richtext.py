"""Rich text: a short list of marks, cleaned in the field on the way to the database, whatever the way in."""

import re

import nh3
from django_prose_editor.fields import ProseEditorField

_PLAIN = ("BulletList", "OrderedList", "ListItem", "Blockquote", "Bold", "Italic", "HardBreak", "History")
_LINK = {"enableTarget": False, "protocols": ["https", "mailto", "tel"]}
EXTENSIONS = {"Heading": {"levels": [2, 3]}, "Link": _LINK} | dict.fromkeys(_PLAIN, True)
_EMPTY = re.compile(r"<(p|h2|h3|strong|em|li|a)(?: href=\"[^\"]*\")?>(?:\s|&nbsp;|<br>)*</\1>")
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
    """The same text with nothing left but the marks above. Cleaning twice changes nothing."""
    html = _cleaner.clean(_RENAMED.sub(_renamed, html or ""))
    while (emptied := _EMPTY.sub("", html)) != html:
        html = emptied
    return html.strip()


class RichTextField(ProseEditorField):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs | {"extensions": EXTENSIONS, "sanitize": clean})

    def pre_save(self, instance, add):
        # A version is made from the instance in memory: it must hold what the database holds.
        value = clean(super().pre_save(instance, add))
        setattr(instance, self.attname, value)
        return value

    def get_prep_value(self, value):
        # Fixtures, bulk operations and update() do not pass through pre_save.
        value = super().get_prep_value(value)
        return clean(value) if isinstance(value, str) else value

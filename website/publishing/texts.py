"""Texts and the language each is really in: the one place where a missing translation falls back."""

import hashlib
from html import unescape

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from website.publishing import richtext
from website.text.characters import SOFT_HYPHEN
from website.text.cleaning import folded

LANGUAGES = tuple(code for code, name in settings.LANGUAGES)
#: Languages a document or a page elsewhere may be in.
TARGET_LANGUAGES = [("fi", _("Finnish")), ("sv", _("Swedish")), ("en", _("English")), ("fr", _("French"))]


class Text(str):
    """A text for the reader, together with the language it is written in."""

    __slots__ = ("language",)

    def __new__(cls, value, language):
        text = super().__new__(cls, value or "")
        text.language = language
        return text

    @property
    def lang(self):
        """The attribute for the element around the text, where it is not in the reader's language."""
        if not self or self.language == get_language():
            return ""
        return format_html(' lang="{}"', self.language)

    @property
    def plain(self):
        """In one line, as titles and descriptions for programs have it."""
        return " ".join(self.replace(SOFT_HYPHEN, "").split())


class RichText(Text):
    """The same with marks."""

    __slots__ = ()

    @property
    def html(self):
        """Cleaned once more on its way out."""
        return mark_safe(richtext.clean(self))  # noqa: S308  nh3 has just cleaned it

    @property
    def plain(self):
        return Text(richtext.plain(self), self.language).plain


def text_of(field, value, language):
    """The value of a model's field for the reader."""
    kind = RichText if isinstance(field, richtext.RichTextField) else Text
    return kind(value, language)


def fingerprint(text):
    """The same for texts that say the same, whatever their spaces, soft hyphens and normal forms. Empty for no text."""
    text = text or ""
    same = folded(unescape(richtext.clean(text)) if richtext.is_rich(text) else text)
    return hashlib.sha256(same.encode()).hexdigest()[:16] if same else ""

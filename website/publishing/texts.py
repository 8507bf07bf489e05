"""Texts and the language each is really in: the one place where a missing translation falls back."""

import functools
import hashlib
import re
from html import unescape

from django.conf import settings
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from website.publishing import prose, richtext
from website.text.characters import SOFT_HYPHEN
from website.text.cleaning import folded

LANGUAGES = tuple(code for code, name in settings.LANGUAGES)
#: Languages a document or a page elsewhere may be in.
TARGET_LANGUAGES = [("fi", _("Finnish")), ("sv", _("Swedish")), ("en", _("English")), ("fr", _("French"))]


class Text(str):
    """A text for the reader, with the language it is written in and the name of the field it comes from."""

    __slots__ = ("field", "language", "names_field")

    def __new__(cls, value, language, field=""):
        text = super().__new__(cls, value or "")
        text.language = language
        text.field = field
        text.names_field = False  # true in a preview beside the form
        return text

    @property
    def lang(self):
        """The attribute for the element around the text, where it is not in the reader's language."""
        field = format_html(' data-field="{}_{}"', self.field, self.language) if self.names_field else ""
        if not self or self.language == get_language():
            return field
        return format_html('{} lang="{}"', field, self.language)

    @property
    def plain(self):
        """In one line, as titles and descriptions for programs have it."""
        return " ".join(self.replace(SOFT_HYPHEN, "").split())


class RichText(Text):
    """The same with marks."""

    __slots__ = ()

    @property
    def html(self):
        """Cleaned once more on its way out, in parts that can be linked to."""
        return prose.rendered(richtext.clean(self), self.field, self.language)

    @property
    def headings(self):
        """For the contents of a page: pairs of an id and the words of a heading."""
        return prose.headings(richtext.clean(self), self.field)

    @property
    def html_beside(self):
        """The same beside a form: links to pages open in a new tab and say so, so that nothing typed is left behind."""
        words = escape(gettext("opens in a new tab"))
        lang = "" if self.language == get_language() else f' lang="{get_language()}"'
        words = f" <span{lang}>({words})</span>"
        link = re.compile(r'<a ([^>]*href="(?!mailto:|tel:|#)[^>]*)>(.*?)</a>', re.DOTALL)
        html = link.sub(rf'<a \1 target="_blank">\2{words}</a>', self.html)  # which implies rel="noopener"
        return mark_safe(html)  # noqa: S308  of the same cleaned text

    @property
    def plain(self):
        return Text(richtext.plain(self), self.language).plain


def language_of(text):
    """The language of a Text that is not in the reader's, as parameters of a line of iCalendar or vCard."""
    return {} if text.language == get_language() else {"LANGUAGE": text.language}


def text_of(field, value, language, name=""):
    """The value of a model's field for the reader; `name` is that of the field without its language."""
    kind = RichText if isinstance(field, richtext.RichTextField) else Text
    return kind(value, language, name)


def paragraphs(text):
    """The paragraphs, headings and items of a text with or without marks, each in one line without marks."""
    parts = re.split(r"</?(?:p|li|h2|h3|blockquote|br)>|\n", text)
    if not richtext.is_rich(text):
        return [" ".join(part.split()) for part in parts]
    return [richtext.plain(part) for part in parts]


@functools.lru_cache(maxsize=5000)
def fingerprint(text):
    """The same for texts that say the same, whatever their spaces, soft hyphens and normal forms. Empty for no text."""
    text = text or ""
    same = folded(unescape(richtext.clean(text)) if richtext.is_rich(text) else text)
    return hashlib.sha256(same.encode()).hexdigest()[:16] if same else ""

"""Texts and the language each is really in: the one place where a missing translation falls back."""

import hashlib
import re

from django.conf import settings
from django.utils.html import escape, format_html, strip_tags
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from website.publishing import prose
from website.publishing.richtext import clean

LANGUAGES = tuple(code for code, name in settings.LANGUAGES)
#: Languages a document or a page elsewhere may be in.
TARGET_LANGUAGES = [("fi", _("Finnish")), ("sv", _("Swedish")), ("en", _("English")), ("fr", _("French"))]


class Text(str):
    """A text for the reader, with the language it is written in and the name of the field it comes from."""

    __slots__ = ("field", "language")

    def __new__(cls, value, language, field=""):
        text = super().__new__(cls, value or "")
        text.language = language
        text.field = field
        return text

    @property
    def lang(self):
        """The attribute for the element around the text, where it is not in the reader's language."""
        if not self or self.language == get_language():
            return ""
        return format_html(' lang="{}"', self.language)

    @property
    def html(self):
        """Rich text, cleaned once more on its way out, in parts that can be linked to."""
        return prose.rendered(clean(self), self.field, self.language)

    @property
    def headings(self):
        """Of rich text, for the contents of a page: pairs of an id and the words of a heading."""
        return prose.headings(clean(self), self.field)

    @property
    def html_beside(self):
        """The same beside a form: links to pages open in a new tab and say so, so that nothing typed is left behind."""
        words = escape(gettext("opens in a new tab"))
        words = f' <span lang="{get_language()}">({words})</span>'
        link = re.compile(r'<a ([^>]*href="(?!mailto:|tel:|#)[^>]*)>(.*?)</a>', re.DOTALL)
        html = link.sub(rf'<a \1 target="_blank">\2{words}</a>', self.html)  # which implies rel="noopener"
        return mark_safe(html)  # noqa: S308  of the same cleaned text

    @property
    def plain(self):
        return " ".join(strip_tags(self).split())


def fingerprint(text):
    """The same for texts that say the same: cleaned, whatever their spaces and line breaks. Empty for no text."""
    folded = " ".join(clean(text or "").split())
    return hashlib.sha256(folded.encode()).hexdigest()[:16] if folded else ""

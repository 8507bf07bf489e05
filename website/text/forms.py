"""Form fields for text: it is cleaned before its length is checked, before `required` and before any comparison."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from website.text import cleaning


class Cleaned(forms.Field):
    """Mixin before one of Django's form fields; `cleaned` is the function that cleans its kind of text."""

    cleaned: Callable[..., str] = staticmethod(cleaning.clean_line)

    def to_python(self, value: Any) -> Any:
        return super().to_python(self.cleaned(value) if isinstance(value, str) else value)

    def clean(self, value: Any) -> Any:
        if isinstance(value, str) and cleaning.is_no_text(value):
            raise ValidationError(_("Part of this is not text. Paste it as plain text, or write it again."))
        return super().clean(value)


class LineField(Cleaned, forms.CharField):
    pass


class ParagraphField(Cleaned, forms.CharField):
    widget = forms.Textarea
    cleaned = staticmethod(cleaning.clean_paragraphs)


class ContentLineField(Cleaned, forms.CharField):
    """One line of the site's own content: soft hyphens stay, since they say how a long word breaks."""

    cleaned = staticmethod(partial(cleaning.clean_line, soft_hyphens=True))


class ContentParagraphField(ParagraphField):
    cleaned = staticmethod(partial(cleaning.clean_paragraphs, soft_hyphens=True))


class EmailField(Cleaned, forms.EmailField):
    """An e-mail address. What is plainly wrong in it is named; of the rest the form of an address is said."""

    cleaned = staticmethod(cleaning.clean_contact)

    def run_validators(self, value: Any) -> None:
        if value and "@" not in value:
            raise ValidationError(_("The @ sign is missing. Enter the e-mail address in the format name@example.fi."))
        if value.count("@") > 1:
            raise ValidationError(
                _("There is more than one @ sign. Enter the e-mail address in the format name@example.fi.")
            )
        if value and "." not in value.rpartition("@")[2]:
            raise ValidationError(
                _(
                    "The end of the address is missing, for example .fi. Enter the e-mail address in the format "
                    "name@example.fi."
                )
            )
        super().run_validators(value)


class URLField(Cleaned, forms.URLField):
    cleaned = staticmethod(cleaning.clean_contact)


class PhoneField(Cleaned, forms.CharField):
    widget = forms.TextInput({"type": "tel"})
    cleaned = staticmethod(cleaning.clean_phone)

"""Model fields for text: whatever way it comes in, through forms, fixtures, versions or update(), it is cleaned."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from website.text import forms

INTERNATIONAL = RegexValidator(
    r"\A\+[0-9][0-9 ]{5,}[0-9]\Z", _("Write the number in international form: +358 295 530 000.")
)


class Cleaned:
    """Goes before a model field of Django's; `form_class` holds the rule for its kind of text.

    In migrations it is the field of Django's: a column knows nothing of the rule.
    """

    form_class = forms.LineField

    def cleaned(self, text):
        return self.form_class.cleaned(text)

    def to_python(self, value):
        # For forms, fixtures and versions; get_prep_value(), for queries and bulk operations, calls it as well.
        value = super().to_python(value)
        return self.cleaned(value) if isinstance(value, str) else value

    def pre_save(self, instance, add):
        # A version is made from the instance in memory: it must hold what the database holds.
        value = super().pre_save(instance, add)
        if isinstance(value, str) and (cleaned := self.cleaned(value)) != value:
            setattr(instance, self.attname, cleaned)
            return cleaned
        return value

    def formfield(self, **kwargs):
        return super().formfield(**{"form_class": self.form_class} | kwargs)

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        kind = next(base for base in type(self).__mro__ if base.__module__.startswith("django.db.models"))
        return name, f"django.db.models.{kind.__name__}", args, kwargs


class LineField(Cleaned, models.CharField):
    """A text of one line."""


class ParagraphField(Cleaned, models.TextField):
    """A text of several lines, without marks."""

    form_class = forms.ParagraphField


class EmailField(Cleaned, models.EmailField):
    form_class = forms.EmailField


class URLField(Cleaned, models.URLField):
    form_class = forms.URLField

    def formfield(self, **kwargs):
        return super().formfield(**{"assume_scheme": "https"} | kwargs)


class PhoneField(Cleaned, models.CharField):
    """A phone number in international form."""

    form_class = forms.PhoneField
    default_validators = [INTERNATIONAL]


class ContentLineField(Cleaned, models.CharField):
    """A line of the site's own content: soft hyphens stay inside its words."""

    form_class = forms.ContentLineField


class ContentParagraphField(Cleaned, models.TextField):
    """A text of several lines of the site's own content, likewise."""

    form_class = forms.ContentParagraphField

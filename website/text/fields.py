"""Model fields for text, which clean it however it comes: by forms, fixtures, versions or update()."""

from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from website.text import forms

INTERNATIONAL = RegexValidator(
    r"\A\+[0-9][0-9 ]{5,}[0-9]\Z", _("Write the number in international form: +358 295 530 000.")
)


class Cleaned(models.Field):
    """Mixin before one of Django's model fields; `form_class` holds the function that cleans its kind of text.

    In migrations it appears as Django's field, since cleaning does not change the column.
    """

    form_class: type[forms.Cleaned] = forms.LineField

    def cleaned(self, text: str) -> str:
        return self.form_class.cleaned(text)

    def to_python(self, value: Any) -> Any:
        # For forms, fixtures and versions; get_prep_value(), for queries and bulk operations, calls it as well.
        value = super().to_python(value)
        return self.cleaned(value) if isinstance(value, str) else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        # A version is made from the instance in memory: it must hold what the database holds.
        value = super().pre_save(model_instance, add)
        if not isinstance(value, str):
            return value
        cleaned = self.cleaned(value)
        setattr(model_instance, self.attname, cleaned)
        return cleaned

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": self.form_class} | kwargs)

    def deconstruct(self) -> Any:
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

    def formfield(self, **kwargs: Any) -> Any:
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

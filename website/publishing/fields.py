"""The kinds of field an editor meets: each a plain Django field with its label and the sentence that explains it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from website.publishing.richtext import RichTextField
from website.publishing.texts import TARGET_LANGUAGES
from website.text import fields as text


def _explained(kind, **fixed):
    """A kind of field that takes first its label and the sentence that explains it."""
    return lambda label, help_text, **options: kind(label, help_text=help_text, **fixed | options)


rich_text = _explained(RichTextField)
address = _explained(text.URLField)
day = _explained(models.DateField)
optional_day = _explained(models.DateField, null=True, blank=True)
optional_moment = _explained(models.DateTimeField, null=True, blank=True)


def line(label, help_text, length=120, **options):
    """A text of one line, of at most `length` characters."""
    return text.ContentLineField(label, max_length=length, help_text=help_text, **options)


def paragraph(label, help_text, length=600, **options):
    """A text without marks, of at most `length` characters."""
    return text.ContentParagraphField(label, max_length=length, help_text=help_text, **options)


def choice(label, help_text, choices, length=10, **options):
    return models.CharField(label, max_length=length, choices=choices, help_text=help_text, **options)


def target_language(label, **options):
    """The language of a page or a document elsewhere."""
    return choice(label, _("Readers are told when it is not their own."), TARGET_LANGUAGES, length=2, **options)


def order():
    return models.PositiveSmallIntegerField(_("order"), default=0, help_text=_("Smaller numbers come first."))


def rule(name, condition, message=None):
    """What the database itself holds of a row, and what an editor reads who breaks it."""
    return models.CheckConstraint(condition=condition, name=name, violation_error_message=message)

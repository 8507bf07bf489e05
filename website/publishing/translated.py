"""Models with a text in each language: `thing.title` is the one for the reader."""

from django.conf import settings
from django.utils.translation import get_language

from website.publishing.texts import text_of
from website.text.cleaning import is_empty_to_the_eye


class TextDescriptor:
    """Makes `thing.title` the text for the reader: a Text in the active language, or in Finnish with its `lang`.

    It replaces the descriptor of modeltranslation, which knows no language of a fallback, and which writes what is
    assigned into the column of the active language. Assign to a column: `thing.title_sv = "…"`. Django itself assigns
    the base column when it loads or validates a row; nothing reads that value.
    """

    def __init__(self, field_name):
        self.field_name = field_name

    def __get__(self, thing, owner=None):
        return self if thing is None else thing.localized_text(self.field_name)

    def __set__(self, thing, value):
        thing.__dict__[self.field_name] = value


class Translated:
    """Base class of models that have a text in each language."""

    #: Which of its fields have a column per language, in the order of the form.
    translated: tuple[str, ...] = ()

    def localized_text(self, field):
        """The Text of a translated field in the reader's language, else in Finnish; empty where there is neither."""
        reader = get_language() or settings.LANGUAGE_CODE
        for language in (reader, settings.LANGUAGE_CODE):
            value = getattr(self, f"{field}_{language}", None)
            if not is_empty_to_the_eye(value):
                text = text_of(self._meta.get_field(f"{field}_{language}"), value, language, field)
                text.names_field = getattr(self, "names_fields", False)
                return text
        return text_of(self._meta.get_field(f"{field}_{reader}"), "", reader, field)

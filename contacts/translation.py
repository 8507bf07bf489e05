from modeltranslation.translator import TranslationOptions, register

from contacts.models import Contact


@register(Contact)
class ContactTranslation(TranslationOptions):
    fields = ("title", "unit", "department", "organisation")

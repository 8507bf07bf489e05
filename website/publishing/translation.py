from modeltranslation.translator import TranslationOptions, register

from website.publishing.models import Publication


@register(Publication)
class PublicationTranslation(TranslationOptions):
    fields = ("note",)

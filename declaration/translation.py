from modeltranslation.translator import TranslationOptions, register

from declaration.models import Commitment, Declaration


@register(Declaration)
class DeclarationTranslation(TranslationOptions):
    fields = ("title", "lead", "background", "innovation", "principles", "document_url", "document_language")


@register(Commitment)
class CommitmentTranslation(TranslationOptions):
    fields = ("name", "summary", "practice")

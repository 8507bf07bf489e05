from modeltranslation.translator import TranslationOptions, register

from opsi.models import Call, Resource


@register(Call)
class CallTranslation(TranslationOptions):
    fields = ("name", "theme", "submission_languages")


@register(Resource)
class ResourceTranslation(TranslationOptions):
    fields = ("title", "description")

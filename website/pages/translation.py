from modeltranslation.translator import TranslationOptions, register

from website.pages.models import Notice, Page


@register(Page)
class PageTranslation(TranslationOptions):
    fields = ("title", "lead", "body")


@register(Notice)
class NoticeTranslation(TranslationOptions):
    fields = ("text",)

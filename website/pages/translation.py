from modeltranslation.translator import TranslationOptions, register

from website.pages.models import AccessibilityStatement, Notice, Page, Shortcoming


@register(Page)
class PageTranslation(TranslationOptions):
    fields = ("title", "lead", "body")


@register(Notice)
class NoticeTranslation(TranslationOptions):
    fields = ("text",)


@register(AccessibilityStatement)
class AccessibilityStatementTranslation(TranslationOptions):
    fields = ("unit", "coverage", "assessment", "alternatives", "feedback", "complaint")


@register(Shortcoming)
class ShortcomingTranslation(TranslationOptions):
    fields = ("title", "place", "reason", "alternative")

"""Every model with texts names them in `translated`; modeltranslation gives each a column per language.

What is publishable is registered for versions as well, now that it has those columns: all languages, and never the
base column, which holds whatever the language of the last save was: a version with it would differ where no text does.
"""

from django.apps import apps
from modeltranslation.translator import translator

from website.publishing.models import Publishable
from website.publishing.translated import TextDescriptor, Translated
from website.publishing.versions import keep_versions_of

for model in apps.get_models():
    if issubclass(model, Translated):
        translator.register(model, fields=model.translated)
        for field_name in model.translated:
            setattr(model, field_name, TextDescriptor(field_name))
    if issubclass(model, Publishable):
        keep_versions_of(model, exclude=[*model.translated, "review_due"])

"""Every model with texts names them in `translated`; modeltranslation gives each a column per language."""

from django.apps import apps
from modeltranslation.translator import translator

from website.publishing.models import Translated

for model in apps.get_models():
    if issubclass(model, Translated):
        translator.register(model, fields=model.translated)

from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _


class PublishingConfig(AppConfig):
    name = "website.publishing"
    verbose_name = _("Publishing")

    def ready(self):
        """Registers every publishable model for versions: all its languages, never the base columns.

        It runs after modeltranslation has added the language columns. A base column holds whatever the
        language of the last save was, so a version with it would differ where no text does.
        """
        import reversion

        from website.publishing.models import Publishable

        for model in apps.get_models():
            if issubclass(model, Publishable):
                reversion.register(model, exclude=[*model.translated, "review_due"], ignore_duplicates=True)

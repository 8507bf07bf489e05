from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from website.publishing.models import Publishable
from website.publishing.richtext import RichTextField


class Page(Publishable):
    """The texts of one page whose place on the site is fixed by its key."""

    class Key(models.TextChoices):
        HOME = "home", _("Front page")
        NETWORK = "network", _("Network")
        JOIN = "join", _("Join the network")
        OPSI = "opsi", _("OPSI")
        CONTACTS = "contacts", _("Contacts")
        FEEDBACK = "feedback", _("Feedback")
        PRIVACY = "privacy", _("Data protection")
        ACCESSIBILITY = "accessibility", _("Accessibility statement")
        CHANGES = "changes", _("Changes")

    ADDRESSES = {
        Key.HOME: "home",
        Key.NETWORK: "network:network",
        Key.JOIN: "network:join",
        Key.OPSI: "opsi:opsi",
        Key.CONTACTS: "contacts:contacts",
        Key.FEEDBACK: "contacts:feedback",
        Key.PRIVACY: "pages:privacy",
        Key.ACCESSIBILITY: "pages:accessibility",
        Key.CHANGES: "pages:changes",
    }

    required_for_publication = ("title", "lead")
    permanent = True

    key = models.CharField(_("place on the site"), primary_key=True, max_length=20, choices=Key.choices)
    title = models.CharField(_("title"), max_length=120, help_text=_("The heading of the page."))
    lead = models.TextField(_("lead"), max_length=400, help_text=_("Under the title, and in search results."))
    body = RichTextField(_("text"), blank=True)

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        ordering = ["key"]

    def get_absolute_url(self):
        return reverse(self.ADDRESSES[self.key])


class Notice(Publishable):
    """A message above the content of every page, between two moments."""

    class Level(models.TextChoices):
        INFO = "info", _("information")
        WARNING = "warning", _("warning")

    required_for_publication = ("text",)
    heading_field = description_field = "text"

    level = models.CharField(_("level"), max_length=10, choices=Level.choices, default=Level.INFO)
    begins = models.DateTimeField(
        _("shown from"), null=True, blank=True, help_text=_("Empty: as soon as it is published.")
    )
    ends = models.DateTimeField(_("shown until"), null=True, blank=True, help_text=_("Empty: until it is withdrawn."))
    text = models.TextField(_("text"), max_length=400, help_text=_("Without formatting."))

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [
            models.CheckConstraint(
                condition=Q(begins=None) | Q(ends=None) | Q(ends__gt=F("begins")),
                name="ends_after_it_begins",
                violation_error_message=_("The notice must end after it begins."),
            ),
        ]

    def shown_at(self, at):
        return (self.begins is None or self.begins <= at) and (self.ends is None or at < self.ends)

    def boundaries(self):
        return [moment for moment in (self.begins, self.ends) if moment]

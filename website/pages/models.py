from django.db import models
from django.db.models import F, Q, TextChoices
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from website.publishing.models import Publishable
from website.publishing.richtext import RichTextField
from website.publishing.texts import Text
from website.text.fields import ContentLineField, ContentParagraphField

_KEY_HELP = _("Which page these texts stand on. It never changes.")
_PART_HELP = _("In the statement, as one of the parts that the law asks for.")


class Page(Publishable):
    """The texts of one page whose place on the site is fixed by its key."""

    #: By key, the URL name of the page and its label for editors.
    PLACES = {
        "home": ("home", _("Front page")),
        "commitments": ("declaration:commitments", _("Commitments")),
        "network": ("network:network", _("Network")),
        "join": ("network:join", _("Join the network")),
        "opsi": ("opsi:opsi", _("OPSI")),
        "contacts": ("contacts:contacts", _("Contacts")),
        "feedback": ("contacts:feedback", _("Feedback")),
        "privacy": ("pages:privacy", _("Data protection")),
        "accessibility": ("pages:accessibility", _("Accessibility statement: title and lead")),
        "changes": ("pages:changes", _("Changes")),
    }

    translated = ("title", "lead", "short_name", "body", "welcome")
    required_for_publication = ("title", "lead")
    permanent = True

    _keys = [(key, label) for key, (_view, label) in PLACES.items()]
    key = models.CharField(_("place on the site"), max_length=20, choices=_keys, primary_key=True, help_text=_KEY_HELP)
    title = ContentLineField(_("title"), max_length=120, help_text=_("The heading of the page."))
    lead = ContentParagraphField(_("lead"), max_length=400, help_text=_("Under the title, and in search results."))
    short_name = ContentLineField(
        _("short name of the site"),
        max_length=30,
        blank=True,
        help_text=_("At the top of every page on a phone, where the whole name has no room."),
    )
    body = RichTextField(
        _("text"), blank=True, help_text=_("The page itself, under the lead. It begins with a heading.")
    )
    welcome = ContentParagraphField(
        _("to a new member"),
        max_length=600,
        blank=True,
        help_text=_("In the e-mail to whoever is accepted: what happens next and whom to ask."),
    )

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        ordering = ["key"]

    def get_absolute_url(self):
        return reverse(self.PLACES[self.key][0])


class Notice(Publishable):
    """A message above the content of every page, between two moments."""

    class Level(TextChoices):
        INFO = "info", _("information")
        WARNING = "warning", _("warning")

    CHANGE_LABELS = {"begins": _("the notice appears"), "ended": _("the notice disappears")}
    PREVIEW_MOMENTS = {"": _("now, or when it is first shown"), "ended": _("after it has ended")}
    translated = required_for_publication = ("text",)
    heading_field = description_field = "text"

    level = models.CharField(
        _("level"),
        max_length=10,
        choices=Level.choices,
        default=Level.INFO,
        help_text=_("A warning stands out more: for outages and what cannot wait."),
    )
    begins = models.DateTimeField(
        _("shown from"), null=True, blank=True, help_text=_("Empty: as soon as it is published.")
    )
    ends = models.DateTimeField(_("shown until"), null=True, blank=True, help_text=_("Empty: until it is withdrawn."))
    text = ContentParagraphField(_("text"), max_length=400, help_text=_("Without formatting."))

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

    def change_moments(self):
        return {"begins": self.begins, "ended": self.ends}


class AccessibilityStatement(Publishable):
    """What Act 306/2019 wants said of the site's accessibility. What the ministry has not said yet stays empty."""

    class Status(TextChoices):
        FULLY = "fully", _("meets the requirements fully")
        MOSTLY = "mostly", _("meets the requirements mostly")
        NOT = "not", _("mostly does not meet the requirements")

    class AssessedBy(TextChoices):
        SELF = "self", _("self-assessment")
        EXTERNAL = "external", _("an external expert")

    KEY = "statement"
    required_for_publication = ("coverage", "assessment", "alternatives", "feedback", "complaint")
    translated = ("unit", *required_for_publication)
    heading_field = description_field = "coverage"
    permanent = True
    shown_on = "pages:accessibility"

    key = models.CharField(
        _("place on the site"), max_length=20, choices=[(KEY, KEY)], primary_key=True, default=KEY, help_text=_KEY_HELP
    )
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, blank=True, help_text=_("Empty until it has been assessed.")
    )
    assessed_by = models.CharField(
        _("method"),
        max_length=10,
        choices=AssessedBy.choices,
        default=AssessedBy.SELF,
        help_text=_("Who assessed the site."),
    )
    prepared_on = models.DateField(
        _("prepared on"), null=True, blank=True, help_text=_("The day of the first statement.")
    )
    reviewed_on = models.DateField(_("reviewed on"), null=True, blank=True, help_text=_("At least once a year."))
    unit = ContentLineField(
        _("unit that answers feedback"),
        max_length=150,
        blank=True,
        help_text=_("Shown with the ways to give feedback."),
    )
    coverage = RichTextField(_("what the statement covers"), help_text=_PART_HELP)
    assessment = RichTextField(_("how accessibility was assessed"), help_text=_PART_HELP)
    alternatives = RichTextField(_("how to get the information in another way"), help_text=_PART_HELP)
    feedback = RichTextField(_("how to give feedback"), help_text=_PART_HELP)
    complaint = RichTextField(_("how to turn to the supervisory authority"), help_text=_PART_HELP)

    class Meta:
        verbose_name = _("content of the accessibility statement")
        verbose_name_plural = _("content of the accessibility statement")

    def __str__(self):
        return str(capfirst(self._meta.verbose_name))

    @property
    def heading(self):
        return Text(str(self), get_language())


class Shortcoming(Publishable):
    """Something on the site that is not accessible, gathered by the statement."""

    required_for_publication = ("title", "place", "reason")
    translated = (*required_for_publication, "alternative")
    description_field = "reason"
    shown_on = "pages:accessibility"

    criterion = ContentLineField(
        _("criterion"), max_length=100, help_text=_("Number and name in WCAG, for example 1.4.3 Contrast (Minimum).")
    )
    planned_on = models.DateField(
        _("to be mended by"), null=True, blank=True, help_text=_("Empty where nothing has been planned.")
    )
    order = models.PositiveSmallIntegerField(_("order"), default=0, help_text=_("Smaller numbers come first."))
    title = ContentLineField(
        _("what is not accessible"), max_length=200, help_text=_("In a few words: the heading of this part.")
    )
    place = ContentLineField(_("where"), max_length=200, help_text=_("The page or the part of the site."))
    reason = ContentParagraphField(
        _("why"), max_length=600, help_text=_("Also when it is a disproportionate burden or outside the law.")
    )
    alternative = ContentParagraphField(
        _("how to get the same in another way"),
        max_length=600,
        blank=True,
        help_text=_("For readers who need it before it is mended."),
    )

    class Meta:
        verbose_name = _("shortcoming in accessibility")
        verbose_name_plural = _("shortcomings in accessibility")
        ordering = ["order", "id"]

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

    key = models.CharField(
        _("place on the site"),
        primary_key=True,
        max_length=20,
        choices=Key.choices,
        help_text=_("Which page these texts stand on. It never changes."),
    )
    title = models.CharField(_("title"), max_length=120, help_text=_("The heading of the page."))
    lead = models.TextField(_("lead"), max_length=400, help_text=_("Under the title, and in search results."))
    body = RichTextField(
        _("text"), blank=True, help_text=_("The page itself, under the lead. It begins with a heading.")
    )

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


#: Who supervises, with what the ministry's statement has to say of it; verified, and the same for every site.
AUTHORITY = {
    "fi": {
        "name": "Liikenne- ja viestintävirasto Traficom",
        "unit": "Digitaalisen esteettömyyden ja saavutettavuuden valvontayksikkö",
        "site": "www.saavutettavuusvaatimukset.fi",
    },
    "sv": {
        "name": "Transport- och kommunikationsverket Traficom",
        "unit": "Enheten för tillsyn över digital tillgänglighet",
        "site": "www.tillganglighetskrav.fi",
    },
    "en": {
        "name": "Finnish Transport and Communications Agency Traficom",
        "unit": "Digital Accessibility Supervision Unit",
        "site": "www.webaccessibility.fi",
    },
}
AUTHORITY_EMAIL = "saavutettavuus@traficom.fi"
AUTHORITY_PHONE = "+358 29 534 5000"


class AccessibilityStatement(Publishable):
    """What Act 306/2019 wants said of the site's accessibility. What the ministry has not said yet stays empty."""

    class Status(models.TextChoices):
        FULLY = "fully", _("meets the requirements fully")
        MOSTLY = "mostly", _("meets the requirements mostly")
        NOT = "not", _("mostly does not meet the requirements")

    class AssessedBy(models.TextChoices):
        SELF = "self", _("self-assessment")
        EXTERNAL = "external", _("an external expert")

    KEY = "statement"
    required_for_publication = ("coverage", "assessment", "alternatives", "feedback", "complaint")
    heading_field = description_field = "coverage"
    permanent = True

    key = models.CharField(_("place on the site"), primary_key=True, max_length=20, choices=[(KEY, KEY)], default=KEY)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, blank=True, help_text=_("Empty until it has been assessed.")
    )
    assessed_by = models.CharField(_("method"), max_length=10, choices=AssessedBy.choices, default=AssessedBy.SELF)
    prepared_on = models.DateField(_("prepared on"), null=True, blank=True)
    reviewed_on = models.DateField(_("reviewed on"), null=True, blank=True, help_text=_("At least once a year."))
    unit = models.CharField(_("unit that answers feedback"), max_length=150, blank=True)
    coverage = RichTextField(_("what the statement covers"))
    assessment = RichTextField(_("how accessibility was assessed"))
    alternatives = RichTextField(_("how to get the information in another way"))
    feedback = RichTextField(_("how to give feedback"))
    complaint = RichTextField(_("how to turn to the supervising authority"))

    class Meta:
        verbose_name = _("accessibility statement")
        verbose_name_plural = _("accessibility statement")

    def __str__(self):
        return str(self._meta.verbose_name)


class Shortcoming(Publishable):
    """Something on the site that is not accessible, gathered by the statement."""

    required_for_publication = ("title", "place", "reason")
    description_field = "reason"

    criterion = models.CharField(
        _("criterion"), max_length=100, help_text=_("Number and name in WCAG, for example 1.4.3 Contrast (Minimum).")
    )
    planned_on = models.DateField(_("to be mended by"), null=True, blank=True)
    order = models.PositiveSmallIntegerField(_("order"), default=0, help_text=_("Smaller numbers come first."))
    title = models.CharField(_("what is not accessible"), max_length=200)
    place = models.CharField(_("where"), max_length=200)
    reason = models.TextField(
        _("why"), max_length=600, help_text=_("Also when it is a disproportionate burden or outside the law.")
    )
    alternative = models.TextField(_("how to get the same in another way"), max_length=600, blank=True)

    class Meta:
        verbose_name = _("shortcoming in accessibility")
        verbose_name_plural = _("shortcomings in accessibility")
        ordering = ["order", "id"]

from django.db.models import F, Q, TextChoices
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from website.publishing import fields
from website.publishing.models import Publishable
from website.publishing.texts import Text

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
    key = fields.choice(_("place on the site"), _KEY_HELP, _keys, 20, primary_key=True)
    title = fields.line(_("title"), _("The heading of the page."))
    lead = fields.paragraph(_("lead"), _("Under the title, and in search results."), 400)
    short_name = fields.line(
        _("short name of the site"),
        _("At the top of every page on a phone, where the whole name has no room."),
        30,
        blank=True,
    )
    body = fields.rich_text(_("text"), _("The page itself, under the lead. It begins with a heading."), blank=True)
    welcome = fields.paragraph(
        _("to a new member"), _("In the e-mail to whoever is accepted: what happens next and whom to ask."), blank=True
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

    translated = required_for_publication = ("text",)
    heading_field = description_field = "text"

    level = fields.choice(
        _("level"),
        _("A warning stands out more: for outages and what cannot wait."),
        Level.choices,
        default=Level.INFO,
    )
    begins = fields.optional_moment(_("shown from"), _("Empty: as soon as it is published."))
    ends = fields.optional_moment(_("shown until"), _("Empty: until it is withdrawn."))
    text = fields.paragraph(_("text"), _("Without formatting."), 400)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [
            fields.rule(
                "ends_after_it_begins",
                Q(begins=None) | Q(ends=None) | Q(ends__gt=F("begins")),
                _("The notice must end after it begins."),
            ),
        ]

    def shown_at(self, at):
        return (self.begins is None or self.begins <= at) and (self.ends is None or at < self.ends)

    def boundaries(self):
        return [moment for moment in (self.begins, self.ends) if moment]


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

    key = fields.choice(_("place on the site"), _KEY_HELP, [(KEY, KEY)], 20, primary_key=True, default=KEY)
    status = fields.choice(_("status"), _("Empty until it has been assessed."), Status.choices, blank=True)
    assessed_by = fields.choice(_("method"), _("Who assessed the site."), AssessedBy.choices, default=AssessedBy.SELF)
    prepared_on = fields.optional_day(_("prepared on"), _("The day of the first statement."))
    reviewed_on = fields.optional_day(_("reviewed on"), _("At least once a year."))
    unit = fields.line(_("unit that answers feedback"), _("Shown with the ways to give feedback."), 150, blank=True)
    coverage = fields.rich_text(_("what the statement covers"), _PART_HELP)
    assessment = fields.rich_text(_("how accessibility was assessed"), _PART_HELP)
    alternatives = fields.rich_text(_("how to get the information in another way"), _PART_HELP)
    feedback = fields.rich_text(_("how to give feedback"), _PART_HELP)
    complaint = fields.rich_text(_("how to turn to the supervising authority"), _PART_HELP)

    class Meta:
        verbose_name = _("content of the accessibility statement")
        verbose_name_plural = _("content of the accessibility statement")

    def __str__(self):
        return str(self._meta.verbose_name)

    @property
    def heading(self):
        return Text(str(self), get_language())


class Shortcoming(Publishable):
    """Something on the site that is not accessible, gathered by the statement."""

    required_for_publication = ("title", "place", "reason")
    translated = (*required_for_publication, "alternative")
    description_field = "reason"
    shown_on = "pages:accessibility"

    criterion = fields.line(_("criterion"), _("Number and name in WCAG, for example 1.4.3 Contrast (Minimum)."), 100)
    planned_on = fields.optional_day(_("to be mended by"), _("Empty where nothing has been planned."))
    order = fields.order()
    title = fields.line(_("what is not accessible"), _("In a few words: the heading of this part."), 200)
    place = fields.line(_("where"), _("The page or the part of the site."), 200)
    reason = fields.paragraph(_("why"), _("Also when it is a disproportionate burden or outside the law."))
    alternative = fields.paragraph(
        _("how to get the same in another way"), _("For readers who need it before it is mended."), blank=True
    )

    class Meta:
        verbose_name = _("shortcoming in accessibility")
        verbose_name_plural = _("shortcomings in accessibility")
        ordering = ["order", "id"]

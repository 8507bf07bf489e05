from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from website.publishing import fields
from website.publishing.models import Publishable


class Declaration(Publishable):
    """The one declaration of the site; its key is a constant."""

    required_for_publication = ("title", "lead", "background", "innovation", "principles")
    may_stay_finnish = ("document_url", "document_language")
    translated = (*required_for_publication, *may_stay_finnish)
    permanent = True

    key = models.CharField(_("key"), primary_key=True, max_length=20, default="declaration", editable=False)
    adopted_on = fields.day(_("adopted on"), _("Shown among the facts beside the declaration."))
    instrument = fields.line(_("OECD instrument"), _("For example OECD/LEGAL/0450."), 50)
    opsi_url = fields.address(_("address of OPSI’s page"), _("The link to the OECD’s own page."), blank=True)
    instrument_url = fields.address(
        _("address of the OECD instrument"), _("The link behind the instrument’s name."), blank=True
    )
    adherents = models.PositiveSmallIntegerField(
        _("number of adherents"), null=True, blank=True, help_text=_("How many countries have joined.")
    )
    adherents_as_of = fields.optional_day(_("number known as of"), _("The number is shown together with this date."))
    title = fields.line(_("title"), _("The heading of the declaration’s page."))
    lead = fields.paragraph(_("lead"), _("Under the title, and in search results."), 400)
    background = fields.rich_text(_("background"), _("What was adopted, when, by whom, and why."))
    innovation = fields.rich_text(
        _("what a public-sector innovation is"), _("The definition, on the declaration’s page.")
    )
    principles = fields.paragraph(
        _("principles and commitments"), _("How the OECD’s principles and Finland’s words relate.")
    )
    document_url = fields.address(
        _("address of the Finnish declaration"), _("Nothing is shown while this is empty."), blank=True
    )
    document_language = fields.target_language(_("language of that document"), blank=True)

    class Meta:
        verbose_name = _("declaration")
        verbose_name_plural = _("declaration")
        constraints = [
            fields.rule(
                "adherents_with_their_date",
                Q(adherents=None, adherents_as_of=None) | Q(adherents__isnull=False, adherents_as_of__isnull=False),
                _("Give the number of adherents and its date together."),
            ),
        ]

    def get_absolute_url(self):
        return reverse("declaration:declaration")


class Commitment(Publishable):
    """One of Finland's five; its number is its identity."""

    translated = required_for_publication = ("name", "summary", "practice")
    heading_field, description_field = "name", "summary"
    permanent = True

    number = models.PositiveSmallIntegerField(
        _("number"), primary_key=True, help_text=_("Its place among the five. It never changes.")
    )
    unofficial_translation = models.BooleanField(
        _("contains unofficial translation"),
        default=False,
        help_text=_("Shows the OECD’s disclaimer: choose this when the text translates the OECD’s own words."),
    )
    name = fields.line(_("official name"), _("As the ministry has published it."))
    summary = fields.paragraph(_("summary"), _("One or two sentences, without formatting."), 400)
    practice = fields.rich_text(
        _("what it means in practice"), _("The text of the commitment’s own page, under the summary.")
    )

    class Meta:
        verbose_name = _("commitment")
        verbose_name_plural = _("commitments")
        ordering = ["number"]

    def __str__(self):
        return f"{self.number}. {self.heading}"

    def get_absolute_url(self):
        return reverse("declaration:commitment", kwargs={"number": self.number})

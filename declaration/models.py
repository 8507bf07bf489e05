from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from website.publishing.models import Publishable
from website.publishing.richtext import RichTextField
from website.publishing.texts import TARGET_LANGUAGES
from website.text.fields import ContentLineField, ContentParagraphField, URLField


class Declaration(Publishable):
    """The one declaration of the site; its key is a constant."""

    required_for_publication = ("title", "lead", "background", "innovation", "principles")
    may_stay_finnish = ("document_url", "document_language")
    translated = (*required_for_publication, *may_stay_finnish)
    permanent = True

    key = models.CharField(_("key"), primary_key=True, max_length=20, default="declaration", editable=False)
    adopted_on = models.DateField(_("adopted on"), help_text=_("Shown among the facts beside the declaration."))
    instrument = ContentLineField(_("OECD instrument"), max_length=50, help_text=_("For example OECD/LEGAL/0450."))
    opsi_url = URLField(_("address of OPSI’s page"), blank=True, help_text=_("The link to the OECD’s own page."))
    instrument_url = URLField(
        _("address of the OECD instrument"), blank=True, help_text=_("The link behind the instrument’s name.")
    )
    adherents = models.PositiveSmallIntegerField(
        _("number of adherents"), null=True, blank=True, help_text=_("How many countries have joined.")
    )
    adherents_as_of = models.DateField(
        _("number known as of"), null=True, blank=True, help_text=_("The number is shown together with this date.")
    )
    title = ContentLineField(_("title"), max_length=120, help_text=_("The heading of the declaration’s page."))
    lead = ContentParagraphField(_("lead"), max_length=400, help_text=_("Under the title, and in search results."))
    background = RichTextField(_("background"), help_text=_("What was adopted, when, by whom, and why."))
    innovation = RichTextField(
        _("what a public-sector innovation is"), help_text=_("The definition, on the declaration’s page.")
    )
    principles = ContentParagraphField(
        _("principles and commitments"),
        max_length=600,
        help_text=_("How the OECD’s principles and Finland’s words relate."),
    )
    document_url = URLField(
        _("address of the Finnish declaration"), blank=True, help_text=_("Nothing is shown while this is empty.")
    )
    document_language = models.CharField(
        _("language of that document"),
        max_length=2,
        choices=TARGET_LANGUAGES,
        blank=True,
        help_text=_("Readers are told when it is not their own."),
    )

    class Meta:
        verbose_name = _("declaration")
        verbose_name_plural = _("declaration")
        constraints = [
            models.CheckConstraint(
                condition=Q(adherents=None, adherents_as_of=None)
                | Q(adherents__isnull=False, adherents_as_of__isnull=False),
                name="adherents_with_their_date",
                violation_error_message=_("Give the number of adherents and its date together."),
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
    name = ContentLineField(_("official name"), max_length=120, help_text=_("As the ministry has published it."))
    summary = ContentParagraphField(
        _("summary"), max_length=400, help_text=_("One or two sentences, without formatting.")
    )
    practice = RichTextField(
        _("what it means in practice"), help_text=_("The text of the commitment’s own page, under the summary.")
    )

    class Meta:
        verbose_name = _("commitment")
        verbose_name_plural = _("commitments")
        ordering = ["number"]

    def __str__(self):
        return f"{self.number}. {self.heading}"

    def get_absolute_url(self):
        return reverse("declaration:commitment", kwargs={"number": self.number})

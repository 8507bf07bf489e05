from datetime import datetime, time, timedelta

from django.db import models
from django.db.models import F, Q, TextChoices
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from website.publishing.models import Publishable
from website.publishing.richtext import RichTextField
from website.publishing.texts import TARGET_LANGUAGES, Text
from website.text.fields import ContentLineField, ContentParagraphField, URLField

CLOSES_TOO_EARLY = _("The call must close after it opens.")
CLOSING = timedelta(days=14)  # before the end: the page then says that the call closes soon


class Call(Publishable):
    """One round of the OECD's Call for Innovations. Its state follows from its dates alone.

    Beginning and end are each known as a moment, as a day in Finland, or not at all.
    """

    #: What a round asks of those who submit. The next round may ask for something else.
    TERMS = ("conditions", "who_may_submit", "submission_languages", "instructions")
    CHANGE_LABELS = {
        "opens": _("the call opens"),
        "closing": _("the last days of the call begin"),
        "closed": _("the call closes"),
    }
    PREVIEW_MOMENTS = {
        "": _("now"),
        "opens": _("when it opens"),
        "closing": _("its last days"),
        "closed": _("after it has closed"),
    }
    translated = ("name", "theme", *TERMS)
    required_for_publication = ("name",)
    heading_field, description_field = "name", "theme"
    shown_on = "opsi:opsi"

    opens = models.DateTimeField(
        _("opens at"), null=True, blank=True, help_text=_("Only when the time of day is known.")
    )
    opens_on = models.DateField(_("opens on"), null=True, blank=True, help_text=_("When only the day is known."))
    closes = models.DateTimeField(
        _("closes at"), null=True, blank=True, help_text=_("Only when the time of day is known. Finnish time.")
    )
    closes_on = models.DateField(
        _("closes on"),
        null=True,
        blank=True,
        help_text=_("When only the day is known. It ends with that day in Finland."),
    )
    original_deadline = models.DateField(
        _("original deadline"), null=True, blank=True, help_text=_("When the call has been extended.")
    )
    url = URLField(_("address"), max_length=300, blank=True, help_text=_("The OECD’s page about this call."))
    name = ContentLineField(_("name"), max_length=120, help_text=_("As the OECD calls this round."))
    theme = ContentLineField(_("theme"), max_length=200, blank=True, help_text=_("In one sentence, under the name."))
    conditions = RichTextField(_("conditions"), blank=True, help_text=_("What an innovation had to be in this round."))
    who_may_submit = ContentParagraphField(
        _("applicants"), max_length=600, blank=True, help_text=_("In one or two sentences.")
    )
    submission_languages = ContentLineField(
        _("languages of submission"), max_length=120, blank=True, help_text=_("For example: preferably in English.")
    )
    instructions = RichTextField(
        _("instructions"),
        blank=True,
        help_text=_("Steps, in the imperative: they stay right when the call has closed."),
    )

    class Meta:
        verbose_name = _("call for innovations")
        verbose_name_plural = _("calls for innovations")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(opens=None) | Q(opens_on=None)) & (Q(closes=None) | Q(closes_on=None)),
                name="at_a_time_or_on_a_day",
                violation_error_message=_("Give the opening and the closing each as a time or as a day, not both."),
            ),
            models.CheckConstraint(
                condition=(Q(opens=None) | Q(closes=None) | Q(closes__gt=F("opens")))
                & (Q(opens_on=None) | Q(closes_on=None) | Q(closes_on__gte=F("opens_on"))),
                name="closes_after_it_opens",
                violation_error_message=CLOSES_TOO_EARLY,
            ),
        ]

    @property
    def expected_for_publication(self):
        """Without its address readers find no way to take part."""
        return () if self.state(timezone.now()) == "closed" else ("url",)

    @property
    def beginning(self):
        """The moment from which submissions are taken, or None."""
        return self.opens or (self.opens_on and _start_of(self.opens_on))

    @property
    def end(self):
        """The first moment at which submissions are no longer taken, or None."""
        return self.closes or (self.closes_on and _start_of(self.closes_on + timedelta(days=1)))

    def state(self, at):
        """One of "upcoming", "open", "closing", "closed", or "undated" without beginning and end."""
        if self.end and at >= self.end:
            return "closed"
        if self.beginning and at < self.beginning:
            return "upcoming"
        if self.end and at >= self.end - CLOSING:
            return "closing"
        # A call with an end and no beginning counts as open.
        return "open" if self.end or self.beginning else "undated"

    def change_moments(self):
        return {"opens": self.beginning, "closing": self.end and self.end - CLOSING, "closed": self.end}

    def get_file_url(self):
        return reverse("opsi:deadline", args=[self.pk]) if self.end else None

    @property
    def sort_key(self):
        """Sorts the newest first, calls without dates before all others."""
        moment = self.end or self.beginning
        return (-moment.timestamp() if moment else float("-inf"), self.pk)


def _start_of(day):
    return timezone.make_aware(datetime.combine(day, time.min))


def call_now(edition):
    """Template context: the call to show or None, its state, and the last closed call or None.

    An open call is shown before an upcoming one, and the one with the soonest date first.
    """
    at, calls = edition.at, edition.things(Call)
    candidates = [call for call in calls if call.state(at) in ("open", "closing", "upcoming")]
    call = min(candidates, key=lambda call: (call.state(at) == "upcoming", call.end or call.beginning), default=None)
    last = next((call for call in calls if call.state(at) == "closed"), None)
    return {"call": call, "state": call.state(at) if call else "none", "last_call": last}


def terms_of(calls, left_out=()):
    """What is asked of those who submit: for each of Call.TERMS the first of the calls that says it, and its text.

    List of dicts with the keys name, label, call and text, in the order of Call.TERMS.
    """
    terms = []
    for name in Call.TERMS:
        call = next((call for call in calls if getattr(call, name)), None)
        if call and name not in left_out:
            label = Call._meta.get_field(name).verbose_name
            terms.append({"name": name, "label": label, "call": call, "text": getattr(call, name)})
    return terms


class Resource(Publishable):
    """A link to a page of OPSI that is worth knowing."""

    class Kind(TextChoices):
        STUDIES = "studies", _("Studies")
        MATERIALS = "materials", _("Materials")
        OPPORTUNITIES = "opportunities", _("Opportunities")
        CASES = "cases", _("Finnish cases")

    translated = required_for_publication = ("title", "description")
    description_field = "description"
    shown_on = "opsi:opsi"

    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, help_text=_("The heading it stands under."))
    url = URLField(_("address"), max_length=300, help_text=_("Where the title leads."))
    target_language = models.CharField(
        _("language of the target"),
        max_length=2,
        choices=TARGET_LANGUAGES,
        default="en",
        help_text=_("Readers are told when it is not their own."),
    )
    order = models.PositiveSmallIntegerField(_("order"), default=0, help_text=_("Smaller numbers come first."))
    original_title = ContentLineField(
        _("original title"),
        max_length=200,
        blank=True,
        help_text=_("Of a publication, as printed on it: then the text of the link."),
    )
    title = ContentLineField(
        _("title"), max_length=120, help_text=_("The text of the link, unless there is an original title.")
    )
    description = ContentParagraphField(
        _("description"), max_length=600, help_text=_("Under the link: what a reader finds there.")
    )

    class Meta:
        verbose_name = _("OPSI resource")
        verbose_name_plural = _("OPSI resources")
        ordering = ["kind", "order", "id"]

    @property
    def link_text(self):
        """The original title in its own language, or the title."""
        return Text(self.original_title, self.target_language) if self.original_title else self.title

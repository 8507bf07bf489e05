from datetime import datetime, time, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from website.publishing.models import Publishable
from website.publishing.texts import TARGET_LANGUAGES

CLOSING = timedelta(days=14)  # the last days, in which the page says so


class Call(Publishable):
    """One round of the OECD's Call for Innovations. What it is now follows from its dates alone.

    A beginning or an end is known as an instant, as a day in Finland, or not at all: no clock time is invented.
    """

    required_for_publication = ("name",)
    heading_field, description_field = "name", "theme"
    shown_on = "opsi:opsi"

    opens = models.DateTimeField(
        _("opens at"), null=True, blank=True, help_text=_("Only when the time of day is known.")
    )
    opens_on = models.DateField(_("opens on"), null=True, blank=True, help_text=_("When only the day is known."))
    closes = models.DateTimeField(
        _("closes at"),
        null=True,
        blank=True,
        help_text=_("Only when the time of day is known. Finnish time."),
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
    url = models.URLField(_("address"), max_length=300, blank=True, help_text=_("The OECD’s page about this call."))
    name = models.CharField(_("name"), max_length=120, help_text=_("As the OECD calls this round."))
    theme = models.CharField(_("theme"), max_length=200, blank=True, help_text=_("In one sentence, under the name."))
    submission_languages = models.CharField(
        _("languages of submission"),
        max_length=120,
        blank=True,
        help_text=_("For example: preferably in English."),
    )

    class Meta:
        verbose_name = _("call for innovations")
        verbose_name_plural = _("calls for innovations")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(opens=None) | Q(opens_on=None),
                name="opens_at_a_time_or_on_a_day",
                violation_error_message=_("Give the opening as a time or as a day, not both."),
            ),
            models.CheckConstraint(
                condition=Q(closes=None) | Q(closes_on=None),
                name="closes_at_a_time_or_on_a_day",
                violation_error_message=_("Give the closing as a time or as a day, not both."),
            ),
            models.CheckConstraint(
                condition=(Q(opens=None) | Q(closes=None) | Q(closes__gt=F("opens")))
                & (Q(opens_on=None) | Q(closes_on=None) | Q(closes_on__gte=F("opens_on"))),
                name="closes_after_it_opens",
                violation_error_message=_("The call must close after it opens."),
            ),
        ]

    @property
    def beginning(self):
        """The moment from which submissions are taken, or None."""
        return self.opens or (self.opens_on and _start_of(self.opens_on))

    @property
    def end(self):
        """The first moment at which it is too late, or None."""
        return self.closes or (self.closes_on and _start_of(self.closes_on + timedelta(days=1)))

    def state(self, at):
        """upcoming, open, closing, closed, or undated: nothing can be said without an end or a beginning."""
        if self.end and at >= self.end:
            return "closed"
        if self.beginning and at < self.beginning:
            return "upcoming"
        if self.end and at >= self.end - CLOSING:
            return "closing"
        # Without a beginning, a call that has an end to come is open: its page is what announced the end.
        return "open" if self.end or self.beginning else "undated"

    def open(self, at):
        return self.state(at) in ("open", "closing")

    def boundaries(self):
        return [m for m in (self.beginning, self.end and self.end - CLOSING, self.end) if m]

    @property
    def position(self):
        """Newest first, and what has no dates yet before them all."""
        moment = self.end or self.beginning
        return (-moment.timestamp() if moment else float("-inf"), self.pk)


def _start_of(day):
    return timezone.make_aware(datetime.combine(day, time.min))


def current_and_last(calls, at):
    """The call to show now (an open one before one to come, the soonest first) and the last closed one, or None."""
    current = [call for call in calls if call.state(at) in ("open", "closing", "upcoming")]
    current.sort(key=lambda call: (not call.open(at), call.end or call.beginning))
    closed = [call for call in calls if call.state(at) == "closed"]
    return next(iter(current), None), next(iter(closed), None)


class Resource(Publishable):
    """Something of OPSI's worth knowing, elsewhere on the web."""

    class Kind(models.TextChoices):
        STUDIES = "studies", _("Studies")
        MATERIALS = "materials", _("Materials")
        OPPORTUNITIES = "opportunities", _("Opportunities")
        CASES = "cases", _("Finnish cases")

    required_for_publication = ("title", "description")
    description_field = "description"
    shown_on = "opsi:opsi"

    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, help_text=_("The heading it stands under."))
    url = models.URLField(_("address"), max_length=300, help_text=_("Where the title leads."))
    target_language = models.CharField(
        _("language of the target"),
        max_length=2,
        choices=TARGET_LANGUAGES,
        default="en",
        help_text=_("Readers are told when it is not their own."),
    )
    order = models.PositiveSmallIntegerField(_("order"), default=0, help_text=_("Smaller numbers come first."))
    title = models.CharField(_("title"), max_length=120, help_text=_("The text of the link."))
    description = models.TextField(
        _("description"), max_length=600, help_text=_("Under the link: what a reader finds there.")
    )

    class Meta:
        verbose_name = _("OPSI resource")
        verbose_name_plural = _("OPSI resources")
        ordering = ["kind", "order", "id"]

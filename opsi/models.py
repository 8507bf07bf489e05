from datetime import datetime, time, timedelta

from django.db.models import F, Q, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from website.publishing import fields
from website.publishing.models import Publishable
from website.publishing.texts import Text

CLOSING = timedelta(days=14)  # before the end: the page then says that the call closes soon


class Call(Publishable):
    """One round of the OECD's Call for Innovations. Its state follows from its dates alone.

    Beginning and end are each known as a moment, as a day in Finland, or not at all.
    """

    #: What a round asks of those who submit. The next round may ask for something else.
    TERMS = ("conditions", "who_may_submit", "submission_languages", "instructions")
    translated = ("name", "theme", *TERMS)
    required_for_publication = ("name",)
    heading_field, description_field = "name", "theme"
    shown_on = "opsi:opsi"

    opens = fields.optional_moment(_("opens at"), _("Only when the time of day is known."))
    opens_on = fields.optional_day(_("opens on"), _("When only the day is known."))
    closes = fields.optional_moment(_("closes at"), _("Only when the time of day is known. Finnish time."))
    closes_on = fields.optional_day(_("closes on"), _("When only the day is known. It ends with that day in Finland."))
    original_deadline = fields.optional_day(_("original deadline"), _("When the call has been extended."))
    url = fields.address(_("address"), _("The OECD’s page about this call."), max_length=300, blank=True)
    name = fields.line(_("name"), _("As the OECD calls this round."))
    theme = fields.line(_("theme"), _("In one sentence, under the name."), 200, blank=True)
    conditions = fields.rich_text(_("conditions"), _("What an innovation had to be in this round."), blank=True)
    who_may_submit = fields.paragraph(_("applicants"), _("In one or two sentences."), blank=True)
    submission_languages = fields.line(
        _("languages of submission"), _("For example: preferably in English."), blank=True
    )
    instructions = fields.rich_text(
        _("instructions"), _("Steps, in the imperative: they stay right when the call has closed."), blank=True
    )

    class Meta:
        verbose_name = _("call for innovations")
        verbose_name_plural = _("calls for innovations")
        ordering = ["-id"]
        constraints = [
            fields.rule(
                "at_a_time_or_on_a_day",
                (Q(opens=None) | Q(opens_on=None)) & (Q(closes=None) | Q(closes_on=None)),
                _("Give the opening and the closing each as a time or as a day, not both."),
            ),
            fields.rule(
                "closes_after_it_opens",
                (Q(opens=None) | Q(closes=None) | Q(closes__gt=F("opens")))
                & (Q(opens_on=None) | Q(closes_on=None) | Q(closes_on__gte=F("opens_on"))),
                _("The call must close after it opens."),
            ),
        ]

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

    def boundaries(self):
        return [m for m in (self.beginning, self.end and self.end - CLOSING, self.end) if m]

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

    kind = fields.choice(_("kind"), _("The heading it stands under."), Kind.choices, 20)
    url = fields.address(_("address"), _("Where the title leads."), max_length=300)
    target_language = fields.target_language(_("language of the target"), default="en")
    order = fields.order()
    original_title = fields.line(
        _("original title"), _("Of a publication, as printed on it: then the text of the link."), 200, blank=True
    )
    title = fields.line(_("title"), _("The text of the link, unless there is an original title."))
    description = fields.paragraph(_("description"), _("Under the link: what a reader finds there."))

    class Meta:
        verbose_name = _("OPSI resource")
        verbose_name_plural = _("OPSI resources")
        ordering = ["kind", "order", "id"]

    @property
    def link_text(self):
        """The original title in its own language, or the title."""
        return Text(self.original_title, self.target_language) if self.original_title else self.title

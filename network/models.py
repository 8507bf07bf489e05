from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from website.correspondence.models import Note, NotShown, Record, Written, digest_of
from website.publishing import fields
from website.publishing.edition import Edition
from website.text import fields as text


def names_of_commitments(edition=None):
    """Dict from the numbers of the commitments, as text, to their names in the active language."""
    commitments = (edition or Edition.load()).things("declaration.Commitment")
    return {str(commitment.number): str(commitment) for commitment in commitments}


class JoinRequest(Written):
    """An official's request to join the network: one row per address, held by the database."""

    class State(models.TextChoices):
        UNCONFIRMED = "unconfirmed", _("unconfirmed")
        WAITING = "waiting", _("waiting for a decision")
        MEMBER = "member", _("member")
        REFUSED = "refused", _("refused")

    class OrganisationType(models.TextChoices):
        AGENCY = "agency", _("Ministry, agency or institution")
        MUNICIPALITY = "municipality", _("Municipality")
        COUNTY = "county", _("Wellbeing services county")
        EDUCATION = "education", _("University, school or research institute")
        OTHER = "other", _("Other")

    ANSWERS = ("name", "email", "organisation", "organisation_type", "language", "title", "interests", "description")
    correction = "network:correct"

    normalised_email = models.CharField(_("normalised address"), max_length=254, unique=True, editable=False)
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.UNCONFIRMED, db_index=True)
    asked_at = models.DateTimeField(_("sent last"), default=timezone.now)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    name = text.LineField(_("name"), max_length=100)
    email = text.EmailField(_("work e-mail"))
    organisation = text.LineField(_("organisation"), max_length=150)
    organisation_type = models.CharField(_("type of organisation"), max_length=20, choices=OrganisationType.choices)
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    title = text.LineField(_("title or role"), max_length=100, blank=True)
    interests = models.JSONField(_("commitments of interest"), default=list, blank=True)
    description = text.ParagraphField(_("innovation work under way"), max_length=1000, blank=True)
    newest = models.JSONField(
        _("newer text, not confirmed yet"),
        null=True,
        blank=True,
        help_text=_("Sent again after the request was confirmed: it counts once it is confirmed as well."),
    )

    class Meta:
        verbose_name = _("request to join")
        verbose_name_plural = _("requests to join")
        ordering = ["-created_at"]
        indexes = [models.Index(Lower("name"), name="joinrequest_by_name")]
        constraints = [
            fields.rule("joinrequest_state_known", Q(state__in=["unconfirmed", "waiting", "member", "refused"]))
        ]

    @classmethod
    @transaction.atomic
    def receive(cls, answers, email, *, suspected):
        """The row of an address, with what was just sent. The same statements for a known address and a new one:
        nobody learns from the time it takes who is in the network."""
        new = cls(normalised_email=email, suspected=suspected, **answers)
        # The database holds the row, new or known, until the transaction ends.
        cls.objects.bulk_create(
            [new], update_conflicts=True, unique_fields=["normalised_email"], update_fields=["asked_at"]
        )
        joinrequest = cls.objects.get(normalised_email=email)
        if joinrequest.state == cls.State.UNCONFIRMED:
            joinrequest._write(answers)
        elif joinrequest.state == cls.State.WAITING:
            joinrequest.newest = answers  # set aside until it is confirmed as well
        joinrequest.save()
        return joinrequest

    @cached_property
    def commitment_names(self):
        """Dict from the numbers of the commitments, as text, to their names for the reader."""
        return names_of_commitments()

    def display_value(self, field):
        if field == "interests":
            return "\n".join(self.commitment_names.get(number, number) for number in self.interests)
        return super().display_value(field)

    def _write(self, answers):
        for field, value in answers.items():
            setattr(self, field, value)

    @property
    def added_by_ministry(self):
        newer = self.to_confirm.summary() if self.newest else []
        label = _("newer text, not confirmed yet")
        return [(_("state"), self.get_state_display()), *((label, text) for _label, text in newer)]

    @property
    def to_confirm(self):
        """The request as it is once the person confirms it."""
        return JoinRequest(**(self.newest or {field: getattr(self, field) for field in self.ANSWERS}))

    @property
    def digest_to_confirm(self):
        return digest_of(self.to_confirm)

    @property
    def confirmed(self):
        return self.state != self.State.UNCONFIRMED and not self.newest

    @property
    def is_membership(self):
        return self.state == self.State.MEMBER

    @property
    def is_waiting(self):
        return self.state == self.State.WAITING

    @property
    def decided(self):
        return self.state in (self.State.MEMBER, self.State.REFUSED)

    # --- The steps: each has one rule, takes the row for itself, and writes down who and when -----------------------
    def confirm(self, shown_digest):
        """The person pressed the button. True for the first time alone; pressing again changes nothing.

        `shown_digest` is the digest of what they read; NotShown where another text has come since.
        """
        with self.locked():
            if not self.confirmed and shown_digest != self.digest_to_confirm:
                raise NotShown
            first = self.state == self.State.UNCONFIRMED
            if first:
                self.step(gettext_noop("confirmed"))
                self.state, self.suspected = self.State.WAITING, False
                self.confirmed_at = timezone.now()
            elif self.newest:
                self.step(gettext_noop("newer text confirmed"))
                self._write(self.newest)
            self.newest = None
        return first

    def accept(self, by):
        self._decide(gettext_noop("accepted"), by, [self.State.WAITING], self.State.MEMBER)

    def refuse(self, by):
        """For spam alone: the network is open to everybody."""
        self._decide(gettext_noop("refused"), by, [self.State.UNCONFIRMED, self.State.WAITING], self.State.REFUSED)

    def reconsider(self, by):
        """A refusal that was a mistake."""
        self._decide(gettext_noop("reconsidered"), by, [self.State.REFUSED], self.State.WAITING)

    def _decide(self, step, by, from_states, to_state):
        with self.locked():
            self.step(step, by, allowed=self.state in from_states)
            self.state = to_state
            self.decided_at = timezone.now() if self.decided else None

    def correct(self, answers, shown_digest):
        """The person's own correction, at once and in any state; NotShown as above."""
        with self.locked():
            if shown_digest != digest_of(self):
                raise NotShown
            self.step(gettext_noop("corrected by the person"))
            self._write(answers)


class RequestNote(Note):
    about = models.ForeignKey(JoinRequest, on_delete=models.CASCADE, related_name="notes")

    class Meta(Note.Meta):
        verbose_name = _("note on a request")
        verbose_name_plural = _("notes on requests")


class Export(Record):
    """The members' list was taken out of the site: by whom, when, why, and how many were on it."""

    at = models.DateTimeField(_("when"), auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by"))
    why = text.LineField(_("what for"), max_length=200)
    members = models.PositiveIntegerField(_("members"))

    class Meta:
        verbose_name = _("export of members")
        verbose_name_plural = _("exports of members")
        ordering = ["-at"]

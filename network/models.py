from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from website.correspondence.models import ChangedSinceShown, Note, Record, Submission, digest_of
from website.publishing.edition import Edition
from website.text import fields as text


def names_of_commitments(edition=None):
    """Dict from the numbers of the commitments, as text, to their names in the active language."""
    commitments = (edition or Edition.load()).things("declaration.Commitment")
    return {str(commitment.number): str(commitment) for commitment in commitments}


class JoinRequest(Submission):
    """An official's request to join the network. The database allows one row for each e-mail address."""

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
    language = models.CharField(_("language of our messages"), max_length=2, choices=settings.LANGUAGES)
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
            models.CheckConstraint(
                condition=Q(state__in=["unconfirmed", "waiting", "member", "refused"]), name="joinrequest_state_known"
            )
        ]

    @classmethod
    @transaction.atomic
    def receive(cls, answers, email, *, suspected):
        """Creates or updates the request of an e-mail address, and returns it.

        The same statements run for a known address and a new one, so that the time they take does not tell which
        addresses are known. An unconfirmed request is overwritten; one that waits for a decision gets the new text in
        `newest`, until that is confirmed as well; a decided one stays as it is.
        """
        new = cls(normalised_email=email, suspected=suspected, **answers)
        # An upsert: it locks the row, whether new or known, until the transaction ends.
        cls.objects.bulk_create(
            [new], update_conflicts=True, unique_fields=["normalised_email"], update_fields=["asked_at"]
        )
        joinrequest = cls.objects.get(normalised_email=email)
        if joinrequest.state == cls.State.UNCONFIRMED:
            joinrequest._write(answers)
        elif joinrequest.state == cls.State.WAITING:
            joinrequest.newest = answers
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
        newer = self.as_awaiting_confirmation.summary() if self.newest else []
        label = _("newer text, not confirmed yet")
        return [(_("state"), self.get_state_display()), *((label, text) for _label, text in newer)]

    @property
    def as_awaiting_confirmation(self):
        """An unsaved request with the texts that the person is asked to confirm."""
        return JoinRequest(**(self.newest or {field: getattr(self, field) for field in self.ANSWERS}))

    @property
    def digest_to_confirm(self):
        return digest_of(self.as_awaiting_confirmation)

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
    def address_confirmed(self):
        return self.confirmed_at is not None

    @property
    def decided(self):
        return self.state in (self.State.MEMBER, self.State.REFUSED)

    # --- Steps: each locks the row, checks that it is allowed, and records who took it and when -----------------------
    def confirm(self, shown_digest):
        """The person confirms the request. Returns True the first time; confirming again changes nothing.

        `shown_digest` is the digest of what they read; raises ChangedSinceShown if the text has changed since.
        """
        with self.locked():
            if not self.confirmed and shown_digest != self.digest_to_confirm:
                raise ChangedSinceShown
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

    def ask(self, by, text):
        """A question was mailed, and the request goes on waiting. The question is kept as a note."""
        with self.locked():
            self.step(gettext_noop("asked for more"), by, allowed=self.is_waiting)
            self.notes.create(text=text, by=by)

    def refuse(self, by):
        """Refuses spam; everybody else may join."""
        self._decide(gettext_noop("refused"), by, [self.State.UNCONFIRMED, self.State.WAITING], self.State.REFUSED)

    def reconsider(self, by):
        """Takes back a refusal."""
        self._decide(gettext_noop("reconsidered"), by, [self.State.REFUSED], self.State.WAITING)

    def _decide(self, step, by, from_states, to_state):
        with self.locked():
            self.step(step, by, allowed=self.state in from_states)
            self.state = to_state
            self.decided_at = timezone.now() if self.decided else None

    def correct(self, answers, shown_digest):
        """Stores the person's own correction, in any state. Raises ChangedSinceShown if the text has changed since."""
        with self.locked():
            if shown_digest != digest_of(self):
                raise ChangedSinceShown
            self.step(gettext_noop("corrected by the person"))
            self._write(answers)


class RequestNote(Note):
    about = models.ForeignKey(JoinRequest, on_delete=models.CASCADE, related_name="notes")

    class Meta(Note.Meta):
        verbose_name = _("note on a request")
        verbose_name_plural = _("notes on requests")


class Export(Record):
    """A record that somebody exported the list of members: who, when, why, and how many members it had."""

    at = models.DateTimeField(_("when"), auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by"))
    why = text.LineField(_("what for"), max_length=200)
    members = models.PositiveIntegerField(_("members"))

    class Meta:
        verbose_name = _("export of members")
        verbose_name_plural = _("exports of members")
        ordering = ["-at"]

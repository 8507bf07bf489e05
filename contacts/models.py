import hashlib
import json
from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from website.correspondence.models import Note, Submission
from website.publishing.models import Publishable
from website.text import fields as text
from website.text.fields import ContentLineField


class Contact(Publishable):
    """A contact card: of a person or, without a name, of a mailbox."""

    translated = ("title", "unit", "department", "organisation")
    required_for_publication = ("title", "organisation")
    description_field = "organisation"
    may_stay_finnish = ("unit",)
    shown_on = "contacts:contacts"

    name = ContentLineField(_("name"), max_length=120, blank=True, help_text=_("A person’s name; empty for a mailbox."))
    phone = text.PhoneField(
        _("phone"), max_length=30, blank=True, help_text=_("In international form, for example +358 295 530 000.")
    )
    email = text.EmailField(_("e-mail"), blank=True, help_text=_("A mailbox is shown once it has an address."))
    order = models.PositiveSmallIntegerField(_("order"), default=0, help_text=_("Smaller numbers come first."))
    title = ContentLineField(
        _("title or task"), max_length=120, help_text=_("A person’s title, or what the mailbox is for.")
    )
    unit = ContentLineField(
        _("unit"), max_length=120, blank=True, help_text=_("Where there is no official name, the Finnish one is shown.")
    )
    department = ContentLineField(
        _("department"), max_length=120, blank=True, help_text=_("On the card, under the unit.")
    )
    organisation = ContentLineField(_("organisation"), max_length=120, help_text=_("On the card, last."))

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["order", "id"]

    def __str__(self):
        return self.name or self.heading

    def get_file_url(self):
        return reverse("contacts:card", args=[self.pk])

    def shown_at(self, at):
        return bool(self.name or self.email or self.phone)


class Message(Submission):
    """Feedback from anybody. What concerns accessibility has to be answered in 14 days (Act 306/2019)."""

    class Kind(models.TextChoices):
        ACCESSIBILITY = "accessibility", _("Accessibility: something stops me from using the site")
        CONTENT = "content", _("Content: something is wrong or missing")
        OTHER = "other", _("Something else")

    ANSWERED_WITHIN = timedelta(days=14)  # set by the law
    ANSWERS = ("kind", "page", "message", "name", "email")
    INTERNAL = (*Submission.INTERNAL, "digest")

    normalised_email = models.CharField(
        _("normalised address"), max_length=254, blank=True, editable=False, db_index=True
    )
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    kind = models.CharField(_("what it is about"), max_length=20, choices=Kind.choices)
    page = text.LineField(_("page"), max_length=200, blank=True)
    message = text.ParagraphField(_("message"), max_length=4000)
    name = text.LineField(_("name"), max_length=100, blank=True)
    email = text.EmailField(_("e-mail"), blank=True)
    answer = text.ParagraphField(_("answer"), blank=True, editable=False)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True, editable=False, db_index=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)

    class Meta:
        verbose_name = _("feedback message")
        verbose_name_plural = _("feedback")
        ordering = ["-created_at"]

    @classmethod
    @transaction.atomic
    def receive(cls, answers, email, *, language, suspected):
        """Stores a message, and returns it and whether it is new.

        The same text with the same e-mail address within 24 hours is not stored again.
        """
        content = json.dumps([answers[field] for field in cls.ANSWERS] + [language], sort_keys=True)
        digest = hashlib.sha256(content.encode()).hexdigest()
        # The digest is unique: an older message gets its primary key instead.
        earlier = cls.objects.filter(digest=digest, created_at__lte=timezone.now() - timedelta(days=1))
        earlier.update(digest=Cast("pk", models.CharField()))
        others = {"normalised_email": email, "language": language, "suspected": suspected}
        return cls.objects.get_or_create(digest=digest, defaults=answers | others)

    @property
    def is_waiting(self):
        return bool(self.normalised_email) and not self.answered_at

    @property
    def added_by_ministry(self):
        return [(_("answer"), self.answer)] if self.answer else []

    @property
    def answer_due(self):
        """The last day for the answer; a day may have 23 or 25 hours."""
        return timezone.localdate(self.created_at) + self.ANSWERED_WITHIN

    @property
    def days_left(self):
        """Whole days until it has to be answered, negative when it is overdue, None when it is answered."""
        return None if self.answered_at else (self.answer_due - timezone.localdate()).days

    def be_answered(self, by, answer=""):
        """Marks it as answered; `answer` is the text that was mailed, if any."""
        what = gettext_noop("answered by mail") if answer else gettext_noop("marked as answered")
        with self.locked():
            self.step(what, by, allowed=not self.answered_at)
            self.answer, self.answered_at, self.suspected = answer, timezone.now(), False

    def be_trusted(self, by):
        """Removes the mark of suspicion, after somebody has read the message."""
        with self.locked():
            self.step(gettext_noop("mark of suspicion removed"), by, allowed=self.suspected)
            self.suspected = False


class MessageNote(Note):
    about = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="notes")

    class Meta(Note.Meta):
        verbose_name = _("note on feedback")
        verbose_name_plural = _("notes on feedback")

import contextlib
import hashlib
import json
import secrets
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from website.correspondence import erasures
from website.mail.models import Mail
from website.text.fields import ParagraphField

#: The reason of an erasure when the retention period of a row has passed.
PURGED = "purged"


class IllegalStep(Exception):
    """A step cannot be taken with a row in its present state, or the row has been erased."""


class ChangedSinceShown(Exception):
    """A person confirms, corrects or erases a text that has changed since the page showed it to them."""


class Record(models.Model):
    """Base of the models with personal data: __str__ holds none of it, since the admin writes it to its log."""

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"


class Submission(Record):
    """Base of the models of what people wrote to the ministry, which staff cannot edit: they add notes and decide.

    Each subclass has its own subclass of Note, with the related name “notes”. It has the field `normalised_email`.
    """

    #: The names of the fields that the person filled in, which form and model share.
    ANSWERS: tuple[str, ...] = ()
    #: The names of fields that mean nothing to the person: left out of the download.
    INTERNAL: tuple[str, ...] = ("id", "normalised_email")

    notes: Any  # the related manager of the subclass's notes
    normalised_email: Any

    suspected = models.BooleanField(_("suspected"), default=False, help_text=_("It may be from a program."))
    created_at = models.DateTimeField(_("sent"), auto_now_add=True, db_index=True)
    steps = models.JSONField(_("what was done"), default=list, editable=False)

    class Meta:
        abstract = True

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Context manager: locks the row in the database and reads it again, and saves it at the end.

        Raises IllegalStep if the row has been erased.
        """
        with transaction.atomic():
            try:
                self.refresh_from_db(from_queryset=type(self)._default_manager.select_for_update())
            except type(self).DoesNotExist:
                raise IllegalStep(f"{self} has been erased") from None
            yield
            self.save()

    def step(self, what: str, by: AbstractBaseUser | None = None, *, allowed: bool = True) -> None:
        """Adds to `steps` what was done, when and by which user; None for the person who wrote.

        Raises IllegalStep unless `allowed`. Saves nothing.
        """
        if not allowed:
            raise IllegalStep(f"{self}: {what}")
        done = {"what": what, "at": timezone.now().isoformat(), "by": by.get_username() if by else ""}
        self.steps = [*self.steps, done]

    def display_value(self, field: str) -> Any:
        """The value of one field for people to read: of a choice its label."""
        get_display = getattr(self, f"get_{field}_display", None)
        return get_display() if get_display else getattr(self, field)

    #: Whether erasing the row means that the person leaves the network.
    is_membership = False
    #: Whether the person still waits for an answer of the ministry.
    is_waiting = False
    #: Whether the person has shown that the e-mail address is theirs. Otherwise a stranger may have typed the name.
    address_confirmed = False

    #: The URL name of the page where the person corrects it, whose argument is the token; empty if there is none.
    correction = ""

    @property
    def kind_of_data(self) -> Any:
        return self._meta.verbose_name

    @property
    def added_by_ministry(self) -> list[tuple[Any, Any]]:
        """What the ministry has added (state, answer), as pairs of a label and a text for the person to read."""
        return []

    @property
    def steps_taken(self) -> list[dict[str, Any]]:
        """The steps, with their moments as datetime."""
        return [step | {"at": datetime.fromisoformat(step["at"])} for step in self.steps]

    def summary(self) -> list[tuple[Any, Any]]:
        """What the person wrote, as pairs of a label and a text, without empty fields."""
        pairs = []
        for name in self.ANSWERS:
            field: Any = self._meta.get_field(name)
            text = self.display_value(name)
            if text:
                pairs.append((field.verbose_name, text))
        return pairs

    def everything(self) -> dict[str, Any]:
        """All that is held, by field, for the person to download: without the names of the ministry's staff."""
        values = {f.name: getattr(self, f.name) for f in self._meta.fields if f.name not in self.INTERNAL}
        steps = [{"what": step["what"], "at": step["at"]} for step in self.steps]
        return values | {"steps": steps, "notes": [{"text": note.text, "at": note.at} for note in self.notes.all()]}

    @transaction.atomic
    def erase(self, why: str) -> None:
        """Deletes the row, and its person's links and mails if nothing else is held about them.

        What remains: a count by month and reason, and the record of erasures by which it is erased from a restored
        backup again.
        """
        if why != PURGED:  # a restore runs the purge as well, so it needs no record
            erasures.record(self)
            transaction.on_commit(erasures.write_on_this_host, robust=True)
        # Read first: links and mails of another message that arrives meanwhile must stay.
        links = list(Link.objects.filter(normalised_email=self.normalised_email).values_list("pk", flat=True))
        mails = list(Mail.objects.to(self.normalised_email).values_list("pk", flat=True))
        deleted, _by_model = self.delete()
        if not deleted:
            return  # another request has erased and counted it just now
        MonthCount.add(f"{self._meta.label_lower} {why}")
        if not submissions_from(self.normalised_email):
            Link.objects.filter(pk__in=links).delete()
            Mail.objects.filter(pk__in=mails).delete()


def digest_of(*rows: Submission) -> str:
    """A hash of the texts of some rows. A form carries the hash of what it shows, so that a later change is noticed."""
    texts = [[row.pk, row.summary()] for row in rows]
    return hashlib.sha256(json.dumps(texts, default=str).encode()).hexdigest()


def state_shown(rows: list[Any]) -> str:
    """A hash of what staff see of some rows: texts, steps, notes. A form carries it; a later change is noticed."""
    seen = [
        [row.pk, [getattr(row, name) for name in row.ANSWERS], row.steps, [note.pk for note in row.notes.all()]]
        for row in rows
    ]
    return hashlib.sha256(json.dumps(seen, default=str).encode()).hexdigest()


class Note(Record):
    """Base of the notes of colleagues on what a person wrote. Notes are added, never changed.

    A subclass has the foreign key `about`, which cascades: erasing the row erases its notes.
    """

    text = ParagraphField(
        _("note"),
        max_length=2000,
        help_text=_("For colleagues. The person may read it too: it is part of what is held about them."),
    )
    at = models.DateTimeField(_("when"), auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by"))

    class Meta:
        abstract = True
        ordering = ["at", "pk"]


def submissions_from(email: str, *, lock: bool = False) -> list[Submission]:
    """Everything that was written with a normalised e-mail address, of every kind; nothing for an empty one.

    With `lock`, which needs a transaction, the rows cannot change until it ends.
    """
    rows: list[Submission] = []
    if email:
        for model in Submission.__subclasses__():
            manager: Any = model._default_manager
            queryset = manager.select_for_update() if lock else manager
            rows += queryset.filter(normalised_email=email).order_by("created_at")
    return rows


class Link(Record):
    """A link that was mailed to an address. The database holds only the SHA-256 of its token."""

    normalised_email = models.CharField(max_length=254)
    digest = models.CharField(max_length=64, unique=True)
    mailed_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        indexes = [models.Index(fields=["normalised_email", "mailed_at"])]

    @classmethod
    def make(cls, email: str) -> str:
        """Stores a new link and returns its token, which only the mail holds."""
        token = secrets.token_urlsafe(32)  # 256 bits
        cls.objects.create(normalised_email=email, digest=cls.digest_of(token))
        return token

    @staticmethod
    def digest_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()

    @classmethod
    def find(cls, token: str, days: int | None = None) -> "Link | None":
        """The link of a token, or None if it is unknown or older than `days` (settings.KEEP_DAYS["links"])."""
        oldest = timezone.now() - timedelta(days=days or settings.KEEP_DAYS["links"])
        return cls.objects.filter(digest=cls.digest_of(token), mailed_at__gt=oldest).first()


class Tally(Record):
    """How many submissions of a kind came from one network in one hour.

    hourly_limits.py counts here. `name` is an HMAC of the network under a random key that is deleted after a day, so
    that no IP address can be found.
    """

    ORDINARY, SUSPECTED = "ordinary", "marked"

    day = models.DateField()
    hour = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=64)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "hour", "name"], name="one_tally_an_hour")]

    @classmethod
    def increment(cls, name: str) -> int:
        """Counts one more under a name. Returns how many came this hour. The row stays locked in the transaction."""
        moment = timezone.localtime()
        return _increment(cls, day=moment.date(), hour=moment.hour, name=name)


def _increment(model: Any, **key: Any) -> int:
    """Adds one to `count` of the row with these values, which is created if missing. Returns the new count."""
    row, _created = model.objects.get_or_create(**key)
    model.objects.filter(pk=row.pk).update(count=F("count") + 1)
    return model.objects.values_list("count", flat=True).get(pk=row.pk)


class DailyKey(Record):
    """The random key of a day, under which Tally counts networks."""

    day = models.DateField(primary_key=True)
    key = models.BinaryField()

    @classmethod
    def of(cls, day: date) -> bytes:
        """The key of a day. The first call of a day makes it, and deletes older keys and tallies."""
        daily, created = cls.objects.get_or_create(day=day, defaults={"key": secrets.token_bytes(32)})
        if created:
            for model in (Tally, cls):
                model.objects.filter(day__lt=day).delete()
        return bytes(daily.key)


class MonthCount(Record):
    """How many rows of a kind were erased for one reason in one month: all that remains of them."""

    month = models.DateField()
    what = models.CharField(max_length=80)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["month", "what"], name="one_count_per_month")]

    @classmethod
    def add(cls, what: str) -> None:
        _increment(cls, month=timezone.localdate().replace(day=1), what=what)


class Purge(Record):
    """One run of the purge: when, and how many rows of each kind it deleted."""

    finished_at = models.DateTimeField(_("finished"), auto_now_add=True)
    counts = models.JSONField(_("deleted"))

    class Meta:
        verbose_name = _("purge of personal data")
        verbose_name_plural = _("purges of personal data")
        ordering = ["-finished_at"]

    @classmethod
    def overdue(cls, hours: int = 24) -> bool:
        """Whether the last purge was finished more than so many hours ago."""
        return not cls.objects.filter(finished_at__gt=timezone.now() - timedelta(hours=hours)).exists()

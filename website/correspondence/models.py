import contextlib
import hashlib
import hmac
import json
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from website.correspondence import erasures
from website.http.client_ip import network
from website.mail.models import Mail
from website.text.fields import ParagraphField

#: Why a row was erased that had been kept as long as the privacy notice says.
PURGED = "purged"


class IllegalStep(Exception):
    """A request or a message cannot go from where it is to where it was sent."""


class NotShown(Exception):
    """A person acts on words that are no longer those that the page has shown them."""


class Record(models.Model):
    """A row named by a reference, never by what it holds: its name ends in logs of the admin."""

    class Meta:
        abstract = True

    def __str__(self):
        return f"{self._meta.verbose_name} {self.pk}"


class Written(Record):
    """What a person wrote to the ministry. Nobody edits another's words; the ministry adds notes and decides.

    A subclass has a table of notes of its own, with the related name "notes".
    """

    #: What the person wrote; the form and the row have the same fields.
    ANSWERS = ()
    #: Of no meaning to the person: left out of what they see and download.
    INTERNAL = ("id", "normalised_email")

    suspected = models.BooleanField(_("suspected"), default=False, help_text=_("It may be from a program."))
    created_at = models.DateTimeField(_("sent"), auto_now_add=True, db_index=True)
    steps = models.JSONField(_("what was done"), default=list, editable=False)

    class Meta:
        abstract = True

    @contextlib.contextmanager
    def locked(self):
        """The row as it is now, held for a step to be taken with it, and saved when that is done."""
        with transaction.atomic():
            try:
                self.refresh_from_db(from_queryset=type(self).objects.select_for_update())
            except self.DoesNotExist:
                raise IllegalStep(f"{self} has been erased") from None
            yield
            self.save()

    def step(self, what, by=None, *, allowed=True):
        """Writes down what was done, when, and by whom; nobody's name where the person did it."""
        if not allowed:
            raise IllegalStep(f"{self}: {what}")
        done = {"what": what, "at": timezone.now().isoformat(), "by": by.get_username() if by else ""}
        self.steps = [*self.steps, done]

    def display_value(self, field):
        """The text of one field for people to read."""
        return getattr(self, f"get_{field}_display", lambda: getattr(self, field))()

    #: Whether the person leaves the network when this is erased.
    is_membership = False
    #: Whether the person still waits for an answer of ours to it.
    is_waiting = False

    #: Name of the address where the person corrects it, given a link's token.
    correction = ""

    @property
    def kind_of_data(self):
        return self._meta.verbose_name

    @property
    def added_by_ministry(self):
        """What the ministry adds to it, as pairs of a label and the text, for the person to read."""
        return []

    @property
    def steps_taken(self):
        return [step | {"at": datetime.fromisoformat(step["at"])} for step in self.steps]

    def summary(self):
        """What was written, as pairs of a label and the text."""
        pairs = ((self._meta.get_field(field).verbose_name, self.display_value(field)) for field in self.ANSWERS)
        return [(label, text) for label, text in pairs if text]

    def everything(self):
        """All that is held, by field: for the person to download. Who in the ministry acted is not theirs to know."""
        values = {f.name: getattr(self, f.name) for f in self._meta.fields if f.name not in self.INTERNAL}
        steps = [{"what": step["what"], "at": step["at"]} for step in self.steps]
        return values | {"steps": steps, "notes": [{"text": note.text, "at": note.at} for note in self.notes.all()]}

    @transaction.atomic
    def erase(self, why):
        """Gone for good, with its links and mails; a number by month remains, and what a restored backup needs."""
        if why != PURGED:  # a restore purges by itself
            erasures.record(self)
            transaction.on_commit(erasures.write_on_this_host, robust=True)
        # Read before it is asked what else is held: what comes with another message meanwhile is left alone.
        links = list(Link.objects.filter(normalised_email=self.normalised_email).values_list("pk", flat=True))
        mails = list(Mail.objects.to(self.normalised_email).values_list("pk", flat=True))
        deleted, _by_model = self.delete()
        if not deleted:
            return  # somebody else has erased it in this moment, and counted it
        MonthCount.add(f"{self._meta.label_lower} {why}")
        if not held_about(self.normalised_email):
            Link.objects.filter(pk__in=links).delete()
            Mail.objects.filter(pk__in=mails).delete()


def digest_of(*rows):
    """One digest of the words of some rows. A form carries that of the words it shows, and acts on no others."""
    words = [[row.pk, row.summary()] for row in rows]
    return hashlib.sha256(json.dumps(words, default=str).encode()).hexdigest()


class Note(Record):
    """What a colleague noted about something that was written: added, never changed, gone with what it is about.

    A subclass says `about` what, by a foreign key that cascades: so the database itself erases both.
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


def held_about(email):
    """Everything that was written from an address, of every kind."""
    kinds = Written.__subclasses__() if email else ()  # what came without one is nobody's
    return [row for kind in kinds for row in kind.objects.filter(normalised_email=email).order_by("created_at")]


class Link(Record):
    """A link mailed to an address. The database holds its hash alone; whoever can read the mail may follow it."""

    normalised_email = models.CharField(max_length=254)
    digest = models.CharField(max_length=64, unique=True)
    mailed_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        indexes = [models.Index(fields=["normalised_email", "mailed_at"])]

    @classmethod
    def make(cls, email):
        """A new link: its token, which is stored nowhere but in the mail."""
        token = secrets.token_urlsafe(32)  # 256 bits
        cls.objects.create(normalised_email=email, digest=cls.digest_of(token))
        return token

    @staticmethod
    def digest_of(token):
        return hashlib.sha256(token.encode()).hexdigest()

    @classmethod
    def find(cls, token, days=None):
        """The link of a token, or None when it is unknown or too old."""
        oldest = timezone.now() - timedelta(days=days or settings.KEEP_DAYS["links"])
        return cls.objects.filter(digest=cls.digest_of(token), mailed_at__gt=oldest).first()


class Tally(Record):
    """How many submissions came in an hour from one network prefix, under a name that nobody can undo.

    The name is an HMAC under a random key that lives for a day; when the key is gone, so is the address.
    """

    ORDINARY, MARKED = "ordinary", "marked"

    day = models.DateField()
    hour = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=64)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "hour", "name"], name="one_tally_an_hour")]

    @classmethod
    def admit(cls, visitor, trapped):
        """Counts a submission. Returns whether it is taken, and whether it is marked.

        Marked is what falls into the trap, and what comes from one network beyond its part of this hour. Marked ones
        have a ceiling of their own, so that they take no room from others; one network has a part of that too. The
        site's row stays locked until the transaction ends, so submissions of a kind pass one after another.
        """
        ceiling = settings.REQUESTS_PER_SITE_PER_HOUR
        part = min(settings.REQUESTS_PER_PREFIX_PER_HOUR, (ceiling + 1) // 2)
        if not trapped and cls._from_network(visitor, cls.ORDINARY) <= part:
            return cls._one_more(cls.ORDINARY) <= ceiling, False
        taken = cls._from_network(visitor, cls.MARKED) <= ceiling // 4 and cls._one_more(cls.MARKED) <= ceiling
        return taken, True

    @classmethod
    def _from_network(cls, visitor, kind):
        """One more of a kind from the visitor's network: how many came this hour."""
        counted = f"{kind} {network(visitor, 24)}".encode()
        return cls._one_more(hmac.new(DailyKey.of(timezone.localdate()), counted, hashlib.sha256).hexdigest())

    @classmethod
    def _one_more(cls, name):
        moment = timezone.localtime()
        return _one_more(cls, day=moment.date(), hour=moment.hour, name=name)


def _one_more(model, **key):
    """Adds one to the count of a row, made where it is missing, and returns the count."""
    row, _created = model.objects.get_or_create(**key)
    model.objects.filter(pk=row.pk).update(count=F("count") + 1)
    return model.objects.values_list("count", flat=True).get(pk=row.pk)


class DailyKey(Record):
    day = models.DateField(primary_key=True)
    key = models.BinaryField()

    @classmethod
    def of(cls, day):
        daily, created = cls.objects.get_or_create(day=day, defaults={"key": secrets.token_bytes(32)})
        if created:
            for model in (Tally, cls):
                model.objects.filter(day__lt=day).delete()
        return bytes(daily.key)


class MonthCount(Record):
    """All that remains of what was erased: how many, of which kind and why, in which month."""

    month = models.DateField()
    what = models.CharField(max_length=80)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["month", "what"], name="one_count_per_month")]

    @classmethod
    def add(cls, what):
        _one_more(cls, month=timezone.localdate().replace(day=1), what=what)


class Purge(Record):
    """One run of the purge: when, and how many rows of each kind it deleted."""

    finished_at = models.DateTimeField(_("finished"), auto_now_add=True)
    counts = models.JSONField(_("deleted"))

    class Meta:
        verbose_name = _("purge of personal data")
        verbose_name_plural = _("purges of personal data")
        ordering = ["-finished_at"]

    @classmethod
    def overdue(cls, hours=24):
        return not cls.objects.filter(finished_at__gt=timezone.now() - timedelta(hours=hours)).exists()

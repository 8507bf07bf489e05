import hashlib
import hmac
import ipaddress
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class JoinRequest(models.Model):
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

    #: What a person writes; the form, the row and the newest text still to be confirmed have the same fields.
    ANSWERS = (
        "name",
        "email",
        "organisation",
        "organisation_type",
        "language",
        "title",
        "interests",
        "description",
    )

    address = models.CharField(_("normalised address"), max_length=254, unique=True, editable=False)
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.UNCONFIRMED)
    suspected = models.BooleanField(_("suspected"), default=False, help_text=_("Confirming by mail clears the mark."))
    created_at = models.DateTimeField(_("sent"), auto_now_add=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    name = models.CharField(_("name"), max_length=100)
    email = models.EmailField(_("work e-mail"))
    organisation = models.CharField(_("organisation"), max_length=150)
    organisation_type = models.CharField(_("type of organisation"), max_length=20, choices=OrganisationType.choices)
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    title = models.CharField(_("title or role"), max_length=100, blank=True)
    interests = models.JSONField(_("commitments of interest"), default=list, blank=True)
    description = models.TextField(_("innovation work under way"), max_length=1000, blank=True)
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

    def __str__(self):
        # A reference, never a name: this text ends in logs of the admin.
        return f"{self._meta.verbose_name} {self.pk}"

    def take(self, answers):
        """Keeps the newest text: at once while nothing is confirmed, else aside until it is confirmed."""
        if self.state == self.State.UNCONFIRMED:
            self._write(answers)
        elif self.state == self.State.WAITING:
            self.newest = answers

    def _write(self, answers):
        for field in self.ANSWERS:
            setattr(self, field, answers[field])

    def summary(self):
        """The newest text as pairs of a label and what was written, for the person to read again."""
        newest = JoinRequest(**(self.newest or {field: getattr(self, field) for field in self.ANSWERS}))
        shown = {
            field: getattr(newest, f"get_{field}_display", lambda f=field: getattr(newest, f))()
            for field in self.ANSWERS
        }
        shown["interests"] = ", ".join(newest.interests)
        return [(self._meta.get_field(field).verbose_name, text) for field, text in shown.items() if text]

    @property
    def confirmed(self):
        return self.state != self.State.UNCONFIRMED and not self.newest

    def _confirm(self):
        if self.newest:
            self._write(self.newest)
            self.newest = None
        self.suspected = False
        if self.state == self.State.UNCONFIRMED:
            self.state = self.State.WAITING
            self.confirmed_at = timezone.now()
        self.save()


class Link(models.Model):
    """A link mailed to the person. The database holds its hash alone."""

    request = models.ForeignKey(JoinRequest, on_delete=models.CASCADE, related_name="links")
    digest = models.CharField(max_length=64, unique=True)
    mailed_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return f"{self._meta.model_name} {self.pk}"

    @classmethod
    def make(cls, request):
        """A new link for the request: its token, which is stored nowhere but in the mail."""
        token = secrets.token_urlsafe(32)  # 256 bits
        cls.objects.create(request=request, digest=cls.digest_of(token))
        return token

    @staticmethod
    def digest_of(token):
        return hashlib.sha256(token.encode()).hexdigest()

    @transaction.atomic
    def confirm(self):
        """What the button behind the link does. Pressing it again changes nothing."""
        self.request = JoinRequest.objects.select_for_update().get(pk=self.request_id)
        self.request._confirm()

    @classmethod
    def find(cls, token):
        """The link of a token, or None when it is unknown or older than CONFIRMATION_DAYS."""
        oldest = timezone.now() - timedelta(days=settings.CONFIRMATION_DAYS)
        found = cls.objects.filter(digest=cls.digest_of(token), mailed_at__gt=oldest)
        return found.select_related("request").first()


class Tally(models.Model):
    """How many requests came in an hour from one network prefix, under a name that nobody can undo.

    The name is an HMAC under a random key that lives for a day; when the key is gone, so is the address.
    """

    SITE = "site"

    day = models.DateField()
    hour = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=64)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "hour", "name"], name="one_tally_per_hour")]

    def __str__(self):
        return f"{self.day} {self.hour}"

    @classmethod
    def add(cls, address):
        """Counts one more, and returns how many came this hour: from the address's prefix, from everywhere."""
        moment = timezone.localtime()
        day, hour = moment.date(), moment.hour
        name = hmac.new(DailyKey.of(day), _prefix(address).encode(), hashlib.sha256).hexdigest()
        counts = []
        for counted in (name, cls.SITE):
            tally, _created = cls.objects.get_or_create(day=day, hour=hour, name=counted)
            cls.objects.filter(pk=tally.pk).update(count=F("count") + 1)
            counts.append(cls.objects.filter(pk=tally.pk).aggregate(count=Sum("count"))["count"])
        return counts

    @classmethod
    def forget(cls, today):
        cls.objects.filter(day__lt=today).delete()
        DailyKey.objects.filter(day__lt=today).delete()


class DailyKey(models.Model):
    day = models.DateField(primary_key=True)
    key = models.BinaryField()

    def __str__(self):
        return str(self.day)

    @classmethod
    def of(cls, day):
        daily, created = cls.objects.get_or_create(day=day, defaults={"key": secrets.token_bytes(32)})
        if created:
            Tally.forget(day)
        return bytes(daily.key)


def _prefix(address):
    """The network of an address: 256 neighbours in IPv4, one site in IPv6."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 64), strict=False))


@transaction.atomic
def receive(answers, address, *, suspected):
    """Stores a request under its normalised address and says which token to mail, or None.

    All answers lead to the same work and the same page: nobody learns who is in the network.
    """
    request, created = JoinRequest.objects.get_or_create(
        address=address,
        defaults={field: answers[field] for field in JoinRequest.ANSWERS} | {"suspected": suspected},
    )
    request = JoinRequest.objects.select_for_update().get(pk=request.pk)
    if not created:
        request.take(answers)
    request.save()
    day_ago = timezone.now() - timedelta(days=1)
    if request.links.filter(mailed_at__gt=day_ago).count() >= settings.MAILS_PER_ADDRESS_PER_DAY:
        return request, None
    return request, Link.make(request)

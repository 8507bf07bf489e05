import uuid
from functools import cached_property
from itertools import product
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from website.publishing.texts import LANGUAGES, fingerprint
from website.publishing.translated import Translated
from website.publishing.versions import thing_from
from website.text.cleaning import is_empty_to_the_eye
from website.text.fields import ParagraphField


class State(models.TextChoices):
    """Of a draft, against what the public reads."""

    NEW = "new", _("not published yet")
    WITHDRAWN = "withdrawn", _("withdrawn")
    PUBLIC = "public", _("public")
    CHANGED = "changed", _("unpublished changes")
    UNSEEN = "unseen", _("published, but not shown now")


class TranslationState(models.TextChoices):
    """Of a translation, against the Finnish text as it is now; the worst first."""

    MISSING = "missing", _("missing")
    OUTDATED = "outdated", _("outdated")
    CURRENT = "current", _("current")


class Publishable(Translated, models.Model):
    """One row that editors draft and the public reads: its primary key is its identity for good.

    The row is the draft. Public code never meets it: it gets what `Edition` rebuilt from a published version.
    """

    #: Texts without which it cannot be published in the national languages, nor be live in English.
    required_for_publication = ("title",)
    #: Other fields that readers would miss: publishing goes on without them, with advice.
    expected_for_publication: tuple[str, ...] = ()
    heading_field = "title"
    description_field = "lead"
    #: Neither withdrawn nor deleted: the site leans on it.
    permanent = False
    #: The publication that made this version public; set by the edition, absent on drafts.
    publication = None
    #: Texts that may well stay in Finnish: no translator is asked for them, and nothing stops without them.
    may_stay_finnish = ()
    #: What a preview can be asked for: the names of `change_moments()`, and "" for now, or when it is first shown.
    PREVIEW_MOMENTS: dict[str, Any] = {"": _("now")}
    #: What happens at each of `change_moments()`, in words for the timeline.
    CHANGE_LABELS: dict[str, Any] = {}
    #: Whether its texts tell the page which field they come from, as a preview beside the form needs.
    names_fields = False
    #: The name of the page that shows it, where it has none of its own.
    shown_on = None

    #: By field name, the fingerprint of the Finnish text that each translation was made from.
    translated_from = models.JSONField(default=dict, blank=True, editable=False)
    review_due = models.DateField(
        _("review due"),
        null=True,
        blank=True,
        help_text=_("On this day the first page of the admin asks whether the text is still right."),
    )

    #: About the work on a thing, not about what the public reads.
    WORK_FIELDS = ("translated_from", "review_due")

    class Meta:
        abstract = True

    def __str__(self):
        return self.heading or str(self.pk)

    @property
    def heading(self):
        return self.localized_text(self.heading_field)

    @property
    def description(self):
        return self.localized_text(self.description_field)

    @property
    def languages(self):
        """The languages in which it is live once published: everything asks here."""
        return [code for code in LANGUAGES if not self.missing_texts([code])]

    def missing_texts(self, languages=settings.NATIONAL_LANGUAGES):
        """What stands in the way of publishing: pairs of a language code and an empty field."""
        texts = product(languages, self.required_for_publication)
        missing = [(code, name) for code, name in texts if self.is_empty(name, code)]
        return [(code, self._meta.get_field(name)) for code, name in missing]

    def is_empty(self, name, language):
        """Whether a translated field holds no text that a reader could see, in one language."""
        return is_empty_to_the_eye(getattr(self, f"{name}_{language}"))

    @classmethod
    def content_fields(cls):
        """All that the public may read of it, in the order of the form: no base column, which repeats a language."""
        left_out = {*cls.translated, *cls.WORK_FIELDS, cls._meta.pk.name}
        return [field for field in cls._meta.concrete_fields if field.name not in left_out]

    def content(self):
        """The same for two states between which the public sees no difference."""
        values = {field.name: getattr(self, field.attname) for field in self.content_fields()}
        return {name: "" if value is None else value for name, value in values.items()}

    def translations(self):
        """Pairs of columns: of a translation, and of the Finnish text it is made from."""
        finnish, *others = LANGUAGES
        return [(f"{field}_{code}", f"{field}_{finnish}") for field in self.translated for code in others]

    def translation_states(self):
        """By the name of the column; nothing is asked where there is no Finnish text, or it may stay."""
        states = {}
        for name, finnish in self.translations():
            if mark := fingerprint(getattr(self, finnish)):
                if getattr(self, name):
                    current = self.translated_from.get(name, mark) == mark
                    states[name] = TranslationState.CURRENT if current else TranslationState.OUTDATED
                elif finnish.rpartition("_")[0] not in self.may_stay_finnish:
                    states[name] = TranslationState.MISSING
        return states

    def translation_state(self, language):
        return worst_of(self.translation_states(), language)

    def change_moments(self):
        """By name, the moments at which its rendering changes by itself; None where one is not known."""
        return {}

    def known_change_moments(self):
        """Those that are known."""
        return [moment for moment in self.change_moments().values() if moment]

    def labelled_change_moments(self):
        """Pairs of a known moment and what happens then."""
        return [(moment, self.CHANGE_LABELS[name]) for name, moment in self.change_moments().items() if moment]

    def get_absolute_url(self):
        """Its own page in the active language, or None."""
        return None

    def get_file_url(self):
        """Where a reader takes it along as a file, in the active language, or None."""
        return None

    def get_public_url(self):
        """The page that shows it in the active language."""
        return self.get_absolute_url() or reverse(self.shown_on or "home")

    def paths_by_language(self):
        """The path of its own page by the code of each language in which it is live; empty if it has no page."""
        paths = {}
        for code in self.languages:
            with override(code):
                if path := self.get_absolute_url():
                    paths[code] = path
        return paths

    def shown_at(self, at):
        """Whether lists name it at that moment, once it is public."""
        return True

    @property
    def sort_key(self):
        """What lists of its kind are sorted by."""
        return (getattr(self, "order", 0), self.pk)


def worst_of(translation_states, language):
    """The state of one language, of those that `Publishable.translation_states` gives: the worst of its texts."""
    states = {state for name, state in translation_states.items() if name.endswith(f"_{language}")}
    return next((state for state in TranslationState if state in states), TranslationState.CURRENT)


def publishable_models():
    """All models of the site that are Publishable, in the order of the installed apps."""
    return [model for model in apps.get_models() if issubclass(model, Publishable)]


class PublicationQuerySet(models.QuerySet["Publication"]):
    def with_last_change(self):
        """Each with `changed`: when the newest publication of its thing up to it, minor ones left out, started."""
        major_changes = Publication.objects.not_cancelled().filter(
            content_type=OuterRef("content_type"),
            object_id=OuterRef("object_id"),
            minor=False,
            starts__lte=OuterRef("starts"),
        )
        return self.annotate(changed=Subquery(major_changes.order_by("-starts").values("starts")[:1]))

    def withdrawn_since(self, since, until):
        """Of each thing that was withdrawn between two moments, the last publication before them with a version."""
        withdrawals = Publication.objects.not_cancelled().filter(
            content_type=OuterRef("content_type"),
            object_id=OuterRef("object_id"),
            version=None,
            starts__gt=since,
            starts__lte=until,
        )
        return self.filter(Exists(withdrawals), version__isnull=False).in_force(until)

    def not_cancelled(self):
        return self.filter(cancelled_at=None)

    def earliest_start(self, thing, now):
        """When a publication may start that is made now: not before any other of that thing that started at once.

        Those may be ahead of `now` if the database has got another clock since.
        """
        kind = ContentType.objects.get_for_model(thing)
        begun = self.filter(content_type=kind, object_id=str(thing.pk), starts__lte=F("published_at"))
        return max([now, *begun.order_by("-starts").values_list("starts", flat=True)[:1]])

    def in_force(self, at):
        """Per thing the one with the greatest (starts, id) among those not cancelled that have started."""
        latest = Window(
            RowNumber(),
            partition_by=[F("content_type"), F("object_id")],
            order_by=[F("starts").desc(), F("id").desc()],
        )
        return self.not_cancelled().filter(starts__lte=at).annotate(recency=latest).filter(recency=1)


def _person(name, **options):
    keys = {"null": True, "blank": True, "on_delete": models.PROTECT, "related_name": "+"}
    return models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=name, **keys, **options)


class Publication(Translated, models.Model):
    """One version of one thing made public from a moment on; without a version, its withdrawal.

    Written once: only a cancellation may be added, once, and before it starts.
    """

    translated = ("note",)

    content_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, verbose_name=_("kind"))
    object_id = models.CharField(_("key"), max_length=191)
    version = models.ForeignKey(
        "reversion.Version", null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("version")
    )
    starts = models.DateTimeField(_("public from"))
    published_by = _person(_("published by"), help_text=_("Empty for the first content of the installation."))
    published_at = models.DateTimeField(_("published at"), auto_now_add=True)
    note = ParagraphField(_("note to readers"), blank=True)
    minor = models.BooleanField(_("size"), choices=[(False, _("change")), (True, _("minor change"))], default=False)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    cancelled_by = _person(_("cancelled by"))

    objects = PublicationQuerySet.as_manager()  # type: ignore[django-manager-missing]

    class Meta:
        verbose_name = _("publication")
        verbose_name_plural = _("publications")
        ordering = ["starts", "id"]
        indexes = [models.Index(fields=["content_type", "object_id", "starts"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(cancelled_at=None) | Q(cancelled_at__lt=F("starts")),
                name="cancelled_before_it_starts",
            ),
        ]

    def __str__(self):
        return f"{self.content_type_id}/{self.object_id} {self.starts:%Y-%m-%d %H:%M}"

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise TypeError("A publication never changes; see workflow.cancel().")
        super().save(*args, **kwargs)

    def is_of_same_thing(self, other):
        return (self.content_type_id, self.object_id) == (other.content_type_id, other.object_id)

    def thing(self):
        """The thing as the version has it, or None for a withdrawal. Costs no query."""
        return self._thing

    @cached_property
    def _thing(self):
        if self.version is None:
            return None
        thing = thing_from(self.version)
        thing.publication = self
        return thing


class PublishingRequest(models.Model):
    """An editor's request that somebody who may publishes one version, with words to that person.

    It waits while its version is the newest of its thing and not public; whoever returns it deletes it.
    """

    version = models.ForeignKey("reversion.Version", on_delete=models.PROTECT, verbose_name=_("version"))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, verbose_name=_("asked by"))
    at = models.DateTimeField(_("asked at"), auto_now_add=True)
    words = ParagraphField(_("words to the publisher"), max_length=1000, blank=True)

    class Meta:
        verbose_name = _("wish to publish")
        verbose_name_plural = _("wishes to publish")
        ordering = ["at", "pk"]

    def __str__(self):
        return str(self.version)


class Serial(models.Model):
    """The one row that moves with every publication, withdrawal and cancellation; its lock orders them.

    The number alone would not tell of a database that was put back and then published again: the random id does.
    """

    number = models.PositiveBigIntegerField(default=0)
    random_id = models.UUIDField(default=uuid.uuid4)

    def __str__(self):
        return str(self.number)

    @classmethod
    def current(cls):
        return cls.objects.filter(pk=1).values_list("number", flat=True).first() or 0

    @classmethod
    def state(cls):
        """The number and, in hexadecimal, its random id."""
        row = cls.objects.filter(pk=1).first()
        return (row.number, row.random_id.hex) if row else (0, "0")

    @classmethod
    def advance(cls):
        """Call first in the transaction that publishes: from here on it waits for nobody else's commit."""
        cls.objects.get_or_create(pk=1)
        cls.objects.filter(pk=1).update(number=F("number") + 1, random_id=uuid.uuid4())

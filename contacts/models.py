from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from website.publishing.models import Publishable


class Contact(Publishable):
    """A person or a mailbox that answers."""

    class Kind(models.TextChoices):
        PERSON = "person", _("person")
        MAILBOX = "mailbox", _("mailbox")

    required_for_publication = ("title", "organisation")
    description_field = "organisation"
    may_stay_finnish = ("unit",)
    shown_on = "contacts:contacts"

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.PERSON)
    name = models.CharField(_("name"), max_length=120, blank=True, help_text=_("A person’s name; empty for a mailbox."))
    phone = models.CharField(
        _("phone"),
        max_length=30,
        blank=True,
        validators=[
            RegexValidator(r"^\+\d[\d ]{5,}\d$", _("Write the number in international form: +358 295 530 000."))
        ],
        help_text=_("In international form, for example +358 295 530 000."),
    )
    email = models.EmailField(_("e-mail"), blank=True, help_text=_("A mailbox is shown once it has an address."))
    order = models.PositiveSmallIntegerField(_("order"), default=0, help_text=_("Smaller numbers come first."))
    title = models.CharField(
        _("title or task"), max_length=120, help_text=_("A person’s title, or what the mailbox is for.")
    )
    unit = models.CharField(
        _("unit"),
        max_length=120,
        blank=True,
        help_text=_("Where there is no official name, the Finnish one is shown."),
    )
    department = models.CharField(_("department"), max_length=120, blank=True)
    organisation = models.CharField(_("organisation"), max_length=120)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["order", "id"]

    def __str__(self):
        return self.name or self.heading

    def shown_at(self, at):
        return self.kind == self.Kind.PERSON or bool(self.email)

    @property
    def tel(self):
        return f"tel:{self.phone.replace(' ', '')}"

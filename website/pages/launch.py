"""What is still missing before launch, as the law or the client requires it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from website.publishing.edition import Edition
from website.publishing.models import Publishable

#: Stands in the Finnish privacy notice of a new installation, in each sentence that has to be settled first.
NOT_SETTLED = "ennen sivuston avaamista"


@dataclass(frozen=True)
class Gap:
    """One thing that is missing: what it is, and the content in which it is given, or its model where there is none."""

    what: Any  # a lazy translation
    where: Publishable | type[Publishable]

    @property
    def url(self) -> str:
        """The page of the admin on which it is given."""
        name = f"admin:{self.where._meta.app_label}_{self.where._meta.model_name}"
        if isinstance(self.where, Publishable):
            return reverse(f"{name}_change", args=[self.where.pk])
        return reverse(f"{name}_changelist")


def gaps(edition: Edition) -> Iterator[Gap]:
    """What is missing from the texts in force. Raises Http404 where nothing has been published."""
    declaration = edition.get("declaration.Declaration", "declaration")
    privacy = edition.get("pages.Page", "privacy")
    if not declaration.document_url_fi:
        yield Gap(_("the address of the Finnish declaration document"), declaration)
    yield from _of_the_mailbox(edition)
    yield from _of_the_statement(edition.get("pages.AccessibilityStatement", "statement"))
    if NOT_SETTLED in privacy.body_fi:
        yield Gap(_("the privacy notice: what it says is to be settled before the site opens"), privacy)


def _of_the_mailbox(edition):
    contacts = [thing for thing in edition.public_things() if thing._meta.label == "contacts.Contact"]
    mailboxes = [contact for contact in contacts if not contact.name]
    if not any(mailbox.email for mailbox in mailboxes):
        where = mailboxes[0] if mailboxes else apps.get_model("contacts.Contact")
        yield Gap(_("the e-mail address of the innovation network"), where)


def _of_the_statement(statement):
    if not statement.status:
        yield Gap(
            _("the accessibility statement: whether the site meets the requirements fully, mostly or not"), statement
        )
    if not statement.unit_fi:
        yield Gap(_("the accessibility statement: the unit that answers feedback"), statement)
    if not statement.prepared_on:
        yield Gap(_("the accessibility statement: the date on which it was prepared"), statement)
    if not statement.reviewed_on:
        yield Gap(_("the accessibility statement: the date of its last review"), statement)

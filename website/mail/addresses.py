"""Decides, for every form and for the outbox, which e-mail addresses the site sends mail to."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from website.text.forms import EmailField

# Words with dots between them. RFC 5322 also allows quotes and signs that a mail server may take for routing to
# another mailbox or a program (victim%other.example@…, other.example!victim@…, |program): those are refused.
_LOCAL_PART = re.compile(r"[a-z0-9#$&'*+/=?^_`{}~-]+(\.[a-z0-9#$&'*+/=?^_`{}~-]+)*")


def normalised(email: str) -> str:
    """The e-mail address in lower case with its domain in ASCII: equal for two spellings of the same address.

    Raises ValidationError for anything that is not one address, or that could never be delivered.
    """
    undeliverable = ValidationError(_("Enter the e-mail address in the format name@example.fi"))
    local_part, _at, domain = email.lower().rpartition("@")
    try:
        encoded = f"{local_part}@{_encoded(domain)}"
        validate_email(encoded)
    except (UnicodeError, ValidationError):
        raise undeliverable from None
    # The domain is a name with a dot, and no IP address.
    is_domain_name = "." in domain and not domain.startswith("[") and not domain.rpartition(".")[2].isdigit()
    # The domain grows when it is encoded; mail servers and the row stop at 254.
    short_enough = len(local_part) <= 64 and len(encoded) <= 254
    if not (_LOCAL_PART.fullmatch(local_part) and "=?" not in local_part and is_domain_name and short_enough):
        raise undeliverable
    return encoded


def _encoded(domain: str) -> str:
    """The domain in ASCII. UnicodeError where the old rules (IDNA 2003), Python's, would make another domain of it."""
    encoded = domain.encode("idna").decode("ascii")
    if not domain.isascii() and encoded.encode("ascii").decode("idna") != domain:
        raise UnicodeError(f"{domain} is not the domain {encoded}")
    return encoded


class DeliverableEmailField(EmailField):
    """An e-mail address that mail can be sent to. The value stays as it was typed, not normalised."""

    def clean(self, value: Any) -> Any:
        email = super().clean(value)
        if email:
            normalised(email)
        return email

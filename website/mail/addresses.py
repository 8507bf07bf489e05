"""Which e-mail addresses the site mails to: the one place that decides it, for every form and for the outbox."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from website.text.forms import EmailField

# Words with dots between them. Left out of what RFC 5322 allows: quotes, and the signs that a mail server may read as
# a way to somebody else (victim%other.example@…, other.example!victim@…, |program).
_LOCAL_PART = re.compile(r"[a-z0-9#$&'*+/=?^_`{}~-]+(\.[a-z0-9#$&'*+/=?^_`{}~-]+)*")


def normalised(address):
    """The address under which a person is known: lower case, the domain as mail servers write it.

    ValidationError for everything that is not one address, or that could never be delivered.
    """
    undeliverable = ValidationError(_("Enter the e-mail address in the form name@example.fi"))
    local_part, _at, domain = address.lower().rpartition("@")
    try:
        encoded = f"{local_part}@{_encoded(domain)}"
        validate_email(encoded)
    except (UnicodeError, ValidationError):
        raise undeliverable from None
    # No host of one word, and no network address, with or without brackets.
    a_name = "." in domain and not domain.startswith("[") and not domain.rpartition(".")[2].isdigit()
    # The domain grows when it is encoded; mail servers and the row stop at 254.
    short_enough = len(local_part) <= 64 and len(encoded) <= 254
    if not (_LOCAL_PART.fullmatch(local_part) and "=?" not in local_part and a_name and short_enough):
        raise undeliverable
    return encoded


def _encoded(domain):
    """The domain in ASCII. UnicodeError where the old rules (IDNA 2003), Python's, would make another domain of it."""
    encoded = domain.encode("idna").decode("ascii")
    if not domain.isascii() and encoded.encode("ascii").decode("idna") != domain:
        raise UnicodeError(f"{domain} is not the domain {encoded}")
    return encoded


class AddressField(EmailField):
    """The address as it was typed, once it is seen that mail can be sent to it."""

    def clean(self, value):
        address = super().clean(value)
        if address:
            normalised(address)
        return address

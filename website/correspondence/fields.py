"""What the public forms share: text that people type or paste, and addresses that mail can reach."""

import re
import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from website import mail

# What text pasted from a document carries unseen: soft hyphens, zero-width spaces, marks of direction, private bullets.
# It is dropped rather than complained of.
_UNSEEN = re.compile("[\u00ad\u200b\u200c\u200e\u200f\u2060\ufeff\ue000-\uf8ff]")
_JOINER = "\u200d"  # holds emoji together


class Words(forms.CharField):
    """Text that people type or paste: cleaned of what cannot be seen; what was never text is refused."""

    @property
    def lines(self):
        return "\r\n\t" if isinstance(self.widget, forms.Textarea) else ""

    def to_python(self, value):
        text = _UNSEEN.sub("", super().to_python(value)).replace("\x0b", "\n" if self.lines else " ")
        if self.lines:
            text = text.replace("\r\n", "\n")  # one character, as browsers count when they stop people at the limit
        return unicodedata.normalize("NFC", text).strip()

    def validate(self, value):
        super().validate(value)
        # U+FFFD stands where the bytes were no text; a line break in a name could end a mail header.
        odd = (c for c in value if unicodedata.category(c)[0] == "C" and c not in self.lines + _JOINER)
        if "\ufffd" in value or any(odd):
            raise ValidationError(_("Remove the characters that cannot be seen, such as line breaks."))


#: What browsers know to fill in; "on" leaves the rest to them.
_FILLED_IN = {"name": "name", "email": "email", "organisation": "organization", "title": "organization-title"}
_FILLED_IN |= {"page": "off"}  # the link that leads here has filled it in


def asked(field, **options):
    """The form's field for one of a row's: choices as buttons, texts cleaned, addresses for browsers to fill in."""
    if field.choices:
        return field.formfield(choices=field.choices, widget=forms.RadioSelect, **options)
    kind = forms.EmailField if isinstance(field, models.EmailField) else Words
    made = field.formfield(form_class=kind, **options)
    made.widget.attrs["autocomplete"] = _FILLED_IN.get(field.name, "on")
    return made


def normalised(address):
    """The address under which a person is known: lower case, the domain as mail servers write it.

    ValidationError for what could never be delivered, though it looks like an address.
    """
    undeliverable = ValidationError(_("Write an e-mail address that mail can be sent to, like name@example.fi."))
    local, _at, domain = address.rpartition("@")
    try:
        encoded = f"{local}@{domain.encode('idna').decode('ascii')}".lower()
        mail.message(encoded, subject="x", body="x").full_clean()
    except (UnicodeError, ValidationError):
        raise undeliverable from None
    # The domain grows when it is encoded; mail servers and the row stop at 254.
    odd = not address.isprintable() or not local.isascii() or len(local) > 64 or len(encoded) > 254
    if odd or "=?" in local or "." not in domain or domain.startswith("["):
        raise undeliverable
    return encoded


class PublicForm(forms.Form):
    """A form that anybody may send. `address` is the normalised one, or empty where none was asked or given."""

    address = ""

    def clean_email(self):
        if self.cleaned_data["email"]:
            self.address = normalised(self.cleaned_data["email"])
        return self.cleaned_data["email"]

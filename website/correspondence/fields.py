"""What the public forms share: fields made from a row's, and addresses that mail can reach."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from website import mail

#: What browsers know to fill in; "on" leaves the rest to them.
_FILLED_IN = {"name": "name", "email": "email", "organisation": "organization", "title": "organization-title"}
_FILLED_IN |= {"page": "off"}  # the link that leads here has filled it in


def asked(field, **options):
    """The form's field for one of a row's: choices as buttons, addresses for browsers to fill in."""
    if field.choices:
        return field.formfield(choices=field.choices, widget=forms.RadioSelect, **options)
    made = field.formfield(**options)
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

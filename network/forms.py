import re
import unicodedata

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from network.models import JoinRequest
from website import mail

# What text pasted from a document carries unseen: soft hyphens, zero-width spaces, marks of direction, private bullets.
# It is dropped rather than complained of.
_UNSEEN = re.compile("[\u00ad\u200b\u200c\u200e\u200f\u2060\ufeff\ue000-\uf8ff]")
_JOINER = "\u200d"  # holds emoji together


class Words(forms.CharField):
    """Text that people type or paste: cleaned of what cannot be seen; what was never text is refused."""

    def __init__(self, *, lines=False, **kwargs):
        super().__init__(**kwargs)
        self.lines = "\r\n\t" if lines else ""

    def to_python(self, value):
        text = _UNSEEN.sub("", super().to_python(value)).replace("\x0b", "\n" if self.lines else " ")
        return unicodedata.normalize("NFC", text).strip()

    def validate(self, value):
        super().validate(value)
        # U+FFFD stands where the bytes were no text; a line break in a name could end a mail header.
        odd = (c for c in value if unicodedata.category(c)[0] == "C" and c not in self.lines + _JOINER)
        if "\ufffd" in value or any(odd):
            raise ValidationError(_("Remove the characters that cannot be seen, such as line breaks."))


def _line(autocomplete):
    return forms.TextInput(attrs={"autocomplete": autocomplete})


def normalised(address):
    """The address under which a person is known: lower case, the domain as mail servers write it.

    ValidationError for what could never be delivered, though it looks like an address (security.md 2.7).
    """
    undeliverable = ValidationError(_("Write an e-mail address that mail can be sent to, like name@example.fi."))
    local, _at, domain = address.rpartition("@")
    odd = not address.isprintable() or not local.isascii() or len(local) > 64 or "=?" in local
    if odd or "." not in domain or domain.startswith("["):
        raise undeliverable
    try:
        encoded = f"{local}@{domain.encode('idna').decode('ascii')}".lower()
        EmailValidator()(encoded)
        mail.message(encoded, subject="x", body="x").full_clean()
    except (UnicodeError, ValidationError):
        raise undeliverable from None
    return encoded


class JoinForm(forms.Form):
    """What is asked of an official; nothing else is. Limits are those of JoinRequest."""

    name = Words(label=_("Name"), max_length=100, widget=_line("name"))
    email = forms.EmailField(
        label=_("Work e-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("We send a message to this address. The request counts once you have confirmed it."),
    )
    organisation = Words(label=_("Organisation"), max_length=150, widget=_line("organization"))
    organisation_type = forms.ChoiceField(
        label=_("Type of organisation"),
        choices=JoinRequest.OrganisationType.choices,
        widget=forms.RadioSelect,
    )
    language = forms.ChoiceField(
        label=_("In which language shall we write to you?"),
        choices=settings.LANGUAGES,
        widget=forms.RadioSelect,
    )
    title = Words(label=_("Title or role"), max_length=100, required=False, widget=_line("organization-title"))
    interests = forms.MultipleChoiceField(
        label=_("Commitments that interest you"), required=False, widget=forms.CheckboxSelectMultiple
    )
    description = Words(
        label=_("Innovation work under way"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        lines=True,
        help_text=_("At most 1,000 characters. Do not write confidential information or personal identity codes here."),
    )
    #: Hidden from people, and labelled for those who meet it all the same; programs fill it in.
    website = forms.CharField(
        label=_("Leave this field empty"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    def __init__(self, *args, commitments, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["interests"].choices = [(str(c.number), str(c)) for c in commitments]
        self.initial.setdefault("language", get_language())

    def clean_email(self):
        self.address = normalised(self.cleaned_data["email"])
        return self.cleaned_data["email"]

    @property
    def trapped(self):
        return bool(self.cleaned_data["website"])

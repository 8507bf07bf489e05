import unicodedata

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from network.models import JoinRequest
from website import mail


def no_control_characters(value):
    """One line of text is one line: nothing in it can end a mail header or hide in a list."""
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co") for character in value):
        raise ValidationError(_("Remove the characters that cannot be seen, such as line breaks."))


def no_control_characters_but_lines(value):
    no_control_characters(value.replace("\r\n", "").replace("\n", "").replace("\r", "").replace("\t", ""))


class OneLine(forms.CharField):
    def __init__(self, *, autocomplete, **kwargs):
        widget = forms.TextInput(attrs={"autocomplete": autocomplete})
        super().__init__(widget=widget, validators=[no_control_characters], **kwargs)


def normalised(address):
    """The address under which a person is known: lower case, the domain as mail servers write it.

    ValidationError for what could never be delivered, though it looks like an address (security.md 2.7).
    """
    undeliverable = ValidationError(_("Write an e-mail address that mail can be sent to, like name@example.fi."))
    local, _at, domain = address.rpartition("@")
    if not local.isascii() or len(local) > 64 or "." not in domain or domain.startswith("["):
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

    name = OneLine(label=_("Name"), max_length=100, autocomplete="name")
    email = OneLine(
        label=_("Work e-mail"),
        max_length=254,
        autocomplete="email",
        help_text=_("We send a message to this address. The request counts once you have confirmed it."),
    )
    organisation = OneLine(label=_("Organisation"), max_length=150, autocomplete="organization")
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
    title = OneLine(label=_("Title or role"), max_length=100, required=False, autocomplete="organization-title")
    interests = forms.MultipleChoiceField(
        label=_("Commitments that interest you"), required=False, widget=forms.CheckboxSelectMultiple
    )
    description = forms.CharField(
        label=_("Innovation work under way"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        validators=[no_control_characters_but_lines],
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

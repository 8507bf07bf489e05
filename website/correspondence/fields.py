"""What the public forms share: fields made from a row's, and the address under which a person is known."""

from django import forms

from website.mail.addresses import normalised

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


class PublicForm(forms.Form):
    """A form that anybody may send. `address` is the normalised one, or empty where none was asked or given."""

    normalised_email = ""

    def clean_email(self):
        if self.cleaned_data["email"]:
            self.normalised_email = normalised(self.cleaned_data["email"])
        return self.cleaned_data["email"]

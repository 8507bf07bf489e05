"""Parts that the public forms share: form fields made from model fields, and the normalised e-mail address."""

from typing import Any

from django import forms
from django.db import models

from website.mail.addresses import normalised

#: The HTML attribute “autocomplete” by name of the field; “on” for all others.
_AUTOCOMPLETE = {"name": "name", "email": "email", "organisation": "organization", "title": "organization-title"}
_AUTOCOMPLETE |= {"page": "off"}  # filled in by the link that leads to the form


class Choice(forms.RadioSelect):
    """Radio buttons of which one is to be chosen. Their group says so, in includes/field.html: where each button says
    that it is required, browsers report each as invalid before anything has been sent.
    """

    def use_required_attribute(self, initial: Any) -> bool:
        return False


def public_form_field(field: models.Field, **options: Any) -> Any:
    """The form field for a model field: radio buttons for choices, “autocomplete” for the rest."""
    if field.choices:
        return field.formfield(choices=field.choices, widget=Choice, **options)
    form_field: Any = field.formfield(**options)
    form_field.widget.attrs["autocomplete"] = _AUTOCOMPLETE.get(field.name, "on")
    return form_field


class PublicForm(forms.Form):
    """A form that anybody may send. `normalised_email` is empty if no e-mail address is asked for or given."""

    normalised_email = ""

    def clean_email(self) -> str:
        if self.cleaned_data["email"]:
            self.normalised_email = normalised(self.cleaned_data["email"])
        return self.cleaned_data["email"]

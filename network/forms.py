from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from network.models import JoinRequest
from website.correspondence.fields import PublicForm, public_form_field


class JoinForm(forms.ModelForm, PublicForm):
    """The form for joining the network."""

    heading = _("When you ask to join the network")
    #: The headings of the form's parts, each with the names of its fields.
    PARTS = (
        (_("About you"), ("name", "email", "title", "language")),
        (_("Your organisation"), ("organisation", "organisation_type")),
        (_("Your interests and work"), ("interests", "description")),
    )
    field_order = [name for _heading, names in PARTS for name in names]

    interests = forms.MultipleChoiceField(
        label=_("Commitments that interest you"), required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model, fields, formfield_callback = JoinRequest, JoinRequest.ANSWERS, public_form_field
        error_messages = {
            "name": {"required": _("Enter your name")},
            "email": {"required": _("Enter your work e-mail address")},
            "organisation": {"required": _("Enter the name of your organisation")},
            "organisation_type": {"required": _("Choose the type of organisation")},
            "language": {"required": _("Choose the language of our messages")},
        }
        widgets = {"description": forms.Textarea({"rows": 6})}
        help_texts = {
            "email": _(
                "We will send a message to this address. We will handle your request once you have confirmed it."
            ),
            "description": _(
                "At most 1,000 characters. Do not enter confidential information or personal identity codes here."
            ),
        }

    def __init__(self, *args, commitments, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["interests"].choices = [(str(c.number), str(c)) for c in commitments]
        self.initial.setdefault("language", get_language())

    @property
    def parts(self):
        """Pairs of a heading and the fields under it."""
        return [(heading, [self[name] for name in names if name in self.fields]) for heading, names in self.PARTS]


class CorrectionForm(JoinForm):
    """The same without the e-mail address: with another address a person leaves and joins again."""

    class Meta(JoinForm.Meta):
        fields = [field for field in JoinRequest.ANSWERS if field != "email"]

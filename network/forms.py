from django import forms
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from network.models import JoinRequest
from website.correspondence import fields
from website.correspondence.fields import Words
from website.correspondence.retention import asks


@asks
class JoinForm(fields.PublicForm):
    """What is asked of an official; nothing else is. Limits are those of JoinRequest."""

    heading = _("When you ask to join the network")

    name = Words(label=_("Name"), max_length=100, widget=fields.line("name"))
    email = fields.email(
        label=_("Work e-mail"),
        help_text=_("We send a message to this address. The request counts once you have confirmed it."),
    )
    organisation = Words(label=_("Organisation"), max_length=150, widget=fields.line("organization"))
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
    title = Words(label=_("Title or role"), max_length=100, required=False, widget=fields.line("organization-title"))
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

    def __init__(self, *args, commitments, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["interests"].choices = [(str(c.number), str(c)) for c in commitments]
        self.initial.setdefault("language", get_language())


class CorrectionForm(JoinForm):
    """The same without the address: whoever has another one leaves and joins anew."""

    email = None

    def __init__(self, *args, joinrequest, **kwargs):
        initial = {field: getattr(joinrequest, field) for field in JoinRequest.ANSWERS if field != "email"}
        super().__init__(*args, initial=initial, **kwargs)

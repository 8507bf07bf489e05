from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.models import Message
from website.correspondence import fields
from website.correspondence.fields import Words
from website.correspondence.retention import asks


@asks
class FeedbackForm(fields.PublicForm):
    """Feedback that anybody may give, without a name. Limits are those of Message."""

    heading = _("When you give feedback")

    kind = forms.ChoiceField(
        label=_("What is it about?"), choices=Message.Kind.choices, widget=forms.RadioSelect, initial=Message.Kind.OTHER
    )
    page = Words(
        label=_("Which page is it about?"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    message = Words(
        label=_("Your message"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 8}),
        lines=True,
        help_text=_("At most 4,000 characters. Do not write confidential information or personal identity codes here."),
    )
    name = Words(label=_("Name"), max_length=100, required=False, widget=fields.line("name"))
    email = fields.email(
        label=_("E-mail address"),
        required=False,
        help_text=_("Only if you want an answer. Without an address we read the message but cannot answer."),
    )

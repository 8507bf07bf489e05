from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.models import Message
from website.correspondence.fields import PublicForm, public_form_field


class FeedbackForm(forms.ModelForm, PublicForm):
    """Feedback that anybody may give, without a name."""

    heading = _("When you give feedback")

    class Meta:
        model, fields, formfield_callback = Message, Message.ANSWERS, public_form_field
        error_messages = {
            "kind": {"required": _("Choose what your feedback is about")},
            "message": {"required": _("Write your message")},
        }
        labels = {
            "kind": _("Subject of the feedback"),
            "page": _("Page that the feedback is about"),
            "message": _("Your message"),
            "email": _("E-mail address"),
        }
        widgets = {"message": forms.Textarea({"rows": 8})}
        help_texts = {
            "message": _(
                "At most 4,000 characters. Do not enter confidential information or personal identity codes here."
            ),
            "email": _("Give it only if you want an answer. Without it we will read your message but cannot answer."),
        }

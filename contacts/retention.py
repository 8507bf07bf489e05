"""Retention rules for feedback. A message without an answer stays, unless it is suspected to be spam.

Feedback on accessibility must be answered by law, so it stays even if it is suspected.
"""

from django.utils.translation import gettext_lazy as _

from contacts.forms import FeedbackForm
from contacts.models import Message
from website.correspondence.retention import FORMS, erase, retention_rule

FORMS.append(FeedbackForm)


@retention_rule("feedback", _("Feedback, after it has been answered or handled"), erase, form=FeedbackForm)
def answered(before):
    return [Message.objects.filter(answered_at__lt=before)]


@retention_rule(
    "suspected_feedback",
    _("Feedback suspected of being spam, unless it is about accessibility"),
    erase,
    setting="suspected",
    form=FeedbackForm,
)
def suspected(before):
    rows = Message.objects.filter(answered_at=None, suspected=True, created_at__lt=before)
    return [rows.exclude(kind=Message.Kind.ACCESSIBILITY)]

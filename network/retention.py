"""Retention rules for requests to join. Their days stand in settings.KEEP_DAYS; members stay until they leave."""

from django.utils.translation import gettext_lazy as _

from network.forms import JoinForm
from network.models import JoinRequest
from website.correspondence.retention import FORMS, erase, retention_rule

UNCONFIRMED = JoinRequest.State.UNCONFIRMED
FORMS.append(JoinForm)


@retention_rule("unconfirmed", _("A request to join that has not been confirmed"), erase, form=JoinForm)
def unconfirmed(before):
    return [JoinRequest.objects.filter(state=UNCONFIRMED, suspected=False, asked_at__lt=before)]


def drop_newest(rows):
    """Clears the newer text, in one statement: a row that is sent again meanwhile is not changed."""
    return rows.update(newest=None)


@retention_rule(
    "unconfirmed_text",
    _("A newer version of a request that has not been confirmed"),
    drop_newest,
    setting="unconfirmed",
    form=JoinForm,
)
def unconfirmed_text(before):
    return [JoinRequest.objects.filter(newest__isnull=False, asked_at__lt=before)]


@retention_rule("suspected", _("A request suspected of being spam that has not been confirmed"), erase, form=JoinForm)
def suspected(before):
    return [JoinRequest.objects.filter(state=UNCONFIRMED, suspected=True, asked_at__lt=before)]


@retention_rule("refused", _("A request that was refused as spam"), erase, form=JoinForm)
def refused(before):
    return [JoinRequest.objects.filter(state=JoinRequest.State.REFUSED, decided_at__lt=before)]

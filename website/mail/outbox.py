"""Writing a mail to the outbox."""

import re
from email.utils import make_msgid

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import override

from website.mail.addresses import normalised
from website.mail.models import Mail


def frame():
    """What the beginning and the signature of every mail are made from."""
    return {"site_url": settings.SITE_URL, "can_be_answered": bool(settings.TEAM_MAILBOX)}


def enqueue(recipient, template, language, context, *, cause=""):
    """Stores a mail to one address. The template's first line is the subject. ValidationError for a bad address."""
    with override(language):
        subject, _newline, body = render_to_string(template, context | frame()).partition("\n")
    return Mail.objects.create(
        recipient=normalised(recipient),
        language=language,
        subject=subject.strip(),
        body=re.sub("\n{3,}", "\n\n", body).strip() + "\n",
        message_id=make_msgid(domain=settings.ALLOWED_HOSTS[0]),
        cause=cause,
    )

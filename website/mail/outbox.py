"""Writes mails to the outbox."""

import re
from email.utils import make_msgid
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import override

from website.mail.addresses import normalised
from website.mail.models import Mail


def frame() -> dict[str, Any]:
    """The template context that every mail needs for its beginning and its signature."""
    return {"site_url": settings.SITE_URL, "can_be_answered": bool(settings.TEAM_MAILBOX)}


def enqueue(recipient: str, template: str, language: str, context: dict[str, Any], *, cause: str = "") -> Mail:
    """Stores a mail to one e-mail address, to be sent by the worker. The template's first line is the subject.

    Raises ValidationError if the address is not one that mail can be sent to.
    """
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

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


def rendered(template: str, language: str, context: dict[str, Any]) -> tuple[str, str]:
    """The subject and the text of a mail. The template's first line is the subject."""
    with override(language):
        subject, _newline, body = render_to_string(template, context | frame()).partition("\n")
    return subject.strip(), re.sub("\n{3,}", "\n\n", body).strip()


def enqueue(recipient: str, template: str, language: str, context: dict[str, Any], *, cause: str = "") -> Mail:
    """Stores a mail to one e-mail address, to be sent by the worker. The template's first line is the subject.

    Raises ValidationError if the address is not one that mail can be sent to.
    """
    subject, body = rendered(template, language, context)
    return Mail.objects.create(
        recipient=normalised(recipient),
        language=language,
        subject=subject,
        body=body + "\n",
        message_id=make_msgid(domain=settings.ALLOWED_HOSTS[0]),
        cause=cause,
    )

"""A system check of the e-mail addresses in the settings: run by `manage.py check` and at every start."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import Error, register
from django.core.exceptions import ValidationError

from website.mail.addresses import normalised


@register()
def addresses_in_the_settings(app_configs: Any = None, **options: Any) -> Iterator[Error]:
    """An error for each setting that is not one e-mail address."""
    for name in ("DEFAULT_FROM_EMAIL", "TEAM_MAILBOX"):
        email = getattr(settings, name)
        try:
            if email:
                normalised(email)
        except ValidationError:
            problem = f"{name} is not one e-mail address: {email!r}."
            yield Error(problem, "Set it to the address alone, like name@example.fi.", id=f"mail.{name}")

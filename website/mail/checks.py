"""What `manage.py check` and every start say about the addresses in the settings."""

from django.conf import settings
from django.core.checks import Error, register
from django.core.exceptions import ValidationError

from website.mail.addresses import normalised


@register()
def addresses_in_the_settings(app_configs=None, **options):
    """An address that no mail can be sent from or to is found when the site starts, not with the first visitor."""
    for name in ("DEFAULT_FROM_EMAIL", "TEAM_MAILBOX"):
        email = getattr(settings, name)
        try:
            if email:
                normalised(email)
        except ValidationError:
            problem = f"{name} is not one e-mail address: {email!r}."
            yield Error(problem, "Set it to the address alone, like name@example.fi.", id=f"mail.{name}")

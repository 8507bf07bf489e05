"""Passwords that are easy to guess."""

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

#: As many characters must be somebody's own, whatever else a password holds.
OWN = 8


class CommonPasswords(CommonPasswordValidator):
    """Refuses a common password, a word of this site, and a longer one that hardly holds anything else."""

    def validate(self, password, user=None):
        own = password.casefold().strip()
        for word in settings.WORDS_OF_THIS_SITE:
            own = own.replace(word, "")
        if any(len(own.replace(common, "")) < OWN for common in self.passwords):
            raise ValidationError(self.get_error_message(), code="password_too_common")

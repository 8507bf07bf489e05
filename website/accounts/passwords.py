"""A password validator against passwords that are easy to guess."""

from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

#: So many characters must remain of a password without a common password or the words of this site.
CHARACTERS_LEFT = 8


class CommonPasswords(CommonPasswordValidator):
    """Refuses passwords that consist of a common password or words of this site and little else."""

    def validate(self, password: str, user: Any = None) -> None:
        rest = password.casefold().strip()
        for word in settings.WORDS_OF_THIS_SITE:
            rest = rest.replace(word, "")
        if any(len(rest.replace(common, "")) < CHARACTERS_LEFT for common in self.passwords):
            raise ValidationError(self.get_error_message(), code="password_too_common")

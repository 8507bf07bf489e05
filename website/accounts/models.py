"""The user model: user names and e-mail addresses are unique without regard to case."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from website.text.fields import EmailField, LineField


def cleaned(field_class: type[models.Field], name: str) -> Any:
    """AbstractUser's field of that name, with the same options, as a field class that cleans its text."""
    django_field: Any = AbstractUser._meta.get_field(name)
    _name, _path, arguments, options = django_field.deconstruct()
    return field_class(*arguments, **options)


class PersonManager(UserManager):
    def get_by_natural_key(self, username: str | None) -> Any:
        """The account with that user name, without regard to case. Django calls it when somebody signs in."""
        return self.get(username__iexact=username)


class User(AbstractUser):
    """Somebody who works in the admin. The e-mail address is empty only in the accounts that `prepare` makes."""

    username = cleaned(LineField, "username")
    first_name = cleaned(LineField, "first_name")
    last_name = cleaned(LineField, "last_name")
    email = cleaned(EmailField, "email")

    objects: ClassVar[PersonManager] = PersonManager()

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="username_unique_in_any_case",
                violation_error_message=_("There is an account with this user name already."),
            ),
            models.UniqueConstraint(
                Lower("email"),
                condition=~Q(email=""),
                name="email_unique_in_any_case",
                violation_error_message=_("There is an account with this e-mail address already."),
            ),
        ]

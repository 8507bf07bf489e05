"""Our own user model: names and e-mail addresses are unique without regard to case."""

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from website.text.fields import EmailField, LineField


def cleaned(kind, name):
    """Django's field of that name, as a kind of field that cleans its text."""
    _name, _path, arguments, options = AbstractUser._meta.get_field(name).deconstruct()
    return kind(*arguments, **options)


class PersonManager(UserManager):
    def get_by_natural_key(self, username):
        """The account of a name, however its letters are written: one person signs in as Maija and as maija."""
        return self.get(username__iexact=username)


class User(AbstractUser):
    """Somebody who works in the admin. Without an address (accounts of a first look) no mail is sent."""

    username = cleaned(LineField, "username")
    first_name = cleaned(LineField, "first_name")
    last_name = cleaned(LineField, "last_name")
    email = cleaned(EmailField, "email")

    objects = PersonManager()

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

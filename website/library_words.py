"""Words that libraries leave in English on our pages: `make messages` finds them here, and nothing imports them."""

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext_lazy

# Django's own, which its Finnish catalogue does not have yet (5.2).
_("Add link")
_("Change or view list link")
_("Model name")

# What Django says in words that are not ours: errors of forms, and sentences with a name that Finnish would inflect.
_("This field is required.")
ngettext_lazy(
    "Ensure this value has at most %(limit_value)d character (it has %(show_value)d).",
    "Ensure this value has at most %(limit_value)d characters (it has %(show_value)d).",
    "limit_value",
)
_("Select a valid choice. %(value)s is not one of the available choices.")
_("Select a valid choice. That choice is not one of the available choices.")
_("Null characters are not allowed.")
_(
    "Please enter the correct %(username)s and password for a staff account. "
    "Note that both fields may be case-sensitive."
)
_("Thanks for spending some quality time with the web site today.")
_("Forgotten your password? Enter your email address below, and we’ll email instructions for setting a new one.")
_(
    "We’ve emailed you instructions for setting your password, if an account exists with the email you entered. "
    "You should receive them shortly."
)
_(
    "If you don’t receive an email, please make sure you’ve entered the address you registered with, "
    "and check your spam folder."
)
_("Authentication and Authorization")
_("Change %s")
_("View %s")
_("Recent actions")
_("action flag")
_(" By %(filter_title)s ")

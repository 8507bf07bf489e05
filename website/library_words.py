"""Words that libraries leave in English on our pages, so that they stand in our own catalogues."""

from django.utils.translation import gettext_noop as _

#: The rich-text editor asks the admin's script catalogue for these.
EDITOR = ()

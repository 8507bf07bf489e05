"""Words that libraries leave in English on our pages, so that they stand in our own catalogues."""

#: The rich-text editor asks the admin's script catalogue for these.
EDITOR = ()

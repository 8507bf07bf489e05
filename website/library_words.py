"""Words that libraries leave in English on our pages, gathered so that they stand in our own catalogues."""

from django.utils.translation import gettext_noop as _

#: The rich-text editor's buttons and its window for links: SiteAdmin hands them to the scripts.
EDITOR = (
    _("Heading 2"),
    _("Heading 3"),
    _("Paragraph"),
    _("heading 2"),
    _("heading 3"),
    _("unordered list"),
    _("ordered list"),
    _("blockquote"),
    _("bold"),
    _("italic"),
    _("insert link"),
    _("remove link"),
    _("undo"),
    _("redo"),
    _("Edit Link"),
    _("URL"),
    _("Title"),
    _("Update"),
)

#: Django's own, which its Finnish catalogue does not have yet (5.2).
ADMIN = (
    _("Add link"),
    _("Change or view list link"),
    _("Model name"),
)

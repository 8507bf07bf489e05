"""What the frame of every page takes from the edition."""

from django import template

from website.pages.models import Notice, Page

register = template.Library()


@register.simple_tag
def public_notices(edition):
    """The notices that an edition shows at its moment; an empty list for pages without an edition (errors)."""
    return edition.things(Notice) if edition else []


@register.simple_tag
def public_short_name(edition):
    """The short name of the site as an editor gave it; empty where none was given, or the page has no edition."""
    return edition.get(Page, "home").short_name if edition else ""

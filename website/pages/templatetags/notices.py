from django import template

from website.pages.models import Notice

register = template.Library()


@register.simple_tag
def public_notices(edition):
    """The notices that an edition shows at its moment; an empty list for pages without an edition (errors)."""
    return edition.things(Notice) if edition else []

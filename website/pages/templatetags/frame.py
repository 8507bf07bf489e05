"""Template tags for the base template."""

from django import template
from django.http import Http404

from website.pages.launch import gaps
from website.pages.models import Notice, Page

register = template.Library()


@register.simple_tag
def public_notices(edition):
    """The notices that an edition shows now; an empty list for error pages, which have no edition."""
    return edition.things(Notice) if edition else []


@register.simple_tag
def missing_before_launch(edition):
    """For administrators: the gaps in what is public; an empty list where nothing has been published."""
    try:
        return list(gaps(edition))
    except Http404:
        return []


@register.simple_tag
def public_short_name(edition):
    """The short name of the site; empty if editors have given none, or the page has no edition."""
    return edition.get(Page, "home").short_name if edition else ""

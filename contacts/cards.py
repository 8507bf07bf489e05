"""Contact cards for the reader's own telephone: vCard 3.0 (RFC 2426), the newest version that every telephone reads."""

from datetime import UTC
from urllib.parse import urlsplit

from django.conf import settings
from icalendar import Component, vText
from icalendar.prop import vN, vOrg

from website.publishing.texts import language_of


class VCard(Component):
    """icalendar escapes and folds the lines, which are those of iCalendar."""

    name = "VCARD"


def card(contact):
    """The card of a contact in the reader's language, as text. A unit without a translation has its Finnish name."""
    heading = contact.name or contact.title.plain
    given, _space, family = contact.name.rpartition(" ")
    units = [unit.plain for unit in (contact.organisation, contact.department, contact.unit) if unit]
    lines = VCard()
    lines.add("version", "3.0")
    lines.add("fn", vText(heading))
    lines.add("n", vN((family or heading, given, "", "", "")))
    if contact.name:
        lines.add("title", vText(contact.title.plain), parameters=language_of(contact.title))
    lines.add("org", vOrg(units))
    if contact.phone:
        lines.add("tel", vText(contact.phone.replace(" ", "")), parameters={"TYPE": ["WORK", "VOICE"]})
    if contact.email:
        lines.add("email", vText(contact.email), parameters={"TYPE": ["INTERNET", "WORK"]})
    lines.add("uid", vText(f"contact-{contact.pk}@{urlsplit(settings.SITE_URL).hostname}"))
    lines.add("rev", vText(f"{contact.publication.starts.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"))
    return lines.to_ical(sorted=False).decode()  # the version comes first

"""The page of all components in all states, for development: no other page links to it.

Its edition is made of the samples in fixtures/components.json and needs no database.
"""

from datetime import datetime
from pathlib import Path

from django.core import serializers
from django.utils import timezone

from network.forms import JoinForm
from opsi.models import terms_of
from website.management.commands.seed import first_content
from website.publishing.edition import Edition
from website.publishing.models import Publication
from website.publishing.rendering import render

AT = timezone.make_aware(datetime(2027, 3, 1, 12))
SAMPLES = Path(__file__).parent / "fixtures/components.json"


def samples():
    """The samples, published in Finnish and Swedish: the English page shows how a missing language looks."""
    page, *others = (each.object for each in serializers.deserialize("json", SAMPLES.read_text(encoding="utf-8")))
    page.publication = Publication(starts=AT)
    page.publication.changed = AT
    return page, *others


def calls(things):
    """For each state: its name, the call to show, the last closed call, and what the call asks for."""
    closed, *current = (thing for thing in things if thing._meta.label == "opsi.Call")
    calls = [(call.state(AT), call, closed, terms_of([call])) for call in current]
    return [("none", None, None, []), ("none", None, closed, []), *calls]


def forms(commitments):
    answers = {"name": "Maija Meikäläinen", "email": "maija@example.fi", "organisation": "Kaupunki", "interests": ["3"]}
    answers |= {"organisation_type": "municipality", "language": "sv", "description": "Kokeilu\ntoisella rivillä"}
    for state, data in (("empty", None), ("filled", answers), ("error", {"name": "Maija", "email": "maija@localhost"})):
        yield state, JoinForm(data, commitments=commitments, auto_id=f"{state}_%s")


def components(request):
    things = samples()
    request.edition = edition = Edition(at=AT, serial=0, publications=(), replaced=(*first_content(), *things))
    commitments = edition.things("declaration.Commitment")
    earlier = [call for call in edition.things("opsi.Call") if call.state(AT) == "closed"]
    context = {
        "contacts": edition.things("contacts.Contact"),
        "calls": calls(things),
        "forms": list(forms(commitments)),
        "commitments": commitments,
        "resources": edition.things("opsi.Resource")[:3],
        "groups": [("Resources", ())],
        "earlier": earlier,
        "earlier_terms": terms_of(earlier),
    }
    return render(request, "website/components.html", edition.get("pages.Page", "components"), listed=False, **context)

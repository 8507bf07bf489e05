from opsi.models import Call, Resource, call_now
from website.publishing.rendering import render


def opsi(request):
    edition = request.edition
    groups = [(kind.label, [r for r in edition.things(Resource) if r.kind == kind]) for kind in Resource.Kind]
    context = {
        "groups": [(heading, members) for heading, members in groups if members],
        "earlier": [call for call in edition.things(Call) if call.state(edition.at) == "closed"],
    }
    return render(request, "opsi/opsi.html", edition.get("pages.Page", "opsi"), **context, **call_now(edition))

from opsi.models import Resource, current_and_last
from website.publishing.rendering import render


def opsi(request):
    edition = request.edition
    calls, resources = edition.calls, edition.resources
    call, last_call = current_and_last(calls, edition.at)
    groups = [(kind.label, [r for r in resources if r.kind == kind]) for kind in Resource.Kind]
    return render(
        request,
        "opsi/opsi.html",
        edition.page("opsi"),
        call=call,
        last_call=last_call,
        state=call.state(edition.at) if call else "none",
        earlier=[c for c in calls if c.state(edition.at) == "closed"],
        groups=[(heading, members) for heading, members in groups if members],
    )

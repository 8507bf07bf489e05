from django.http import Http404
from django.utils.translation import get_language

from opsi import calendar_files
from opsi.models import Call, Resource, call_now, terms_of
from website.publishing.rendering import file_response, render

CALENDAR = "text/calendar; charset=utf-8"


def opsi(request):
    edition = request.edition
    groups = [(kind.label, [r for r in edition.things(Resource) if r.kind == kind]) for kind in Resource.Kind]
    earlier = [call for call in edition.things(Call) if call.state(edition.at) == "closed"]
    now = call_now(edition)
    terms = terms_of([now["call"]]) if now["call"] else []
    context = {
        "groups": [(heading, members) for heading, members in groups if members],
        "earlier": earlier,
        "terms": terms,
        "earlier_terms": terms_of(earlier, left_out=[term["name"] for term in terms]),
    }
    return render(request, "opsi/opsi.html", edition.get("pages.Page", "opsi"), **context, **now)


def calendar(request):
    """The deadlines of all calls, to subscribe to."""
    return file_response(calendar_files.subscription(request.edition), CALENDAR, get_language())


def deadline(request, pk):
    call = request.edition.get(Call, pk)
    if not call.end:
        raise Http404
    return file_response(calendar_files.deadline(call), CALENDAR, get_language())

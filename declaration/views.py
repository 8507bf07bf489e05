from declaration.models import Commitment, Declaration
from website.publishing.rendering import render


def declaration(request):
    edition = request.edition
    page = edition.get(Declaration, "declaration")
    return render(request, "declaration/declaration.html", page, commitments=edition.things(Commitment))


def commitments(request):
    edition = request.edition
    page = edition.get("pages.Page", "commitments")
    return render(request, "declaration/commitments.html", page, commitments=edition.things(Commitment))


def commitment(request, number):
    edition = request.edition
    page = edition.get(Commitment, number)
    commitments = edition.things(Commitment)
    by_number = {commitment.number: commitment for commitment in commitments}
    context = {
        "commitments": commitments,
        "previous": by_number.get(number - 1),
        "next": by_number.get(number + 1),
        "cases": [resource for resource in edition.things("opsi.Resource") if resource.kind == "cases"],
    }
    return render(request, "declaration/commitment.html", page, **context)

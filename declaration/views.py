from website.publishing.rendering import render


def declaration(request):
    edition = request.edition
    page = edition.declaration("declaration")
    return render(request, "declaration/declaration.html", page, commitments=edition.commitments)


def commitments(request):
    edition = request.edition
    page = edition.page("commitments")
    return render(request, "declaration/commitments.html", page, commitments=edition.commitments)


def commitment(request, number):
    edition = request.edition
    five = {commitment.number: commitment for commitment in edition.commitments}
    beside = {"previous": five.get(number - 1), "next": five.get(number + 1)}
    page = edition.commitment(number)
    return render(request, "declaration/commitment.html", page, commitments=edition.commitments, **beside)

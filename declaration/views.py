from website.publishing.rendering import render


def declaration(request):
    edition = request.edition
    return render(
        request,
        "declaration/declaration.html",
        edition.declaration("declaration"),
        commitments=edition.commitments,
    )


def commitment(request, number):
    edition = request.edition
    page = edition.commitment(number)
    neighbours = {c.number: c for c in edition.commitments}
    return render(
        request,
        "declaration/commitment.html",
        page,
        commitments=edition.commitments,
        previous=neighbours.get(number - 1),
        next=neighbours.get(number + 1),
    )

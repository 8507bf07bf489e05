from website.publishing.rendering import render


def page(request, key):
    return render(request, "pages/page.html", request.edition.page(key))

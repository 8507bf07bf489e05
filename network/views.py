from django.conf import settings
from django.db import transaction
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from network.forms import JoinForm
from network.models import JoinRequest, Link, Tally, receive
from website import mail
from website.addresses import client_address
from website.origins import same_origin_form
from website.publishing.rendering import render


def network(request):
    edition = request.edition
    return render(
        request,
        "network/network.html",
        edition.page("network"),
        join=edition.page("join"),
        contacts=edition.contacts,
    )


@same_origin_form
@require_http_methods(["GET", "HEAD", "POST"])
def join(request):
    edition = request.edition
    form = JoinForm(request.POST if request.method == "POST" else None, commitments=edition.commitments)
    context = {"form": form, "contacts": edition.contacts, "too_many": False}
    if request.method != "POST":
        return render(request, "network/join.html", edition.page("join"), **context)
    if not form.is_valid():
        return render(request, "network/join.html", edition.page("join"), status=422, cache="no-store", **context)
    if not accept(form, client_address(request)):
        context["too_many"] = True
        response = render(request, "network/join.html", edition.page("join"), status=429, cache="no-store", **context)
        response.headers["Retry-After"] = "3600"  # seconds
        return response
    return HttpResponseRedirect(reverse("network:thanks"), status=303)


@transaction.atomic
def accept(form, visitor):
    """One transaction: the request and its mail, or neither. False when the site has had too many this hour."""
    from_prefix, from_everywhere = Tally.add(visitor)
    if from_everywhere > settings.REQUESTS_PER_SITE_PER_HOUR:
        return False
    suspected = form.trapped or from_prefix > settings.REQUESTS_PER_PREFIX_PER_HOUR
    answers = {field: form.cleaned_data[field] for field in JoinRequest.ANSWERS}
    joinrequest, token = receive(answers, form.address, suspected=suspected)
    if token:
        known = joinrequest.state in (JoinRequest.State.MEMBER, JoinRequest.State.REFUSED)
        mail.enqueue(
            joinrequest.address,
            "network/mail/known.txt" if known else "network/mail/confirm.txt",
            answers["language"],
            {"token": token, "days": settings.CONFIRMATION_DAYS},
        )
    return True


def thanks(request):
    return render(request, "network/thanks.html", request.edition.page("join"), listed=False)


@same_origin_form
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request, token):
    """The page behind the mailed link has a button: scanners of mail follow links, and press no buttons."""
    link = Link.find(token)
    if link and request.method == "POST":
        link.confirm()
    return render(
        request,
        "network/confirm.html",
        request.edition.page("join"),
        status=200 if link else 404,
        cache="no-store",
        listed=False,
        joinrequest=link.request if link else None,
        confirmed=bool(link) and link.request.confirmed,
    )

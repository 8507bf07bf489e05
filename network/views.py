import contextlib
from functools import partial

from django.conf import settings
from django.db import transaction
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from network.forms import CorrectionForm, JoinForm
from network.models import JoinRequest
from website.correspondence import retention
from website.correspondence.models import ChangedSinceShown, IllegalStep, Link, digest_of
from website.correspondence.receiving import behind_link, mail_to_person, mail_to_team, public_form, receive
from website.publishing.rendering import render


def network(request):
    edition = request.edition
    page = edition.get("pages.Page", "network")
    return render(request, "network/network.html", page, contacts=edition.things("contacts.Contact"))


@public_form
def join(request):
    edition = request.edition
    form = partial(JoinForm, commitments=edition.things("declaration.Commitment"))
    page = edition.get("pages.Page", "join")
    return receive(request, form, store, page, contacts=edition.things("contacts.Contact"))


def store(form, suspected):
    joinrequest = JoinRequest.receive(form.cleaned_data, form.normalised_email, suspected=suspected)
    template = "network/mail/known.txt" if joinrequest.decided else "network/mail/confirm.txt"
    # The mail holds nothing that was typed: until the request is confirmed the address may be somebody else's.
    member = joinrequest.state == JoinRequest.State.MEMBER
    context = {"member": member, "confirmation_days": settings.KEEP_DAYS["unconfirmed"]}
    mail_to_person(form.normalised_email, template, form.cleaned_data["language"], context, cause="join")


def thanks(request):
    return render(request, "network/thanks.html", request.edition.get("pages.Page", "join"), listed=False)


def _request_behind(token, days=None):
    """The request of the e-mail address that a link was mailed to; None if the link or the request does not exist."""
    link = Link.find(token, days)
    return JoinRequest.objects.filter(normalised_email=link.normalised_email).first() if link else None


@public_form
def confirm(request, token):
    """The page behind the mailed link. It confirms by a button, since mail scanners follow links."""
    joinrequest = _request_behind(token, settings.KEEP_DAYS["unconfirmed"])
    status = 200 if joinrequest else 404
    if joinrequest and request.method == "POST":
        try:
            with transaction.atomic():
                if joinrequest.confirm(request.POST.get("shown")):
                    mail_to_team("network/mail/team.txt", "network_joinrequest_changelist")
        except ChangedSinceShown:
            status = 409
        except IllegalStep:
            joinrequest, status = None, 404  # erased just now
    context = {"joinrequest": joinrequest, "token": token, "newer": status == 409}
    return behind_link(request, "network/confirm.html", "join", status=status, **context)


@public_form
def correct(request, token):
    """The form with which a person corrects their request. A link that does not work leads to the page that says so."""
    joinrequest = _request_behind(token)
    if not joinrequest:
        return HttpResponseRedirect(reverse("correspondence:own", args=[token]))
    commitments = request.edition.things("declaration.Commitment")
    shown_digest = request.POST.get("shown", "") if request.method == "POST" else digest_of(joinrequest)
    form = CorrectionForm(request.POST or None, instance=joinrequest, commitments=commitments)
    context = {"status": 422 if form.is_bound else 200, "form": form, "token": token, "shown": shown_digest}
    context["periods"] = retention.periods_of(CorrectionForm)
    if form.is_valid():
        try:
            with contextlib.suppress(IllegalStep):  # erased just now: their own page says so
                joinrequest.correct(form.cleaned_data, shown_digest)
            # Who corrected before confirming has the confirmation still before them.
            unconfirmed = joinrequest.state == JoinRequest.State.UNCONFIRMED
            may_still_confirm = unconfirmed and _request_behind(token, settings.KEEP_DAYS["unconfirmed"])
            onward = "network:confirm" if may_still_confirm else "correspondence:own"
            return HttpResponseRedirect(reverse(onward, args=[token]), status=303)
        except ChangedSinceShown:
            form.add_error(None, _("What we hold has changed since you opened this page. It is shown below your text."))
            context |= {"status": 409, "shown": digest_of(joinrequest), "held": [joinrequest]}
    return behind_link(request, "network/correct.html", "join", **context)

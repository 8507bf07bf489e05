"""One way in for every public form: checked, counted, stored and answered by mail in one transaction."""

from functools import wraps

from django.conf import settings
from django.db import transaction
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from website import logs, mail
from website.addresses import client_address
from website.correspondence.models import Link, Tally
from website.origins import same_origin_form
from website.publishing.rendering import render


def public_form(view):
    return same_origin_form(require_http_methods(["GET", "HEAD", "POST"])(wraps(view)(view)))


def receive(request, form, store, *, template, page, thanks, **context):
    """Shows the form, or takes what was sent and leads to the thanks page: the same for everybody.

    `store(form, suspected)` runs inside the transaction that counts the visitor and queues the mails.
    """
    context |= {"form": form, "too_many": False}
    if not form.is_bound:
        return render(request, template, page, **context)
    if not form.is_valid():
        return render(request, template, page, status=422, cache="no-store", **context)
    if not _stored(request, form, store):
        logs.security("too many forms", request)
        response = render(request, template, page, status=429, cache="no-store", **context | {"too_many": True})
        response.headers["Retry-After"] = "3600"  # seconds
        return response
    return HttpResponseRedirect(reverse(thanks), status=303)


@transaction.atomic
def _stored(request, form, store):
    """False when the site has had too many this hour."""
    from_network, from_everywhere = Tally.add(client_address(request))
    if from_everywhere > settings.REQUESTS_PER_SITE_PER_HOUR:
        return False
    if form.trapped:
        logs.security("trapped", request)
    store(form, form.trapped or from_network > settings.REQUESTS_PER_PREFIX_PER_HOUR)
    return True


def answer(address, template, language, context, *, capped=True):
    """A mail to a person, with the link to everything held about them. Others cannot make us send too many."""
    if not (capped and Link.worn_out(address)):
        token = Link.make(address)
        mail.enqueue(address, template, language, {"token": token, "days": settings.KEEP_DAYS["links"], **context})


def tell_the_team(template, admin_list):
    """A mail to the ministry's own mailbox that something waits: where, and nothing about whom."""
    if settings.TEAM_MAILBOX:
        mail.enqueue(settings.TEAM_MAILBOX, template, settings.LANGUAGE_CODE, {"admin_list": f"admin:{admin_list}"})

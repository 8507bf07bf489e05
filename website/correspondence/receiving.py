"""One way in for every public form: checked, counted, stored and answered by mail in one transaction."""

from django.conf import settings
from django.db import transaction
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from website.correspondence import retention
from website.correspondence.models import Link, Tally
from website.http.client_ip import client_ip
from website.http.same_origin import same_origin_form
from website.logs import security
from website.mail.models import Mail
from website.mail.outbox import enqueue
from website.publishing.rendering import render

#: The field of includes/trap.html, which people do not see. No browser and no manager of passwords knows the name.
TRAP = "remark"


def public_form(view):
    return same_origin_form(require_http_methods(["GET", "HEAD", "POST"])(view))


def receive(request, form_class, store, page, *, initial=None, **context):
    """Shows the form, or takes what was sent and leads to the thanks page of its app: the same for everybody.

    `store(form, suspected)` runs inside the transaction that counts the visitor and queues the mails.
    """
    form = form_class(request.POST if request.method == "POST" else None, initial=initial)
    app, view = request.resolver_match.view_name.split(":")
    too_many = False
    if form.is_valid():
        with transaction.atomic():
            trapped = bool(request.POST.get(TRAP))
            taken, marked = Tally.admit(client_ip(request), trapped)
            too_many = not taken
            if taken:
                if trapped:
                    security.log("trapped", request)
                store(form, marked)
                return HttpResponseRedirect(reverse(f"{app}:thanks"), status=303)
    refused = {"status": 429 if too_many else 422, "cache": "no-store"} if form.is_bound else {}
    context |= {"form": form, "too_many": too_many, "periods": retention.periods_of(type(form))}
    response = render(request, f"{app}/{view}.html", page, **refused, **context)
    if too_many:
        security.log("too many forms", request)
        response.headers["Retry-After"] = "3600"  # seconds
    return response


def behind_link(request, template, key, *, status=200, **context):
    """A page that is one person's alone: no list names it and nobody keeps it."""
    page = request.edition.get("pages.Page", key)
    return render(request, template, page, status=status, cache="no-store", listed=False, **context)


def mail_to_person(email, template, language, context, *, cause=""):
    """A mail to a person, with the link to everything held about them.

    `cause` names what anybody could have done with the address; of each such kind only a few are mailed in a day.
    """
    if not (cause and Mail.limit_reached(email, cause)):
        token = Link.make(email)
        context = {"token": token, "days": settings.KEEP_DAYS["links"], **context}
        enqueue(email, template, language, context, cause=cause)


def mail_to_team(template, admin_list):
    """A mail to the ministry's own mailbox that something waits: where, and nothing about whom."""
    if settings.TEAM_MAILBOX:
        enqueue(settings.TEAM_MAILBOX, template, settings.LANGUAGE_CODE, {"admin_list": f"admin:{admin_list}"})

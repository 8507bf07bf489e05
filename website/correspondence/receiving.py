"""What every public form does with a submission: check, count, store it and queue mails, in one transaction."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from website.correspondence import retention
from website.correspondence.hourly_limits import admit
from website.correspondence.models import Link
from website.http.client_ip import client_ip
from website.http.same_origin import same_origin_form
from website.logs import security
from website.mail.models import Mail
from website.mail.outbox import enqueue
from website.publishing.edition import EditionRequest
from website.publishing.models import Publishable
from website.publishing.rendering import render

#: The name of a field that people cannot see (includes/honeypot.html): only programs fill it in. Browsers and password
#: managers do not know the name.
HONEYPOT_FIELD = "remark"


def public_form(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Decorator of a public form's view."""
    return same_origin_form(require_http_methods(["GET", "HEAD", "POST"])(view))


def receive(
    request: EditionRequest,
    form_class: Callable[..., Any],
    store: Callable[[Any, bool], None],
    page: Publishable,
    *,
    initial: dict[str, Any] | None = None,
    **context: Any,
) -> HttpResponse:
    """Response with the form, or a redirect to the thanks page of its app once a submission is stored.

    The response does not tell whether the person is known to the site. `store(form, suspected)` runs inside the
    transaction that counts the visitor and queues the mails.
    """
    form = form_class(request.POST if request.method == "POST" else None, initial=initial)
    app, view = request.resolver_match.view_name.split(":")
    too_many = False
    if form.is_valid():
        with transaction.atomic():
            honeypot_filled = bool(request.POST.get(HONEYPOT_FIELD))
            admitted, suspected = admit(client_ip(request), honeypot_filled)
            too_many = not admitted
            if admitted:
                if honeypot_filled:
                    security.log("trapped", request)
                store(form, suspected)
                return HttpResponseRedirect(reverse(f"{app}:thanks"), status=303)
    options: dict[str, Any] = {}
    if form.is_bound:
        options = {"status": 429 if too_many else 422, "cache": "no-store"}
    context |= {"form": form, "too_many": too_many, "periods": retention.periods_of(type(form))}
    response = render(request, f"{app}/{view}.html", page, **options, **context)
    if too_many:
        security.log("too many forms", request)
        response.headers["Retry-After"] = "3600"  # seconds
    return response


def behind_link(request: EditionRequest, template: str, key: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """Response with a page for one person, behind a mailed link: not cached, and not known to search engines.

    `key` is that of the pages.Page whose texts it shows.
    """
    page = request.edition.get("pages.Page", key)
    return render(request, template, page, status=status, cache="no-store", listed=False, **context)


def mail_to_person(email: str, template: str, language: str, context: dict[str, Any], *, cause: str = "") -> None:
    """Queues a mail to a person, with a link to everything that is held about them.

    `cause` names what a visitor did, who may have typed somebody else's address: mails with a cause are limited to
    settings.MAILS_PER_ADDRESS_PER_DAY for each cause and address.
    """
    if not (cause and Mail.limit_reached(email, cause)):
        token = Link.make(email)
        context = {"token": token, "days": settings.KEEP_DAYS["links"], **context}
        enqueue(email, template, language, context, cause=cause)


def mail_to_team(template: str, admin_list: str) -> None:
    """Queues a mail to settings.TEAM_MAILBOX, if set, with a link to a list of the admin and no personal data."""
    if settings.TEAM_MAILBOX:
        enqueue(settings.TEAM_MAILBOX, template, settings.LANGUAGE_CODE, {"admin_list": f"admin:{admin_list}"})

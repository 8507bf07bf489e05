"""The pages on which a person sees, downloads and erases what is held about them, behind a link that was mailed."""

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from website.correspondence.fields import PublicForm
from website.correspondence.models import Link, Submission, digest_of, submissions_from
from website.correspondence.receiving import behind_link, mail_to_person, public_form, receive
from website.publishing.edition import EditionRequest
from website.text.forms import EmailField


class AskForm(PublicForm):
    email = EmailField(
        label=_("E-mail address"),
        help_text=_("The address you gave us when you wrote."),
        widget=forms.EmailInput({"autocomplete": "email"}),
        error_messages={"required": _("Enter your e-mail address")},
    )


@public_form
def ask(request: EditionRequest) -> HttpResponse:
    """Mails a new link. Page and work are the same for every address, so nobody learns whether one is known."""
    return receive(request, AskForm, _mail_link, request.edition.get("pages.Page", "privacy"), listed=False)


def _mail_link(form: Any, suspected: bool) -> None:
    held = bool(submissions_from(form.normalised_email))
    mail_to_person(
        form.normalised_email, "correspondence/mail/link.txt", get_language(), {"held": held}, cause="own data"
    )


def thanks(request: EditionRequest) -> HttpResponse:
    return behind_link(request, "correspondence/thanks.html", "privacy")


def erased(request: EditionRequest) -> HttpResponse:
    return behind_link(request, "correspondence/erased.html", "privacy")


def _about(held: list[Submission]) -> dict[str, Any]:
    """For templates: what is held about a person, and what its erasure means."""
    leaving = any(row.is_membership for row in held)
    waiting = any(row.is_waiting for row in held)
    return {"held": held, "leaving": leaving, "waiting": waiting}


def own(request: EditionRequest, token: str) -> HttpResponse:
    """Everything that is held about the person; status 404 if the link does not work."""
    link = Link.find(token)
    held = submissions_from(link.normalised_email) if link else []
    context: dict[str, Any] = {"status": 200 if link else 404, "link": link, "token": token, **_about(held)}
    return behind_link(request, "correspondence/own.html", "privacy", **context)


def download(request: EditionRequest, token: str) -> HttpResponse:
    """The same as a JSON file."""
    link = Link.find(token)
    if not link:
        return own(request, token)
    held = [{"kind": row._meta.label_lower} | row.everything() for row in submissions_from(link.normalised_email)]
    headers = {"Content-Disposition": 'attachment; filename="data.json"', "Cache-Control": "no-store"}
    return JsonResponse(
        {"email": link.normalised_email, "held": held},
        json_dumps_params={"indent": 2, "ensure_ascii": False},
        headers=headers,
    )


@public_form
def erase(request: EditionRequest, token: str) -> HttpResponse:
    """Asks, and erases everything that is held about the person. Sending the form twice does no harm.

    If something has been added since the page was opened, nothing is erased: the page shows it, with status 409.
    """
    link = Link.find(token)
    newer = False
    with transaction.atomic():
        held = submissions_from(link.normalised_email, lock=request.method == "POST") if link else []
        if request.method == "POST":
            newer = bool(held) and request.POST.get("shown") != digest_of(*held)
            if not newer:
                for row in held:
                    row.erase("left")
                return HttpResponseRedirect(reverse("correspondence:erased"), status=303)
    if not link:
        return own(request, token)
    context = {"token": token, "shown": digest_of(*held), "newer": newer, **_about(held)}
    return behind_link(request, "correspondence/erase.html", "privacy", status=409 if newer else 200, **context)

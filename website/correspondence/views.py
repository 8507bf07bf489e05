"""A person's own page: everything held about an address, for whoever has a link that was mailed to it."""

from django import forms
from django.db import transaction
from django.http import HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from website.correspondence.fields import PublicForm
from website.correspondence.models import Link, written_models
from website.correspondence.receiving import answer, public_form, receive
from website.publishing.rendering import render


class AskForm(PublicForm):
    email = forms.EmailField(
        label=_("E-mail address"),
        help_text=_("The address you wrote to us with."),
        widget=forms.EmailInput({"autocomplete": "email"}),
    )


def held_about(address):
    return [row for model in written_models() for row in model.held_about(address)]


@public_form
def ask(request):
    """The link anew, for whoever asks with the address: the same page, the same work and a mail for everybody."""
    form = AskForm(request.POST if request.method == "POST" else None)
    page = request.edition.page("privacy")
    return receive(
        request, form, _mail_link, template="correspondence/ask.html", page=page, thanks="correspondence:thanks"
    )


def _mail_link(form, suspected):
    held = bool(held_about(form.address))
    answer(form.address, "correspondence/mail/link.txt", get_language(), {"held": held})


def _page(request, template, *, status=200, **context):
    page = request.edition.page("privacy")
    return render(request, template, page, status=status, cache="no-store", listed=False, **context)


def thanks(request):
    return _page(request, "correspondence/thanks.html")


def erased(request):
    return _page(request, "correspondence/erased.html")


def own(request, token):
    link = Link.find(token)
    held = held_about(link.address) if link else []
    return _page(request, "correspondence/own.html", status=200 if link else 404, link=link, held=held, token=token)


def download(request, token):
    link = Link.find(token)
    if not link:
        return own(request, token)
    found = {
        "address": link.address,
        "held": [{"kind": row._meta.label_lower} | row.everything() for row in held_about(link.address)],
    }
    response = JsonResponse(found, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response.headers["Content-Disposition"] = 'attachment; filename="data.json"'
    response.headers["Cache-Control"] = "no-store"
    return response


@public_form
def erase(request, token):
    """Leaving, and everything else that is held: gone at once. A second press of the button finds nothing left."""
    link = Link.find(token)
    if request.method == "POST":
        with transaction.atomic():
            for row in held_about(link.address) if link else ():
                row.erase("left")
        return HttpResponseRedirect(reverse("correspondence:erased"), status=303)
    if not link:
        return own(request, token)
    return _page(request, "correspondence/erase.html", held=held_about(link.address), token=token)

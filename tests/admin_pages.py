"""Pages and forms of the admin, and what a form sends."""

from django.contrib import admin
from django.urls import reverse

from contacts.models import Message
from network.models import JoinRequest
from tests.markup import Markup
from website.correspondence.models import state_shown
from website.publishing.admin import PublishableAdmin

CHANGE = "/fi/hallinta/pages/page/network/change/"


def filled_in(client, address=CHANGE):
    """What the change form posts when nobody has touched it."""
    form = client.get(address).context["adminform"].form
    values = {name: "" if form[name].value() is None else form[name].value() for name in form.fields}
    opened = [name for name in form.fields if form.fields[name].show_hidden_initial]
    return values | {form[name].html_initial_name: values[name] for name in opened}


def addresses():
    """Every page of the admin: those of the site itself, and each page of each model."""
    yield from (reverse(f"admin:{name}") for name in ("index", "help", "second_factor", "sessions", "password_change"))
    yield reverse("admin:password_change_done")
    yield from (reverse(f"admin:password_reset{name}") for name in ("", "_done", "_complete"))
    yield reverse("admin:password_reset_confirm", args=("x", "x"))
    for model, model_admin in admin.site._registry.items():
        name, thing = f"admin:{model._meta.app_label}_{model._meta.model_name}", model._default_manager.last()
        yield from (reverse("admin:app_list", args=(model._meta.app_label,)), reverse(f"{name}_changelist"))
        yield reverse(f"{name}_add")
        if thing is None:
            continue
        yield from (reverse(f"{name}_{page}", args=(thing.pk,)) for page in ("change", "delete", "history"))
        if isinstance(model_admin, PublishableAdmin):
            yield f"{reverse('admin:publishing_publication_publish')}?thing={model._meta.label_lower}:{thing.pk}"
            yield from (reverse(f"{name}_withdraw", args=(thing.pk,)), reverse(f"{name}_deleted"))
    yield from (reverse(f"admin:publishing_publication_{page}") for page in ("content", "schedule", "search"))


QUEUE = "/fi/hallinta/network/joinrequest/"
INBOX = "/fi/hallinta/contacts/message/"


def address_of(person, language="fi"):
    return f"/{language}/hallinta/accounts/user/{person.pk}/change/"


def a_request(number=1, **fields):
    address = f"{number}@vm.example"
    return JoinRequest.objects.create(
        **{"normalised_email": address, "email": address, "name": f"Henkilö {number}", "organisation": "Virasto"}
        | {"organisation_type": "agency", "language": "fi", "state": "waiting"}
        | fields
    )


def a_message(number=1, **fields):
    return Message.objects.create(
        **{"message": f"Viesti {number}", "kind": "other", "language": "fi", "digest": str(number)} | fields
    )


def hidden_fields(answer):
    """What a form carries unseen: hidden fields, and in public forms a button's digest of what it shows."""
    page = Markup(answer.content.decode())
    fields = [*page.all("input", type="hidden"), *page.all("button", name="shown")]
    return {field["name"]: field["value"] for field in fields if field["name"] != "csrfmiddlewaretoken"}


def decide(client, row, decision, text="", language=None):
    """Posts a decision as the page of the row shows it; `text` is that of the mail."""
    queue = QUEUE if isinstance(row, JoinRequest) else INBOX
    data = {"decision": decision, "shown": state_shown([row]), language or row.language: text}
    return client.post(f"{queue}{row.pk}/change/", data)


def decide_together(client, decision, rows, **texts):
    """Chooses rows in their list and confirms; `texts` are those of the mails by language."""
    queue = QUEUE if isinstance(rows[0], JoinRequest) else INBOX
    page = client.post(queue, {"action": decision, "_selected_action": [row.pk for row in rows]})
    return client.post(f"{queue}decide/", hidden_fields(page) | texts)

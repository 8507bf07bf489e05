"""What takes effect by being registered is registered: what waits, actions, admin pages, kinds of personal data."""

from collections import Counter

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client

from contacts.forms import FeedbackForm
from contacts.models import Message
from network.forms import JoinForm
from network.models import JoinRequest
from tests.admin_pages import INBOX, QUEUE, a_message, a_request
from tests.conftest import person
from tests.markup import Markup
from website.admin import dashboard
from website.correspondence import retention
from website.correspondence.fields import PublicForm

pytestmark = pytest.mark.django_db

#: How many functions say what waits, and what comes, to those with a permission.
WAITING = {
    "publishing.view_publication": 1,
    "links.view_brokenlink": 1,
    "contacts.view_message": 1,
    "network.view_joinrequest": 2,
    "correspondence.view_purge": 1,
}
EVENTS = {"publishing.view_publication": 1, "contacts.view_message": 1}
#: Each kind of personal data: which setting says how long it is kept, and the form through which it comes.
KEPT = {
    "mail_texts": ("mail_texts", PublicForm),
    "mails": ("mails", PublicForm),
    "links": ("links", PublicForm),
    "tallies": ("tallies", PublicForm),
    "login_failures": ("login_failures", None),
    "sessions": ("sessions", None),
    "backups": ("backups", None),
    "unconfirmed": ("unconfirmed", JoinForm),
    "unconfirmed_text": ("unconfirmed", JoinForm),
    "suspected": ("suspected", JoinForm),
    "refused": ("refused", JoinForm),
    "wishes": ("wishes", None),
    "feedback": ("feedback", FeedbackForm),
    "suspected_feedback": ("suspected", FeedbackForm),
}
IN_THE_ADMIN = """
    accounts.User admin.LogEntry contacts.Contact contacts.Message correspondence.Purge declaration.Commitment
    declaration.Declaration links.BrokenLink network.Export network.JoinRequest opsi.Call opsi.Resource
    pages.AccessibilityStatement pages.Notice pages.Page pages.Shortcoming publishing.Publication
"""


def test_everything_that_waits_or_comes_is_said_to_those_who_may_see_it():
    assert Counter(permission for permission, _source in dashboard._waiting) == WAITING
    assert Counter(permission for permission, _source in dashboard._events) == EVENTS


def test_the_register_of_personal_data_is_whole():
    register = {name: (entry.setting, entry.form) for name, entry in retention.REGISTER.items()}
    assert register == KEPT
    assert {JoinForm, FeedbackForm} <= set(retention.FORMS)


def test_the_admin_has_a_page_for_each_thing_and_for_nothing_else():
    ours = {model._meta.label for model in admin.site._registry}
    assert ours == set(IN_THE_ADMIN.split())


# --- Who may take an action ------------------------------------------------------------------------------------------


def test_every_action_asks_for_a_permission():
    without = []
    for model, model_admin in admin.site._registry.items():
        for action, name, _description in model_admin._get_base_actions():
            if not getattr(action, "allowed_permissions", ()):
                without.append(f"{model._meta.label}: {name}")
    assert without == []


ACTIONS = [
    (QUEUE, JoinRequest, ["accept", "ask", "refuse", "reconsider", "send_again", "delete_selected"]),
    (INBOX, Message, ["answer", "mark_answered", "clear_suspicion", "send_again", "delete_selected"]),
]


@pytest.mark.parametrize(("address", "model", "actions"), ACTIONS, ids=["requests", "feedback"])
def test_who_may_only_read_takes_no_action(address, model, actions):
    reader = person("reader", "Editors")
    reader.groups.clear()
    reader.user_permissions.set(Permission.objects.filter(codename=f"view_{model._meta.model_name}"))
    client = Client()
    client.force_login(reader)
    rows = [a_request(1), a_request(2, state="refused")] if model is JoinRequest else [a_message(1, suspected=True)]
    before = list(model.objects.values())
    page = client.get(address)
    assert page.status_code == 200 and b'name="action"' not in page.content
    for action in actions:
        answer = client.post(address, {"action": action, "_selected_action": [row.pk for row in rows], "post": "yes"})
        assert (answer.status_code, answer.get("Location")) in ((302, address), (200, None), (403, None)), action
    assert list(model.objects.values()) == before
    # Nor a page that leads to one.
    assert client.post(f"{address}decide/", {"decision": actions[0], "keys": rows[0].pk}).status_code == 403
    if model is JoinRequest:
        assert client.post(f"{address}export/", {"why": "x"}).status_code == 403
    change = client.get(f"{address}{rows[0].pk}/change/")
    assert (
        change.status_code == 200 and b'name="note"' not in change.content and b'name="decision"' not in change.content
    )
    assert client.post(f"{address}{rows[0].pk}/change/", {"note": "x"}).status_code == 403
    assert not rows[0].notes.exists()


def test_coordinators_may_take_each_of_them(signed_in, coordinator):
    client = signed_in(coordinator)
    for number in (1, 2):
        a_request(number)
        a_message(number)
    for address, model, actions in ACTIONS:
        shown = client.get(address)
        offered = shown.context["action_form"].fields["action"].choices
        names = [value for value, _label in offered if value]
        assert sorted(names) == sorted(actions)
        assert names[-1] == "delete_selected"
        # A tick box is named as its row is.
        ticks = Markup(shown.content.decode()).all("input", name="_selected_action")
        expected = {"Henkilö 1, Virasto", "Henkilö 2, Virasto"} if model is JoinRequest else {"Viesti 1", "Viesti 2"}
        assert {tick["aria-label"] for tick in ticks} == expected

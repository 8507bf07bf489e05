"""Which page of the admin opens for whom."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone, translation
from django.utils.formats import date_format
from reversion.models import Version

from tests.admin_pages import a_request, filled_in
from tests.conftest import person
from tests.editing import (
    ADMIN,
    CHANGE,
    CONTENT,
    HISTORY,
    PUBLISH,
    SCHEDULE,
    a_notice,
    page,
    published,
    saved,
)
from tests.markup import Markup
from website.publishing import versions, workflow
from website.publishing.models import Publication

pytestmark = pytest.mark.django_db


# --- Roles ---------------------------------------------------------------------------------------------------------


def admin_paths():
    """Every address of the admin, its arguments filled in with something that is there."""
    for prefix, _kwargs, pattern in _walk(get_resolver().url_patterns):
        yield prefix, pattern


def _walk(patterns, prefix=""):
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from _walk(pattern.url_patterns, route)
        elif "hallinta/" in route:
            yield route, None, pattern


OPEN = {"login", "password_reset", "password_reset_done", "password_reset_confirm", "password_reset_complete"}
OWN = {"index", "help", "logout", "second_factor", "session", "sessions", "password_change", "password_change_done"}
OWN |= {"jsi18n", "app_list"}
CONTENT_APPS = {"pages", "declaration", "opsi", "contacts"}


def allowed(role, name, app, model):
    """Who may open what, said once more and independently of the code."""
    if name in OPEN or (name in OWN and role != "anonymous"):
        return True
    if role == "administrator":
        return True
    content = app in CONTENT_APPS and model != "message"
    if role in ("editor", "publisher") and content:
        return not name.endswith("withdraw") or role == "publisher"
    if role in ("editor", "publisher") and model == "brokenlink":
        return True
    if name == "publishing_publication_search":  # it finds what its reader may see
        return role != "anonymous"
    if role in ("editor", "publisher") and model == "publication":
        return not name.endswith("publish") or role == "publisher"
    return role == "coordinator" and (app in ("network", "correspondence") or model == "message")


@pytest.mark.once
@pytest.mark.parametrize("role", ["anonymous", "editor", "publisher", "coordinator", "administrator"])
def test_every_address_of_the_admin_opens_for_those_it_is_for(request, client, role):
    if role != "anonymous":
        client.force_login(request.getfixturevalue(role))
    keys = {"page": "network", "declaration": "declaration", "commitment": "3", "notice": saved(a_notice()).pk}
    wrong, walked = [], 0
    with translation.override("en"):
        addresses = list(admin_paths())
    for route, pattern in addresses:
        name = pattern.name or ""
        match = re.search(r"hallinta/([a-z]+)/([a-z]+)/", route)
        app, model = match.groups() if match else ("", "")
        key = str(keys.get(model, 1))
        path = re.sub(r"<path:object_id>", key, route)
        if name in ("password_reset_confirm", "view_on_site", "app_list", "logout", "autocomplete") or not name:
            continue
        path = "/en/hallinta/" + path.partition("hallinta/")[2]
        walked += 1
        answer = client.get(path)
        status = answer.status_code
        # To the first page or to the sign-in page leads what is not theirs, or is not there.
        opened = status == 200 or (status == 302 and not re.search(r"hallinta/(login/.*)?$", answer["Location"]))
        may = allowed(role, name, app, model)
        if opened and not may:
            wrong.append((path, status))
        if may and status in (403,) and not re.search(r"/(add|delete|deleted|withdraw)/$", path):
            wrong.append((path, status, "closed"))
    assert walked > 60
    assert wrong == []


@pytest.mark.parametrize("role", ["anonymous", "editor", "coordinator"])
def test_what_only_publishers_do_is_refused_to_others(request, client, role):
    if role != "anonymous":
        client.force_login(request.getfixturevalue(role))
    notice = a_notice()
    published(notice)
    saved(page(), title_fi="Uusi otsikko")
    workflow.publish([versions.latest_version(page())], starts=timezone.now() + timedelta(days=1))
    before = list(Publication.objects.values_list("pk", "version", "starts", "cancelled_at"))
    version = versions.latest_version(page()).pk
    client.post(f"{PUBLISH}?thing=pages.page:network", {"version": version, "minor": "on"})
    client.post(f"{ADMIN}pages/notice/{notice.pk}/withdraw/", {})
    client.post(SCHEDULE, {"cancel": Publication.objects.last().pk})
    client.post(f"{ADMIN}pages/page/", {"action": "publish_selected", "_selected_action": ["network"]})
    assert list(Publication.objects.values_list("pk", "version", "starts", "cancelled_at")) == before


@pytest.mark.parametrize("role", ["anonymous", "coordinator"])
def test_what_editors_do_is_refused_to_others(request, client, role):
    fields = filled_in(_as(person("someone", "Editors")), CHANGE) | {"title_fi": "Luvatta"}
    if role != "anonymous":
        client.force_login(request.getfixturevalue(role))
    before = Version.objects.count()
    first = Version.objects.get_for_object(page()).last()
    for address, posted in (
        (CHANGE, fields),
        (CHANGE, fields | {"_preview": "fi"}),
        (CHANGE, fields | {"_still_correct": "lead_sv"}),
        (HISTORY, {"version": first.pk, "restore": "all"}),
        (CONTENT, {"reviewed": "pages.page:network"}),
        (f"{ADMIN}pages/notice/deleted/", {"version": first.pk}),
    ):
        answer = client.post(address, posted)
        assert answer.status_code in (403, 404) or role == "anonymous", address
        assert "Luvatta</h1>" not in answer.content.decode()
    assert Version.objects.count() == before


def _as(user):
    client = Client()
    client.force_login(user)
    return client


# --- Dashboard -----------------------------------------------------------------------------------------------------


def test_the_first_page_says_what_waits_and_shows_nobody_what_is_not_theirs(request, client):
    today = timezone.localdate()
    saved(page(), lead_fi="Uusi ingressi", review_due=today)
    a_request()
    shown = {}
    for role in ("editor", "coordinator"):
        client.force_login(request.getfixturevalue(role))
        waiting = client.get(ADMIN).context["waiting"]
        shown[role] = {str(item.verb) for items in waiting.values() for item in items}
        for item in (item for items in waiting.values() for item in items):
            assert client.get(item.url).status_code == 200
    assert shown == {"editor": {"Go on writing"}, "coordinator": {"Look", "Read and decide"}}


def test_reviewed_nothing_to_change_is_one_click_and_no_new_version(signed_in, editor):
    saved(page(), review_due=timezone.localdate())
    versions = Version.objects.count()
    client = signed_in(editor)
    asked = Markup(client.get(f"{CONTENT}?show=review").content.decode())
    (button,) = asked.all("button", name="reviewed")
    assert button.parent.text.startswith(date_format(timezone.localdate()))
    client.post(CONTENT, {"reviewed": button["value"]})
    assert page().review_due == timezone.localdate() + timedelta(days=365)
    assert Version.objects.count() == versions
    assert client.get(f"{CONTENT}?show=review").context["rows"] == []

"""Whatever somebody who is signed in sends to whatever address of the admin: an answer below 500."""

import random
import re
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.db import transaction
from django.urls import URLResolver

pytestmark = pytest.mark.django_db

REQUESTS = 1000
#: What the pages read: filters of lists, buttons, fields of forms.
ASKED = re.findall(
    r"\w+",
    """
    o p q e all state translation show thing key older newer mail answer interest _popup _to_field
    _changelist_filters starts__year starts__month content_type__id__exact minor__exact state__exact level__exact
    user__id__exact id__in next page app_label model_name field_name term
    """,
)
POSTED = re.findall(
    r"\w+",
    """
    version restore cancel reviewed _preview _still_correct opened_version theirs _selected_action action index post
    carried csrfmiddlewaretoken title_fi title_sv starts note_fi minor order closes_0 closes_1 opens_on review_due
    email username password groups code sessions why fi number adherents kind interests _save _publish
    """,
)
ODD = ["", "x", "²", "-1", "9" * 30, "9" * 5000, "\x00", "í\xa0\x80", "a" * 70_000, "<b>", "'\"", "%00", "1;2", "../.."]
ODD += ["None", "0001-01-01", "2026-13-45", "9999-12-31T23:59:59", "\u202e"]
RIGHT = ["1", "home", "all", "fi", "sv", "new", "missing", "waiting", "on", "publish_selected", "accept", "title_sv"]
KEYS = ["home", "1", "3", "declaration", "statement", "auth", "pages", "x", "²", "9" * 30, "%00", "a b", "é"]


def routes(patterns, before=""):
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif "(?P" not in route and "logout" not in route:
            yield route


@pytest.mark.parametrize("who", ["administrator", pytest.param("publisher", marks=pytest.mark.once), "nobody"])
def test_no_request_of_somebody_signed_in_is_an_error_of_ours(request, client, who):
    chance = random.Random(who)
    if who != "nobody":
        client.force_login(request.getfixturevalue(who))
    client.raise_request_exception = False
    places, failed = list(routes(admin.site.urls[0])), set()

    def some(names, most):
        return {chance.choice(names): chance.choice(ODD + RIGHT) for _number in range(chance.randint(0, most))}

    for _number in range(REQUESTS):
        route = chance.choice(places)
        path = f"/{chance.choice(('fi', 'sv', 'en'))}/hallinta/"
        path += re.sub(r"<[^>]+>", lambda place: chance.choice(KEYS), route)
        asked, posted = some(ASKED, 3), some(POSTED, 8)
        with transaction.atomic():
            if chance.random() < 0.5:
                response = client.get(path, asked)
            else:
                response = client.post(f"{path}?{urlencode(asked)}", posted)
            if response.status_code >= 500:
                failed.add((route, repr(response.exc_info and response.exc_info[1])[:200], str((asked, posted))[:300]))
            transaction.set_rollback(True)
    assert failed == set()

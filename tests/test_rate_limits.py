"""One visitor, or one network, closes no form for others: what is marked has a ceiling of its own."""

import pytest

from contacts.models import Message
from network.models import JoinRequest
from tests.forms import ANSWERS, ASK, FEEDBACK, FORM, WORDS
from website.correspondence import hourly_limits
from website.correspondence.hourly_limits import admit

pytestmark = pytest.mark.django_db

FORMS = {
    "join": (FORM["sv"], ANSWERS),
    "feedback": (FEEDBACK["en"], WORDS),
    "your data": (ASK["fi"], {"email": "maija@vm.example"}),
}
HERE, NEXT_DOOR, ELSEWHERE, SIX = "203.0.113.5", "203.0.113.6", "198.51.100.7", "2001:db8:7:7::1"


def post(client, form, visitor, number=0, trapped=False):
    address, fields = FORMS[form]
    fields = fields | {"email": f"{form[:4]}{number}@vm.example".replace(" ", ""), "remark": "x" if trapped else ""}
    return client.post(address, fields, REMOTE_ADDR=visitor).status_code


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("trapped", [True, False])
def test_a_flood_from_one_network_stops_nobody_else(client, settings, monkeypatch, form, trapped, one_edition):
    settings.REQUESTS_PER_SITE_PER_HOUR = 20
    monkeypatch.setattr(hourly_limits, "REQUESTS_PER_NETWORK_PER_HOUR", 6)
    flood = [post(client, form, (HERE, NEXT_DOOR)[number % 2], number, trapped) for number in range(40)]
    taken = 5 if trapped else 6 + 5
    assert flood == [303] * taken + [429] * (40 - taken)
    for other in FORMS:
        for visitor in (ELSEWHERE, SIX):
            assert post(client, other, visitor, f"other{visitor[:3]}") == 303
            assert post(client, other, visitor, f"too{visitor[:3]}", trapped=True) == 303
    # People in the same network are not taken for the program that floods it.
    assert post(client, form, NEXT_DOOR, "neighbour") == (303 if trapped else 429)


def test_the_ordinary_are_not_marked_beside_the_marked(client, monkeypatch):
    monkeypatch.setattr(hourly_limits, "REQUESTS_PER_NETWORK_PER_HOUR", 2)
    for number in range(5):
        post(client, "join", HERE, number, trapped=True)
    for number in range(5, 8):
        post(client, "join", HERE, number)
    marked = JoinRequest.objects.filter(suspected=True).values_list("normalised_email", flat=True)
    assert sorted(marked) == [f"join{number}@vm.example" for number in (0, 1, 2, 3, 4, 7)]


def test_many_networks_share_each_ceiling_and_no_more_is_stored(client, settings):
    settings.REQUESTS_PER_SITE_PER_HOUR = 8
    answers = [post(client, "feedback", f"10.0.{number}.1", number, trapped=True) for number in range(12)]
    assert answers == [303] * 8 + [429] * 4
    assert post(client, "feedback", ELSEWHERE, "ordinary") == 303
    answers = [post(client, "feedback", f"10.1.{number}.1", f"o{number}") for number in range(12)]
    assert answers == [303] * 7 + [429] * 5
    refused = client.post(FEEDBACK["en"], WORDS, REMOTE_ADDR="10.2.0.1")
    assert refused.status_code == 429 and WORDS["message"] in refused.content.decode()
    assert Message.objects.count() == 16


def test_what_one_network_is_refused_takes_no_room_from_others(client, settings):
    settings.REQUESTS_PER_SITE_PER_HOUR = 20
    for _number in range(100):
        admit(HERE, honeypot_filled=True)
    assert [admit(f"10.0.{number}.1", honeypot_filled=True) for number in range(15)] == [(True, True)] * 15
    assert admit("10.1.0.1", honeypot_filled=True) == (False, True)

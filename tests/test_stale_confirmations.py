"""Buttons act on what their page has shown, and on nothing that came later."""

import pytest

from contacts.models import Message
from network.models import JoinRequest
from tests.forms import ANSWERS, asked, give, members_link, press, send, the_request
from tests.markup import Markup
from website.correspondence.models import digest_of

pytestmark = pytest.mark.django_db

OTHER = "toinen@vm.example"
CORRECT = {"fi": "/fi/verkosto/korjaa/", "sv": "/sv/natverk/ratta/", "en": "/en/network/correct/"}


def button(page):
    """What the button of a page sends."""
    found = Markup(page.content.decode()).one("button", name="shown")
    return {"shown": found["value"]}


@pytest.mark.parametrize("confirmed_before", [False, True])
@pytest.mark.parametrize("field", ["name", "organisation", "title", "description"])
def test_a_newer_text_is_shown_before_it_is_confirmed(client, field, confirmed_before):
    link = asked(client)
    press(client, asked(client, email=OTHER))
    if confirmed_before:
        press(client, link)
        send(client, title="Toinen titteli")
    opened = button(client.get(link))
    send(client, **{field: "Uusi teksti"})
    send(client, email=OTHER, name="Joku Muu")  # another person's newer text stops nobody

    page = client.post(link, opened)
    assert page.status_code == 409
    assert "Uusi teksti" in Markup(page.content.decode()).one("main").text
    row = JoinRequest.objects.get(normalised_email=ANSWERS["email"])
    assert row.confirmed is False
    assert row.steps == [] if not confirmed_before else len(row.steps) == 1

    assert client.post(link, button(page)).status_code == 200
    row.refresh_from_db()
    assert (getattr(row, field), row.state, row.confirmed) == ("Uusi teksti", "waiting", True)
    assert JoinRequest.objects.get(normalised_email=OTHER).confirmed is False


def test_correcting_before_confirming_returns_to_the_confirmation(client):
    link = asked(client, language="sv")
    page = Markup(client.get(link).content.decode())
    correction = next(a["href"] for a in page.all("a") if a["href"].startswith(CORRECT["sv"]))
    shown = Markup(client.get(correction).content.decode()).one("input", name="shown")["value"]
    answer = client.post(correction, ANSWERS | {"shown": shown, "name": "Maija Oikea"}, follow=True)
    assert answer.redirect_chain == [(link, 303)]
    assert "Maija Oikea" in answer.content.decode()
    client.post(link, button(answer))
    assert (the_request().name, the_request().state) == ("Maija Oikea", "waiting")


def test_the_same_text_sent_again_is_confirmed_at_once(client):
    link = asked(client)
    opened = button(client.get(link))
    send(client)
    assert client.post(link, opened).status_code == 200
    assert the_request().state == "waiting"


@pytest.mark.parametrize("posted", [{}, {"shown": ""}, {"shown": "0" * 64}])
def test_a_button_that_showed_nothing_confirms_nothing(client, posted):
    link = asked(client)
    assert client.post(link, posted).status_code == 409
    assert the_request().state == "unconfirmed"


def test_a_correction_does_not_write_over_one_that_was_made_meanwhile(client):
    token = members_link(client).rstrip("/").rpartition("/")[2]
    members_link(client, email=OTHER)
    address = f"{CORRECT['en']}{token}/"
    opened = Markup(client.get(address).content.decode()).one("input", name="shown")["value"]
    the_other = JoinRequest.objects.get(normalised_email=ANSWERS["email"])
    the_other.correct({"title": "Muualla korjattu"}, digest_of(the_other))
    invalid = client.post(address, ANSWERS | {"shown": opened, "name": ""})
    assert invalid.status_code == 422
    assert Markup(invalid.content.decode()).one("input", name="shown")["value"] == opened
    page = client.post(address, ANSWERS | {"shown": opened, "title": "Minun"})
    assert page.status_code == 409
    markup = Markup(page.content.decode())
    assert markup.one("input", name="title")["value"] == "Minun"
    assert "Muualla korjattu" in markup.one("main").text
    assert len(page.context["form"].non_field_errors()) == 1  # and why nothing was written
    assert JoinRequest.objects.get(normalised_email=ANSWERS["email"]).title == "Muualla korjattu"
    shown = markup.one("input", name="shown")["value"]
    assert client.post(address, ANSWERS | {"shown": shown, "title": "Minun"}).status_code == 303
    assert JoinRequest.objects.get(normalised_email=ANSWERS["email"]).title == "Minun"
    assert JoinRequest.objects.get(normalised_email=OTHER).title == ANSWERS["title"]


def test_what_came_meanwhile_is_shown_before_it_is_erased(client):
    link = f"{members_link(client)}poista/"
    opened = button(client.get(link))
    give(client, email=OTHER)
    give(client, email=ANSWERS["email"], message="Myöhemmin kirjoitettu")
    page = client.post(link, opened)
    assert page.status_code == 409
    assert "Myöhemmin kirjoitettu" in page.content.decode()
    assert (JoinRequest.objects.count(), Message.objects.count()) == (1, 2)
    assert client.post(link, button(page)).status_code == 303
    assert not JoinRequest.objects.exists()
    assert Message.objects.get().normalised_email == OTHER


@pytest.mark.parametrize("posted", [{}, {"shown": ""}, {"shown": "0" * 64}])
def test_a_page_that_showed_nothing_corrects_and_erases_nothing(client, posted):
    link = members_link(client)
    token = link.rstrip("/").rpartition("/")[2]
    assert client.post(f"{CORRECT['fi']}{token}/", ANSWERS | posted | {"title": "Uusi titteli"}).status_code == 409
    assert client.post(f"{link}poista/", posted).status_code == 409
    assert the_request().title == ANSWERS["title"]

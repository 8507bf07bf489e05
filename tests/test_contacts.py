"""Feedback to the ministry: the form anybody may send, the inbox, the fourteen days."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts.admin import feedback_waiting
from contacts.models import Contact, Message
from tests.admin_pages import INBOX, decide
from tests.conftest import LANGUAGES
from tests.forms import FEEDBACK, WORDS, deliver, give
from tests.markup import Markup
from tests.public_pages import every_address
from tests.running import all_at_once
from website.correspondence.models import IllegalStep
from website.mail.models import Mail
from website.publishing.edition import Edition

pytestmark = pytest.mark.django_db


def the_message():
    return Message.objects.get()


# --- The form -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_anybody_gives_feedback_and_gets_a_receipt(client, language):
    answer = give(client, language)
    assert answer.status_code == 303
    assert client.get(answer["Location"]).status_code == 200
    message = the_message()
    assert (message.kind, message.message, message.language) == ("accessibility", WORDS["message"], language)
    (mail,) = deliver()
    assert mail.to == ["aino@vm.example"]
    assert WORDS["message"] not in mail.body and WORDS["name"] not in mail.body
    assert f"http://testserver/{language}/" in mail.body


def test_feedback_needs_neither_a_name_nor_an_address(client):
    assert give(client, name="", email="", page="").status_code == 303
    assert the_message().normalised_email == ""
    assert deliver() == []


@pytest.mark.once
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_s_foot_leads_to_the_form_with_the_page_filled_in(client, language):

    for path in every_address():
        if path.startswith(f"/{language}/"):
            markup = Markup(client.get(path).content.decode())
            foot = [e["href"] for e in markup.all("a") if markup.one("footer") in e.above]
            (link,) = [href for href in foot if href.split("?")[0] == FEEDBACK[language]]
            if "?" in link:
                form = Markup(client.get(link).content.decode())
                assert form.one("input", name="page")["value"] == path
            else:  # thanks pages are no page to speak of
                assert "noindex" in markup.one("meta", name="robots")["content"]


@pytest.mark.parametrize(
    "told",
    [
        "https://evil.example/",
        "//evil.example",
        "/fi/ei-ole/",
        '"><script>',
        "\x00",
        "/fi/julistus",
        "javascript:1",
        "x" * 3000,
    ],
)
def test_the_form_believes_only_a_path_of_the_edition(client, told):
    answer = client.get(f"{FEEDBACK['fi']}?page={quote(told)}")
    assert answer.status_code == 200
    assert answer.content == client.get(FEEDBACK["fi"]).content


def test_the_page_itself_is_one_for_everybody_and_its_parameter_is_in_no_address(client):
    assert client.get(FEEDBACK["en"]).content == Client().get(FEEDBACK["en"] + "?utm=1").content
    form = Markup(client.get(FEEDBACK["en"] + "?page=/en/network/").content.decode())
    assert form.one("form", class_="form")["action"] == FEEDBACK["en"]
    assert form.one("link", rel="canonical")["href"] == "http://testserver" + FEEDBACK["en"]


@pytest.mark.parametrize(
    "language, field, value",
    [
        ("fi", "message", ""),
        ("sv", "message", "x" * 4001),
        ("en", "message", "a\x00b"),
        ("fi", "kind", "praise"),
        ("sv", "kind", ""),
        ("en", "email", "aino@localhost"),
        ("fi", "email", "=?utf-8?q?aino?=@vm.example"),
        ("sv", "name", "Aino\x00"),
        ("en", "page", "x" * 201),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_bad_feedback_gets_an_error_at_its_field_and_keeps_what_was_typed(client, language, field, value):
    answer = give(client, language, **{"page": "Säilyvä sivu", field: value})
    assert answer.status_code == 422
    assert not Message.objects.exists() and not Mail.objects.exists()
    markup = Markup(answer.content.decode())
    (error,) = markup.all("div", class_="error")
    assert error["id"] == f"id_{field}_error"
    if field != "page":
        assert markup.one("input", name="page")["value"] == "Säilyvä sivu"
    if field != "message":
        assert "".join(markup.one("textarea", name="message").pieces).strip() == WORDS["message"]


def test_the_same_words_within_a_day_are_one_message_and_one_mail(client, time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    assert {give(client).status_code for _ in range(40)} == {303}
    the_message()
    assert len(deliver()) == 1
    time_machine.shift(timedelta(hours=24))
    give(client)
    assert Message.objects.count() == 2
    assert len(deliver()) == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_same_words_at_once_are_one_message_and_one_mail():
    statuses = []
    all_at_once(lambda: statuses.extend(give(Client()).status_code for _post in range(5)))
    assert statuses == [303] * 40
    the_message()
    assert Mail.objects.count() == 1


def test_one_address_gets_three_mails_a_day_whatever_is_written(client):
    for number in range(10):
        assert give(client, message=f"Viesti {number}").status_code == 303
    assert Message.objects.count() == 10
    assert len(deliver()) == 3


def test_feedback_with_the_honeypot_filled_is_suspected_and_a_colleague_may_clear_it(client, signed_in, coordinator):
    assert give(client, remark="https://spam.example").status_code == 303
    assert the_message().suspected
    decide(signed_in(coordinator), the_message(), "clear_suspicion")
    assert not the_message().suspected


def test_posts_from_another_site_are_refused(client):
    answer = client.post(FEEDBACK["fi"], WORDS, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert not Message.objects.exists()


# --- The inbox ------------------------------------------------------------------------------------------------------


def test_the_inbox_counts_the_days_and_puts_what_is_overdue_first(client, signed_in, coordinator, time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    give(client, message="vanhin")
    time_machine.shift(timedelta(days=10))
    give(client, message="uudempi")
    give(client, message="vastattu")
    Message.objects.get(message="vastattu").be_answered(coordinator)
    rows = signed_in(coordinator).get(INBOX).context["cl"].result_list
    assert [(row.message, row.days_left) for row in rows] == [("vanhin", 4), ("uudempi", 14), ("vastattu", None)]
    time_machine.shift(timedelta(days=4))
    assert [item.days_left for item in feedback_waiting(None)] == [0, 10]
    time_machine.shift(timedelta(days=1))
    assert [item.days_left for item in feedback_waiting(None)] == [-1, 9]
    (late,) = signed_in(coordinator).get(f"{INBOX}?answer=overdue").context["cl"].result_list
    assert (late.message, late.days_left) == ("vanhin", -1)


def test_an_answer_goes_in_the_person_s_language_and_quotes_nothing(client, signed_in, coordinator):
    give(client, "sv")
    deliver()
    message = the_message()
    desk = signed_in(coordinator)
    page = Markup(desk.get(f"{INBOX}{message.pk}/change/").content.decode())
    assert [e["name"] for e in page.all("textarea")] == ["note", "sv"]
    decide(desk, message, "answer", "")
    assert the_message().answered_at is None
    decide(desk, message, "answer", "Tack, knappen är lagad.")
    (mail,) = deliver()
    assert mail.body.startswith("Tack, knappen är lagad.")
    assert WORDS["message"] not in mail.body
    assert "/sv/egna-uppgifter/" in mail.body
    assert the_message().answer == "Tack, knappen är lagad."
    with pytest.raises(IllegalStep):
        the_message().be_answered(coordinator)


def test_without_an_address_it_is_marked_as_answered(client, signed_in, coordinator):
    give(client, email="")
    desk = signed_in(coordinator)
    decide(desk, the_message(), "answer", "Hello")
    assert the_message().answered_at is None
    decide(desk, the_message(), "mark_answered")
    assert the_message().answered_at <= timezone.now()
    assert the_message().steps[-1]["by"] == "coordinator"


def test_the_team_hears_of_feedback_without_its_words(client, settings):
    settings.TEAM_MAILBOX = "team@vm.example"
    give(client, email="")
    (told,) = deliver()
    assert told.to == ["team@vm.example"]
    assert "Aino" not in told.body and WORDS["message"] not in told.body


# --- The page of contacts, and that of thanks -------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_published_contact_stands_on_the_page(client, language):
    path = {"fi": "/fi/yhteystiedot/", "sv": "/sv/kontakt/", "en": "/en/contacts/"}[language]
    named = [contact for contact in Edition.load().things(Contact) if contact.name]
    assert len(named) > 1
    shown = Markup(client.get(path).content.decode()).one("main").text
    assert [contact.name for contact in named if contact.name not in shown] == []


def test_search_engines_are_told_nothing_of_the_pages_of_thanks(client):
    for page in ("contacts:feedback", "contacts:thanks", "network:join", "network:thanks", "correspondence:ask"):
        markup = Markup(client.get(reverse(page)).content.decode())
        listed = not page.endswith(("thanks", "ask"))
        assert bool(markup.all("link", rel="canonical")) is listed, page
        assert bool(markup.all("meta", name="robots", content="noindex")) is not listed, page

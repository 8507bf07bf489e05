"""The desk: the first page of the admin, its search, and the timeline; what holds for each of its pages."""

import re
from collections import Counter
from datetime import timedelta

import pytest
from django.contrib import admin
from django.utils import timezone

from contacts.models import Contact
from opsi.models import Call
from tests.admin_pages import a_message, a_request, addresses
from tests.editing import ADMIN, PUBLISH, SCHEDULE, a_notice, page, published, saved
from website.admin.words import day_in_words
from website.publishing import versions, workflow

pytestmark = pytest.mark.django_db

SEARCH = f"{ADMIN}publishing/publication/search/"


# --- What waits ----------------------------------------------------------------------------------------------------


def waiting(client, what="things"):
    return [(str(item.name), str(item.verb)) for item in client.get(ADMIN).context["waiting"][what]]


def test_what_waits_is_named_with_one_verb_and_nothing_is_zero(signed_in, editor, publisher):
    for who in (editor, publisher):
        assert waiting(signed_in(who)) == []
    saved(page(), title_en="Changed", title_fi="Muutettu")
    assert waiting(signed_in(editor)) == [("Changed", "Go on writing")]
    assert waiting(signed_in(publisher)) == [("Changed", "Review and publish")]
    workflow.publish([versions.latest_version(page())])
    assert waiting(signed_in(publisher)) == [("Changed", "Translate")]


def test_people_come_first_by_the_days_that_are_left_then_by_how_long_they_wait(signed_in, coordinator, time_machine):
    time_machine.move_to("2027-06-01 12:00:00+03:00", tick=False)
    now = timezone.now()
    for number, days in ((1, 3), (2, 9)):
        a_request(number, confirmed_at=now - timedelta(days=days))
    for number, days in ((3, 2), (4, 12)):
        message = a_message(number)
        type(message).objects.filter(pk=message.pk).update(created_at=now - timedelta(days=days))
    a_message(5, suspected=True)
    people = signed_in(coordinator).get(ADMIN).context["waiting"]["people"]
    assert [item.days_left for item in people] == [2, 12, None, None, 14]
    assert [item.days_waited for item in people[2:4]] == [9, 3]


# --- The site ------------------------------------------------------------------------------------------------------


def states(client, name, query=""):
    tree = client.get(ADMIN + query).context["branches"]
    return next(
        {code: mark for code, mark, _words in branch.states}
        for branch in tree
        if branch.row and str(branch.row.thing) == name
    )


def test_the_tree_says_what_differs_in_each_language(signed_in, editor):
    client = signed_in(editor)
    assert states(client, "Innovation network") == dict.fromkeys(("fi", "sv", "en"), "public")
    saved(page(), lead_fi="Uusi", title_en="")
    marks = states(client, "Innovaatioverkosto")
    assert marks == {"fi": "changed", "sv": "old", "en": "gap"}
    published(a_notice())
    workflow.save_draft(a_notice(text_en="Tomorrow"))
    assert set(states(client, "Tomorrow").values()) == {"none"}


def test_each_language_of_the_tree_has_its_own_state(signed_in, editor):
    client, tomorrow = signed_in(editor), timezone.now() + timedelta(days=1)
    contact = Contact.objects.get(name="Arja Terho")
    saved(contact, title_sv=f"{contact.title_sv}!")
    assert states(client, "Arja Terho") == {"fi": "public", "sv": "changed", "en": "public"}
    saved(contact, phone="+358 295 111 111")
    assert set(states(client, "Arja Terho").values()) == {"changed"}  # a number is read in every language
    workflow.publish([versions.latest_version(contact)])
    workflow.withdraw(contact, starts=tomorrow)
    assert set(states(client, "Arja Terho").values()) == {"later"}
    assert f"disappears {day_in_words(timezone.localdate(tomorrow))}" in client.get(ADMIN).content.decode()
    # What is scheduled in one language is to come in that one alone; what is written after that is not.
    network = saved(page("join"), title_en="Join us")
    workflow.publish([versions.latest_version(network)], starts=tomorrow)
    assert states(client, "Join us") == {"fi": "public", "sv": "public", "en": "later"}
    saved(network, title_en="Join us now")
    assert states(client, "Join us now") == {"fi": "public", "sv": "public", "en": "changed"}
    # English that is written, and not yet public.
    published(page("feedback"), title_en="")
    saved(page("feedback"), title_en="Send us feedback")
    assert states(client, "Send us feedback") == {"fi": "public", "sv": "public", "en": "gap"}
    notice = saved(a_notice(text_en="Tomorrow"))
    workflow.publish([versions.latest_version(notice)], starts=tomorrow)
    assert set(states(client, "Tomorrow").values()) == {"later"}
    assert f"visible {day_in_words(timezone.localdate(tomorrow))}" in client.get(ADMIN).content.decode()


def test_a_page_stands_under_the_page_whose_address_it_continues_and_a_thing_where_it_is_shown(signed_in, editor):
    tree = signed_in(editor).get(ADMIN).context["branches"]
    lines = [(branch.depth, str(branch.row.thing if branch.row else branch.name)) for branch in tree]
    network = lines.index((0, "Innovation network"))
    assert lines[network + 1][0] == 1  # how to join
    contacts = lines.index((0, "Contacts"))
    assert lines[contacts + 1] == (1, "contacts")
    assert {name for depth, name in lines[contacts + 2 : contacts + 5]} >= {"Arja Terho"}
    assert len([line for line in lines if line[0] == 0]) < len(lines) / 2


def test_a_long_list_shows_what_differs_until_it_is_opened(signed_in, editor):
    client = signed_in(editor)
    for number in range(9):
        published(a_notice(text_en=f"Notice {number}"))
    workflow.save_draft(a_notice(text_en="Draft"))
    for query, shown in (("", {"Draft"}), ("?open=pages.notice", {"Draft", *(f"Notice {n}" for n in range(9))})):
        tree = client.get(ADMIN + query).context["branches"]
        assert {str(b.row.thing) for b in tree if b.row and b.row.kind == "notice"} == shown


# --- Search --------------------------------------------------------------------------------------------------------


def hits(client, words):
    found = client.post(SEARCH, {"q": words}, follow=True).context["found"]
    return [(hit.sentence, hit.field.name, str(hit.state)) for _row, hits in found for hit in hits]


def test_search_finds_sentences_of_drafts_and_of_what_is_public_in_each_language(signed_in, editor):
    client = signed_in(editor)
    published(
        page(), body_fi="<p>Äiti tuli. Käpylästä tulee juna.</p>", body_sv="<p>Tåget kommer från Kott\u00adby.</p>"
    )
    saved(page(), body_fi="<p>Käpylässä on kokous &amp; kahvi.</p>")
    assert hits(client, "KÄPYLÄSSÄ KOKOUS") == [
        ("<mark>Käpylässä</mark> on <mark>kokous</mark> &amp; kahvi.", "body_fi", "only in the draft")
    ]
    assert hits(client, "äiti") == [("<mark>Äiti</mark> tuli.", "body_fi", "public, removed from the draft")]
    assert hits(client, "kottby") == [("Tåget kommer från <mark>Kottby.</mark>", "body_sv", "")]
    # Another form of the word; and ä is no a.
    assert len(hits(client, "käpylään")) == 2
    assert hits(client, "kapylassa") == []
    # Over a line break, and from one sentence into the next.
    saved(page(), body_fi="<p>Yksi kaksi<br>kolme. Neljä viisi.</p><p>Kuusi.</p>")
    assert len(hits(client, "kaksi kolme")) == 1
    assert [sentence.count("<mark>") for sentence, _field, _state in hits(client, "kolme neljä")] == [2]
    assert hits(client, "viisi kuusi") == []
    # As somebody quotes it; marks alone are nothing to search for.
    assert hits(client, "”Neljä viisi”,") == hits(client, "Neljä viisi") != []
    assert hits(client, "”?”") == []


@pytest.mark.parametrize("typed", ["0295 530 235", "+358295530235", "00358 (0)295 530235", "295-530-235", "530 235"])
def test_search_finds_a_phone_number_however_it_is_written(signed_in, editor, typed):
    found = hits(signed_in(editor), typed)
    assert [field for _sentence, field, _state in found] == ["phone"]
    assert found[0][0].endswith("<mark>235</mark>")


def test_a_hit_leads_to_the_row_of_its_field(signed_in, editor):
    answer = signed_in(editor).post(SEARCH, {"q": "Terho"}, follow=True).content.decode()
    key = Contact.objects.get(name="Arja Terho").pk
    assert f'href="{ADMIN}contacts/contact/{key}/change/#row-name"' in answer


def people(client, words):
    return client.post(SEARCH, {"q": words}, follow=True).context["people"]


def test_people_are_found_by_those_who_may_and_nothing_searched_for_stands_in_an_address(
    signed_in, coordinator, editor
):
    a_request(1, name="Äijö Öljymäki")
    a_message(2, message="Åsa ei päässyt sivulle.")
    client = signed_in(coordinator)
    for words, number in (("öljymäki", 1), ("ÄIJÖ", 1), ("åsa", 1), ("Virtanen", 0), ("ö", 0)):
        assert len(people(client, words)) == number, words
    # In any order, and as hits are shown; each word has to be there.
    assert len(people(client, "Öljymäki Äijö, Virasto")) == 1
    assert people(client, "Öljymäki Åsa") == []
    assert client.post(SEARCH, {"q": "öljymäki"}).url == SEARCH
    other = client.get(SEARCH.replace("/en/", "/sv/"))
    assert (other.context["searched"], len(other.context["people"])) == ("öljymäki", 1)
    client = signed_in(editor)
    assert 'method="post"' in client.get(ADMIN).content.decode().partition('role="search"')[2][:300]
    assert people(client, "öljymäki") == []


def test_colleagues_are_found_by_post_and_no_list_of_the_admin_searches_by_its_address(signed_in, administrator):
    administrator.first_name, administrator.last_name = "Öivi", "Äyräs"
    administrator.save()
    found = people(signed_in(administrator), "äyräs")
    assert [name for _kind, name, _url in found] == ["Öivi Äyräs"] and found[0][2].endswith("/change/")
    assert [kind for kind, one in admin.site._registry.items() if one.search_fields] == []


# --- The timeline --------------------------------------------------------------------------------------------------


def timeline(client):
    months = client.get(SCHEDULE).context["months"]
    return [(str(event.what), str(event.name), event.on) for events in months.values() for event in events]


def test_the_timeline_knows_the_dates_of_what_is_scheduled(signed_in, publisher, time_machine):
    time_machine.move_to("2027-06-01 12:00:00+03:00", tick=False)
    now = timezone.now()
    days = [now + timedelta(days=number) for number in range(60)]
    call = Call(name_fi="Haku", name_sv="Utlysning", name_en="Call", opens=days[10], closes=days[40])
    workflow.save_draft(call)
    workflow.publish([versions.latest_version(call)], by=publisher, starts=days[1], ends=days[50])
    saved(page(), review_due=days[5].date())
    assert timeline(signed_in(publisher)) == [
        ("becomes visible", "Call", days[1]),
        ("to be reviewed", "Innovation network", days[5].date()),
        ("the call opens", "Call", days[10]),
        ("the last days of the call begin", "Call", days[26]),
        ("the call closes", "Call", days[40]),
        ("disappears", "Call", days[50]),
    ]
    soon = signed_in(publisher).get(ADMIN).context["soon"]
    assert len(soon) == 4


def test_a_thing_s_state_is_said_in_the_same_words_everywhere(signed_in, publisher):
    notice = a_notice()
    workflow.save_draft(notice)
    (publication,) = workflow.publish(
        [versions.latest_version(notice)], by=publisher, starts=timezone.now() + timedelta(days=3)
    )
    client = signed_in(publisher)
    words = "scheduled: visible on "
    things = f"{ADMIN}pages/notice/{notice.pk}"
    for url in (f"{things}/change/", f"{things}/history/", f"{PUBLISH}?thing=pages.notice:{notice.pk}"):
        assert words in client.get(url).content.decode(), url
        assert f"{SCHEDULE}#publication-{publication.pk}" in client.get(url).content.decode()
    assert f'id="publication-{publication.pk}"' in client.get(SCHEDULE).content.decode()
    assert waiting(client) == []  # what is scheduled waits for nobody


# --- Every page ----------------------------------------------------------------------------------------------------


def ids_twice(answer):
    ids = re.findall(r'\sid="([^"]*)"', answer.content.decode())
    return [one for one, times in Counter(ids).items() if times > 1 or not one]


@pytest.mark.once
def test_no_id_stands_twice_on_a_page_of_the_admin(signed_in, administrator):
    a_request(1, interests=["1"])
    a_message(1)
    published(a_notice())
    titles = "<h2>Eka</h2><p>a</p><h2>Toka</h2><p>b</p>"
    for number in range(2):  # Finnish that has changed since it was translated
        saved(page(), body_fi=f"{titles}<p>{number}</p>", body_sv=titles, body_en=titles)
    client = signed_in(administrator)
    answers = {address: client.get(address) for address in addresses()}
    answers |= {f"{address} refused": client.post(address, {}) for address in addresses() if "/change/" in address}
    answers |= {
        "search": client.post(SEARCH, {"q": "Eka"}, follow=True),
        "preview": client.get(f"{ADMIN}pages/page/network/change/"),
    }
    assert {address: found for address, answer in answers.items() if (found := ids_twice(answer))} == {}
    assert len(answers) > 80

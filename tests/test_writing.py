"""What the form of a draft makes of what is typed: times in their zone, phone numbers, places in a list."""

from datetime import UTC, datetime

import pytest

from contacts.models import Contact
from opsi.models import Call, Resource
from tests.admin_pages import filled_in
from tests.editing import ADMIN, a_notice, published
from tests.markup import Markup
from website.publishing.versions import versions_of
from website.text.cleaning import clean_phone

pytestmark = pytest.mark.django_db

ADD_CALL = f"{ADMIN}opsi/call/add/"
CONTACTS = f"{ADMIN}contacts/contact/"


def a_call(**dates):
    return {"name_fi": "Haku 2031", "name_sv": "", "name_en": "", "_continue": "1"} | dates


@pytest.mark.parametrize(
    "zone, moment",
    [
        ("Europe/Paris", datetime(2031, 1, 31, 22, 59, tzinfo=UTC)),  # 0.59 on the 1st in Finland
        ("Europe/Helsinki", datetime(2031, 1, 31, 21, 59, tzinfo=UTC)),
    ],
)
def test_a_call_closes_at_the_announced_time_in_its_zone_and_is_shown_in_finnish_time(signed_in, editor, zone, moment):
    client = signed_in(editor)
    client.post(ADD_CALL, a_call(closes_on="31.1.2031", closes_0="23:59", closes_1=zone))
    call = Call.objects.get(name_fi="Haku 2031")
    assert (call.closes, call.closes_on) == (moment, None)
    form = client.get(f"{ADMIN}opsi/call/{call.pk}/change/").content.decode()
    day, time = ("2031-02-01", "00:59") if zone == "Europe/Paris" else ("2031-01-31", "23:59")
    assert f'name="closes_on" value="{day}"' in form and f'name="closes_0" value="{time}"' in form


def test_a_call_whose_form_nobody_touched_stays_as_it_is(signed_in, editor):
    call = Call.objects.exclude(closes=None).first()
    client, before = signed_in(editor), call.content()
    address = f"{ADMIN}opsi/call/{call.pk}/change/"
    page = Markup(client.get(address).content.decode())
    posted = filled_in(client, address) | {e["name"]: e["value"] or "" for e in page.all("input") if e["name"]}
    posted["closes_1"] = "Europe/Helsinki"
    posted.pop("closes"), posted.pop("opens")
    assert client.post(address, {name: value for name, value in posted.items() if name[0] != "_"}).status_code == 302
    assert Call.objects.get(pk=call.pk).content() == before


def test_a_day_alone_is_a_day_and_a_time_alone_is_an_error(signed_in, editor):
    client = signed_in(editor)
    client.post(ADD_CALL, a_call(opens_on="1.1.2031", opens_0=""))
    assert Call.objects.get(name_fi="Haku 2031").opens is None
    assert "A time needs its day." in client.post(ADD_CALL, a_call(opens_0="10:00")).content.decode()


TOO_EARLY, NO_TIME = "The call must close after it opens.", "This time does not exist on that day"
REFUSED = [
    ({"opens_on": "10.1.2031", "opens_0": "10:00", "closes_on": "9.1.2031"}, TOO_EARLY),
    ({"opens_on": "10.1.2031", "closes_on": "9.1.2031", "closes_0": "10:00"}, TOO_EARLY),
    ({"opens_on": "10.1.2031", "closes_on": "9.1.2031"}, TOO_EARLY),
    ({"opens_on": "30.3.2031", "opens_0": "03:30"}, NO_TIME),
    ({"closes_on": "30.3.2031", "closes_0": "02:30", "closes_1": "Europe/Paris"}, NO_TIME),
]


@pytest.mark.parametrize("dates, sentence", REFUSED)
def test_dates_of_a_call_that_cannot_be_are_refused_once_with_words(signed_in, editor, dates, sentence):
    page = signed_in(editor).post(ADD_CALL, a_call(**dates)).content.decode()
    assert page.count(sentence) == 1
    assert not Call.objects.filter(name_fi="Haku 2031").exists()


def test_a_call_may_open_at_a_time_and_close_with_that_day(signed_in, editor):
    signed_in(editor).post(ADD_CALL, a_call(opens_on="10.1.2031", opens_0="10:00", closes_on="10.1.2031"))
    assert Call.objects.filter(name_fi="Haku 2031").exists()


@pytest.mark.parametrize(
    "typed, number",
    [
        ("0295 530 000", "+358 295 530 000"),
        ("(029) 553-0000", "+358 29 553 0000"),
        ("+358 (0)295 530 000", "+358 295 530 000"),
        ("00358-295-530-000", "+358 295 530 000"),
        ("+358 0295 530 000", "+358 295 530 000"),
        ("358 295 530 000", "+358 295 530 000"),
        ("puh. 0295 530 000", "+358 295 530 000"),
        ("+39 06 1234 567", "+39 06 1234 567"),  # where the zero belongs to the number
        ("0295 530 000 / 001", "0295 530 000 / 001"),  # two numbers, which are refused
        ("+46 8 405 10 00", "+46 8 405 10 00"),
        ("116 117", "116 117"),
        ("kysy Arjalta", "kysy Arjalta"),
    ],
)
def test_a_phone_number_typed_as_people_write_it_becomes_the_international_form(typed, number):
    assert clean_phone(typed) == clean_phone(clean_phone(typed)) == number


def test_a_notice_may_hold_a_link(client, settings):
    text = f"Katso <b>{settings.SITE_URL}/fi/opsi/\nja https://www.oecd.org/x?a=1&b=2."
    published(a_notice(text_fi=text))
    page = Markup(client.get("/fi/").content.decode())
    notice = page.one("p", class_="notice")
    own, other = (link for link in page.all("a") if notice in link.above)
    assert (own["href"], other["href"]) == (f"{settings.SITE_URL}/fi/opsi/", "https://www.oecd.org/x?a=1&b=2")
    assert own.text and "/" not in own.text  # the name of the page
    assert other["class"] == "external" and other.text.startswith("oecd.org/x?a=1&b=2")
    assert "<b>" in notice.text


@pytest.mark.parametrize("around", ['"{}"', "“{}”", "”{}”.", "’{}’", "»{}»", "<{}>", "({})", "{}; {}"])
def test_the_link_of_a_notice_ends_where_its_address_does(client, around):
    published(a_notice(text_fi=around.replace("{}", "https://www.oecd.org/x")))
    page = Markup(client.get("/fi/").content.decode())
    notice = page.one("p", class_="notice")
    assert {link["href"] for link in page.all("a") if notice in link.above} == {"https://www.oecd.org/x"}


def test_a_copy_begins_a_new_contact_which_comes_last(signed_in, editor):
    client, original = signed_in(editor), Contact.objects.first()
    form = client.get(f"{CONTACTS}add/?copy={original.pk}").context["adminform"].form
    assert form["title_sv"].value() == original.title_sv and "order" not in form.fields
    copied = {name: form[name].value() or "" for name in form.fields} | {
        "name": "Uusi Henkilö",
        "phone": "029 553 0001",
    }
    client.post(f"{CONTACTS}add/?copy={original.pk}", copied)
    assert Contact.objects.last().name == "Uusi Henkilö"
    assert Contact.objects.last().phone == "+358 29 553 0001"
    assert client.get(f"{CONTACTS}add/?copy=x").status_code == 404


def test_buttons_of_the_list_move_a_thing_within_its_own_list(signed_in, editor):
    client = signed_in(editor)
    contacts = list(Contact.objects.values_list("pk", flat=True))
    client.post(CONTACTS, {"_move": f"down:{contacts[0]}"})
    assert list(Contact.objects.values_list("pk", flat=True))[:2] == [contacts[1], contacts[0]]
    assert versions_of(Contact.objects.get(pk=contacts[0])).first().revision.user == editor
    client.post(CONTACTS, {"_move": f"up:{contacts[0]}"})
    client.post(CONTACTS, {"_move": f"up:{contacts[0]}"})  # already the first
    assert list(Contact.objects.values_list("pk", flat=True)) == contacts
    kinds = {kind: list(Resource.objects.filter(kind=kind)) for kind in Resource.Kind.values}
    materials = kinds.pop("materials")
    client.post(f"{ADMIN}opsi/resource/", {"_move": f"down:{materials[0].pk}"})
    assert list(Resource.objects.filter(kind="materials"))[1] == materials[0]
    assert all(list(Resource.objects.filter(kind=kind)) == things for kind, things in kinds.items())

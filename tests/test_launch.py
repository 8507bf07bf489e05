"""What must be confirmed before launch: an error where the law or the client asks for it, a question where only the
ministry can know. The administrator's first page lists what is missing."""

from datetime import date

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.utils.translation import override

from contacts.models import Contact
from declaration.models import Declaration
from tests.conftest import LANGUAGES
from tests.markup import Markup
from tests.test_pages import publish, the_statement
from website.pages.launch import NOT_SETTLED
from website.pages.models import Page
from website.publishing.models import Publication

pytestmark = [pytest.mark.django_db, pytest.mark.once]

MISSING = (
    "the address of the Finnish declaration document",
    "the e-mail address of the innovation network",
    "fully, mostly or not",
    "the unit that answers",
    "the date on which it was prepared",
    "the date of its last review",
    "what it says is to be settled before the site opens",
)


def checked(capsys, **options):
    """What the check says, and whether it stops."""
    try:
        call_command("check", deploy=True, **options)
    except SystemCheckError as error:
        return str(error), True
    return "".join(capsys.readouterr()), False


def give_everything():
    declaration = Declaration.objects.get()
    publish(declaration, document_url_fi="https://example.fi/julistus")
    publish(Contact.objects.get(name=""), email="mailbox@example.fi")
    dates = {"prepared_on": date.today(), "reviewed_on": date.today()}
    publish(the_statement(), status="mostly", unit_fi="Yksikkö", unit_sv="Enheten", **dates)
    privacy = Page.objects.get(key="privacy")
    publish(privacy, body_fi=privacy.body_fi.replace(NOT_SETTLED, ""))


def test_what_is_missing_is_an_error_and_what_only_the_ministry_knows_a_question(capsys):
    said, stops = checked(capsys, databases=["default"])
    assert stops
    errors, _warnings, rest = said.partition("INFOS:")
    assert all(what in errors for what in MISSING)
    for question in (
        "Arja Terho",
        "adherents",
        "OECD-LEGAL-0450",
        "title and unit in Swedish and English",
        "transfers",
    ):
        assert question in rest


def test_once_all_of_it_is_there_nothing_stops(capsys):
    give_everything()
    said, stops = checked(capsys, databases=["default"])
    assert not stops
    assert not any(what in said for what in MISSING)


@pytest.mark.parametrize("left_out", ["document_url_fi", "email", "status", "unit", "prepared_on", "reviewed_on"])
def test_one_thing_that_is_missing_is_enough_to_stop(capsys, left_out):
    give_everything()
    empty = {"status": {"status": ""}, "unit": {"unit_fi": "", "unit_sv": ""}}
    if left_out == "document_url_fi":
        publish(Declaration.objects.get(), document_url_fi="")
    elif left_out == "email":
        publish(Contact.objects.get(name=""), email="")
    else:
        publish(the_statement(), **empty.get(left_out, {left_out: None}))
    said, stops = checked(capsys, databases=["default"])
    assert stops
    assert said.count("website.E1") == 1


def test_a_statement_reviewed_long_ago_is_a_question(capsys):
    give_everything()
    publish(the_statement(), reviewed_on=date(2020, 1, 1))
    said, stops = checked(capsys, databases=["default"])
    assert not stops
    assert "reviewed more than a year ago" in said


def test_without_the_database_the_check_asks_nothing_of_the_content(capsys):
    said, stops = checked(capsys)
    assert not stops
    assert "website.E1" not in said


def test_a_database_in_which_nothing_is_published_yet_is_borne(capsys, signed_in, administrator):
    Publication.objects.all().delete()
    said, stops = checked(capsys, databases=["default"])
    assert not stops
    assert "adherents" not in said  # what the environment lacks is named all the same
    assert signed_in(administrator).get("/fi/hallinta/").status_code == 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_administrator_s_first_page_lists_what_is_missing_until_it_is_there(signed_in, administrator, language):
    path = {"fi": "/fi/hallinta/", "sv": "/sv/hallinta/", "en": "/en/hallinta/"}[language]
    client = signed_in(administrator)
    page = Markup(client.get(path).content.decode())
    heading = page.one("h2", id="gaps")
    links = [e for e in page.all("a") if heading.parent in e.above]
    assert len(links) == len(MISSING)
    assert all(client.get(link["href"]).status_code == 200 for link in links)
    with override(language):
        give_everything()
    assert 'id="gaps"' not in client.get(path).content.decode()


def test_others_are_not_told_what_is_missing(signed_in, editor):
    assert 'id="gaps"' not in signed_in(editor).get("/fi/hallinta/").content.decode()

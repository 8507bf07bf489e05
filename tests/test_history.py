"""Versions compared, brought back and restored."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.utils import timezone
from reversion.models import Version

from contacts.models import Contact
from opsi.models import Call
from tests.editing import ADMIN, HISTORY, SCHEDULE, a_notice, page, published, saved
from tests.markup import Markup
from website.pages.models import Notice
from website.publishing import versions, workflow
from website.publishing.edition import Edition
from website.publishing.models import Publication, Serial
from website.publishing.versions import deleted_versions
from website.publishing.views import shared_urls

pytestmark = pytest.mark.django_db


# --- History -------------------------------------------------------------------------------------------------------


def test_any_two_versions_are_compared_and_one_field_is_brought_back(signed_in, editor):
    first = versions.latest_version(page())
    saved(page(), title_fi="Toinen", lead_sv="Andra")
    saved(page(), title_fi="Kolmas")
    client = signed_in(editor)
    address = f"{HISTORY}?older={first.pk}&newer={versions.latest_version(page()).pk}"
    markup = Markup(client.get(address).content.decode())
    assert {e["value"] for e in markup.all("button", name="restore")} >= {"title_fi", "lead_sv", "fi", "sv", "all"}
    public = Edition.load().get("pages.Page", "network").title_fi
    client.post(HISTORY, {"version": first.pk, "restore": "title_fi"})
    assert (page().title_fi, page().lead_sv) == (public, "Andra")
    assert "vanhempi teksti palautettu" in client.get("/fi/hallinta/pages/page/network/history/").content.decode()
    client.post(HISTORY, {"version": first.pk, "restore": "sv"})
    assert page().lead_sv == first.field_dict["lead_sv"]


def test_what_does_not_fit_the_rest_of_the_draft_is_not_brought_back(signed_in, editor):
    call = saved(Call(name_fi="Haku", name_sv="Utlysning", closes_on=date(2026, 12, 1)))
    first = versions.latest_version(call)
    saved(call, closes_on=None, closes=datetime(2026, 12, 1, 12, tzinfo=UTC))
    client = signed_in(editor)
    posted = {"version": first.pk, "restore": "closes_on"}
    shown = client.post(f"{ADMIN}opsi/call/{call.pk}/history/", posted, follow=True)
    assert "not both" in shown.content.decode()
    assert Call.objects.get(pk=call.pk).closes_on is None


def test_everything_is_brought_back_into_the_draft_and_never_to_the_public(signed_in, editor):
    published(page(), title_fi="Julki")
    first = Version.objects.get_for_object(page()).last()
    signed_in(editor).post(HISTORY, {"version": first.pk, "restore": "all"})
    assert page().content() == versions.thing_from(first).content()
    assert Edition.load().get("pages.Page", "network").title_fi == "Julki"


@pytest.mark.parametrize("key", ["", "x", "0", "9" * 30])
def test_made_up_numbers_find_nothing(signed_in, publisher, key):
    client = signed_in(publisher)
    for address, posted in (
        (HISTORY, {"version": key, "restore": "all"}),
        (SCHEDULE, {"cancel": key}),
        (f"{ADMIN}pages/notice/deleted/", {"version": key}),
    ):
        assert client.post(address, posted).status_code == 404
    assert client.get(f"{HISTORY}?older={key}&newer={key}").status_code == 200


def test_a_row_that_no_desk_has_seen_has_an_empty_history(signed_in, editor):
    notice = Notice.objects.create(text_fi="Katko")
    assert signed_in(editor).get(f"{ADMIN}pages/notice/{notice.pk}/history/").status_code == 200


def test_a_version_of_something_else_is_not_restored(signed_in, editor):
    other = versions.latest_version(page("join"))
    assert signed_in(editor).post(HISTORY, {"version": other.pk, "restore": "all"}).status_code == 404


def test_what_was_deleted_comes_back_with_its_key_and_its_history(signed_in, editor):
    notice = saved(a_notice())
    key = notice.pk
    client = signed_in(editor)
    client.post(f"{ADMIN}pages/notice/{key}/delete/", {"post": "yes"})
    deleted = f"{ADMIN}pages/notice/deleted/"
    (version,) = Markup(client.get(deleted).content.decode()).all("button", name="version")
    client.post(deleted, {"version": version["value"]})
    assert Notice.objects.get(pk=key).text_sv == "Avbrott"
    assert Version.objects.get_for_object(notice).count() == 1
    assert client.post(deleted, {"version": version["value"]}).status_code == 404


# --- What changed, links, and what is erased for good --------------------------------------------------------------


def test_history_says_which_fields_changed_in_each_version(signed_in, editor):
    saved(page(), title_fi="Uusi", lead_sv="Ny")
    saved(page(), title_fi="Uudempi")
    versions_shown = signed_in(editor).get(HISTORY).context["versions"]
    said = [what and [(str(label), language) for label, language in what] for _version, what, _public in versions_shown]
    assert said == [[("title", "FI")], [("title", "FI"), ("lead", "SV")], None]


def test_a_version_that_is_scheduled_is_not_said_to_be_public(signed_in, editor):
    saved(page(), title_en="Tomorrow")
    workflow.publish([versions.latest_version(page())], starts=timezone.now() + timedelta(days=1))
    html = signed_in(editor).get(HISTORY).content.decode()
    # Of the thing, and of its version.
    assert (html.count("public from"), html.count("scheduled: visible on")) == (1, 2)
    # One that is public, and will be so again after another.
    workflow.publish([versions.latest_version(page())])
    html = signed_in(editor).get(HISTORY).content.decode()
    assert (html.count("public from"), html.count("scheduled: visible on")) == (2, 2)


def test_links_to_drafts_are_revoked_and_die_with_the_draft(signed_in, editor, client):
    notice = saved(a_notice())
    (_code, url), *_others = shared_urls(versions.latest_version(notice))
    assert client.get(url).status_code == 200
    signed_in(editor).post(f"{ADMIN}pages/notice/{notice.pk}/history/", {"revoke": ""})
    client.logout()
    assert client.get(url).status_code == 404
    version, notice_key = versions.latest_version(notice), notice.pk
    (_code, url), *_others = shared_urls(version)
    assert client.get(url).status_code == 200
    notice.delete()
    assert client.get(url).status_code == 404
    # Nor does it come back with the draft.
    LogEntry.objects.log_actions(editor.pk, [Notice(pk=notice_key)], DELETION, single_object=True)
    workflow.bring_back(version)
    assert Notice.objects.exists() and client.get(url).status_code == 404


def test_the_values_of_a_deleted_person_are_blanked_and_its_publications_stay(signed_in, editor, publisher, client):
    contact = Contact.objects.get(name="Arja Terho")
    key, before = contact.pk, timezone.now()
    workflow.withdraw(contact, reason={"fi": "Poistui.", "sv": "Togs bort."})
    address = f"{ADMIN}contacts/contact/{key}/delete/"
    asked = signed_in(publisher).get(address).content.decode()
    assert "can be brought back" in asked
    client.post(address, {"post": "yes"})
    deleted = f"{ADMIN}contacts/contact/deleted/"
    version = deleted_versions(Contact).get()
    publications, serial = Publication.objects.count(), Serial.current()
    assert signed_in(editor).post(deleted, {"blank": version.pk, "sure": "on"}).status_code == 403
    assert signed_in(publisher).post(deleted, {"blank": version.pk}).status_code == 403  # not without saying so
    assert client.post(deleted, {"blank": version.pk, "sure": "on"}).status_code == 302
    kept = [
        *Version.objects.values_list("serialized_data", "object_repr"),
        *LogEntry.objects.values_list("object_repr"),
    ]
    assert not [row for row in kept if "Terho" in str(row)]
    assert (Publication.objects.count(), Serial.current()) == (publications, serial + 1)
    assert client.get(deleted).context["versions"].count() == 0
    then = Edition.load(at=before)
    assert "Arja Terho" not in [contact.name for contact in then.things(Contact)]
    assert client.get("/fi/muutokset/").status_code == 200

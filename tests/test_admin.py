"""The editor's job in the admin: drafts in three languages, publishing, withdrawing, who may do what."""

import re
from urllib.parse import quote

import pytest

from contacts.models import Contact
from declaration.models import Commitment
from network.models import JoinRequest
from tests.admin_pages import CHANGE, filled_in
from tests.editing import a_notice, published
from website.pages.models import Notice, Page
from website.publishing import versions, workflow
from website.publishing.edition import Edition

pytestmark = pytest.mark.django_db

PUBLISH = "/fi/hallinta/publishing/publication/publish/?thing=pages.page%3Anetwork"


def test_an_editor_saves_a_draft_that_the_public_does_not_see(signed_in, editor, client):
    fields = filled_in(signed_in(editor)) | {"title_fi": "Uusi otsikko", "_continue": "1"}
    assert client.post(CHANGE, fields).status_code == 302
    assert Page.objects.get(pk="network").title_fi == "Uusi otsikko"
    assert versions.latest_version(Page.objects.get(pk="network")).revision.user == editor
    assert "Uusi otsikko" not in client.get("/fi/verkosto/").content.decode()


def test_a_publisher_saves_and_publishes_and_the_public_sees_it(signed_in, publisher, client):
    fields = filled_in(signed_in(publisher)) | {"title_fi": "Uusi otsikko", "_publish": "1"}
    onward = client.post(CHANGE, fields)
    assert onward["Location"] == PUBLISH
    confirmation = client.get(PUBLISH).content.decode()
    version_keys = re.findall(r'name="version" value="(\d+)"', confirmation)
    client.post(PUBLISH, {"version": version_keys, "note_fi": "Otsikko vaihtui.", "note_sv": "Ny rubrik."})
    assert "Uusi otsikko" in client.get("/fi/verkosto/").content.decode()
    publication = Edition.load().get("pages.Page", "network").publication
    assert (publication.published_by, publication.note_fi) == (publisher, "Otsikko vaihtui.")


def test_saving_without_a_change_makes_no_version(signed_in, editor, client):
    before = versions.latest_version(Page.objects.get(pk="network"))
    for language in ("fi", "sv", "en"):
        address = f"/{language}/hallinta/pages/page/network/change/"
        client.post(address, filled_in(signed_in(editor), address) | {"_continue": "1"})
    assert versions.latest_version(Page.objects.get(pk="network")) == before


def test_a_missing_swedish_text_is_named_and_nothing_is_published(signed_in, publisher, client):
    thing = Page.objects.get(pk="network")
    thing.title_fi, thing.lead_sv = "Uusi otsikko", ""
    workflow.save_draft(thing)
    address = "/en" + PUBLISH[3:]
    page = signed_in(publisher).get(address).content.decode()
    assert "“lead” is missing in Swedish." in page
    assert 'name="version"' not in page
    client.post(address, {"version": versions.latest_version(thing).pk, "minor": "on"})
    assert "Uusi otsikko" not in client.get("/fi/verkosto/").content.decode()


def test_several_drafts_are_chosen_in_the_list_and_published_together(signed_in, publisher, client):
    for key in ("network", "join"):
        thing = Page.objects.get(pk=key)
        thing.title_fi = f"Uusi {key}"
        workflow.save_draft(thing)
    chosen = {"action": "publish_selected", "_selected_action": ["network", "join"]}
    onward = signed_in(publisher).post("/fi/hallinta/pages/page/", chosen)["Location"]
    version_keys = re.findall(r'name="version" value="(\d+)"', client.get(onward).content.decode())
    client.post(onward, {"version": version_keys, "minor": "on"})
    edition = Edition.load()
    assert [edition.get("pages.Page", key).title_fi for key in ("network", "join")] == ["Uusi network", "Uusi join"]
    assert len({edition.get("pages.Page", key).publication.starts for key in ("network", "join")}) == 1


def test_withdrawing_takes_a_thing_from_the_public_and_keeps_its_draft(signed_in, publisher, client):
    notice = published(a_notice()).thing()
    assert "Katko" in client.get("/fi/").content.decode()
    address = f"/fi/hallinta/pages/notice/{notice.pk}/withdraw/"
    assert signed_in(publisher).get(address).status_code == 200
    client.post(address, {"note_fi": "Katko on ohi.", "note_sv": "Avbrottet är över."})
    assert "Katko" not in client.get("/fi/").content.decode()
    assert Notice.objects.filter(pk=notice.pk).exists()


def test_what_is_public_cannot_be_deleted(signed_in, publisher, client):
    notice = published(a_notice()).thing()
    address = f"/fi/hallinta/pages/notice/{notice.pk}/delete/"
    assert signed_in(publisher).post(address, {"post": "yes"}).status_code == 403
    workflow.withdraw(notice)
    assert client.post(address, {"post": "yes"}).status_code == 302
    assert not Notice.objects.filter(pk=notice.pk).exists()


@pytest.mark.parametrize("model", ["pages/page", "declaration/commitment", "declaration/declaration"])
def test_what_the_site_leans_on_is_neither_added_nor_deleted(signed_in, administrator, model):
    client = signed_in(administrator)
    assert client.get(f"/fi/hallinta/{model}/add/").status_code == 403
    key = {"page": "home", "commitment": 1, "declaration": "declaration"}[model.split("/")[1]]
    assert client.post(f"/fi/hallinta/{model}/{key}/delete/", {"post": "yes"}).status_code == 403


def test_a_key_is_seen_and_cannot_be_changed(signed_in, editor, client):
    address = "/fi/hallinta/declaration/commitment/3/change/"
    fields = filled_in(signed_in(editor), address) | {"number": "4", "name_fi": "Kolmas", "_continue": "1"}
    client.post(address, fields)
    assert Commitment.objects.get(pk=3).name_fi == "Kolmas"


def test_each_input_and_preview_says_its_language_and_stands_beside_the_finnish(signed_in, editor):
    page = signed_in(editor).get(CHANGE).content.decode()
    for language in ("fi", "sv", "en"):
        assert re.search(rf'<textarea[^>]+name="title_{language}"[^>]+lang="{language}"', page)
        assert re.search(
            rf'<button[^>]+name="_preview" value="{language}" formtarget="_blank" lang="{language}">\w', page
        )
    # Finnish, Swedish, English of one text stand in one row.
    places = [page.index(f'name="{name}"') for name in ("title_fi", "title_sv", "title_en", "lead_fi", "lead_sv")]
    assert places == sorted(places)


def test_only_the_change_form_carries_a_nonce(signed_in, administrator):
    client = signed_in(administrator)
    form, index = client.get(CHANGE), client.get("/fi/hallinta/")
    nonce = re.search(r"'nonce-([^']+)'", form["Content-Security-Policy"])[1]
    assert f'nonce="{nonce}"' in form.content.decode()
    assert "nonce" not in index["Content-Security-Policy"]
    for response in (form, index):
        assert "unsafe" not in response["Content-Security-Policy"]


def test_dates_are_shown_by_the_browser_and_read_as_each_language_writes_them(signed_in, editor, client):
    for language in ("fi", "sv", "en"):
        address = f"/{language}/hallinta/declaration/declaration/declaration/change/"
        assert 'type="date" name="adopted_on" value="2019-05-22"' in signed_in(editor).get(address).content.decode()


def test_strangers_are_sent_to_sign_in(client):
    for path in ("/fi/hallinta/", CHANGE, PUBLISH):
        assert client.get(path)["Location"].startswith("/fi/hallinta/login/")


def test_what_was_sent_by_an_official_is_read_only(signed_in, administrator, client):
    joinrequest = JoinRequest.objects.create(
        normalised_email="a@example.fi", email="a@example.fi", name="Aino", organisation="Virasto", language="fi"
    )
    address = f"/fi/hallinta/network/joinrequest/{joinrequest.pk}/change/"
    assert "Aino" in signed_in(administrator).get(address).content.decode()
    client.post(address, {"name": "Joku muu", "note": ""})
    assert JoinRequest.objects.get().name == "Aino"
    assert client.get("/fi/hallinta/network/joinrequest/add/").status_code == 403


def test_a_list_says_what_is_public_and_what_waits(signed_in, editor):
    draft = Contact.objects.first()
    draft.phone = "+358 295 000 000"
    workflow.save_draft(draft)
    page = signed_in(editor).get("/en/hallinta/contacts/contact/").content.decode()
    assert "unpublished changes" in page
    assert page.count(">current</td>") >= 4


@pytest.mark.parametrize("key", ["x", "²", "-1", "9" * 30, "9" * 5000, "\x00", ""])
def test_a_key_that_somebody_made_up_is_no_error(signed_in, administrator, key):
    client = signed_in(administrator)
    client.raise_request_exception = False
    admin, inside = "/fi/hallinta/", quote(key or "x", safe="")
    answers = [
        client.get(admin + f"opsi/call/{inside}/history/"),
        client.get(admin + f"opsi/call/{inside}/withdraw/"),
        client.get(admin + f"opsi/call/{inside}/change/"),
        client.get(admin + f"pages/page/{inside}/history/"),
        client.get(admin + f"pages/page/{inside}/change/"),
        client.get(admin + "pages/page/", {"key__exact": key}),
        client.get(admin + "pages/page/network/history/", {"older": key, "newer": key}),
        client.post(admin + "pages/page/network/history/", {"version": key, "restore": "all"}),
        client.post(admin + "opsi/call/deleted/", {"version": key}),
        client.post(admin + "publishing/publication/schedule/", {"cancel": key}),
        client.get(admin + "publishing/publication/publish/", {"thing": f"opsi.call:{key}"}),
        client.post(admin + "network/joinrequest/decide/", {"decision": "accept", "keys": key}),
    ]
    assert [(a.request["PATH_INFO"], a.status_code) for a in answers if a.status_code not in (200, 302, 400, 404)] == []
    assert {answer.status_code for answer in answers[7:10]} == {404}

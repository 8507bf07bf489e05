"""The publishing core: drafts, versions, publications, editions."""

import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils import timezone, translation
from reversion.models import Version

from contacts.models import Contact
from opsi.models import Call
from tests.editing import page
from website.pages.models import Notice, Page
from website.publishing import versions, workflow
from website.publishing.edition import Edition
from website.publishing.models import Publication, Serial

pytestmark = pytest.mark.django_db


def changed(key="network"):
    thing = page(key)
    thing.title_fi += "!"
    return thing


def published(thing, **options):
    workflow.save_draft(thing)
    return workflow.publish([versions.latest_version(thing)], **options)[0]


def deletable(thing):
    return workflow.may_be_deleted(thing, Edition.load())


def a_notice(**fields):
    texts = {f"text_{language}": f"Katko {language}" for language in ("fi", "sv", "en")}
    return Notice(**texts | fields)


def title(edition, key="network"):
    return edition.get("pages.Page", key).title_fi


def test_a_saved_draft_changes_nothing_for_the_public():
    before = title(Edition.load())
    thing = page()
    thing.title_fi = "Uusi otsikko"
    workflow.save_draft(thing)
    assert title(Edition.load()) == before


def test_publishing_the_newest_version_makes_it_public():
    thing = page()
    thing.title_fi = "Uusi otsikko"
    published(thing)
    assert title(Edition.load()) == "Uusi otsikko"


def test_only_the_version_that_was_shown_is_published():
    thing = page()
    thing.title_fi = "Ensimmäinen"
    workflow.save_draft(thing)
    shown = versions.latest_version(thing)
    thing.title_fi = "Toinen"
    workflow.save_draft(thing)
    with pytest.raises(workflow.NewerDraft):
        workflow.publish([shown])
    assert title(Edition.load()) not in ("Ensimmäinen", "Toinen")


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_a_missing_national_language_stops_publishing_and_is_named(language):
    thing = page()
    setattr(thing, f"lead_{language}", "")
    workflow.save_draft(thing)
    with translation.override("en"), pytest.raises(workflow.Incomplete) as stopped:
        workflow.publish([versions.latest_version(thing)])
    assert stopped.value.messages == [f"“lead” is missing {'in Finnish' if language == 'fi' else 'in Swedish'}."]


def test_english_may_follow_later():
    thing = page()
    thing.title_en = ""
    published(thing)
    assert Edition.load().get("pages.Page", "network").languages == ["fi", "sv"]


def test_several_things_go_out_together_or_not_at_all():
    good, bad = page("network"), page("join")
    good.title_fi, bad.title_fi, bad.title_sv = "Hyvä", "Huono", ""
    for thing in (good, bad):
        workflow.save_draft(thing)
    with pytest.raises(workflow.Incomplete):
        workflow.publish([versions.latest_version(good), versions.latest_version(bad)])
    assert title(Edition.load()) != "Hyvä"


def test_a_scheduled_version_appears_at_its_moment(time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    thing = page()
    before = thing.title_fi
    thing.title_fi = "Vuonna 2028"
    starts = timezone.now() + timedelta(hours=1)
    published(thing, starts=starts)
    loaded = Edition.load()
    assert title(loaded) == before
    assert loaded.boundaries[0] == starts
    # The loaded edition moves on by itself, without the database …
    assert title(loaded.moved_to(starts)) == "Vuonna 2028"
    # … and so does one that is loaded then.
    time_machine.move_to(starts, tick=False)
    assert title(Edition.load()) == "Vuonna 2028"


def test_a_schedule_replaces_what_was_published_meanwhile(time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    thing = page()
    thing.title_fi = "Ajastettu"
    published(thing, starts=timezone.now() + timedelta(hours=2))
    time_machine.shift(timedelta(hours=1))
    thing.title_fi = "Välissä"
    published(thing)
    assert title(Edition.load()) == "Välissä"
    time_machine.shift(timedelta(hours=1))
    assert title(Edition.load()) == "Ajastettu"


def test_a_cancelled_publication_never_starts(time_machine, publisher):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    thing = page()
    before = thing.title_fi
    thing.title_fi = "Peruttu"
    publication = published(thing, starts=timezone.now() + timedelta(hours=1))
    workflow.cancel(publication, publisher)
    time_machine.shift(timedelta(hours=2))
    assert title(Edition.load()) == before
    publication.refresh_from_db()
    assert publication.cancelled_by == publisher


def test_what_has_started_or_was_cancelled_cannot_be_cancelled(publisher, time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    running = published(changed("join"))
    waiting = published(changed(), starts=timezone.now() + timedelta(hours=1))
    workflow.cancel(waiting, publisher)
    for publication in (running, waiting):
        with pytest.raises(ValidationError):
            workflow.cancel(publication, publisher)


def test_a_version_becomes_public_once_for_one_moment_however_often_it_is_asked(publisher):
    thing = page()
    thing.title_fi = "Uusi otsikko"
    workflow.save_draft(thing)
    version, later = versions.latest_version(thing), timezone.now() + timedelta(days=1)
    before = Publication.objects.count()
    (waiting,) = workflow.publish([version], starts=later)
    with pytest.raises(workflow.AlreadySo):
        workflow.publish([version], starts=later)
    workflow.cancel(waiting, publisher)
    workflow.publish([version], starts=later)
    workflow.publish([version])
    serial = Serial.current()
    for starts in (None, later):
        with pytest.raises(workflow.AlreadySo):
            workflow.publish([version], starts=starts, note={"fi": "Uusi", "sv": "Ny"})
    assert (Publication.objects.count(), Serial.current()) == (before + 3, serial)


def test_things_come_and_go_at_one_moment_and_what_expires_goes_by_itself(time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    now, old, new = timezone.now(), a_notice(), a_notice(text_fi="Uusi")
    published(old)
    workflow.save_draft(new)
    version = versions.latest_version(new)
    with pytest.raises(ValidationError):
        workflow.publish([version], starts=now + timedelta(days=2), ends=now + timedelta(days=1))
    with pytest.raises(ValidationError):
        workflow.publish([versions.latest_version(page())], ends=now + timedelta(days=1))
    first, last = now + timedelta(days=1), now + timedelta(days=3)
    assert len(workflow.publish([version], starts=first, withdrawals=[old], ends=last)) == 3
    shown = {}
    for moment in (now, first, last):
        edition = Edition.load().moved_to(moment)
        shown[moment] = [notice.text_fi for notice in edition.things(Notice)]
    assert shown == {now: ["Katko fi"], first: ["Uusi"], last: []}
    with pytest.raises(workflow.AlreadySo):
        workflow.withdraw(old, starts=first)


def test_a_publication_cannot_be_changed():
    publication = Publication.objects.first()
    publication.minor = True
    with pytest.raises(TypeError):
        publication.save()


def test_a_withdrawn_thing_is_gone_and_comes_back_with_its_key():
    notice = a_notice()
    published(notice)
    assert [n.pk for n in Edition.load().things("pages.Notice")] == [notice.pk]
    workflow.withdraw(notice, reason={"fi": "Ohi.", "sv": "Över."})
    assert Edition.load().things("pages.Notice") == []
    workflow.publish([versions.latest_version(notice)])
    assert [n.pk for n in Edition.load().things("pages.Notice")] == [notice.pk]


def test_what_the_site_leans_on_is_neither_withdrawn_nor_deleted():
    with pytest.raises(ValidationError):
        workflow.withdraw(page())
    assert not deletable(page())


def test_only_what_is_not_public_may_be_deleted(time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    notice = a_notice()
    workflow.save_draft(notice)
    assert deletable(notice)
    publication = published(a_notice(), starts=timezone.now() + timedelta(hours=1))
    assert not deletable(Notice.objects.get(pk=publication.object_id))
    published(notice)
    assert not deletable(notice)
    workflow.withdraw(notice)
    assert deletable(notice)


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_saving_an_unchanged_row_makes_no_version(language):
    with translation.override(language):
        for model in (Page, Call, Contact):
            thing = model.objects.first()
            before = Version.objects.get_for_object(thing).count()
            workflow.save_draft(model.objects.get(pk=thing.pk))
            assert Version.objects.get_for_object(thing).count() == before


def test_a_version_holds_all_languages_and_no_base_column():
    version = versions.latest_version(page())
    assert {"title_fi", "title_sv", "title_en"} <= set(version.field_dict)
    assert "title" not in version.field_dict


def test_a_text_falls_back_to_finnish_and_says_so_and_nothing_writes_it_into_another_column():
    thing = page()
    thing.title_en = ""
    with translation.override("sv"):
        assert (thing.title, thing.title.lang) == (thing.title_sv, "")
    with translation.override("en"):
        assert (thing.title, thing.title.lang) == (thing.title_fi, ' lang="fi"')
        thing.full_clean()  # Django assigns the base column here, in the active language
        workflow.save_draft(thing)
    assert (page().title_fi, page().title_sv, page().title_en) == (thing.title_fi, thing.title_sv, "")


def test_every_publication_withdrawal_and_cancellation_moves_the_serial(time_machine, publisher):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    numbers = [Serial.current()]
    notice = a_notice()
    published(notice)
    numbers.append(Serial.current())
    workflow.withdraw(notice)
    numbers.append(Serial.current())
    waiting = published(changed(), starts=timezone.now() + timedelta(hours=1))
    numbers.append(Serial.current())
    workflow.cancel(waiting, publisher)
    numbers.append(Serial.current())
    assert numbers == list(range(numbers[0], numbers[0] + 5))


def test_loading_takes_the_same_number_of_queries_however_much_there_is(django_assert_num_queries):
    Edition.load()._things  # noqa: B018  content types are remembered from here on
    with django_assert_num_queries(6):
        Edition.load()._things  # noqa: B018
    for number in range(20):
        published(a_notice(begins=timezone.now() + timedelta(days=number)))
    with django_assert_num_queries(6):
        Edition.load()._things  # noqa: B018


def test_the_site_can_be_loaded_as_it_was(time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    before = title(Edition.load())
    then = timezone.now()
    time_machine.shift(timedelta(days=1))
    thing = page()
    thing.title_fi = "Myöhemmin"
    published(thing)
    assert title(Edition.load(at=then)) == before


def test_a_preview_shows_the_draft_in_place_of_the_published():
    thing = page()
    thing.title_fi = "Luonnos"
    assert title(Edition.load().replacing(thing)) == "Luonnos"


def test_unknown_keys_are_not_live():
    with pytest.raises(Http404):
        Edition.load().get("declaration.Commitment", 6)


def test_a_notice_is_shown_between_its_moments_and_both_are_boundaries(time_machine):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    now = timezone.now()
    published(a_notice(begins=now + timedelta(hours=1), ends=now + timedelta(hours=2)))
    edition = Edition.load()
    assert edition.boundaries[:2] == [now + timedelta(hours=1), now + timedelta(hours=2)]
    shown = [len(edition.moved_to(now + timedelta(hours=h)).things("pages.Notice")) for h in (0, 1, 2)]
    assert shown == [0, 1, 0]


def test_rich_text_is_cleaned_whatever_the_way_in():
    word = '<p class="MsoNormal" style="color:red" onclick="x()">Teksti<script>x()</script></p>'
    dirty = f"<h1>Otsikko</h1>{word}<p>&nbsp;</p>"
    clean = "<h2>Otsikko</h2><p>Teksti</p>"
    thing = page()
    thing.body_fi = dirty
    workflow.save_draft(thing)
    assert versions.latest_version(thing).field_dict["body_fi"] == clean
    Page.objects.filter(pk="network").update(body_sv=dirty)
    assert page().body_sv == clean


# --- What the admin reads, loaded once for each publication -----------------------------------------------------------


def heading():
    return Edition.current().get(Page, "network").title_fi


def test_the_current_edition_costs_one_query_until_somebody_publishes(django_assert_num_queries):
    Edition.current()
    with django_assert_num_queries(1):
        before = heading()
    published(changed())
    assert heading() == f"{before}!"
    with django_assert_num_queries(1):
        heading()


def test_the_current_edition_moves_with_the_clock_and_follows_a_database_that_went_back(time_machine):
    time_machine.move_to(timezone.now())
    before = heading()
    published(changed(), starts=timezone.now() + timedelta(hours=1))
    assert heading() == before
    time_machine.shift(timedelta(hours=2))
    assert heading() == f"{before}!"
    # A clock that is put back after it was loaded, and another history under the same number.
    published(changed("opsi"))
    heading()
    time_machine.shift(timedelta(hours=-2))
    assert heading() == before
    Publication.objects.filter(starts__gt=timezone.now()).delete()
    Serial.objects.update(random_id=uuid.uuid4())
    time_machine.shift(timedelta(hours=2))
    assert heading() == before

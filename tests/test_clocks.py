"""Hosts whose clocks differ, and a database whose clock went back: what is published last is what readers see."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.editing import page, published
from website.pages.models import Notice, Page
from website.prerender import serve
from website.prerender.follow import Follower
from website.publishing import clock, versions, workflow
from website.publishing.edition import Edition
from website.publishing.models import Publication
from website.worker import state

pytestmark = pytest.mark.django_db

APART = timedelta(seconds=20)


@pytest.fixture
def database_clock(monkeypatch, time_machine):
    """Sets how far the database's clock is ahead of this host's."""
    time_machine.move_to(timezone.now() + timedelta(days=1), tick=False)  # after the first content

    def ahead(difference):
        monkeypatch.setattr(clock, "database_now", lambda: timezone.now() + difference)

    yield ahead
    clock.offset = timedelta(0)


def title_now():
    return Edition.load().get(Page, "network").title_fi


def test_what_is_published_now_starts_by_the_clock_of_the_database(database_clock, publisher):
    for difference in (APART, -APART, timedelta(0)):
        database_clock(difference)
        published(page(), title_fi=f"Kello {difference}")
        publication = Publication.objects.latest("id")
        assert publication.published_at == timezone.now() + difference
        assert publication.starts >= publication.published_at
    assert Edition.load(at=timezone.now() + APART).get(Page, "network").title_fi == "Kello 0:00:00"


def test_what_is_published_last_wins_though_the_clock_went_back(database_clock):
    """As after a fail-over to a database whose clock is slow, or from a release that took the host's clock."""
    published(page(), title_fi="Ensin")
    database_clock(-APART)
    published(page(), title_fi="Sitten")
    database_clock(timedelta(0))
    assert title_now() == "Sitten"


def test_a_withdrawal_wins_over_what_was_published_before_it(database_clock):
    notice = Notice(text_fi="Tiedote", text_sv="Meddelande")
    published(notice)
    database_clock(-APART)
    workflow.withdraw(notice)
    database_clock(timedelta(0))
    assert Edition.load().public(notice) is None


def test_what_is_scheduled_waits_for_its_moment_though_more_is_published_before_it(database_clock, publisher):
    draft = page()
    draft.title_fi = "Myöhemmin"
    workflow.save_draft(draft)
    later = timezone.now() + timedelta(hours=1)
    (scheduled,) = workflow.publish([versions.latest_version(draft)], starts=later)
    published(page(), title_fi="Ennen sitä")
    assert title_now() == "Ennen sitä"
    database_clock(timedelta(hours=2))
    with pytest.raises(workflow.ValidationError):
        workflow.cancel(scheduled, publisher)
    with pytest.raises(workflow.ValidationError):
        workflow.publish([versions.latest_version(page())], starts=later)


@pytest.mark.usefixtures("one_connection")
def test_a_slow_host_goes_on_by_the_clock_of_the_database_which_may_be_away(
    database_clock, settings, tmp_path, monkeypatch, time_machine
):
    settings.VAR_DIR = tmp_path
    database_clock(APART)
    draft = page()
    draft.title_fi = "Ajastettu"
    workflow.save_draft(draft)
    workflow.publish([versions.latest_version(draft)], starts=timezone.now() + APART + timedelta(seconds=5))
    follower = Follower()
    follower.ask()
    follower.print_when_due()
    state.write_state(follower.state)
    assert serve.current().edition.get(Page, "network").title_fi != "Ajastettu"
    # The database is gone, and the process that knew its clock as well.
    monkeypatch.setattr(clock, "database_now", lambda: 1 / 0)
    clock.offset = timedelta(0)
    time_machine.shift(6)
    follower = Follower()
    follower.remember_clock()
    follower.print_when_due()
    assert serve.current().edition.get(Page, "network").title_fi == "Ajastettu"

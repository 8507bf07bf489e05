"""The purge beside people who act in the same moment: what changes while it runs is looked at again, and stays."""

import threading
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection, connections, transaction
from django.utils import timezone

from contacts.models import Message
from network.models import JoinRequest
from tests.forms import ANSWERS, WORDS, give, send
from website.correspondence import retention
from website.correspondence.models import Link, MonthCount, Purge
from website.correspondence.receiving import mail_to_person

pytestmark = pytest.mark.django_db

YEARS = timedelta(days=1000)


def again():
    """The person sends the request once more."""
    answers = {field: value for field, value in ANSWERS.items() if field in JoinRequest.ANSWERS}
    JoinRequest.receive(answers, ANSWERS["email"], suspected=False)


def a_session():
    Session.objects.create(session_key="x" * 32, session_data="", expire_date=timezone.now())


def refuse(client):
    send(client)
    JoinRequest.objects.get().refuse(None)


def a_newer_text(client):
    send(client)
    JoinRequest.objects.update(state="waiting", newest=dict(ANSWERS))


def be_answered(client):
    give(client)
    Message.objects.get().be_answered(None)


#: By kind of data: how it comes, and what somebody does with it while the purge runs.
PEOPLES = {
    "unconfirmed": (send, again),
    "unconfirmed ": (send, lambda: JoinRequest.objects.get().confirm(JoinRequest.objects.get().digest_to_confirm)),
    "suspected": (lambda client: send(client, remark="x"), again),
    "refused": (refuse, lambda: JoinRequest.objects.get().reconsider(None)),
    "feedback": (be_answered, lambda: Message.objects.update(answered_at=timezone.now())),
    "suspected_feedback": (
        lambda client: give(client, remark="x", kind="other"),
        lambda: Message.objects.get().be_trusted(None),
    ),
}
OTHERS = {
    "unconfirmed_text": (a_newer_text, again),
    "links": (lambda client: Link.make("x@vm.example"), lambda: Link.objects.update(mailed_at=timezone.now())),
    "sessions": (lambda client: a_session(), lambda: Session.objects.update(expire_date=timezone.now() + YEARS)),
}


def rows(name):
    """The rows of a kind, whatever their age."""
    return [
        row
        for rows in retention.REGISTER[name.strip()].expired_rows(timezone.now())
        for row in rows.model.objects.all()
    ]


class AfterSelecting:
    """Does something once, when rows of a table (not their number) have been selected and none is locked yet."""

    def __init__(self, table, act):
        self.table, self.act, self.depth = f'FROM "{table}"', act, len(connection.savepoint_ids)

    def __call__(self, execute, sql, params, many, context):
        answer = execute(sql, params, many, context)
        locked = len(connection.savepoint_ids) > self.depth
        if self.act and not locked and sql.startswith("SELECT") and self.table in sql and "COUNT(" not in sql:
            act, self.act = self.act, None
            act()
        return answer


@pytest.mark.parametrize("name", PEOPLES)
def test_what_changes_after_it_was_selected_stays(client, time_machine, name):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    make, change = PEOPLES[name]
    make(client)
    (row,) = rows(name)
    time_machine.shift(YEARS)
    with connection.execute_wrapper(AfterSelecting(row._meta.db_table, change)):
        counts = retention.purge()
    assert [left.pk for left in rows(name)] == [row.pk]
    assert counts[name.strip()] == 0
    assert Purge.objects.get().counts == counts


@pytest.mark.postgres  # SQLite has one writer at a time
@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs two writers at a time")
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("name", [*PEOPLES, *OTHERS])
def test_the_purge_waits_for_whoever_changes_a_row_and_looks_at_it_again(client, time_machine, name):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    make, change = (PEOPLES | OTHERS)[name]
    make(client)
    (row,) = rows(name)
    time_machine.shift(YEARS)
    changed, purged, waited = threading.Event(), threading.Event(), []

    def somebody():
        try:
            with transaction.atomic():
                change()
                changed.set()
                while not purged.is_set() and not waited:
                    waited.extend(waiting())
        finally:
            connections.close_all()

    thread = threading.Thread(target=somebody)
    thread.start()
    assert changed.wait(60)
    entry = retention.REGISTER[name.strip()]
    (due,) = entry.expired_rows(timezone.now() - timedelta(days=entry.days))
    deleted = entry.delete(due)
    purged.set()
    thread.join()
    assert waited, "they did not overlap"
    assert deleted == 0
    left = type(row).objects.get(pk=row.pk)
    assert name != "unconfirmed_text" or left.newest


def waiting():
    """Locks that are waited for in this database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_locks WHERE NOT granted")
        return cursor.fetchall()


def test_a_message_that_comes_while_the_same_person_s_request_is_erased_keeps_its_link(client):
    send(client)
    before = Link.objects.get()
    made = []

    def write():
        Message.objects.create(normalised_email=ANSWERS["email"], language="fi", digest="x", message="Uusi")
        mail_to_person(ANSWERS["email"], "contacts/mail/received.txt", "fi", {"written": Message.objects.get()})
        made.extend(Link.objects.exclude(pk=before.pk))

    class AfterAsking(AfterSelecting):
        """When it has been asked what else is held about the person."""

        def __call__(self, execute, sql, params, many, context):
            self.depth = len(connection.savepoint_ids)
            return super().__call__(execute, sql, params, many, context)

    with connection.execute_wrapper(AfterAsking("contacts_message", write)):
        JoinRequest.objects.get().erase("purged")
    assert list(Link.objects.all()) == made != []
    assert not JoinRequest.objects.exists()


def test_two_who_erase_the_same_count_it_once(client):
    give(client)
    first, second = Message.objects.get(), Message.objects.get()
    first.erase("left")
    second.erase("purged")
    assert MonthCount.objects.get().count == 1


def test_more_rows_than_fit_into_one_transaction_are_deleted(client, monkeypatch):
    monkeypatch.setattr(retention, "BATCH_SIZE", 2)
    for _number in range(5):
        Link.make("x@vm.example")
    assert retention.delete(Link.objects.all()) == 5
    assert not Link.objects.exists()


# --- What the law has answered ----------------------------------------------------------------------------------------


def test_suspected_feedback_about_accessibility_stays_until_it_is_answered(
    client, signed_in, coordinator, time_machine
):
    time_machine.move_to("2027-01-01 12:00:00+02:00", tick=False)
    give(client, remark="x", email="")
    give(client, remark="x", email="", kind="content")
    kept = Message.objects.get(kind="accessibility")
    time_machine.shift(timedelta(days=13))
    inbox = signed_in(coordinator).get("/fi/hallinta/contacts/message/?answer=waiting").context["cl"].result_list
    assert {(row.kind, row.suspected, row.days_left) for row in inbox} == {
        ("accessibility", True, 1),
        ("content", True, 1),
    }
    time_machine.shift(timedelta(days=500))
    retention.purge()
    assert Message.objects.get() == kept
    assert kept.message == WORDS["message"]
    kept.be_answered(coordinator)
    time_machine.shift(timedelta(days=364))
    retention.purge()
    assert Message.objects.exists()
    time_machine.shift(timedelta(days=2))
    retention.purge()
    assert not Message.objects.exists()

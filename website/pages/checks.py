from datetime import timedelta

from django.utils import timezone

from website.launch import to_confirm


@to_confirm("pages.launch")
def statements(edition):
    privacy = "the privacy notice: its legal basis, retention, transfers and addresses"
    yield privacy, "Admin: pages, data protection; KEEP_DAYS_*."
    yield "the addresses of the registry and the switchboard", "Admin: pages, feedback."
    statement = edition.accessibilitystatement("statement")
    where = "Admin: accessibility statement."
    if not statement.status:
        yield "the accessibility statement: whether the site meets the requirements fully, mostly or not", where
    if not statement.unit_fi:
        yield "the accessibility statement: the unit that answers feedback", where
    if not statement.prepared_on:
        yield "the accessibility statement: the date on which it was prepared", where
    elif (statement.reviewed_on or statement.prepared_on) < timezone.localdate() - timedelta(days=365):
        yield "the accessibility statement: that it still holds; it was reviewed more than a year ago", where

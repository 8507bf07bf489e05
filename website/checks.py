"""System checks for `manage.py check --deploy --database default`, in addition to Django's."""

from datetime import timedelta

from django.conf import settings
from django.core.checks import Error, Info, Tags, Warning, register
from django.db import DatabaseError
from django.http import Http404
from django.utils import timezone
from django.utils.translation import override

from website.pages.launch import gaps
from website.publishing.edition import Edition


@register(Tags.security, deploy=True)
def environment_to_confirm(app_configs=None, **options):
    if not settings.SECURITY_CONTACT:
        yield _to_confirm("the contact for security reports: SECURITY_CONTACT")
    if not settings.EMAIL_HOST:
        yield _to_confirm("the mail server and the sender of the site’s mail: EMAIL_HOST, DEFAULT_FROM_EMAIL")


@register(Tags.database, deploy=True)
def content_to_confirm(app_configs, databases=None, **options):
    """Only where the database is asked for: a check without it knows nothing of the content."""
    if not databases:
        return []
    try:
        edition = Edition.load()
        with override("en"):
            missing = [Error(f"Missing before launch: {gap.what}", id="website.E1") for gap in gaps(edition)]
            return missing + [_to_confirm(what) for what in questions(edition)]
    except (DatabaseError, Http404):
        return []  # nothing has been published here yet


def _to_confirm(what):
    """A message about something that only the ministry can settle before launch: of level INFO, so it fails nothing."""
    return Info(f"For the ministry to confirm: {what}", id="website.launch")


def questions(edition):
    """Yields what the ministry must confirm in the published content. It is changed in the admin."""
    declaration = edition.get("declaration.Declaration", "declaration")
    adherents = f"{declaration.adherents} as of {declaration.adherents_as_of}"
    yield f"the number of adherents: {adherents}; the OECD’s compendium has today’s figure"
    if declaration.instrument_url:
        yield f"that the OECD’s own page opens: {declaration.instrument_url}"
    yield "the official Swedish and English names of the declaration, of the site (in locale/) and of ‘commitment’"
    if all(call.state(edition.at) in ("closed", "undated") for call in edition.things("opsi.Call")):
        last = next((call for call in edition.things("opsi.Call") if call.end), "none")
        yield f"whether a call is open or coming; the last known one is: {last}"
    for contact in edition.things("contacts.Contact"):
        yield f"that this contact is current, with its title and unit in Swedish and English: {contact}"
    by_officer = "its legal basis, retention (KEEP_DAYS), transfers and addresses"
    yield f"by the data protection officer, the privacy notice: {by_officer}"
    statement = edition.get("pages.AccessibilityStatement", "statement")
    reviewed_on = statement.reviewed_on or statement.prepared_on
    if reviewed_on and reviewed_on < timezone.localdate() - timedelta(days=365):
        yield "the accessibility statement: that it still holds; it was reviewed more than a year ago"
    yield "the addresses of the registry and the switchboard: on the page for feedback and beside every contact"


@register(Tags.security, deploy=True)
def encrypted_lines(app_configs=None, **options):
    """Connections to other hosts (database, mail server) must be encrypted and verify the certificate."""
    database = settings.DATABASES["default"]
    sslmode = database.get("OPTIONS", {}).get("sslmode")
    if _elsewhere(database.get("HOST")) and sslmode != "verify-full":
        yield Warning(
            "PostgreSQL's certificate is not verified.", "Add ?sslmode=verify-full&sslrootcert=…", id="website.W1"
        )
    if _elsewhere(settings.EMAIL_HOST) and not settings.EMAIL_USE_TLS:
        yield Warning("Mail leaves this machine in clear.", "Set EMAIL_USE_TLS=true.", id="website.W2")


def _elsewhere(host):
    return bool(host) and not host.startswith("/") and host not in ("localhost", "127.0.0.1", "::1")

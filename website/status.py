"""The endpoints for monitoring: healthz (the process runs), readyz (it can serve), statusz (details as JSON)."""

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from website.correspondence.models import Purge
from website.links import checking
from website.mail.models import Mail
from website.prerender import serve
from website.worker.state import worker_state


@never_cache
def healthz(request):
    return HttpResponse("alive\n", content_type="text/plain; charset=utf-8")


@never_cache
def readyz(request):
    """Status 200 once an edition is printed, else 503. Waiting mail or a missing database does not matter."""
    ready = serve.current() is not None
    return HttpResponse("ready\n" if ready else "not yet\n", status=200 if ready else 503, content_type="text/plain")


@never_cache
def statusz(request):
    served = serve.current()
    edition = served and served.edition
    state = {
        "release": settings.RELEASE,
        "edition": served and served.folder.name,
        "serial": edition and (edition.serial, edition.serial_id),
        "age_seconds": edition and round((timezone.now() - edition.at).total_seconds()),
        "last_boundary": edition and edition.last_boundary,
        "next_boundary": next(iter(edition.boundaries), None) if edition else None,
        "last_link_check": checking.finished_at(),
        **worker_state(),
    }
    if state["database"]:
        try:
            state |= _database_state()
        except DatabaseError:
            state["database"] = False
    return JsonResponse(state)


def _database_state():
    executor = MigrationExecutor(connection)
    waiting_since = Mail.waiting_since()
    return {
        "pending_migrations": len(executor.migration_plan(executor.loader.graph.leaf_nodes())),
        "oldest_unsent_mail_seconds": waiting_since and round((timezone.now() - waiting_since).total_seconds()),
        "addresses_refused_in_a_row": Mail.addresses_refused_in_a_row(),
        "last_purge": Purge.objects.values_list("finished_at", flat=True).first(),
    }

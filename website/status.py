"""What the monitoring host asks: does the process live, can it serve, and how does everything stand."""

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
    """Whether there is something to serve; mail that waits or a database that is away takes no site out."""
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
            state |= _from_the_database()
        except DatabaseError:
            state["database"] = False
    return JsonResponse(state)


def _from_the_database():
    executor = MigrationExecutor(connection)
    waiting_since = Mail.waiting_since()
    return {
        "pending_migrations": len(executor.migration_plan(executor.loader.graph.leaf_nodes())),
        "oldest_unsent_mail_seconds": waiting_since and round((timezone.now() - waiting_since).total_seconds()),
        "addresses_refused_in_a_row": Mail.addresses_refused_in_a_row(),
        "last_purge": Purge.objects.values_list("finished_at", flat=True).first(),
    }

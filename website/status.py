"""What the monitoring host asks: does the process live, can it serve, and how does everything stand."""

import json
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from post_office.models import STATUS, Email

from website import links
from website.correspondence.models import Purge
from website.prerender import serve

STATE_SIZE = 4096  # bytes
SILENT = timedelta(seconds=5)  # after which a worker that tells nothing, or a database that does not answer it, is away


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
        "last_boundary": edition and edition.position[1],
        "next_boundary": next(iter(edition.boundaries), None) if edition else None,
        "last_link_check": links.finished_at(),
        **worker_state(),
    }
    if state["database"]:
        try:
            state |= _from_the_database()
        except DatabaseError:
            state["database"] = False
    return JsonResponse(state)


def state_file():
    """What the worker of this host tells of itself."""
    return settings.VAR_DIR / "editions/worker.json"


def tell(state):
    """Written over the old text in place, which a full disk allows."""
    state_file().touch()
    with state_file().open("r+b") as file:
        file.write(json.dumps(state | {"told_at": timezone.now()}, default=str).encode().ljust(STATE_SIZE))


def worker_state():
    """What this host's worker tells in its file: does it live, when did the database answer it, what is the matter."""
    try:
        state = json.loads(state_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        state = {}  # no worker has run here yet
    return {
        "worker": _lately(state.get("told_at")),
        "database": _lately(state.get("answered_at")),
        "database_serial": state.get("database_serial"),
        "trouble": state.get("trouble", ""),
    }


def _lately(moment):
    return moment is not None and timezone.now() - datetime.fromisoformat(moment) < SILENT


def _from_the_database():
    executor = MigrationExecutor(connection)
    waiting = Email.objects.filter(status__in=(STATUS.queued, STATUS.requeued, STATUS.failed)).order_by("created")
    oldest = waiting.values_list("created", flat=True).first()
    return {
        "pending_migrations": len(executor.migration_plan(executor.loader.graph.leaf_nodes())),
        "oldest_unsent_mail_seconds": oldest and round((timezone.now() - oldest).total_seconds()),
        "last_purge": Purge.objects.values_list("finished_at", flat=True).first(),
    }

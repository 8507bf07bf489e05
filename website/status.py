"""What the monitoring host asks: does the process live, can it serve, and how does everything stand."""

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from website import links
from website.correspondence.models import Purge
from website.mail.models import Mail
from website.press.moving import mover
from website.press.serving import Press


@never_cache
def healthz(request):
    return HttpResponse("alive\n", content_type="text/plain; charset=utf-8")


@never_cache
def readyz(request):
    """Whether there is something to serve; mail that waits or a database that is away takes no site out."""
    ready = bool(Press.served.pages)
    return HttpResponse("ready\n" if ready else "not yet\n", status=200 if ready else 503, content_type="text/plain")


@never_cache
def statusz(request):
    edition = Press.served.edition
    told = {
        "release": settings.RELEASE,
        "edition": Press.served.folder and Press.served.folder.name,
        "serial": edition and edition.serial,
        "age_seconds": edition and round((timezone.now() - edition.at).total_seconds()),
        "last_boundary": edition and edition.position[1],
        "next_boundary": next(iter(edition.boundaries), None) if edition else None,
        "trouble": mover.trouble,
        "last_link_check": links.finished_at(),
        "database": mover.database_answers,
    }
    if mover.database_answers:
        try:
            told |= _from_the_database()
        except DatabaseError:
            told["database"] = False
    return JsonResponse(told)


def _from_the_database():
    executor = MigrationExecutor(connection)
    waiting_since = Mail.waiting_since()
    return {
        "pending_migrations": len(executor.migration_plan(executor.loader.graph.leaf_nodes())),
        "oldest_unsent_mail_seconds": waiting_since and round((timezone.now() - waiting_since).total_seconds()),
        "addresses_refused_in_a_row": Mail.addresses_refused_in_a_row(),
        "last_purge": Purge.objects.values_list("finished_at", flat=True).first(),
    }

import signal
import threading

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections

from website import links, mail
from website.correspondence import retention
from website.correspondence.models import Purge

PAUSE = 2  # seconds between two looks at the outbox


def work():
    mail.send_due()
    if Purge.overdue():
        retention.purge()
    if links.due():
        links.look_aside()


class Command(BaseCommand):
    help = "Sends the mail that waits, purges personal data daily, looks at the links weekly, until it is stopped."

    def handle(self, **options):
        stopped = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *args: stopped.set())
        while not stopped.is_set():
            try:
                work()
            except (DatabaseError, OSError) as error:
                # A database that is away comes back; what waits in the outbox waits on.
                self.stderr.write(f"worker: {type(error).__name__}, trying again")
            close_old_connections()
            stopped.wait(PAUSE)

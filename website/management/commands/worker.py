"""The process beside the web server. Each of its tasks runs in its own thread, so that none waits for another."""

import logging
import signal
import threading

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections

from website.correspondence import retention
from website.correspondence.models import Purge
from website.links import checking
from website.mail import sender
from website.prerender.follow import follower
from website.worker import state

logger = logging.getLogger(__name__)
stopped = threading.Event()  # set when the process is to end


def send_mail():
    sender.send_due(stopped)


def purge_when_due():
    if Purge.overdue():
        retention.purge()


def check_links_when_due():
    if checking.is_due():
        checking.check_all()


def write_status():
    state.write_state(follower.state)


#: The tasks of the worker, each with the pause between two rounds in seconds.
TASKS = {
    send_mail: 2,
    follower.ask: 0.3,
    follower.print_when_due: 0.1,
    write_status: 1,
    purge_when_due: 60,
    check_links_when_due: 60,
}


class Command(BaseCommand):
    help = "Prints what is published, sends mail, purges personal data daily, checks links weekly, until it is stopped."

    def handle(self, **options):
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *args: stopped.set())
        # Daemon threads, so that the process can end while the check of a link still waits.
        threads = [threading.Thread(target=self.repeat, args=(task,), daemon=True) for task in TASKS]
        for thread in threads:
            thread.start()
        stopped.wait()
        threads[0].join()  # until the mail that is being sent is recorded

    def repeat(self, task):
        """Runs a task in rounds until the process ends, whatever exceptions it raises."""
        while not stopped.is_set():
            try:
                task()
            except Exception as error:
                # A database that is away raises at every round: one line each is enough.
                known = isinstance(error, DatabaseError)
                logger.warning("%s: %s, trying again", task.__name__, type(error).__name__, exc_info=not known)
            close_old_connections()
            stopped.wait(TASKS[task])

"""The process beside the web server: each of its tasks runs in a thread of its own, so that none waits for another."""

import signal
import threading

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from website import links
from website.correspondence import retention
from website.correspondence.models import Purge
from website.mail import sender


def send_mail(stopped):
    sender.send_due(stopped)


def purge_when_due(stopped=None):
    if Purge.overdue():
        retention.purge()


def check_links_when_due(stopped=None):
    if links.due():
        links.look()


#: The tasks of the worker, each with the seconds between two of its rounds.
TASKS = {send_mail: 2, purge_when_due: 60, check_links_when_due: 60}


class Command(BaseCommand):
    help = "Sends the mail that waits, purges personal data daily, checks the links weekly, until it is stopped."

    def handle(self, **options):
        stopped = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *args: stopped.set())
        # Daemons, so that a link that answers slowly does not hold up the end of the process.
        threads = [threading.Thread(target=self.repeat, args=(task, stopped), daemon=True) for task in TASKS]
        for thread in threads:
            thread.start()
        stopped.wait()
        threads[0].join()  # the mail that is under way is finished and recorded

    def repeat(self, task, stopped):
        """Runs a task again and again. Whatever stops one round, the next is tried: nothing else would start it."""
        while not stopped.is_set():
            try:
                task(stopped)
            except Exception as error:
                # The type alone: messages of database and mail errors quote people.
                self.stderr.write(f"worker: {task.__name__}: {type(error).__name__}, trying again")
            close_old_connections()
            stopped.wait(TASKS[task])

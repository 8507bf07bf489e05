"""The process beside the web server. Each of its tasks runs in its own thread, so that none waits for another."""

import signal
import threading

from django.core.management.base import BaseCommand

from website.correspondence import retention
from website.correspondence.models import Purge
from website.links import checking
from website.mail import sender
from website.prerender.follow import follower
from website.worker import state
from website.worker.tasks import Task

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
    state.write_state(follower.state | {"tasks": {name: task.state() for name, task in running.items()}})


#: The tasks of the worker, each with the pause between two rounds in seconds.
TASKS = {
    send_mail: 2,
    follower.ask: 0.3,
    follower.print_when_due: 0.1,
    write_status: 1,
    purge_when_due: 60,
    check_links_when_due: 60,
}
running = {task.name: task for task in (Task(function, pause, stopped) for function, pause in TASKS.items())}


class Command(BaseCommand):
    help = "Prints what is published, sends mail, purges personal data daily, checks links weekly, until it is stopped."

    def handle(self, **options):
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *args: stopped.set())
        follower.remember_clock()
        while not stopped.is_set():
            for task in running.values():
                task.keep_running()
            stopped.wait(1)
        running["send_mail"].thread.join()  # until the mail that is being sent is recorded

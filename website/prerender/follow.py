"""Follows the publications: two tasks of `manage.py worker`, each in a thread of its own.

They are two because a database that is frozen holds whoever asks it, and a boundary must pass on time all the same.
"""

import logging
import time

from django.db import connection
from django.utils import timezone

from website.prerender import render
from website.publishing.edition import Edition
from website.publishing.models import Serial

logger = logging.getLogger(__name__)

RETRY = 5  # seconds until an edition that could not be printed is tried again


class Follower:
    def __init__(self):
        self.newest = None  # the newest edition known here, printed or not
        self.printed = self.failed = None  # what readers have, and what could not be printed
        self.away, self.retry_at = False, 0  # seconds of the monotonic clock
        self.state = {"answered_at": None, "database_serial": None, "trouble": ""}

    def ask(self):
        """Asks the database for the serial, and loads the edition where it is another, be its number lower."""
        try:
            serial = Serial.state()
            if self.newest is None or serial != (self.newest.serial, self.newest.serial_id):
                self.newest = Edition.load()
            self.state |= {"answered_at": timezone.now(), "database_serial": serial}
            if self.away:
                logger.warning("The database answers again")
            self.away = False
        except Exception as error:
            # Whatever it is, asking again is all there is to do; readers keep what they have.
            if not self.away:
                logger.warning("The database does not answer: %s", type(error).__name__)
            self.away = True
            connection.close()

    def print_when_due(self):
        """Prints the newest edition as it is now, where readers have another; after a start always."""
        if self.newest is None:
            stored = self._stored()
            self.newest = self.newest or stored  # the database may have answered meanwhile
        if self.newest is not None:
            self._print(self.newest)

    def _print(self, edition):
        now = timezone.now()
        if edition.boundaries and edition.boundaries[0] <= now:
            edition = edition.moved_to(now)
        identity = edition.serial_id, edition.serial, edition.last_boundary
        if identity == self.printed or (identity == self.failed and time.monotonic() < self.retry_at):
            return
        try:
            if render.print_edition(edition):
                self.printed, self.state["trouble"] = identity, ""
        except Exception as error:
            # A full disk, a page that fails: readers keep the edition before.
            trouble = f"{type(error).__name__}: {error}"[:1000]
            if trouble != self.state["trouble"]:
                logger.exception("The newest edition could not be printed; the one before it stays")
            self.failed, self.retry_at = identity, time.monotonic() + RETRY
            self.state["trouble"] = trouble

    def _stored(self):
        """The last edition on the disk that can be read, or None."""
        for folder in render.stored():
            try:
                return render.read_edition(folder)
            except Exception as error:
                logger.warning("The edition in %s cannot be read: %s", folder.name, type(error).__name__)
        return None


follower = Follower()

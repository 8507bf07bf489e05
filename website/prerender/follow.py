"""Two tasks of `manage.py worker`, each in its own thread: one loads new editions, the other prints what is due.

They are separate because a query blocks while the database hangs, and scheduled changes must be printed on time anyway.
"""

import logging
import time
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from website.prerender import render
from website.publishing import clock
from website.publishing.edition import Edition
from website.publishing.models import Serial
from website.worker.state import worker_state

logger = logging.getLogger(__name__)

RETRY = 5  # seconds until an edition that could not be printed is tried again


class Follower:
    """Keeps the printed directory of this host at the newest edition."""

    def __init__(self) -> None:
        self.newest: Edition | None = None  # the newest edition that was loaded, printed or not
        self.printed: tuple | None = None  # identity of the edition that readers have: see _print
        self.failed: tuple | None = None  # identity of an edition that could not be printed
        self.away = False  # whether the database did not answer last time
        self.retry_at = 0.0  # when a failed edition is tried again, in seconds of the monotonic clock
        self.state: dict[str, Any] = {"answered_at": None, "database_serial": None, "trouble": ""}
        self.state["clock_offset_seconds"] = 0.0

    def remember_clock(self) -> None:
        """Takes over what the worker before knew of the database's clock. To be called before the database is asked."""
        self.state["clock_offset_seconds"] = worker_state()["clock_offset_seconds"]
        clock.offset = timedelta(seconds=self.state["clock_offset_seconds"])

    def ask(self) -> None:
        """Asks the database for the serial and its random id, and loads the edition if either differs."""
        try:
            clock.synced_now()
            serial = Serial.state()
            if self.newest is None or serial != (self.newest.serial, self.newest.serial_id):
                self.newest = Edition.load()
            offset = clock.offset.total_seconds()
            self.state |= {"answered_at": timezone.now(), "database_serial": serial, "clock_offset_seconds": offset}
            if self.away:
                logger.warning("The database answers again")
            self.away = False
        except Exception as error:
            # Whatever the error, the next round asks again; readers keep the edition they have.
            if not self.away:
                logger.warning("The database does not answer: %s", type(error).__name__)
            self.away = True
            connection.close()

    def print_when_due(self) -> None:
        """Prints the newest edition, as of now, if readers have another one. Always prints after a start."""
        if self.newest is None:
            stored = self._stored()
            self.newest = self.newest or stored  # the database may have answered meanwhile
        if self.newest is not None:
            self._print(self.newest)

    def _print(self, edition: Edition) -> None:
        now = clock.now()
        if edition.boundaries and edition.boundaries[0] <= now:
            edition = edition.moved_to(now)
        identity = edition.serial_id, edition.serial, edition.last_boundary
        if identity == self.printed or (identity == self.failed and time.monotonic() < self.retry_at):
            return
        try:
            if render.print_edition(edition):
                self.printed, self.state["trouble"] = identity, ""
        except Exception as error:
            # For example a full disk or a page that fails: readers keep the edition before.
            trouble = f"{type(error).__name__}: {error}"[:1000]
            if trouble != self.state["trouble"]:
                logger.exception("The newest edition could not be printed; the one before it stays")
            self.failed, self.retry_at = identity, time.monotonic() + RETRY
            self.state["trouble"] = trouble

    def _stored(self) -> Edition | None:
        """The newest edition on the disk that can be read, or None."""
        for folder in render.stored():
            try:
                return render.read_edition(folder)
            except Exception as error:
                logger.warning("The edition in %s cannot be read: %s", folder.name, type(error).__name__)
        return None


follower = Follower()

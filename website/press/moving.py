"""How a worker moves on: one thread asks the database for the serial, another watches the clock and prints.

They are two because a database that is frozen holds whoever asks it, and a boundary must pass on time all the same.
"""

import contextlib
import logging
import os
import socket
import threading
import time
from weakref import WeakSet

from django.db import close_old_connections, connection
from django.db.backends.signals import connection_created
from django.utils import timezone

from website.press import printing
from website.press.serving import Press, Served, table
from website.publishing.edition import Edition
from website.publishing.models import Serial

logger = logging.getLogger(__name__)

PAUSE = 0.4  # seconds between two looks at the serial
SILENT = 3  # seconds after which a database that does not answer is away
RETRY = 5  # seconds until an edition that could not be printed, or not be written, is tried again


class Mover:
    def __init__(self):
        self.newest = None  # the newest edition known here, printed or not
        self.trouble = ""  # why the newest is not served
        self.asked = self.answered = None  # when the database was asked last, and when it answered last
        self.away = False
        self.heard, self.moved, self.ready = threading.Event(), threading.Event(), threading.Event()
        self.connections = WeakSet()

    def start(self):
        """Call in a process that will not fork: threads stay behind. Waits until there is something to serve."""
        connection_created.connect(self._remember)
        for step in (self._listen, self._press):
            threading.Thread(target=step, name=f"press{step.__name__}", daemon=True).start()
        self.ready.wait(10)

    @property
    def database_answers(self):
        return self.answered is not None and time.monotonic() - self.answered < SILENT

    # --- Asking the database --------------------------------------------------------------------------------------

    def _listen(self):
        while True:
            try:
                self.asked = time.monotonic()
                if self.answered is None or self.newest is None or Serial.current() > self.newest.serial:
                    edition = Edition.load()
                    if self.newest is None or edition.position > self.newest.position:
                        self.newest = edition
                        self.moved.set()
                self.answered = time.monotonic()
                if self.away:
                    logger.warning("The database answers again")
                self.away = False
            except Exception as error:
                # Whatever it is, asking again is all there is to do; readers keep what they have.
                if not self.away:
                    logger.warning("The database does not answer: %s", type(error).__name__)
                self.away = True
                connection.close()
            self.asked = None
            self.heard.set()
            time.sleep(PAUSE)
            close_old_connections()

    def _remember(self, connection, **kwargs):
        self.connections.add(connection)

    def _hang_up(self):
        """Ends the waiting of every request for a database that has fallen silent: each answers 503 then."""
        if self.asked is None or time.monotonic() - self.asked < SILENT:
            return
        for wrapper in list(self.connections):
            # Not open, lost already, or SQLite, which has no line: the others have their turn all the same.
            with contextlib.suppress(Exception), socket.socket(fileno=os.dup(wrapper.connection.fileno())) as line:
                line.shutdown(socket.SHUT_RDWR)

    # --- Printing, and taking what is printed into use --------------------------------------------------------------

    def _press(self):
        self.heard.wait(SILENT)
        while True:
            self.moved.clear()
            try:
                pause = self._try_to_move()
                self.ready.set()
                self._hang_up()
            except Exception:
                # This thread must not end: its worker would stand still, and look well.
                logger.exception("The press stumbled")
                pause = RETRY
            self.moved.wait(pause)

    def _try_to_move(self):
        """Seconds until the next try."""
        try:
            return self._move()
        except Exception as error:
            self._note(error, "The newest edition could not be printed; the one before it stays")
            self._serve_what_is_stored()
            return self._pause(RETRY)

    def _pause(self, seconds):
        """Seconds until the next try, at most these: a boundary waits for nothing."""
        moments = self.newest.boundaries[:1] if self.newest else []
        return min([seconds, *((moment - timezone.now()).total_seconds() for moment in moments)])

    def _note(self, error, what):
        trouble = f"{type(error).__name__}: {error}"
        if trouble != self.trouble:
            logger.exception(what)
        self.trouble = trouble

    def _move(self):
        edition, now = self.newest, timezone.now()
        if edition is None:
            self._serve_what_is_stored()
            return PAUSE
        if edition.boundaries and edition.boundaries[0] <= now:
            edition = self.newest = edition.moved_to(now)
        served = Press.served.edition
        # Printed for this release, and on the disk?
        finished = served and Press.served.folder == printing.editions() / printing.name(served)
        if not finished or edition.position > served.position:
            pages, folder = self._printed(edition)
            if pages is None:
                return 0.02  # another worker is printing it
            Press.served = Served(edition, table(pages), folder)
            if not folder:
                return self._pause(RETRY)
        self.trouble = ""
        return self._pause(PAUSE)

    def _printed(self, edition):
        """The pages from the disk where some worker has printed them, else printed now; None while another does."""
        folder, pages = printing.editions() / printing.name(edition), None
        try:
            if pages := printing.read(folder):
                printing.make_current()
                return pages, folder
            with printing.alone() as alone:
                if not alone:
                    return None, None
                # Another may have printed it since.
                if not (pages := printing.read(folder)):
                    pages = printing.print_pages(edition)
                    printing.store(edition, pages)
                return pages, folder
        except OSError as error:
            # A full or read-only disk: this worker serves it from memory, and tries to write it again.
            self._note(error, "The edition could not be written")
            return pages or printing.print_pages(edition), None

    def _serve_what_is_stored(self):
        """Without a database, or without a printable edition: the newest that the disk holds, and on from there."""
        if Press.served.pages:
            return
        for folder in printing.stored():
            if pages := printing.read(folder):
                edition = None
                try:
                    edition = printing.read_edition(folder)
                except Exception:
                    logger.exception("The edition in %s is of another release; its pages are served", folder.name)
                Press.served = Served(edition, table(pages), folder)
                self.newest = self.newest or edition
                return


mover = Mover()

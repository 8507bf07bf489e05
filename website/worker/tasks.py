"""The tasks of the worker: each runs in rounds in a thread of its own, which is started again if it dies."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import DatabaseError, InterfaceError, close_old_connections
from django.utils import timezone

logger = logging.getLogger(__name__)


class Task:
    """A function that is called again and again until `stopped` is set, with a pause in seconds after each round."""

    def __init__(self, function: Callable[[], Any], pause: float, stopped: threading.Event) -> None:
        self.function, self.pause, self.stopped = function, pause, stopped
        self.thread: threading.Thread | None = None
        self.restarts = 0  # since the process started
        self.last_round: datetime | None = None  # when the last round ended, whether it failed or not

    @property
    def name(self) -> str:
        return getattr(self.function, "__name__", "")

    def keep_running(self) -> None:
        """Starts the thread if it has not been started yet, or has died."""
        if self.thread and self.thread.is_alive():
            return
        if self.thread:
            self.restarts += 1
            logger.error("%s has died, and is started again", self.name)
        # A daemon thread, so that the process can end while the check of a link still waits.
        self.thread = threading.Thread(target=self.repeat, name=self.name, daemon=True)
        self.thread.start()

    def repeat(self) -> None:
        """Runs the rounds, whatever exceptions they raise."""
        while not self.stopped.is_set():
            try:
                self.function()
            except Exception as error:
                self.log_error(error)
            try:
                close_old_connections()
            except Exception as error:  # of a connection that broke at a bad moment
                self.log_error(error)
            self.last_round = timezone.now()
            self.stopped.wait(self.pause)

    def log_error(self, error: Exception) -> None:
        # A database that is away raises at every round: one line each is enough.
        known = isinstance(error, (DatabaseError, InterfaceError))
        logger.warning("%s: %s, trying again", self.name, type(error).__name__, exc_info=not known)

    def state(self) -> dict[str, Any]:
        """For the monitoring."""
        return {"last_round": self.last_round, "restarts": self.restarts}

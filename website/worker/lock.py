"""One process at a time, by a lock on a file: a killed process leaves none behind."""

import contextlib
import fcntl


@contextlib.contextmanager
def only_one(path):
    """True for the one process that holds the lock of that path, False at once for the others."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True

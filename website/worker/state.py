"""What the worker of this host tells of itself, in a file that the web server reads."""

import json
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

STATE_SIZE = 4096  # bytes
SILENT = timedelta(seconds=5)  # after which a worker that tells nothing, or a database that does not answer it, is away


def state_file():
    """What the worker of this host tells of itself."""
    return settings.VAR_DIR / "editions/worker.json"


def write_state(state):
    """Written over the old text in place, which a full disk allows."""
    state_file().touch()
    with state_file().open("r+b") as file:
        file.write(json.dumps(state | {"written_at": timezone.now()}, default=str).encode().ljust(STATE_SIZE))


def worker_state():
    """What this host's worker tells in its file: does it live, when did the database answer it, what is the matter."""
    try:
        state = json.loads(state_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        state = {}  # no worker has run here yet
    return {
        "worker": _lately(state.get("written_at")),
        "database": _lately(state.get("answered_at")),
        "database_serial": state.get("database_serial"),
        "trouble": state.get("trouble", ""),
    }


def _lately(moment):
    return moment is not None and timezone.now() - datetime.fromisoformat(moment) < SILENT

"""The state of this host's worker: the worker writes it to a file, and the web server reads that file."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

STATE_SIZE = 4096  # bytes
#: A worker that has written nothing for this long, or a database that has not answered it, counts as away.
AWAY_AFTER = timedelta(seconds=5)


def state_file() -> Path:
    return settings.VAR_DIR / "editions/worker.json"


def write_state(state: dict[str, Any]) -> None:
    """Overwrites the file in place, padded to STATE_SIZE: that works on a full disk as well."""
    state_file().parent.mkdir(parents=True, exist_ok=True)
    state_file().touch()
    with state_file().open("r+b") as file:
        file.write(json.dumps(state | {"written_at": timezone.now()}, default=str).encode().ljust(STATE_SIZE))


def worker_state() -> dict[str, Any]:
    """The state that this host's worker wrote last.

    `worker` and `database`: whether each has answered lately; `database_serial`: the pair of serial and random id that
    the database gave last, or None; `clock_offset_seconds`: how far its clock is ahead of this host's; `trouble`: why
    the newest edition could not be printed, or ""; `tasks`: for each task by name, seconds since its last round ended,
    and how often its thread had to be started again.
    """
    try:
        state = json.loads(state_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        state = {}  # no worker has run here yet
    return {
        "worker": _lately(state.get("written_at")),
        "database": _lately(state.get("answered_at")),
        "database_serial": state.get("database_serial"),
        "clock_offset_seconds": state.get("clock_offset_seconds", 0.0),
        "trouble": state.get("trouble", ""),
        "tasks": {name: _task(**task) for name, task in state.get("tasks", {}).items()},
    }


def _task(last_round: str | None, restarts: int) -> dict[str, Any]:
    seconds = last_round and round((timezone.now() - datetime.fromisoformat(last_round)).total_seconds())
    return {"seconds_since_last_round": seconds, "restarts": restarts}


def _lately(moment: str | None) -> bool:
    return moment is not None and timezone.now() - datetime.fromisoformat(moment) < AWAY_AFTER

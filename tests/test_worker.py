"""The worker's tasks go on for days, whatever happens to one of them, and monitoring is told."""

import threading

import pytest
from django.db import InterfaceError, OperationalError

from website.worker import state, tasks


@pytest.fixture
def stopped():
    event = threading.Event()
    yield event
    event.set()


def rounds(function, stopped):
    """A task that does what the function says in its first round and ends the process in its third."""
    done = []

    def one_round():
        done.append(None)
        if len(done) == 3:
            stopped.set()
        elif len(done) == 1:
            function()

    return tasks.Task(one_round, 0, stopped), done


def broken(error):
    def breaks(*args):
        raise error("connection already closed")

    return breaks


@pytest.mark.parametrize("error", [InterfaceError, OperationalError, MemoryError, RecursionError])
def test_a_task_goes_on_after_an_error_of_its_own_or_of_its_connection(monkeypatch, stopped, error):
    monkeypatch.setattr(tasks, "close_old_connections", broken(error))
    task, done = rounds(broken(error), stopped)
    task.keep_running()
    task.thread.join(60)
    assert (len(done), task.restarts) == (3, 0)
    assert task.last_round is not None


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_a_task_that_died_of_the_unexpected_starts_again_and_is_told(client, settings, tmp_path, stopped, error):
    task, done = rounds(broken(error), stopped)
    task.keep_running()
    task.thread.join(60)
    assert len(done) == 1
    task.keep_running()
    task.thread.join(60)
    assert len(done) == 3
    settings.VAR_DIR = tmp_path
    state.write_state({"tasks": {"send_mail": task.state(), "ask": tasks.Task(print, 1, stopped).state()}})
    told = client.get("/statusz").json()["tasks"]
    assert told["ask"] == {"seconds_since_last_round": None, "restarts": 0}
    assert told["send_mail"]["restarts"] == 1
    assert 0 <= told["send_mail"]["seconds_since_last_round"] < 60

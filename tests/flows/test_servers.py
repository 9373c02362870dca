"""A server that a killed run left behind is stopped; nobody else's process ever is."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from flows import servers
from flows.servers import stop_left_behind

SLEEP = "import time; time.sleep(60)"
START = """
import subprocess, sys
quiet = {"stdout": subprocess.DEVNULL, "start_new_session": True}
print(subprocess.Popen([sys.executable, "-c", *sys.argv[1:]], **quiet).pid)
"""
Start = Callable[..., psutil.Process]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a process that only sleeps, called and with an environment like a temporary server of ``tmp_path``."""
    started: list[psutil.Process] = []

    def starting(mark: str = servers._MARK, *, ours: bool = False, **changed: str) -> psutil.Process:
        told = {"PREFECT__SERVER_EPHEMERAL": "1", "PREFECT_HOME": str(tmp_path / ".prefect"), **changed}
        env = {**os.environ, **told}
        if ours:
            process: psutil.Process = psutil.Popen([sys.executable, "-c", SLEEP, mark], env=env)
        else:  # started by a process that is gone
            command = [sys.executable, "-c", START, SLEEP, mark]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=env)
            process = psutil.Process(int(done.stdout))
        started.append(process)
        deadline = time.monotonic() + 10
        while mark not in process.cmdline() and time.monotonic() < deadline:  # not yet, while it is being loaded
            time.sleep(0.01)
        return process

    yield starting
    for process in started:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
            process.wait()


def running(process: psutil.Process) -> bool:
    return bool(process.is_running()) and process.status() != psutil.STATUS_ZOMBIE


def test_a_server_whose_run_is_gone_is_stopped(start: Start, tmp_path: Path) -> None:
    left = start()
    assert stop_left_behind(tmp_path)
    assert not running(left)


def test_the_server_of_another_study_is_left_alone(start: Start, tmp_path: Path) -> None:
    other = start(PREFECT_HOME=str(tmp_path / "other" / ".prefect"))
    assert not stop_left_behind(tmp_path)
    assert running(other)


def test_a_server_that_somebody_started_to_stay_is_left_alone(start: Start, tmp_path: Path) -> None:
    standing = start(PREFECT__SERVER_EPHEMERAL="0")
    assert not stop_left_behind(tmp_path)
    assert running(standing)


def test_a_process_that_is_no_server_is_left_alone(start: Start, tmp_path: Path) -> None:
    other = start("some other program")
    assert not stop_left_behind(tmp_path)
    assert running(other)


def test_a_server_that_this_process_started_is_left_alone(start: Start, tmp_path: Path) -> None:
    own = start(ours=True)
    assert not stop_left_behind(tmp_path)
    assert running(own)


def test_where_nothing_was_left_nothing_happens(tmp_path: Path) -> None:
    assert not stop_left_behind(tmp_path)

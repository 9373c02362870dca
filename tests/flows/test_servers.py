"""A server that a killed run left behind is stopped; nobody else's process ever is."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from flows import servers
from flows.servers import note_server, stop_left_behind

SLEEP = "import time; time.sleep(60)"
START = """
import subprocess, sys
quiet = {"stdout": subprocess.DEVNULL, "start_new_session": True}
print(subprocess.Popen([sys.executable, "-c", *sys.argv[1:]], **quiet).pid)
"""


@pytest.fixture
def sleeper(request: pytest.FixtureRequest) -> Iterator[psutil.Process]:
    """A process that only sleeps, left behind by the one that started it; called as the parameter says."""
    mark = getattr(request, "param", servers._MARK)
    done = subprocess.run(
        [sys.executable, "-c", START, SLEEP, mark], stdout=subprocess.PIPE, text=True, check=True, close_fds=True
    )
    process = psutil.Process(int(done.stdout))
    yield process
    with contextlib.suppress(psutil.NoSuchProcess):
        process.kill()


@pytest.fixture
def child() -> Iterator[psutil.Process]:
    """A server of this very process."""
    started = subprocess.Popen([sys.executable, "-c", SLEEP, servers._MARK])
    process = psutil.Process(started.pid)
    deadline = time.monotonic() + 10
    while servers._MARK not in process.cmdline() and time.monotonic() < deadline:  # not yet, while it is being loaded
        time.sleep(0.01)
    yield process
    started.kill()
    started.wait()


def note(study: Path, text: str) -> Path:
    (study / ".prefect").mkdir(exist_ok=True)
    (study / ".prefect" / "server.json").write_text(text)
    return study


def running(process: psutil.Process) -> bool:
    return bool(process.is_running()) and process.status() != psutil.STATUS_ZOMBIE


def test_the_server_that_was_noted_is_stopped_and_the_note_goes(sleeper: psutil.Process, tmp_path: Path) -> None:
    note(tmp_path, json.dumps({"pid": sleeper.pid, "started": sleeper.create_time()}))
    assert stop_left_behind(tmp_path)
    assert not running(sleeper)
    assert not (tmp_path / ".prefect" / "server.json").exists()


def test_a_process_that_started_at_another_time_is_left_alone(sleeper: psutil.Process, tmp_path: Path) -> None:
    note(tmp_path, json.dumps({"pid": sleeper.pid, "started": sleeper.create_time() - 5}))
    assert not stop_left_behind(tmp_path)
    assert running(sleeper)


@pytest.mark.parametrize("sleeper", ["some other program"], indirect=True)
def test_a_process_that_is_no_server_is_left_alone(sleeper: psutil.Process, tmp_path: Path) -> None:
    note(tmp_path, json.dumps({"pid": sleeper.pid, "started": sleeper.create_time()}))
    assert not stop_left_behind(tmp_path)
    assert running(sleeper)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", "{}", '{"pid": "x", "started": 1}', '{"pid": null}', '{"pid": 99999999, "started": 1}']
)
def test_a_note_that_says_nothing_usable_is_removed(text: str, tmp_path: Path) -> None:
    assert not stop_left_behind(note(tmp_path, text))
    assert not (tmp_path / ".prefect" / "server.json").exists()


def test_where_nothing_was_noted_nothing_happens(tmp_path: Path) -> None:
    assert not stop_left_behind(tmp_path)


def test_a_server_that_this_process_started_is_noted_and_not_stopped(child: psutil.Process, tmp_path: Path) -> None:
    (tmp_path / ".prefect").mkdir()
    note_server(tmp_path)
    noted = tmp_path / ".prefect" / "server.json"
    assert json.loads(noted.read_text()) == {"pid": child.pid, "started": child.create_time()}
    assert not stop_left_behind(tmp_path)
    assert running(child)
    assert noted.exists(), "a later run could not stop it where this one is killed"

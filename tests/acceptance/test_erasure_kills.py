"""Whoever is killed while somebody is taken out leaves nothing half done that the same command does not end."""

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.laboratory import LONG, ROOT

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("CHATHAM_SEED", random.SystemRandom().randrange(1 << 32)))
KILLS = 500 if LONG else 12
KEPT_KILLS = 60 if LONG else 4
RACES = 100 if LONG else 6
PROCESSES = 2
AT_ONCE_S = 1.0
COMMANDS = {"withdraw", "confirm", "dispose", "run"}


@pytest.fixture(scope="module")
def quick() -> Iterator[Path]:
    """A folder in memory where the system has one: what is built there is thrown away hundreds of times."""
    memory = Path("/dev/shm")  # noqa: S108 - made-up people, and gone at the end
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as name:
        yield Path(name)


def in_a_process_of_its_own(what: str, folder: Path, count: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.acceptance.erasure_kills", what, str(folder)]
    numbers = [str(number) for number in (count, SEED, PROCESSES)]
    done = subprocess.run([*command, *numbers], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    print(f"CHATHAM_SEED={SEED}", done.stdout)
    return dict(json.loads(done.stdout))


def test_a_cascade_that_is_killed_at_any_moment_comes_to_the_same_end(quick: Path) -> None:
    """No data set shows the person once the withdrawal is recorded, and none half erased is left when all is done."""
    found = in_a_process_of_its_own("kills", quick / "kills", KILLS)
    assert found["faults"] == []
    assert (found["cascades"], found["kills"] >= KILLS) == (KILLS, True)
    met = set(found["killed_at"])
    assert {point.partition(":")[0] for point in met} == COMMANDS
    if LONG:
        assert set(found["points"]) <= met, "no kill met these, so nothing was shown of them"
        assert found["withdrawal_given_twice"] > 0


def test_where_words_are_kept_a_killed_cascade_keeps_them_all_and_nothing_else(quick: Path) -> None:
    found = in_a_process_of_its_own("kept_kills", quick / "kept", KEPT_KILLS)
    assert found["faults"] == []
    assert found["cascades"] == KEPT_KILLS


def test_whenever_somebody_withdraws_while_a_run_works_no_data_set_shows_them(quick: Path) -> None:
    found = in_a_process_of_its_own("races", quick / "races", RACES)
    assert found["faults"] == []
    assert found["races"] == RACES
    assert found["while_the_run_was_on"] > RACES / 2
    assert found["seconds_to_stop"]["longest"] < AT_ONCE_S

"""A run may be killed at any moment: running again gives the same data set, and does nothing twice that was done."""

import json
import os
import random
import re
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.acceptance.conftest import Server
from tests.acceptance.laboratory import LIMIT_S, LONG, Done, Laboratory, Made, Running, copied
from tests.acceptance.reading import stage_files
from warehouse.logical import logical_hash

pytestmark = [pytest.mark.models, pytest.mark.prefect, pytest.mark.slow]

SEED = int(os.environ.get("CHATHAM_SEED", random.SystemRandom().randrange(1 << 32)))
KILLS = 5
KILLS_LONG = 30
STEP_OF = {"transcript": "transcribe", "attributed": "attribute", "names": "names", "redacted-analyse": "redact"}
FOLLOWS = {"transcript": "attributed"}
"""A transcript grows track by track, so that it is surely finished once the next stage is there."""


@dataclass(frozen=True)
class Kept:
    """What stood finished on the disk when a run was killed: stage files, and when they were written."""

    files: dict[tuple[str, str], dict[str, int]]

    @classmethod
    def of(cls, study: Path) -> "Kept":
        files = stage_files(study)
        finished = {
            (session, stage): found
            for (session, stage), found in files.items()
            if stage in STEP_OF and (stage not in FOLLOWS or (session, FOLLOWS[stage]) in files)
        }
        return cls(finished)

    def untouched(self, study: Path) -> bool:
        """Whether every one of these files is still the one that was there."""
        now = stage_files(study)
        return all(found.items() <= now.get(place, {}).items() for place, found in self.files.items())

    def steps(self, names: dict[str, str]) -> dict[str, set[str]]:
        """Session id to the steps that were finished."""
        steps: dict[str, set[str]] = {}
        for session, stage in self.files:
            steps.setdefault(names[session], set()).add(STEP_OF[stage])
        return steps


@pytest.fixture(scope="module")
def names(lab: Laboratory, untold: Path) -> dict[str, str]:
    """Opaque id to session id, as `chatham doctor` lists them."""
    findings = lab.run("doctor", "--json", study=untold).facts
    return {one["state"]: one["what"].removeprefix("session ") for one in findings if len(one["state"]) == 32}


@pytest.fixture(scope="module")
def undisturbed(first: Made) -> str:
    return logical_hash(first.study / "warehouse" / "research.duckdb")


def lines_of(done: Done) -> list[str]:
    """The steps that a run said it took, in order, each once."""
    return list(dict.fromkeys(re.sub(r" recording \d+ of \d+| \d+ turns", "", line) for line in done.err.splitlines()))


def comes_to(running: Running, points: list[str]) -> bool:
    """Wait until a run says that it begins the first of ``points``, or a later one; False where it ended before."""
    forms = [re.escape(point).replace(r"listening\ to", "listening to recording") for point in points]
    return running.wait_for(f"^(?:{'|'.join(forms)})")


def remade(done: Done) -> dict[str, set[str]]:
    return {session: set(row["remade"]) for session, row in done.by_session().items()}


def settle(kept: list[Kept], study: Path, names: dict[str, str], done: Done, undisturbed: str) -> None:
    """What must hold once a killed run was run again to its end."""
    assert done.code == 0, done.err
    again = remade(done)
    for earlier in kept:
        assert earlier.untouched(study)
        for session, steps in earlier.steps(names).items():
            assert not steps & again[session], (session, steps, again[session])
    research = study / "warehouse" / "research.duckdb"
    assert logical_hash(research) == undisturbed
    assert [path.name for path in research.parent.iterdir()] == ["research.duckdb"]


def test_names_of_sessions_are_known(names: dict[str, str]):
    assert sorted(names.values()) == ["S1", "S2", "S3"]


def test_killed_again_and_again_on_its_way_a_run_comes_to_the_same_end(
    lab: Laboratory, untold: Path, first: Made, names: dict[str, str], undisturbed: str
):
    """One study, killed at random points that lie ever later in the story of its run."""
    chance = random.Random(SEED)  # noqa: S311 - moments, not keys
    study = copied(untold, lab.root / "killed")
    points = lines_of(first.done)
    chosen = sorted(chance.sample(range(len(points)), KILLS))
    kept = []
    for number in chosen:
        running = lab.start("run", "--json", study=study)
        if not comes_to(running, points[number:]):  # the last kill came a moment after all was done
            assert kept and "Nothing has changed" in running.end().err
            break
        time.sleep(chance.uniform(0, 0.3))
        left = [child for child in running.kill() if child.is_running()]
        assert left == []
        kept.append(Kept.of(study))
        print(f"CHATHAM_SEED={SEED}: killed at '{points[number]}', {len(kept[-1].files)} stages stood finished")
    done = lab.run("run", "--json", study=study)
    settle(kept, study, names, done, undisturbed)


@pytest.mark.skipif(not LONG, reason="takes about half an hour: CHATHAM_LONG=1")
@pytest.mark.parametrize("number", range(KILLS_LONG))
def test_killed_at_any_moment_a_run_comes_to_the_same_end(
    lab: Laboratory, untold: Path, first: Made, names: dict[str, str], undisturbed: str, number: int
):
    """A fresh copy each time, killed at a moment anywhere between its start and its end."""
    chance = random.Random(f"{SEED} {number}")  # noqa: S311 - moments, not keys
    study = copied(untold, lab.root / f"killed-{number}")
    moment_s = first.done.seconds * (number + chance.random()) / KILLS_LONG
    running = lab.start("run", "--json", study=study)
    time.sleep(moment_s)
    ended_before = running.process.poll() is not None
    if not ended_before:
        running.kill()
    kept = Kept.of(study)
    print(f"CHATHAM_SEED={SEED}: after {moment_s:.1f} s, {len(kept.files)} finished, over before: {ended_before}")
    done = lab.run("run", "--json", study=study)
    settle([kept], study, names, done, undisturbed)


def test_a_data_set_that_was_half_built_does_not_outlive_the_choices_it_was_built_under(
    lab: Laboratory, first: Made, server: Server
):
    """Killed while the file was being written; then somebody tightens their level, and the next run tidies up."""
    study = copied(first.study, lab.root / "half-built")
    warehouse = study / "warehouse"
    env = lab.environment(PREFECT_API_URL=server.url)
    (warehouse / "research.duckdb").unlink()
    running = lab.start("run", study=study, env=env)
    deadline = time.monotonic() + LIMIT_S
    while not list(warehouse.iterdir()):
        assert time.monotonic() < deadline and running.process.poll() is None
    running.kill()
    print("left by the kill:", sorted(path.name for path in warehouse.iterdir()))
    recorded = lab.run("consent", "record", "P02", "--level", "unnamed", study=study)
    assert recorded.code == 0, recorded.err
    done = lab.run("run", study=study, env=env)
    assert done.code == 0, done.err
    assert [path.name for path in warehouse.iterdir()] == ["research.duckdb"]


@pytest.mark.parametrize("moment", ["while the server starts", "while the run works"])
def test_the_server_of_a_run_that_was_killed_alone_is_stopped_by_the_next_run(
    lab: Laboratory, first: Made, undisturbed: str, moment: str
):
    """Only the command dies, as when the system is short of memory; its Prefect server lives on, until the next run."""
    study = copied(first.study, lab.root / moment.replace(" ", "-"))
    (study / "warehouse" / "research.duckdb").unlink()  # there is something to do: put the data set together
    running = lab.start("run", "--json", study=study)
    server = server_of(running)
    if moment == "while the run works":
        assert running.wait_for("^putting the data set together")
    running.kill(only_parent=True)
    try:
        assert server.is_running()
        done = lab.run("run", "--json", study=study)
        assert done.code == 0, done.err
        assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE
    finally:
        if server.is_running():
            server.kill()
            server.wait(10)
    assert logical_hash(study / "warehouse" / "research.duckdb") == undisturbed
    assert all(not row["remade"] for row in json.loads(done.out))


def server_of(running: Running) -> psutil.Process:
    """The temporary server that a run started."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for child in running.children():
            try:
                if "prefect.server.api.server:create_app" in child.cmdline():
                    return child
            except psutil.Error:
                continue
        assert running.process.poll() is None, running.err.read_text(encoding="utf-8")
        time.sleep(0.02)
    raise AssertionError("the run started no server")

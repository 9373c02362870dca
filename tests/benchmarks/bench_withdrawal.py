"""How long it takes, from unlocked keys on, until use is stopped: the entry durable, every data set away.

    python -m tests.benchmarks.bench_withdrawal [--json] [--entries 100 1000 10000] [--rounds 5] [--while-running]

The register is opened within the time, as a command does it. Beside it, in the same run, what the disk alone takes: as
many bytes appended and synced, and as many files removed. With --while-running another process redacts and builds the
same study's data set over and over, and each round stops at some moment of that.
"""

import argparse
import json
import multiprocessing
import os
import random
import secrets
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

from consent.register import to_ledger_event
from deidentification.find import Recognisers
from flows import steps
from flows.settings import utc_now
from flows.study import Study
from flows.withdrawal import stop_use, withdrawal_event
from schemas.consent import Choice, ConsentEvent, ConsentKind, Reach
from schemas.ledger import EventKind, LedgerEvent
from tests.flows.cascade import SESSIONS, make, run
from tests.flows.conftest import open_as
from vault.keys import Keyring
from warehouse.scan import release_text_scan

DATA_SETS = 3
ROWS = 4 << 20
"""Bytes of each data set."""
TURNS = 100
"""How often the few turns of each session are said where a build is to be busy with them."""
NAMES = ("Maribel", "Quist")


def study_with(folder: Path, entries: int, times: int = 1) -> Study:
    """A study whose register has so many entries, and three data sets to hand on with everybody in them."""
    study = make(folder, {session: list(turns) * times for session, turns in SESSIONS.items()})
    changes = [
        to_ledger_event(
            ConsentEvent(
                participant="P02",
                event=ConsentKind.CHANGE,
                at=utc_now(),
                choices=(Choice(dimension="level", value="named"),),
            )
        )
        for _ in range(max(0, entries - study.ledger.head()[0] - DATA_SETS))
    ]
    for at in range(0, len(changes), 1000):
        study.append(changes[at : at + 1000])
    for number in range(DATA_SETS):
        hand_on(study, f"d{number}")
    study.publish()
    return study


def hand_on(study: Study, name: str) -> None:
    """A data set to hand on."""
    said: dict[str, Any] = {"type": "release", "name": name, "purpose": "analyse", "sessions": ["S1"]}
    said |= {"people": ["P01", "P02"], "counts": {"utterances": 4}, "follows": None}
    said |= {digest: secrets.token_hex(32) for digest in ("sha256", "logical", "decisions")}
    study.record(LedgerEvent(kind=EventKind.RELEASE, payload=said))
    (study.releases / name).mkdir(parents=True)
    (study.releases / name / "manifest.json").write_text(json.dumps({"name": name}))
    (study.releases / name / "release.duckdb").write_bytes(bytes(ROWS))


@contextmanager
def running(folder: Path) -> Iterator["Synchronized[int]"]:
    """Let another process build the data set again and again meanwhile; gives how often it did."""
    spawned = multiprocessing.get_context("spawn")
    built, over = spawned.Value("i", 0), spawned.Event()
    process = spawned.Process(target=build_on_and_on, args=(folder, built, over))
    process.start()
    try:
        _wait_for_builds(built, 1)
        yield built
        _wait_for_builds(built, built.value + 2)  # so that one was begun and ended after the stop
    finally:
        over.set()
        process.join()
    assert process.exitcode == 0
    assert release_text_scan(folder / "warehouse" / "research.duckdb", NAMES) == []


def _wait_for_builds(built: "Synchronized[int]", number: int) -> None:
    deadline = time.monotonic() + 300
    while built.value < number:
        assert time.monotonic() < deadline, "the other process builds nothing"
        time.sleep(0.01)


def build_on_and_on(folder: Path, built: "Synchronized[int]", over: Any) -> None:
    """Redact every session and build the data set, until told that it is over; names are found by the roster alone."""
    steps.recognisers = lambda *_: Recognisers(())  # type: ignore[assignment]
    study = open_as(folder, "pi")
    while not over.is_set():
        for store in study.sessions():
            store.drop_stage("redacted-analyse")
            store.drop_stage("built-analyse")
        study.research.unlink(missing_ok=True)
        with study.building():
            run(study)
        built.value += 1


def seconds_to_stop(folder: Path, keyring: Keyring, *, alone: bool = True) -> float:
    """From unlocked keys on; fails where something of it did not happen."""
    begun = time.perf_counter()
    study = Study(folder, keyring)
    event = withdrawal_event(study, "P01", data="erase", reach=Reach(), days=7, at=None, method=None)
    stopped = stop_use(study, event)
    seconds = time.perf_counter() - begun
    assert len(stopped.gone.releases) == DATA_SETS
    assert not alone or not study.research.exists()
    assert not list(study.releases.rglob("*.duckdb"))
    return seconds


def seconds_of_the_disk(folder: Path) -> float:
    """As many bytes appended and synced, and as many files removed, by nothing but the disk."""
    files = [folder / f"file{number}" for number in range(DATA_SETS + 1)]
    for file in files:
        file.write_bytes(bytes(ROWS))
    begun = time.perf_counter()
    with (folder / "journal").open("ab") as journal:
        journal.write(bytes(4 * 3400))
        journal.flush()
        os.fdatasync(journal.fileno())
    for file in files:
        file.unlink()
    return time.perf_counter() - begun


def seconds_to_stop_while_running(folder: Path, keyring: Keyring, draw: random.Random) -> float:
    """``seconds_to_stop`` at some moment of a build, which must publish nothing of the person."""
    with running(folder):
        time.sleep(draw.uniform(0, 2))
        return seconds_to_stop(folder, keyring, alone=False)


def measure(entries: int, rounds: int, *, while_running: bool = False) -> dict[str, Any]:
    """Stop, in so many copies of one study."""
    draw = random.Random(entries)  # noqa: S311 - moments, no secrets
    with tempfile.TemporaryDirectory() as place:
        made = study_with(Path(place), entries, TURNS if while_running else 1)
        stops, disks = [], []
        for number in range(rounds):
            folder = Path(shutil.copytree(made.folder, Path(place) / f"copy{number}"))
            (folder / "warehouse" / "research.duckdb").write_bytes(bytes(ROWS))
            keyring = _in(made.keyring, folder / "keys")
            if while_running:
                stops.append(seconds_to_stop_while_running(folder, keyring, draw))
            else:
                stops.append(seconds_to_stop(folder, keyring))
            disks.append(seconds_of_the_disk(folder))
        return {
            "entries": entries,
            "while_running": while_running,
            "stop_s": {"min": min(stops), "median": statistics.median(stops), "max": max(stops)},
            "disk_alone_s": statistics.median(disks),
            "ratio": statistics.median(stops) / statistics.median(disks),
        }


def _in(keyring: Keyring, keys: Path) -> Keyring:
    from dataclasses import replace

    return replace(keyring, keys=keys)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--entries", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--while-running", action="store_true", help="Stop while another process builds the data set.")
    told = parser.parse_args(arguments)
    rows = [measure(entries, told.rounds, while_running=told.while_running) for entries in told.entries]
    if told.json:
        print(json.dumps(rows, indent=2))
        return
    print("entries   stopped (s): min  median     max   disk alone (s)   ratio")
    for row in rows:
        stop = row["stop_s"]
        print(
            f"{row['entries']:7}           {stop['min']:7.3f} {stop['median']:7.3f} {stop['max']:7.3f}"
            f"          {row['disk_alone_s']:7.4f} {row['ratio']:7.1f}"
        )


if __name__ == "__main__":
    main()

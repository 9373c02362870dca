"""Several people read one data set while new ones are built aside and put in its place, again and again.

    python -m tests.benchmarks.bench_readers [--json] [--readers 1 4 8] [--seconds 4] [--rounds 2] [--utterances 10000]

Each reader is a process. The same readers go through three phases in turn: nobody writes; somebody builds data sets in
another folder, which costs the machine as much and touches nothing that is read; somebody builds them in the place that
is read. Every look reads all words, and what it read must be one whole data set. ``fresh`` readers open the file for
each look, ``long-lived`` ones once for each phase.
"""

import argparse
import json
import multiprocessing
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from tests.warehouse.readers import Kind, Read, contents, put, read_on, write_on

PHASES = ("no writer", "writer elsewhere", "writer in place")
SPAWNED = multiprocessing.get_context("spawn")
FIRST = 1_000_000
"""Number of the first data set that is built elsewhere: those in place count from 0."""


@contextmanager
def reading(path: Path, kind: Kind, readers: int, turns: int) -> Iterator[tuple[Any, Any, list[Read]]]:
    """So many processes that read; gives the phase they are told and the number they compare with.

    The list is filled when the block ends.
    """
    phase, placed, over = SPAWNED.Value("i", -1), SPAWNED.Value("i", 0), SPAWNED.Event()
    up, results = SPAWNED.Semaphore(0), SPAWNED.Queue()
    told = (path, kind, phase, placed, over, up, results, turns)
    processes = [SPAWNED.Process(target=read_on, args=told) for _ in range(readers)]
    reads: list[Read] = []
    for process in processes:
        process.start()
    try:
        assert all(up.acquire(timeout=120) for _ in processes), "every reader has come up"
        yield phase, placed, reads
    finally:
        over.set()
        for _ in processes:
            reads += results.get(timeout=60)
        for process in processes:
            process.join()


@contextmanager
def writing(path: Path, first: int, placed: Any, turns: int) -> Iterator[None]:
    """Somebody puts data sets in place meanwhile; it begins when the first stands."""
    over, before = SPAWNED.Event(), placed.value
    process = SPAWNED.Process(target=write_on, args=(path, first, placed, over, turns))
    process.start()
    try:
        while placed.value == before:
            assert process.is_alive(), "nothing is put in place"
            time.sleep(0.01)
        yield
    finally:
        over.set()
        process.join()
    assert process.exitcode == 0


def measure(kind: Kind, readers: int, seconds: float, rounds: int, turns: int) -> dict[str, Any]:
    """The figures of one number of readers; times in seconds."""
    with tempfile.TemporaryDirectory() as place:
        path, elsewhere = Path(place) / "release.duckdb", Path(place) / "other" / "release.duckdb"
        put(path, 0, contents(turns))
        with reading(path, kind, readers, turns) as (phase, placed, reads):
            apart = SPAWNED.Value("i", -1)
            for _ in range(rounds):
                _during(phase, 0, seconds)
                with writing(elsewhere, FIRST, apart, turns):
                    _during(phase, 1, seconds)
                with writing(path, placed.value + 1, placed, turns):
                    _during(phase, 2, seconds)
            last = placed.value
        left = sorted(file.name for file in path.parent.iterdir() if file.is_file())
    assert left == [path.name], left
    return {"kind": kind, "readers": readers, "data_sets_put_in_place": last, **figures(reads)}


def _during(phase: Any, number: int, seconds: float) -> None:
    phase.value = number
    time.sleep(seconds)
    phase.value = -1


def figures(reads: Sequence[Read]) -> dict[str, Any]:
    """What the looks say: failures, looks at parts, old data sets, and how long they took beside no writer."""
    by_phase = [[read for read in reads if read.phase == number] for number in range(len(PHASES))]
    base = _quartiles(by_phase[0])
    stale = [read for read in reads if read.number < read.stood]
    return {
        "reads": {name: len(some) for name, some in zip(PHASES, by_phase, strict=True)},
        "errors": sum(read.number == -2 for read in reads),
        "not_whole": sum(read.number == -1 for read in reads),
        "of_an_older_data_set": len(stale),
        "most_data_sets_behind": max((read.stood - read.number for read in stale), default=0),
        "longest_on_an_old_one_s": round(_longest(stale), 2),
        "not_the_one_it_opened_or_newer": sum(read.number < read.opened for read in reads),
        "latency_s": {
            name: [round(q, 5) for q in _quartiles(some)] for name, some in zip(PHASES, by_phase, strict=True)
        },
        "latency_ratio": {
            name: [round(q / b, 2) for q, b in zip(_quartiles(some), base, strict=True)]
            for name, some in zip(PHASES[1:], by_phase[1:], strict=True)
        },
    }


def _longest(stale: Sequence[Read]) -> float:
    """Seconds from the first to the last look at one data set that had been replaced."""
    spans = [[read.began_s for read in stale if read.number == number] for number in {read.number for read in stale}]
    return max((max(span) - min(span) for span in spans), default=0.0)


def _quartiles(reads: Sequence[Read]) -> list[float]:
    return statistics.quantiles([read.took_s for read in reads], n=4)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--readers", type=int, nargs="+", default=[1, 4, 8])
    parser.add_argument("--seconds", type=float, default=4.0, help="of each phase")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--utterances", type=int, default=10_000)
    told = parser.parse_args()
    kinds: tuple[Kind, ...] = ("fresh", "long-lived")
    rows = [
        measure(kind, readers, told.seconds, told.rounds, told.utterances) for readers in told.readers for kind in kinds
    ]
    if told.json:
        machine = {"cores": os.cpu_count(), "duckdb": duckdb.__version__, "python": platform.python_version()}
        print(json.dumps({"benchmark": "readers", "utterances": told.utterances, **machine, "rows": rows}, indent=2))
        return
    print("readers kind        put  errors  parts  old  no writer (ms)        elsewhere (x)      in place (x)")
    for row in rows:
        at_rest = [f"{1000 * q:6.1f}" for q in row["latency_s"]["no writer"]]
        ratios = [[f"{q:5.2f}" for q in row["latency_ratio"][name]] for name in PHASES[1:]]
        print(
            f"{row['readers']:7} {row['kind']:10} {row['data_sets_put_in_place']:4} {row['errors']:7} "
            f"{row['not_whole']:6} {row['of_an_older_data_set']:4}  {' '.join(at_rest)}  "
            f"{' '.join(ratios[0])}  {' '.join(ratios[1])}"
        )


if __name__ == "__main__":
    main()

"""Times the build of a data set of 200,000 utterances against a bare DuckDB insert of the same rows from Arrow.

    python -m tests.benchmarks.bench_load [--json] [--utterances N] [--repeat N]

Both run in turn on the same machine in the same minute; the shortest time of each counts. The bare insert creates plain
tables, inserts the finished Arrow tables and closes the file: no ids, no checks, no comments, no fsync, no digest.
The last check for names reads the file that was built, with the people of the benchmark of names, who are not in it.
"""

import argparse
import json
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa

from deidentification.api import Planned, WrittenGate
from schemas.roster import MatchingTable
from tests.benchmarks.names.people import everybody, table
from tests.warehouse.samples import IDS, PROVENANCE, gap, masked, said, session, speaker
from warehouse.load import ReleasedSession, build
from warehouse.rows import tables
from warehouse.written import own_texts, written

PER_SESSION = 1000
WORDS = "[PERSON] said that we should name the pain points and count them before the next gathering"


def made_up(utterances: int) -> list[ReleasedSession]:
    """Sessions of 1,000 utterances, ten speakers each, one gap in ten, one redaction in each text."""
    return [
        session(f"S{first // PER_SESSION}", *(_utterance(number) for number in range(first, first + PER_SESSION)))
        for first in range(0, utterances, PER_SESSION)
    ]


def _utterance(number: int):
    if number % 10 == 0:
        return gap(number)
    text = f"{WORDS[: 20 + number % 70]} {number}"
    return said(number, text, speaker=speaker(f"P{number % 10:02d}"), redactions=(masked(0, 8),))


def bare_insert(path: Path, rows: dict[str, pa.Table]) -> None:
    """What the floor is: the same rows, nothing else."""
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path), config={"storage_compatibility_version": "v1.2.0"}) as connection:
        for name, table in rows.items():
            connection.register("arriving", table)
            connection.execute(f"CREATE TABLE {name} AS FROM arriving")
            connection.unregister("arriving")


def last_check(path: Path, table: MatchingTable) -> int:
    """How many names the last check finds in the file."""
    gate = WrittenGate(table, own_texts())
    return sum(gate.names_in(one, Planned({}, {})) for one in written(path, gate.sieve))


def shortest(repeat: int, work: Callable[[], object]) -> float:
    """Seconds of the quickest of ``repeat`` runs."""
    times = []
    for _ in range(repeat):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def measure(utterances: int, repeat: int) -> dict[str, object]:
    """The figures of one run, times in seconds."""
    sessions = made_up(utterances)
    rows = tables(sessions, IDS, PROVENANCE)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "research.duckdb"
        build_s = shortest(repeat, lambda: build(path, sessions, IDS, PROVENANCE))
        check_s = shortest(repeat, lambda: last_check(path, table(everybody())))
        rows_s = shortest(repeat, lambda: tables(sessions, IDS, PROVENANCE))
        bare_s = shortest(repeat, lambda: bare_insert(path.with_name("bare.duckdb"), rows))
    return {
        "benchmark": "load",
        "utterances": utterances,
        "build_s": round(build_s, 3),
        "of_which_rows_and_ids_s": round(rows_s, 3),
        "last_check_s": round(check_s, 3),
        "last_check_share": round(check_s / (build_s + check_s), 2),
        "bare_duckdb_insert_s": round(bare_s, 3),
        "ratio": round(build_s / bare_s, 2),
        "utterances_per_s": round(utterances / build_s),
        "duckdb": duckdb.__version__,
        "python": platform.python_version(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    parser.add_argument("--utterances", type=int, default=200_000)
    parser.add_argument("--repeat", type=int, default=3)
    chosen = parser.parse_args()
    figures = measure(chosen.utterances, chosen.repeat)
    print(json.dumps(figures) if chosen.json else "\n".join(f"{name}: {value}" for name, value in figures.items()))


if __name__ == "__main__":
    main()

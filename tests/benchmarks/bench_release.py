"""What a data set to hand on costs in each format: seconds, peak memory, and how much more than bare DuckDB.

    uv run python -m tests.benchmarks.bench_release --json [--sessions 100] [--turns 1000]

A made-up study of written transcripts, whose names are found by the roster alone. Each data set is made by a process
of its own, so that its peak memory is its own too; "first" is the one that has every session to de-identify. "copy_s"
is DuckDB's COPY of the same rows into the same formats, with no ids, no checks, no digests and no register, and "ratio"
how much longer the rest takes than that, de-identification apart; DuckDB writes no qdpx, so it has neither where no
other format is asked for.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from deidentification.find import Recognisers
from flows import steps
from flows.release_folder import wanted_formats
from flows.releases import DATA
from flows.releasing import make_release
from flows.study import Study
from schemas.roster import Person
from tests.benchmarks.bench_cascade import _NAMES, _said
from tests.flows.cascade import QUIET, make
from tests.flows.conftest import open_as
from tests.flows.handing import run_sessions

FORMATS = ("duckdb", "parquet", "csv", "qdpx", "duckdb,parquet,csv,qdpx")
COPIED = {"duckdb", "parquet", "csv"}
KIB_PER_MIB = 1024


def main() -> None:
    """Measure and print; with ``--make`` only make one data set, in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--turns", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--make", nargs=3, metavar=("STUDY", "NAME", "FORMATS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    steps.recognisers = lambda *_: Recognisers(())  # type: ignore[assignment]
    if options.make:
        print(json.dumps(made(Path(options.make[0]), *options.make[1:])))
        return
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), options.sessions, options.turns)
    print(json.dumps(figures, indent=2) if options.json else "\n".join(f"{row}" for row in figures))


def measure(folder: Path, sessions: int, turns: int) -> list[dict[str, object]]:
    """A row for the first data set, and one for each set of formats."""
    study = _study(folder, sessions, turns)
    rows: list[dict[str, object]] = [{"formats": "first", **_apart(study, "first", FORMATS[-1])}]
    for number, formats in enumerate(FORMATS):
        figures = _apart(study, f"d{number}", formats)
        row: dict[str, object] = {"formats": formats, **figures}
        if COPIED & set(formats.split(",")):
            copy_s = _copied(study.releases / "first" / DATA, folder / f"copy{number}", formats)
            row |= {"copy_s": round(copy_s, 2), "ratio": round(float(figures["seconds"]) / copy_s, 1)}
        rows.append(row)
    return [{"sessions": sessions, "turns": sessions * turns, **row} for row in rows]


def made(folder: Path, name: str, formats: str) -> dict[str, float]:
    """Make one data set; seconds of the clock, peak memory of this process, and bytes that lie there."""
    study = open_as(folder, "pi")
    begin = time.perf_counter()
    done = make_release(study, name, "analyse", QUIET, wanted_formats(formats))
    seconds = time.perf_counter() - begin
    size = sum(path.stat().st_size for path in done.folder.rglob("*") if path.is_file())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // KIB_PER_MIB
    return {"seconds": round(seconds, 2), "peak_mib": peak, "mib": round(size / 2**20, 1)}


def _apart(study: Study, name: str, formats: str) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.bench_release", "--make", str(study.folder), name, formats]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    return dict(json.loads(done.stdout))


def _copied(database: Path, folder: Path, formats: str) -> float:
    """Seconds of DuckDB alone for the same rows; the shortest of three."""
    return min(_copied_once(database, folder / str(number), formats) for number in range(3))


def _copied_once(database: Path, folder: Path, formats: str) -> float:
    folder.mkdir(parents=True)
    begin = time.perf_counter()
    with duckdb.connect(str(folder / "bare.duckdb")) as connection:
        connection.execute(f"ATTACH '{database}' AS made (READ_ONLY)")
        named = connection.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'made'").fetchall()
        for (table,) in named:
            if "duckdb" in formats:
                connection.execute(f"CREATE TABLE {table} AS FROM made.{table}")
            for kind in {"parquet", "csv"} & set(formats.split(",")):
                options = "parquet, COMPRESSION zstd" if kind == "parquet" else "csv, HEADER"
                connection.execute(f"COPY made.{table} TO '{folder / table}.{kind}' (FORMAT {options})")
    return time.perf_counter() - begin


def _study(folder: Path, sessions: int, turns: int) -> Study:
    """Sessions told to the end of "names found", with nothing de-identified yet."""
    chance = random.Random(7)  # noqa: S311 - the same study each time
    people = {
        f"P{number:02}": Person(participant=f"P{number:02}", full_name=f"{first} {last}", secret="", pseudonym=shown)
        for number, (first, last, shown) in enumerate(_NAMES, start=1)
    }
    here = list(people)
    told = {
        f"S{number + 1}": [(chance.choice(here), _said(chance, people, here)) for _ in range(turns)]
        for number in range(sessions)
    }
    study = make(folder, told, people)
    run_sessions(study)
    return study


if __name__ == "__main__":
    main()

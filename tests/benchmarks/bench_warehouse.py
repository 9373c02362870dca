"""What a large coded data set costs to build, to search and to count, beside other ways of keeping the same tables.

    uv run --with pandas python -m tests.benchmarks.bench_warehouse [--json] [--utterances N] [--peers sqlite]

A million turns in a thousand sessions, in English and French; a hundred thousand codings of sixty codes by five coders.
Peers hold the same rows and are asked the same in the same run: SQLite with FTS5, Postgres with GIN (where `initdb` is
there and starts; as the user `nobody` where the bench is run by root), pandas. Times are of the wall, and the load of
the machine stands beside them; milliseconds are the median over the queries of each one's shortest of three.
"""

import argparse
import json
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import duckdb

from tests.benchmarks import warehouse_peers
from tests.benchmarks.coded_study import IDS, codings, sessions
from tests.benchmarks.timing import load, shortest_ms
from tests.warehouse.samples import PROVENANCE
from warehouse.load import build
from warehouse.risk import small_cells
from warehouse.searching import check_index

QUERIES = (
    *("budget", "the house", "education", "committee budget", "waiting bus", "national", "people", "government"),
    *("de la", "gouvernement", "people government", "decision", "the", "école", "new york", "travail femmes"),
)
"""Frequent words and rare ones, one to two of them, in both languages."""
GOALS = {
    "build_s": 30, "search_best_20_ms": 50, "small_cells_ms": 200, "risk_ms": 200, "cooccurring_3_ms": 5000,
    "theme_by_session_ms": 100,
}  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    parser.add_argument("--utterances", type=int, default=1_000_000)
    parser.add_argument("--peers", default="sqlite,postgres,pandas", help="which; empty for none")
    options = parser.parse_args()
    figures = measure(options.utterances, [name for name in options.peers.split(",") if name])
    print(json.dumps(figures) if options.json else "\n".join(f"{name}: {value}" for name, value in figures.items()))


def measure(utterances: int, peers: Iterable[str]) -> dict[str, Any]:
    """All figures of one run."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "research.duckdb"
        figures = {"benchmark": "warehouse", "utterances": utterances, **_built(path, utterances), **_asked(path)}
        figures["goals_met"] = {name: figures[name] <= goal for name, goal in GOALS.items()}
        for name in peers:
            told = warehouse_peers.PEERS[name](path, Path(folder), QUERIES)
            figures[name] = {**told, "load": load()}
        return {**figures, "duckdb": duckdb.__version__, "python": platform.python_version()}


def _built(path: Path, utterances: int) -> dict[str, Any]:
    made = sessions(utterances)
    coded = codings(made, utterances // 10)
    before, cpu, began = _peak_mb(), time.process_time(), time.perf_counter()
    build(path, made, IDS, PROVENANCE, coded)
    return {
        "build_s": round(time.perf_counter() - began, 1),
        "build_cpu_s": round(time.process_time() - cpu, 1),
        "build_load": load(),
        "memory_of_records_mb": before,
        "memory_of_build_mb": _peak_mb() - before,
        "file_mb": round(path.stat().st_size / 1e6, 1),
    }


def _asked(path: Path) -> dict[str, Any]:
    with duckdb.connect(str(path), read_only=True) as connection:

        def ask(query: str, *values: object) -> Callable[[], object]:
            return lambda: connection.execute(query, values).fetchall()

        each = [shortest_ms(ask("FROM search(?, most := 20)", query)) for query in QUERIES]
        return {
            "search_load": load(),
            "search_best_20_ms": round(statistics.median(each), 1),
            "search_best_20_slowest_ms": max(each),
            "search_limit_20_ms": round(
                statistics.median(shortest_ms(ask("FROM search(?) LIMIT 20", query)) for query in QUERIES), 1
            ),
            "search_all_counted_ms": round(
                statistics.median(shortest_ms(ask("SELECT count(*) FROM search(?)", query)) for query in QUERIES), 1
            ),
            "small_cells_ms": shortest_ms(ask("FROM small_cells")),
            "risk_ms": shortest_ms(lambda: small_cells(connection)),
            "cooccurring_3_ms": shortest_ms(ask("FROM cooccurring(3)")),
            "code_cooccurrence_ms": shortest_ms(ask("FROM code_cooccurrence")),
            "theme_by_session_ms": shortest_ms(ask("FROM theme_by_session")),
            "code_frequency_ms": shortest_ms(ask("FROM code_frequency")),
            "agreement_ms": shortest_ms(ask("FROM agreement")),
            "speaking_time_ms": shortest_ms(ask("FROM speaking_time")),
            "last_check_of_the_index_s": round(shortest_ms(lambda: check_index(connection), 1) / 1000, 1),
            "views_load": load(),
        }


def _peak_mb() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main()

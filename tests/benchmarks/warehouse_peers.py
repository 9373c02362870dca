"""The same rows in SQLite, Postgres and pandas, asked the same: what the warehouse is measured against."""

import os
import re
import shutil
import sqlite3
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from tests.benchmarks.timing import shortest_ms

PORT = 54329
TABLES = ("sessions", "speakers", "utterances", "redactions", "codes", "coders", "codings", "cases")
KEYS = {"utterances": ("utterance_id", "position", "session_id"), "codings": ("utterance_id", "code_id")}
"""What gets an index, as somebody would make it who joins by ids."""
SHOWN = "SELECT session_id, count(*) AS shown FROM utterances WHERE NOT withheld GROUP BY session_id"
THEMES = f"""
    SELECT c.code_id, s.session_id, coalesce(n.codings, 0), coalesce(n.utterances, 0) * 1.0 / shown
    FROM codes c CROSS JOIN sessions s JOIN ({SHOWN}) v ON v.session_id = s.session_id
    LEFT JOIN (
        SELECT a.code_id, u.session_id, count(DISTINCT g.coding_id) AS codings,
            count(DISTINCT g.utterance_id) AS utterances
        FROM codes a JOIN codes b ON b.code_id = a.code_id OR b.parent_id = a.code_id
            JOIN codings g ON g.code_id = b.code_id JOIN utterances u ON u.utterance_id = g.utterance_id
        GROUP BY a.code_id, u.session_id
    ) n ON n.code_id = c.code_id AND n.session_id = s.session_id
"""  # noqa: S608 - our own words
NEAR = """
    SELECT x.code_id, y.code_id, count(*) FROM
        (SELECT g.code_id, k.position AS place, u.session_id, u.position FROM codings g
            JOIN codes k ON k.code_id = g.code_id JOIN utterances u ON u.utterance_id = g.utterance_id) x
    JOIN utterances v ON v.position BETWEEN x.position - 3 AND x.position + 3 AND v.session_id = x.session_id
    JOIN (SELECT g.utterance_id, g.code_id, k.position AS place FROM codings g JOIN codes k ON k.code_id = g.code_id) y
        ON y.utterance_id = v.utterance_id AND x.place < y.place
    GROUP BY x.code_id, y.code_id
"""


def _tables(path: Path) -> dict[str, tuple[list[str], list[str], list[tuple[Any, ...]]]]:
    """Names, types and rows of each table."""
    with duckdb.connect(str(path), read_only=True) as connection:
        found = {}
        for table in TABLES:
            rows = connection.execute(f"FROM {table}")
            names, kinds = [c[0] for c in rows.description], [str(c[1]) for c in rows.description]
            found[table] = (names, kinds, rows.fetchall())
        return found


def sqlite(path: Path, folder: Path, queries: Sequence[str]) -> dict[str, Any]:
    """SQLite with FTS5 (accents folded, English stems; all words of a query, as `search` has it)."""
    file = folder / "peer.sqlite"
    tables = _tables(path)
    began = time.perf_counter()
    connection = sqlite3.connect(file)
    connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
    for table, (names, _, rows) in tables.items():
        connection.execute(f"CREATE TABLE {table} ({', '.join(names)})")
        marks = ", ".join("?" * len(names))
        plain = (tuple(v.isoformat() if hasattr(v, "isoformat") else v for v in row) for row in rows)
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", plain)  # noqa: S608
        for key in KEYS.get(table, ()):
            connection.execute(f"CREATE INDEX {table}_{key} ON {table} ({key})")
    connection.execute(
        "CREATE VIRTUAL TABLE found USING"
        " fts5(text, content='utterances', tokenize='porter unicode61 remove_diacritics 2')"
    )
    connection.execute("INSERT INTO found (rowid, text) SELECT rowid, text FROM utterances WHERE text IS NOT NULL")
    connection.commit()
    build_s = time.perf_counter() - began
    search = (
        "SELECT u.utterance_id, u.session_id, s.label, u.start_s, bm25(found), u.text FROM found"
        " JOIN utterances u ON u.rowid = found.rowid JOIN speakers s USING (speaker_id)"
        " WHERE found MATCH ? ORDER BY bm25(found) LIMIT 20"
    )
    told = _told(lambda query, *values: connection.execute(query, values).fetchall(), search, queries)
    connection.close()
    return {"version": sqlite3.sqlite_version, "build_s": round(build_s, 1), **told, "file_mb": _mb(file)}


def _told(ask: Callable[..., object], search: str, queries: Sequence[str]) -> dict[str, float]:
    each = [shortest_ms(lambda query=query: ask(search, query)) for query in queries]
    return {
        "search_best_20_ms": round(statistics.median(each), 1),
        "search_best_20_slowest_ms": max(each),
        "theme_by_session_ms": shortest_ms(lambda: ask(THEMES), 1),
        "cooccurring_3_ms": shortest_ms(lambda: ask(NEAR), 1),
    }


def postgres(path: Path, _folder: Path, queries: Sequence[str]) -> dict[str, Any]:
    """Postgres with GIN indexes of English and French words, in a folder of its own, asked through one psql."""
    missing = [name for name in ("initdb", "pg_ctl", "psql") if shutil.which(name) is None]
    if missing:
        return {"skipped": f"{', '.join(missing)}: not there"}
    who = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.getuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    if who:
        shutil.chown(folder, "nobody", "nogroup")

    def run(*command: str, given: str | None = None) -> str:
        done = subprocess.run(
            command, input=given, capture_output=True, text=True, check=True, cwd=folder, timeout=1200, **who
        )
        return done.stdout

    try:
        run("initdb", "-D", "data", "-U", "peer", "-A", "trust", "-E", "UTF8")
        options = f"-c listen_addresses=127.0.0.1 -c port={PORT} -c unix_socket_directories='' -c fsync=off"
        run("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", options, "start")
    except (subprocess.SubprocessError, OSError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        return {"skipped": f"it does not start ({type(error).__name__})"}
    try:
        client = ("psql", "-h", "127.0.0.1", "-p", str(PORT), "-U", "peer", "-d", "postgres", "-qAt")
        return _in_postgres(path, folder, lambda given: run(*client, given=given), queries)
    finally:
        run("pg_ctl", "-D", "data", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _in_postgres(path: Path, folder: Path, ask: Callable[[str], str], queries: Sequence[str]) -> dict[str, Any]:
    kinds = {"VARCHAR": "text", "DOUBLE": "float8", "INTEGER": "int", "DATE": "date", "BOOLEAN": "bool"}
    script = []
    with duckdb.connect(str(path), read_only=True) as connection:
        for table in TABLES:
            described = connection.execute(f"DESCRIBE {table}").fetchall()
            connection.execute(f"COPY {table} TO '{folder}/{table}.csv' (HEADER false)")
            (folder / f"{table}.csv").chmod(0o644)
            script.append(f"CREATE TABLE {table} ({', '.join(f'{c[0]} {kinds[c[1]]}' for c in described)});")
            script.append(f"\\copy {table} FROM '{folder}/{table}.csv' (FORMAT csv)")
            script += [f"CREATE INDEX ON {table} ({key});" for key in KEYS.get(table, ())]
    script += [
        "ALTER TABLE utterances ADD COLUMN words tsvector;",
        "UPDATE utterances u SET words = to_tsvector("
        "CASE s.language WHEN 'fr' THEN 'french' ELSE 'english' END::regconfig, u.text) "
        "FROM sessions s WHERE s.session_id = u.session_id;",
        "CREATE INDEX ON utterances USING gin (words);",
        "ANALYZE;",
    ]
    began = time.perf_counter()
    ask("\n".join(script))
    build_s = time.perf_counter() - began
    asked = "plainto_tsquery('english', '{0}') || plainto_tsquery('french', '{0}')"
    search = (
        "SELECT utterance_id, session_id, label, start_s, ts_rank_cd(words, q) AS score, text FROM utterances"  # noqa: S608 - our own words
        f" JOIN speakers USING (speaker_id), (SELECT {asked} AS q) query"
        " WHERE words @@ q ORDER BY score DESC LIMIT 20;"
    )

    def milliseconds(query: str, times: int = 3) -> float:
        told = ask("\\timing on\n" + f"{query}\n" * times)
        return min(float(found) for found in re.findall(r"^Time: ([0-9.]+) ms", told, re.M))

    each = [milliseconds(search.format(query)) for query in queries]
    size = ask("SELECT pg_database_size('postgres')")
    return {
        "version": ask("SHOW server_version").strip(),
        "build_s": round(build_s, 1),
        "search_best_20_ms": round(statistics.median(each), 1),
        "search_best_20_slowest_ms": max(each),
        "theme_by_session_ms": milliseconds(f"{THEMES};", 1),
        "cooccurring_3_ms": milliseconds(f"{NEAR};", 1),
        "file_mb": round(int(size) / 1e6, 1),
    }


def pandas(path: Path, _folder: Path, _queries: Sequence[str]) -> dict[str, Any]:
    """pandas: a plain search through all texts, and themes by merging."""
    try:
        import pandas as pd
    except ImportError:
        return {"skipped": "pandas is not installed: uv run --with pandas"}
    tables = _tables(path)
    began = time.perf_counter()
    frames = {table: pd.DataFrame(rows, columns=names) for table, (names, _, rows) in tables.items()}
    build_s = time.perf_counter() - began
    said, coded = frames["utterances"], frames["codings"]

    def themes() -> object:
        joined = coded.merge(said[["utterance_id", "session_id"]], on="utterance_id")
        return joined.groupby(["code_id", "session_id"]).agg({"coding_id": "nunique", "utterance_id": "nunique"})

    return {
        "version": pd.__version__,
        "build_s": round(build_s, 1),
        "find_a_word_ms": shortest_ms(lambda: said[said.text.str.contains("budget", case=False, na=False)], 1),
        "theme_by_session_without_zeros_ms": shortest_ms(themes),
    }


def _mb(file: Path) -> float:
    return round(file.stat().st_size / 1e6, 1)


PEERS: Mapping[str, Callable[[Path, Path, Sequence[str]], dict[str, Any]]] = {
    "sqlite": sqlite,
    "postgres": postgres,
    "pandas": pandas,
}

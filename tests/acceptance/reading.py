"""Reads a finished data set and a study folder as an outsider may: rows, stage files, and nothing of the code's own."""

from pathlib import Path
from typing import Any

import duckdb

Rows = list[dict[str, Any]]

TEXT = "SELECT text AS said FROM utterances WHERE text IS NOT NULL UNION ALL SELECT label FROM speakers"
"""Every text and label that a reader sees."""


def rows(path: Path, query: str, values: tuple[object, ...] = ()) -> Rows:
    """The rows of a query over a data set."""
    with duckdb.connect(str(path), read_only=True) as connection:
        answer = connection.execute(query, values)
        names = [column[0] for column in answer.description or ()]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def said(path: Path) -> list[str]:
    """Every text and label of a data set."""
    return [str(row["said"]) for row in rows(path, TEXT)]


def tables(path: Path) -> dict[str, Rows]:
    """Everything in a data set."""
    names = [row["table_name"] for row in rows(path, "SELECT table_name FROM duckdb_tables() ORDER BY 1")]
    return {name: rows(path, f'SELECT * FROM "{name}"') for name in names}  # noqa: S608 - names of its own tables


def stage_files(study: Path) -> dict[tuple[str, str], dict[str, int]]:
    """Opaque session id and stage, to the files that hold its result and when they were last written (ns)."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for path in sorted((study / "vault" / "sessions").glob("*/stage.*.age")):
        stage = path.name.split(".")[1]
        found.setdefault((path.parent.name, stage), {})[path.name] = path.stat().st_mtime_ns
    return found

"""Searches every word of a finished data set for what must not be there."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa

from schemas.errors import UsageError
from warehouse.opened import columns, opened, quoted

HOLDS_TEXT = re.compile(r"VARCHAR|JSON|ENUM|BLOB")
"""Types of columns that may hold words, lists and structures of them included."""


class Found(NamedTuple):
    """Where a term stands; never which term."""

    table: str
    column: str
    rowid: int


def release_text_scan(path: Path, terms: Iterable[str]) -> list[Found]:
    """Search all text columns of all tables for ``terms``, inside words too, whatever their case and accents.

    Searching inside words finds "Ann" in "planning": whoever asks chooses terms long enough.

    Args:
        path: A data set.
        terms: At least one; none of them blank.

    Returns:
        One entry for each value that holds any of the terms, by table, column and row.

    Raises:
        UsageError: No term, or a blank one: such a search would prove nothing.
        BadInput: There is no such file, or DuckDB cannot read it.
    """
    wanted = sorted(set(terms))
    if not wanted or not all(term.strip() for term in wanted):
        raise UsageError("a search for nothing proves nothing", hint="Give at least one term, and no blank ones.")
    with opened(path) as connection:
        connection.register("wanted", pa.table({"term": wanted}))
        return [
            Found(table, column, rowid)
            for table, described in columns(connection).items()
            for column, kind in described
            if HOLDS_TEXT.search(kind)
            for rowid in _rows_with(connection, table, column)
        ]


def _rows_with(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> list[int]:
    query = (
        f"SELECT t.rowid FROM {quoted(table)} t WHERE EXISTS (SELECT 1 FROM wanted"  # noqa: S608 - quoted names
        f" WHERE contains({_plain(f't.{quoted(column)}')}, {_plain('wanted.term')})) ORDER BY 1"
    )
    return [rowid for (rowid,) in connection.execute(query).fetchall()]


def _plain(expression: str) -> str:
    """The SQL for ``expression`` in lower case and without accents."""
    return f"strip_accents(lower(nfc_normalize(CAST({expression} AS VARCHAR))))"

"""Opens two data sets side by side, whatever formats they were handed on in: the same tables under ``a`` and ``b``."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from schemas.errors import BadInput
from warehouse.formats import GUARDED
from warehouse.load import OFFLINE, create_schema
from warehouse.opened import quoted
from warehouse.rows import COLUMNS

Kinds = Mapping[str, str]
"""Column to type."""


def can_be_read(folder: Path, database: str) -> bool:
    """Whether a data set lies in a folder in a format that holds its tables."""
    return _found(folder, database) is not None


@contextmanager
def side_by_side(first: Path, second: Path, database: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables of schema.sql of two data sets, as views in the schemas ``a`` and ``b``.

    A table or column that an older data set has not is there, and empty.

    Args:
        first, second: Their folders.
        database: What the DuckDB file is called there.
    Raises:
        BadInput: one of them cannot be read, or holds no tables.
    """
    # Suppressed and raised apart, because DuckDB's text holds the whole path.
    with suppress(duckdb.Error), duckdb.connect(config={**OFFLINE}) as connection:
        create_schema(connection)
        for name, folder in (("a", first), ("b", second)):
            _lay_out(connection, name, folder, database)
        yield connection
        return
    raise BadInput("a data set cannot be read", hint="Check its files against its manifest: chatham ledger verify.")


def tables(connection: duckdb.DuckDBPyConnection) -> dict[str, Kinds]:
    """Every table of schema.sql, in its order, with its columns and their types."""
    return {name: _kinds(connection, f"main.{quoted(name)}") for name in COLUMNS}


def _lay_out(connection: duckdb.DuckDBPyConnection, name: str, folder: Path, database: str) -> None:
    connection.execute(f"CREATE SCHEMA {name}")
    kind = _found(folder, database)
    if kind == "duckdb":
        connection.execute(f"ATTACH '{_literal(folder / database)}' AS {name}_file (READ_ONLY)")
    for table, kinds in tables(connection).items():
        source = _source(name, folder, kind, table)
        there = _kinds(connection, source) if _is_there(connection, source) else None
        rows = f"FROM {source}" if there is not None else "WHERE false"
        chosen = ", ".join(_column(column, of, there or {}, guarded=kind == "csv") for column, of in kinds.items())
        connection.execute(f"CREATE VIEW {name}.{quoted(table)} AS SELECT {chosen} {rows}")


def _found(folder: Path, database: str) -> str | None:
    """The format to read a data set from; None: none there holds its tables."""
    if (folder / database).is_file():
        return "duckdb"
    return next((kind for kind in ("parquet", "csv") if (folder / kind).is_dir()), None)


def _source(name: str, folder: Path, kind: str | None, table: str) -> str:
    """A table as DuckDB can select from it."""
    if kind == "duckdb":
        return f"{name}_file.{quoted(table)}"
    path = _literal(folder / str(kind) / f"{table}.{kind}")
    if kind == "parquet":
        return f"read_parquet('{path}')"
    options = "header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"', nullstr = ''"
    return f"read_csv('{path}', {options}, allow_quoted_nulls = false, auto_detect = true)"


def _is_there(connection: duckdb.DuckDBPyConnection, source: str) -> bool:
    try:
        connection.execute(f"DESCRIBE FROM {source}")
    except (duckdb.CatalogException, duckdb.IOException):
        return False
    return True


def _kinds(connection: duckdb.DuckDBPyConnection, source: str) -> Kinds:
    return {row[0]: row[1] for row in connection.execute(f"DESCRIBE FROM {source}").fetchall()}


def _column(name: str, kind: str, there: Kinds, *, guarded: bool) -> str:
    """A column with the type of schema.sql; a guarded cell without its apostrophe."""
    column = quoted(name) if name in there else "NULL"
    if guarded and name in there and GUARDED in there:
        named = f"list_contains(string_split(coalesce({GUARDED}, ''), ' '), '{name}')"
        column = f"CASE WHEN {named} THEN substr({column}, 2) ELSE {column} END"
    return f"CAST({column} AS {kind}) AS {quoted(name)}"


def _literal(path: Path) -> str:
    return str(path).replace("'", "''")

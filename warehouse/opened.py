"""Opens a data set to read it, and says which tables and columns it has."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from schemas.errors import BadInput
from warehouse.load import OFFLINE


@contextmanager
def opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the data set at ``path`` read-only.

    Raises:
        BadInput: There is no such file, or DuckDB cannot read it.
    """
    # Suppressed and raised apart, because DuckDB's text holds the whole path.
    with suppress(duckdb.IOException, duckdb.SerializationException):
        with duckdb.connect(str(path), read_only=True, config={**OFFLINE}) as connection:
            yield connection
        return
    raise BadInput(f"{path.name} is not there, or DuckDB cannot read it", hint="Build it again: chatham run")


def columns(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str, str]]]:
    """Table name to its columns as (name, type), tables and columns by name."""
    found = connection.execute(
        "SELECT c.table_name, c.column_name, c.data_type"
        " FROM duckdb_columns() c JOIN duckdb_tables() t USING (database_oid, schema_oid, table_oid)"
        " WHERE NOT t.internal AND t.database_name = current_database() ORDER BY 1, 2"
    ).fetchall()
    tables: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in found:
        tables.setdefault(table, []).append((column, kind))
    return tables


def quoted(name: str) -> str:
    """``name`` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'

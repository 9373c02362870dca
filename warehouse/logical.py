"""The digest of what a data set says, whatever its bytes: two builds of the same rows have the same one."""

import hashlib
import json
from pathlib import Path

import duckdb

from warehouse.opened import columns, opened, quoted
from warehouse.searching import DERIVED

LEFT_OUT = DERIVED | {"provenance"}
"""`provenance` says when and from what the data set was made, so it differs where the rows do not; the index for
`search` is made of the texts, and says nothing that they do not say."""

ROWS_AT_ONCE = 10_000


def logical_hash(path: Path) -> str:
    """Hash the rows of every table but `provenance` and the index for `search`.

    Neither the order of insertion, nor compression, nor the order of columns changes it. Rows are sorted by all their
    columns and hashed as JSON lists after the table's and the columns' names.

    Returns:
        SHA-256, 64 hexadecimal digits.

    Raises:
        BadInput: There is no such file, or DuckDB cannot read it.
    """
    digest = hashlib.sha256()
    with opened(path) as connection:
        for table, described in columns(connection).items():
            if table not in LEFT_OUT:
                _add(digest, connection, table, [name for name, _ in described])
    return digest.hexdigest()


def _add(digest: "hashlib._Hash", connection: duckdb.DuckDBPyConnection, table: str, names: list[str]) -> None:
    digest.update(_line([table, *names]))
    chosen = ", ".join(quoted(name) for name in names)
    rows = connection.execute(f"SELECT {chosen} FROM {quoted(table)} ORDER BY ALL NULLS LAST")  # noqa: S608 - quoted
    while batch := rows.fetchmany(ROWS_AT_ONCE):
        digest.update(b"".join(_line(row) for row in batch))


def _line(values: list[str] | tuple[object, ...]) -> bytes:
    """One JSON list and a newline, which JSON text cannot hold; dates and the like as Python writes them."""
    return json.dumps(values, separators=(",", ":"), default=str).encode() + b"\n"

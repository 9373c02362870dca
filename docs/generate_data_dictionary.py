"""Writes docs/reference/data-dictionary.md from the comments in warehouse/schema.sql.

python docs/generate_data_dictionary.py
"""

from pathlib import Path

import duckdb

from warehouse.load import create_schema

PAGE = Path(__file__).resolve().parent / "reference" / "data-dictionary.md"

HEAD = """\
# Data dictionary

What stands in `warehouse/research.duckdb`. The same sentences lie in the file itself, as comments of its tables and
columns. This page is written by `docs/generate_data_dictionary.py`; change `warehouse/schema.sql` instead.

Any DuckDB client from version 1.2 on opens the file; open it read-only. Times are in seconds, places in text in
codepoints.
"""

TABLES = "SELECT table_name, comment FROM duckdb_tables() WHERE NOT internal ORDER BY table_oid"
COLUMNS = """
    SELECT column_name, data_type, is_nullable, comment FROM duckdb_columns()
    WHERE NOT internal AND table_name = ? ORDER BY column_index
"""


def render() -> str:
    """The whole page, in Markdown."""
    with duckdb.connect() as connection:
        create_schema(connection)
        tables = connection.execute(TABLES).fetchall()
        return "\n".join([HEAD, *(table_section(connection, name, comment) for name, comment in tables)])


def table_section(connection: duckdb.DuckDBPyConnection, name: str, comment: str) -> str:
    """One table's heading, comment and columns."""
    lines = [f"## {name}", "", comment, "", "| column | type | may be NULL | what it holds |", "|---|---|---|---|"]
    for column, kind, nullable, text in connection.execute(COLUMNS, [name]).fetchall():
        lines.append(f"| `{column}` | {kind} | {'yes' if nullable else 'no'} | {text} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(render(), encoding="utf-8")
    print(f"written: {PAGE.name}")

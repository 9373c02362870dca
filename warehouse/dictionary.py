"""What every table and column of a data set holds, in Markdown: the comments of schema.sql."""

import duckdb

from warehouse.load import create_schema

TABLES = "SELECT table_name, comment FROM duckdb_tables() WHERE NOT internal ORDER BY table_oid"
COLUMNS = """
    SELECT column_name, data_type, is_nullable, comment FROM duckdb_columns()
    WHERE NOT internal AND table_name = ? ORDER BY column_index
"""


def dictionary(head: str) -> str:
    """The dictionary after ``head``, a section for each table."""
    with duckdb.connect() as connection:
        create_schema(connection)
        tables = connection.execute(TABLES).fetchall()
        return "\n".join([head, *(_section(connection, name, comment) for name, comment in tables)])


def _section(connection: duckdb.DuckDBPyConnection, name: str, comment: str) -> str:
    """One table's heading, comment and columns."""
    lines = [f"## {name}", "", comment, "", "| column | type | may be NULL | what it holds |", "|---|---|---|---|"]
    for column, kind, nullable, text in connection.execute(COLUMNS, [name]).fetchall():
        lines.append(f"| `{column}` | {kind} | {'yes' if nullable else 'no'} | {text} |")
    return "\n".join(lines) + "\n"

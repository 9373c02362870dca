"""What everything in a data set is, in Markdown: the comments of its tables, views and macros."""

from collections.abc import Iterator

import duckdb

from warehouse.load import create_schema

TABLES = "SELECT table_name, comment FROM duckdb_tables() WHERE NOT internal ORDER BY table_oid"
VIEWS = "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal ORDER BY view_oid"
MACROS = """
    SELECT function_name, parameters, comment FROM duckdb_functions()
    WHERE NOT internal AND function_type IN ('macro', 'table_macro') ORDER BY function_type DESC, function_oid
"""
COLUMNS = """
    SELECT column_name, data_type, is_nullable, comment FROM duckdb_columns()
    WHERE NOT internal AND table_name = ? ORDER BY column_index
"""


def dictionary(head: str) -> str:
    """The dictionary after ``head``: a section for each table, each view and each macro."""
    with duckdb.connect() as connection:
        create_schema(connection)
        return "\n".join([head, *_tables(connection), *_views(connection), *_macros(connection)])


def _tables(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    for name, comment in connection.execute(TABLES).fetchall():
        lines = [f"## {name}", "", comment, "", "| column | type | may be NULL | what it holds |", "|---|---|---|---|"]
        for column, kind, nullable, text in connection.execute(COLUMNS, [name]).fetchall():
            lines.append(f"| `{column}` | {kind} | {'yes' if nullable else 'no'} | {text} |")
        yield "\n".join(lines) + "\n"


def _views(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    for name, comment in connection.execute(VIEWS).fetchall():
        lines = [f"## {name}", "", f"A view. {comment}", "", "| column | type | what it holds |", "|---|---|---|"]
        for column, kind, _nullable, text in connection.execute(COLUMNS, [name]).fetchall():
            lines.append(f"| `{column}` | {kind} | {text} |")
        yield "\n".join(lines) + "\n"


def _macros(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    for name, parameters, comment in connection.execute(MACROS).fetchall():
        yield f"## {name}({', '.join(parameters)})\n\nA macro. {comment}\n"

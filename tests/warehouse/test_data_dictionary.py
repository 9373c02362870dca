import runpy

import duckdb

from tests.conftest import ROOT
from warehouse.load import create_schema
from warehouse.rows import COLUMNS

PAGE = ROOT / "docs" / "reference" / "data-dictionary.md"


def test_the_page_says_what_the_tables_own_comments_say():
    rendered = runpy.run_path(str(ROOT / "docs" / "generate_data_dictionary.py"))["render"]()
    assert PAGE.read_text(encoding="utf-8") == rendered, "run: python docs/generate_data_dictionary.py"


def test_every_table_and_column_is_explained():
    page = PAGE.read_text(encoding="utf-8")
    for table, columns in COLUMNS.items():
        section = page.split(f"\n## {table}\n")[1].split("\n## ")[0]
        assert [column for column in columns if f"| `{column}` |" not in section] == []


def test_every_view_and_macro_is_explained():
    page = PAGE.read_text(encoding="utf-8")
    with duckdb.connect() as connection:
        create_schema(connection)
        views = connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
        macros = connection.execute("SELECT function_name FROM duckdb_functions() WHERE NOT internal").fetchall()
    assert len(views) >= 8 and len(macros) >= 3
    assert [name for (name,) in views if f"\n## {name}\n\nA view. " not in page] == []
    assert [name for (name,) in macros if f"\n## {name}(" not in page] == []
    assert " None " not in page

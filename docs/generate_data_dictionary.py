"""Writes docs/reference/data-dictionary.md from the comments in warehouse/schema.sql, views.sql and search.sql.

python docs/generate_data_dictionary.py
"""

from pathlib import Path

from warehouse.dictionary import dictionary

PAGE = Path(__file__).resolve().parent / "reference" / "data-dictionary.md"

HEAD = """\
# Data dictionary

What stands in `warehouse/research.duckdb`. The same sentences lie in the file itself, as comments of its tables, views,
macros and columns. This page is written by `docs/generate_data_dictionary.py`; change `schema.sql`, `views.sql` or
`search.sql` in `warehouse/` instead.

Any DuckDB client from version 1.2 on opens the file; open it read-only. Times are in seconds, places in text in
codepoints. Tables come first, then views, then macros. Views can be read wherever the file is attached; macros (`FROM
search('...')`) work in a client that opened the file, or that attached it and said `USE`.
"""


def render() -> str:
    """The whole page, in Markdown."""
    return dictionary(HEAD)


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(render(), encoding="utf-8")
    print(f"written: {PAGE.name}")

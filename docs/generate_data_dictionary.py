"""Writes docs/reference/data-dictionary.md from the comments in warehouse/schema.sql.

python docs/generate_data_dictionary.py
"""

from pathlib import Path

from warehouse.dictionary import dictionary

PAGE = Path(__file__).resolve().parent / "reference" / "data-dictionary.md"

HEAD = """\
# Data dictionary

What stands in `warehouse/research.duckdb`. The same sentences lie in the file itself, as comments of its tables and
columns. This page is written by `docs/generate_data_dictionary.py`; change `warehouse/schema.sql` instead.

Any DuckDB client from version 1.2 on opens the file; open it read-only. Times are in seconds, places in text in
codepoints.
"""


def render() -> str:
    """The whole page, in Markdown."""
    return dictionary(HEAD)


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(render(), encoding="utf-8")
    print(f"written: {PAGE.name}")

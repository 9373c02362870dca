"""The formats in which a data set is handed on: which files each one makes, from the very rows of the DuckDB file."""

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from schemas.errors import ChathamError
from warehouse.aside import explained
from warehouse.exchange.layout import project_of
from warehouse.exchange.refi_qda import write_project
from warehouse.opened import opened, quoted
from warehouse.rows import COLUMNS

PROJECT = "project.qdpx"
GUARDED = "guarded"
"""The last column of each CSV file: in which cells of the row an apostrophe was put in front."""
FORMULA = "^[=+\\-@\\t\\r\\n＝＋－＠]"
"""How a cell begins that spreadsheet programs would compute, and not show."""
_HOLDS_TEXT = re.compile(r"VARCHAR|CHAR|TEXT|ENUM.*|JSON")


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        file: Where it is written, for the data dictionary; TABLE stands for each table's name.
        what: What a reader should know of it, in sentences of the data dictionary.
        write: Writes it beside the database, and gives the names of its files, relative to the folder.
    """

    file: str
    what: str
    write: Callable[[Path], tuple[str, ...]]


def lay_out(database: Path, formats: Collection[str]) -> tuple[str, ...]:
    """Write a data set in each of ``formats`` into the folder of ``database``, durably; in the order of ``FORMATS``.

    The database itself stays only where ``duckdb`` is among them.

    Returns:
        Names of every file that stands there of it now, relative to the folder, with ``/`` between folders.
    Raises:
        DiskFull, CheckFailed: what is there already must be taken away.
    """
    with _told(database):
        names = tuple(name for one in FORMATS if one in formats for name in FORMATS[one].write(database))
        for name in names:
            _sync(database.parent / name)
        if database.name not in names:
            database.unlink()
    return names


def described(formats: Collection[str], database: str) -> str:
    """A section of the data dictionary that says what each file is.

    Args:
        database: Name of the DuckDB file.
    """
    told = [FORMATS[name] for name in FORMATS if name in formats]
    rows = [f"| `{one.file.format(database=database)}` | {one.what} |" for one in told]
    return "\n".join(["## Files", "", "| file | what it is |", "|---|---|", *rows, ""])


def _duckdb(database: Path) -> tuple[str, ...]:
    return (database.name,)


def _parquet(database: Path) -> tuple[str, ...]:
    return _copied(database, "parquet", lambda _columns: "*", lambda _columns: "FORMAT parquet, COMPRESSION zstd")


def _csv(database: Path) -> tuple[str, ...]:
    return _copied(database, "csv", _guarded, _as_rfc_4180)


Columns = Sequence[tuple[str, str]]
"""Name and type of each column."""


def _copied(
    database: Path, suffix: str, chosen: Callable[[Columns], str], options: Callable[[Columns], str]
) -> tuple[str, ...]:
    """One file for each table in a folder of the format's own, in the order of the rows."""
    folder = database.parent / suffix
    folder.mkdir(mode=0o700)
    names = []
    with opened(database) as connection:
        for table in COLUMNS:
            columns = [(row[0], row[1]) for row in connection.execute(f"DESCRIBE {quoted(table)}").fetchall()]
            target = str(folder / f"{table}.{suffix}").replace("'", "''")
            rows = f"SELECT {chosen(columns)} FROM {quoted(table)}"  # noqa: S608 - quoted
            connection.execute(f"COPY ({rows}) TO '{target}' ({options(columns)})")
            names.append(f"{suffix}/{table}.{suffix}")
    return tuple(names)


def _guarded(columns: Columns) -> str:
    """Every column, with an apostrophe before what a spreadsheet would compute, and one column that says where."""
    texts = [name for name, kind in columns if _HOLDS_TEXT.fullmatch(kind)]
    cells = [_cell(name) if name in texts else quoted(name) for name, _ in columns]
    where = ", ".join(f"CASE WHEN {_computed(name)} THEN '{name}' END" for name in texts)
    return ", ".join([*cells, f"nullif(concat_ws(' ', {where or 'NULL'}), '') AS {GUARDED}"])


def _cell(name: str) -> str:
    return f"CASE WHEN {_computed(name)} THEN '''' || {quoted(name)} ELSE {quoted(name)} END AS {quoted(name)}"


def _computed(name: str) -> str:
    return f"regexp_matches({quoted(name)}, '{FORMULA}')"


def _as_rfc_4180(columns: Columns) -> str:
    """Lines end with CR and LF; every text stands in quotes, so that an empty one differs from none at all."""
    texts = [quoted(name) for name, kind in columns if _HOLDS_TEXT.fullmatch(kind)]
    return f"FORMAT csv, HEADER, NEW_LINE '\\r\\n', FORCE_QUOTE ({', '.join([*texts, GUARDED])})"


def _qdpx(database: Path) -> tuple[str, ...]:
    write_project(project_of(database), database.parent / PROJECT)
    return (PROJECT,)


FORMATS: Mapping[str, Format] = {
    "duckdb": Format(
        "{database}",
        "Every table in one file. Any DuckDB client from version 1.2 on opens it; open it read-only.",
        _duckdb,
    ),
    "parquet": Format(
        "parquet/TABLE.parquet",
        "The same rows, one file for each table (Apache Parquet, compressed with zstd): for R, pandas, Polars, Spark.",
        _parquet,
    ),
    "csv": Format(
        "csv/TABLE.csv",
        "The same rows, one file for each table (RFC 4180, UTF-8, `.` in numbers, `true` and `false`). Every text"
        " stands in quotes; a cell with nothing in it, not even quotes, is NULL. Spreadsheet programs compute a cell"
        " that begins with `=`, `+`, `-`, `@`, a tab or a line end, in wide form too: in front of such a text stands an"
        " apostrophe, and the last column, `guarded`, names the columns of the row in which it does, with spaces"
        " between. Take that one apostrophe away to have the words; places in text are counted without it.",
        _csv,
    ),
    "qdpx": Format(
        PROJECT,
        "The words, the coding and the speakers as a project that programs for coding open (REFI-QDA): a text for each"
        " session, a case for each way of showing a speaker.",
        _qdpx,
    ),
}
"""Every format that can be asked for, in the order in which files are told."""


@contextmanager
def _told(database: Path) -> Iterator[None]:
    failure: ChathamError | None = None
    try:
        yield
    except (OSError, duckdb.Error) as error:
        failure = explained(error, database)
    # Outside the `except`, so that the error a person sees does not carry the other along.
    if failure is not None:
        raise failure


def _sync(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())

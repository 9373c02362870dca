"""Reads everything that stands in the files of a data set: cells, comments, names of columns, files and members.

Only the texts are given that a sieve lets through, so that a large file is searched inside DuckDB. A file of a kind
that is not known here cannot be read, and so cannot be released.
"""

import csv
import io
import json
import re
import tempfile
import xml.sax
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any
from xml.sax.handler import ContentHandler, LexicalHandler, property_lexical_handler

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import CheckFailed
from schemas.written import Sieve, Written
from warehouse.formats import GUARDED
from warehouse.load import OFFLINE, STORED, create_schema
from warehouse.opened import opened, quoted
from warehouse.searching import INDEXED, check_index, has_index

_KEYED = {"utterances": "utterance_id", "speakers": "speaker_id", "cases": "speaker_id"}
"""Tables whose rows are known by an id, and its column."""
_NO_TEXT = re.compile(
    r"(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|BOOLEAN|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\)|DATE|TIME|INTERVAL|UUID"
    r"|TIMESTAMP(?:_S|_MS|_NS)?|TIME WITH TIME ZONE|TIMESTAMP WITH TIME ZONE)(?:\[\])*"
)
"""Types of columns in which no name can stand."""
_OPAQUE = re.compile(r"BLOB|BIT|GEOMETRY|VARIANT")
"""Types that hold what cannot be read as text."""
csv.field_size_limit(2**31 - 1)  # a whole writing may stand in one cell
_ROWS_AT_ONCE = 5000
_DEPTH = 3
"""Archives inside archives inside an archive."""
_CATALOGUE = (
    ("duckdb_schemas()", ("schema_name", "comment", "sql")),
    ("duckdb_tables()", ("table_name", "comment")),
    ("duckdb_columns()", ("column_name", "data_type", "comment", "column_default")),
    ("duckdb_constraints()", ("constraint_text",)),
    ("duckdb_views()", ("view_name", "comment", "sql")),
    ("duckdb_indexes()", ("index_name", "comment", "sql")),
    ("duckdb_sequences()", ("sequence_name", "comment")),
    ("duckdb_types()", ("type_name", "comment", "CAST(labels AS VARCHAR)")),
    ("duckdb_functions()", ("function_name", "comment", "macro_definition", "CAST(parameters AS VARCHAR)")),
)
"""Where a DuckDB file keeps text outside of rows. Tags are no part of a file: DuckDB gives them to its own only."""

Reader = Callable[[str, bytes, Sieve, int], Iterator[Written]]


def written(path: Path, sieve: Sieve, *, name: str | None = None) -> Iterator[Written]:
    """Everything that stands in a file, or in every file of a folder, as far as ``sieve`` lets it through.

    Args:
        name: What the file will be called, where it lies under a name for the time being.
    Raises:
        CheckFailed: a file, column or member cannot be read, or is of a kind that is not known.
    """
    if not path.is_dir():
        yield from _file(path, name or path.name, sieve)
        return
    for inside in sorted(path.rglob("*")):
        relative = inside.relative_to(path).as_posix()
        if inside.is_symlink() or not (inside.is_file() or inside.is_dir()):
            raise _unreadable("is no plain file")
        if inside.is_file():
            yield from _file(inside, relative, sieve)
        else:
            yield Written(relative, None, None, None, inside.name, name=True)


def own_texts(*pages: str) -> frozenset[str]:
    """Every text that an empty data set holds, and the paragraphs of ``pages``: the program's own words."""
    # Read from a file as any data set is, because DuckDB tells a view that it has stored in other signs.
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.duckdb"
        with duckdb.connect(str(empty), config={**OFFLINE, **STORED}) as connection:
            create_schema(connection)
        with opened(empty) as connection:
            catalogue = frozenset(one.text for one in _catalogue(connection, ""))
    return catalogue.union([GUARDED], *(_paragraphs(page) for page in pages))


def _file(path: Path, name: str, sieve: Sieve) -> Iterator[Written]:
    yield Written(name, None, None, None, name, name=True)
    if _suffix(name) == ".duckdb":
        with opened(path) as connection:
            yield from _database(connection, name, sieve)
    else:
        yield from _bytes(name, path.read_bytes(), sieve, _DEPTH)


def _bytes(name: str, data: bytes, sieve: Sieve, depth: int) -> Iterator[Written]:
    reader = _READERS.get(_suffix(name))
    if reader is None:
        raise _unreadable("is of a kind that cannot be checked for names")
    failed = True
    with suppress(*_DAMAGED):
        yield from reader(name, data, sieve, depth)
        failed = False
    if failed:
        raise _unreadable("cannot be read")


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _unreadable(why: str) -> CheckFailed:
    return CheckFailed(f"Not made: a file of the data set {why}", hint="Nothing was published. Report it as a defect.")


def _database(connection: duckdb.DuckDBPyConnection, file: str, sieve: Sieve) -> Iterator[Written]:
    yield from _catalogue(connection, file)
    derived = has_index(connection)
    if derived:
        check_index(connection)
    found = connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal"
        " AND database_name = current_database() ORDER BY ALL"
    ).fetchall()
    for schema, table in found:
        checked = frozenset({INDEXED[1]}) if derived and (schema, table) == ("main", INDEXED[0]) else frozenset()
        yield from _table(connection, f"{quoted(schema)}.{quoted(table)}", file, table, sieve, checked)


def _catalogue(connection: duckdb.DuckDBPyConnection, file: str) -> Iterator[Written]:
    for source, columns in _CATALOGUE:
        internal = "" if source == "duckdb_constraints()" else " AND NOT internal"
        internal = "" if source in ("duckdb_indexes()", "duckdb_sequences()") else internal
        for column in columns:
            query = (
                f"SELECT DISTINCT {column} FROM {source}"  # noqa: S608 - our own words
                f" WHERE database_name = current_database(){internal} AND {column} IS NOT NULL"
            )
            for (text,) in connection.execute(query).fetchall():
                yield Written(file, None, None, None, str(text))


def _table(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    file: str,
    table: str,
    sieve: Sieve,
    checked: Collection[str] = (),
) -> Iterator[Written]:
    """The texts of a table's columns that the sieve lets through; equal ones of one key once, with their count.

    Args:
        checked: Columns of single words that were held against the texts they come from, where they are judged whole.
    """
    described = connection.execute(f"DESCRIBE {source}").fetchall()
    names = {str(row[0]) for row in described}
    key = _KEYED.get(table)
    key = key if key in names else None
    for column, kind, *_ in described:
        yield Written(file, table, None, None, column)
        if _OPAQUE.search(kind):
            raise _unreadable("has a column that cannot be read as text")
        if not _NO_TEXT.fullmatch(kind) and column not in checked:
            keyed = key if column != key else None
            for text, known, count in _let_through(connection, source, column, keyed, sieve):
                yield Written(file, table, column, known, text, count)


def _let_through(
    connection: duckdb.DuckDBPyConnection, source: str, column: str, key: str | None, sieve: Sieve
) -> list[tuple[str, str | None, int]]:
    """Texts of one column that the sieve lets through, each with its row's key, or without a key with their count."""
    values = {"lowered": sieve.lowered, "cased": sieve.cased, "plain": sieve.plain}
    return connection.execute(_query(source, column, key), values).fetchall()


def _query(source: str, column: str, key: str | None) -> str:
    """Texts of one column that the sieve lets through; ids in hexadecimal are told first, because they are many."""
    text = f"CAST({quoted(column)} AS VARCHAR)"
    given = (
        f"SELECT {text} AS text, {quoted(key) if key else 'NULL'} AS known, {'1' if key else 'count(*)'} AS rows"  # noqa: S608
        f" FROM {source} WHERE NOT (length({text}) IN (16, 64) AND regexp_full_match({text}, '[a-f]*[0-9][0-9a-f]*'))"
    )
    # What is decomposed keeps its marks here, is no plain text, and is looked at closely.
    return (
        f"WITH given AS ({given}{'' if key else ' GROUP BY ALL'}),"  # noqa: S608
        " folded AS (SELECT *, strip_accents(text) AS cased, lower(strip_accents(text)) AS lowered FROM given)"
        " SELECT text, known, rows FROM folded WHERE regexp_matches(lowered, $lowered)"
        " OR regexp_matches(cased, $cased) OR NOT regexp_full_match(lowered, $plain)"
    )


def _csv(name: str, data: bytes, sieve: Sieve, _depth: int) -> Iterator[Written]:
    rows = csv.reader(io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", newline=""), strict=True)
    header = next(rows, [])
    if len(set(header)) < len(header):
        raise ValueError("two columns have one name")
    schema = pa.schema([(column, pa.string()) for column in header])
    # Some at a time: as Python's own, the cells of a large table take many times what they take here.
    batches = []
    while some := list(islice(rows, _ROWS_AT_ONCE)):
        batches.append(_batch(header, some, schema))
    yield from _arrow(pa.Table.from_batches(batches, schema), name, sieve)


def _batch(header: list[str], rows: list[list[str]], schema: pa.Schema) -> pa.RecordBatch:
    if any(len(row) != len(header) for row in rows):
        raise ValueError("a row is longer or shorter than the first")
    if header[-1:] == [GUARDED]:
        rows = [_unguarded(header, row) for row in rows]
    return pa.record_batch([pa.array(column, pa.string()) for column in zip(*rows, strict=True)], schema=schema)


def _unguarded(header: list[str], row: list[str]) -> list[str]:
    """A row without the apostrophes that its last column tells of: words as they were planned have none."""
    if not row[-1]:
        return row
    named = row[-1].split(" ")
    if any(column not in header for column in named):
        raise ValueError("a row tells of a column that is not there")
    return [text.removeprefix("'") if column in named else text for column, text in zip(header, row, strict=True)]


def _parquet(name: str, data: bytes, sieve: Sieve, _depth: int) -> Iterator[Written]:
    file = pq.ParquetFile(io.BytesIO(data))
    for key, value in (file.metadata.metadata or {}).items():
        if key != b"ARROW:schema":  # the schema once more, in a form of Arrow's own; its own texts follow
            yield Written(name, None, None, None, key.decode())
            yield Written(name, None, None, None, value.decode())
    table = file.read()
    for field in table.schema:
        for key, value in (field.metadata or {}).items():
            yield Written(name, None, None, None, f"{key.decode()} {value.decode()}")
    yield from _arrow(table, name, sieve)


def _arrow(table: pa.Table, name: str, sieve: Sieve) -> Iterator[Written]:
    with duckdb.connect(config={**OFFLINE}) as connection:
        connection.register("arrived", table)
        yield from _table(connection, "arrived", name, PurePosixPath(name.rpartition(":")[2]).stem, sieve)


def _loose(texts: Iterable[str], name: str, sieve: Sieve) -> Iterator[Written]:
    """The texts of a file that is no table, as far as the sieve lets them through."""
    with duckdb.connect(config={**OFFLINE}) as connection:
        connection.register("arrived", pa.table({"text": pa.array(texts, pa.string())}))
        for text, _key, count in _let_through(connection, "arrived", "text", None, sieve):
            yield Written(name, None, None, None, text, count)


def _json(name: str, data: bytes, sieve: Sieve, _depth: int) -> Iterator[Written]:
    yield from _loose(_strings(json.loads(data.decode("utf-8"))), name, sieve)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _text(name: str, data: bytes, sieve: Sieve, _depth: int) -> Iterator[Written]:
    yield from _loose(_paragraphs(data.decode("utf-8-sig")), name, sieve)


def _paragraphs(text: str) -> list[str]:
    """Parts of a text between blank lines, each in one line: a name may stand on both sides of a line's end."""
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()]


def _xml(name: str, data: bytes, sieve: Sieve, _depth: int) -> Iterator[Written]:
    collected = _Collector()
    parser = xml.sax.make_parser()  # noqa: S317 - our own files, and no entity of a file outside is read
    parser.setContentHandler(collected)
    parser.setProperty(property_lexical_handler, collected)
    parser.parse(io.BytesIO(data))
    yield from _loose(collected.texts, name, sieve)


class _Collector(ContentHandler, LexicalHandler):
    """Every text of an XML file: characters, names, values of attributes, comments, instructions."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._running: list[str] = []

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802 - SAX's name
        self._close()
        self.texts += [name, *(text for pair in attrs.items() for text in pair)]

    def endElement(self, name: str) -> None:  # noqa: N802, ARG002 - SAX's name and argument
        self._close()

    def characters(self, content: str) -> None:
        self._running.append(content)

    def comment(self, content: str) -> None:
        self.texts.append(content)

    def processingInstruction(self, target: str, data: str) -> None:  # noqa: N802 - SAX's name
        self.texts += [target, data]

    def _close(self) -> None:
        if text := "".join(self._running).strip():
            self.texts.append(text)
        self._running.clear()


def _zip(name: str, data: bytes, sieve: Sieve, depth: int) -> Iterator[Written]:
    if depth == 0:
        raise ValueError("archives inside archives")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        yield Written(name, None, None, None, archive.comment.decode())
        for member in archive.infolist():
            inside = f"{name}:{member.filename}"
            yield Written(inside, None, None, None, member.filename, name=True)
            yield Written(inside, None, None, None, member.comment.decode())
            if not member.is_dir():
                yield from _bytes(inside, archive.read(member), sieve, depth - 1)


_READERS: dict[str, Reader] = {
    ".csv": _csv, ".json": _json, ".md": _text, ".parquet": _parquet, ".qde": _xml, ".qdpx": _zip, ".txt": _text,
    ".xml": _xml, ".zip": _zip,
}  # fmt: skip
_DAMAGED = (
    *(ValueError, KeyError, RuntimeError, NotImplementedError, OSError, EOFError, csv.Error, xml.sax.SAXException),
    *(zipfile.BadZipFile, pa.ArrowException, duckdb.Error),
)
"""What the readers raise of a file that is none of its kind."""

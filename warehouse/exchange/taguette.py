"""Coded projects in and out as Taguette's project file (.sqlite3).

A project file of Taguette holds texts, tags and what they are put on: no colours, coders, days, cases or notes. A tag
is called after its code and the codes that it stands under, with full stops between.
"""

import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from schemas.coding import (
    Code,
    Codebook,
    CodedProject,
    ExchangedCoding,
    ExchangedText,
    Guid,
    Imported,
    Stretch,
)
from schemas.errors import BadInput
from schemas.identifiers import is_session_id
from warehouse.exchange.guids import NOBODY, NOT_SAID, guid
from warehouse.exchange.hypertext import as_html, counted, read_html
from warehouse.exchange.named import check_file
from warehouse.exchange.tags import tag_paths

_TABLES = Path(__file__).with_name("taguette.sql")
_APPLICATION = 0x54677474
"""How SQLite tells a file of Taguette's."""
_USER = "admin"
_MOST_TITLE, _MOST_DESCRIPTION = 50, 100_000
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_LETTER = re.compile(r"[^\W\d_]")
_MOST_HTML = 64 * 1024 * 1024


def write_project(project: CodedProject, path: Path) -> dict[str, int]:
    """Write ``project`` as Taguette's project file at ``path``, where nothing is yet.

    Returns:
        What such a file cannot hold, to how many of it there are.
    """
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.executescript(_TABLES.read_text(encoding="utf-8"))
        _write(connection, project)
    return {what: count for what, count in _left_out(project).items() if count}


def read_project(path: Path) -> Imported:
    """The project in Taguette's project file at ``path``; in a file with several, the first.

    Raises:
        BadInput: It cannot be read, is no such file, or is damaged.
    """
    check_file(path)
    found = None
    # Suppressed and raised apart, because the text of an error of SQLite may hold the path.
    with suppress(sqlite3.Error, OSError, OverflowError, TypeError, ValueError), _opened(path) as connection:
        found = _read(connection)
    if found is None:
        raise BadInput(
            "the file is no project of Taguette, or is damaged",
            hint="In Taguette, open the project and export it as SQLite3 project.",
        )
    return found


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A file from outside, read-only, that may run nothing and be only so large."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_HTML)
        yield connection


def _write(connection: sqlite3.Connection, project: CodedProject) -> None:
    days = [one.at for one in project.codings if one.at is not None]
    made = max(days, default=_LONG_AGO).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.000000")
    connection.execute("INSERT INTO users (login, created, disabled) VALUES (?, ?, 0)", (_USER, made))
    connection.execute("INSERT INTO projects VALUES (1, ?, '', ?)", (project.title[:_MOST_TITLE], made))
    connection.execute("INSERT INTO project_members VALUES (1, ?, 'ADMIN')", (_USER,))
    paths = tag_paths(project.codebook)
    described = {code.code: code.description for code in project.codebook.codes}
    tags = {code: number for number, code in enumerate(paths, start=1)}
    connection.executemany(
        "INSERT INTO tags VALUES (?, 1, ?, ?)",
        ((tags[code], path, described[code][:_MOST_DESCRIPTION]) for code, path in paths.items()),
    )
    coded: dict[Guid, dict[tuple[int, int], list[int]]] = defaultdict(lambda: defaultdict(list))
    for coding in project.codings:
        coded[coding.stretch.text][coding.stretch.start, coding.stretch.end].append(tags[coding.code])
    for number, text in enumerate(project.texts, start=1):
        direction = "RIGHT_TO_LEFT" if _is_right_to_left(text.text) else "LEFT_TO_RIGHT"
        connection.execute(
            "INSERT INTO documents VALUES (?, ?, '', ?, ?, 1, ?, ?)",
            (number, text.name, f"{text.name}.txt", made, direction, as_html(text.text)),
        )
        _write_highlights(connection, number, text, coded[text.guid])


def _write_highlights(
    connection: sqlite3.Connection, document: int, text: ExchangedText, coded: Mapping[tuple[int, int], list[int]]
) -> None:
    ruler = counted(text.text)
    for (start, end), tags in sorted(coded.items()):
        first, last = ruler.bytes(start, end)
        if first == last:
            continue
        added = connection.execute(
            "INSERT INTO highlights (document_id, start_offset, end_offset, snippet) VALUES (?, ?, ?, ?)",
            (document, first, last, as_html(text.text[start:end])),
        )
        pairs = [(added.lastrowid, tag) for tag in sorted(set(tags))]
        connection.executemany("INSERT INTO highlight_tags VALUES (?, ?)", pairs)


def _left_out(project: CodedProject) -> dict[str, int]:
    book = project.codebook
    places = Counter((one.code, one.stretch) for one in project.codings)
    return {
        "colours of codes": sum(code.colour is not None for code in book.codes),
        "coders": len(book.coders),
        "notes": len(book.memos),
        "cases": len(project.cases),
        "codings of one code on the same words by several coders": sum(count - 1 for count in places.values()),
    }


def _is_right_to_left(text: str) -> bool:
    return 2 * len(_RTL.findall(text)) > len(_LETTER.findall(text))


def _read(connection: sqlite3.Connection) -> Imported | None:
    project = connection.execute("SELECT id, name FROM projects ORDER BY id LIMIT 1").fetchone()
    if project is None:
        return None
    number, title = project
    codes = {
        tag: _code(path, description)
        for tag, path, description in connection.execute(
            "SELECT id, path, description FROM tags WHERE project_id = ? ORDER BY path", (number,)
        )
    }
    left: Counter[str] = Counter()
    texts: list[ExchangedText] = []
    codings: list[ExchangedCoding] = []
    documents = connection.execute(
        "SELECT id, name, contents FROM documents WHERE project_id = ? ORDER BY id", (number,)
    )
    for document, name, contents in documents.fetchall():
        content = read_html(contents)
        identifier = guid("taguette text", str(name), content.text)
        texts.append(ExchangedText(guid=identifier, name=_session(name, identifier, texts), text=content.text))
        for highlight, start, end, tag in _highlights(connection, document):
            place = content.codepoints(start, end)
            if tag not in codes or place is None:
                left["highlights without a tag, or outside of their text"] += 1
                continue
            coding = guid("taguette", identifier, str(highlight), codes[tag].name)
            stretch = Stretch(text=identifier, start=place[0], end=place[1])
            codings.append(ExchangedCoding(guid=coding, code=codes[tag].code, coder=NOBODY, stretch=stretch))
    several = connection.execute("SELECT count(*) FROM projects").fetchone()[0] - 1
    left["other projects in the file"] += several
    made = CodedProject(
        title=title,
        texts=tuple(texts),
        codebook=Codebook(codes=tuple(codes.values()), coders=NOT_SAID),
        codings=tuple(codings),
    )
    return Imported(project=made, left={what: count for what, count in left.items() if count})


def _highlights(connection: sqlite3.Connection, document: int) -> Iterator[tuple[int, int, int, int | None]]:
    yield from connection.execute(
        "SELECT h.id, h.start_offset, h.end_offset, t.tag_id FROM highlights h LEFT JOIN highlight_tags t"
        " ON t.highlight_id = h.id WHERE h.document_id = ? ORDER BY h.start_offset, h.id, t.tag_id",
        (document,),
    )


def _code(path: str, description: str) -> Code:
    return Code(code=guid("tag", path), name=path, description=description)


def _session(name: str, identifier: Guid, before: Iterable[ExchangedText]) -> str:
    taken = {text.name for text in before}
    return name if is_session_id(name) and name not in taken else f"text-{identifier}"[:32]

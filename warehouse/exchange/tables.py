"""Codebooks and codings in and out as plain tables, for spreadsheets and statistics programs.

A table that comes in has been read by the caller: rows with their line in the file, and columns in small letters.
What a spreadsheet would compute has an apostrophe in front in a table that goes out, as in every CSV file of a data
set; on the way in that apostrophe is taken away again.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import compress
from typing import NamedTuple
from uuid import UUID

from schemas.coding import Code, Codebook, CodedProject, Coder, ExchangedCoding, Fitted, Guid, Stretch, Unfit
from schemas.coding import children as in_order
from schemas.errors import BadInput
from warehouse.exchange.days import YEARS, read_time
from warehouse.exchange.fitting import NO_TEXT, fit_to
from warehouse.exchange.guids import NOT_SAID, guid
from warehouse.exchange.layout import LaidOut
from warehouse.exchange.refi_writing import code_names
from warehouse.exchange.searching import Searched, same_words, why_not
from warehouse.formats import FORMULA, GUARDED

_COMPUTED, _GUARDED = re.compile(FORMULA), re.compile(FORMULA.replace("^", "^'", 1))
Row = tuple[int, Mapping[str, str]]
CODEBOOK = ("code", "parent", "description", "colour", "codable", "code_id")
CODINGS = (
    *("session_id", "utterance_id", "start_char", "end_char", "words", "code", "coder", "coded_on", "coding_id"),
)
COLOUR = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
NEEDED = ("code",)
"""The column that a table of codings must have; ``words``, or ``utterance_id`` with both places, says where."""


class Listed(NamedTuple):
    """What a row of a table says of a coding, between single spaces."""

    words: str
    code: str
    coder: str


NO_UTTERANCE = "the utterance that it names is not in this data set"
NOT_WITHIN = "its words or places are not in the utterance that it names"


def codebook_table(codebook: Codebook) -> str:
    """The codebook as CSV: a row for each code, every code before those that stand under it."""
    names = code_names(codebook)
    rows = [
        (
            names[code.code],
            names[code.parent] if depth and code.parent else "",
            code.description,
            code.colour or "",
            "yes" if code.codable else "no",
            code.code,
        )
        for code, depth in in_order(codebook.codes)
    ]
    return _table(CODEBOOK, rows)


def codings_table(laid: LaidOut) -> str:
    """The codings of a data set as CSV: a row for each stretch; those of one coding have one ``coding_id``."""
    return _table(CODINGS, _coding_rows(laid))


def listed_codings(laid: LaidOut) -> dict[str, frozenset[Listed]]:
    """What the rows of each coding, by its ``coding_id``, say in ``codings_table``."""
    return _by_coding((line, dict(zip(CODINGS, row, strict=True))) for line, row in enumerate(_coding_rows(laid)))


def read_listed(rows: Iterable[Row]) -> dict[str, frozenset[Listed]]:
    """The same of a table that was exported.

    Raises:
        BadInput: A row names no coding; the error says the line.
    """
    return _by_coding(_unguarded(rows))


def _by_coding(rows: Iterable[Row]) -> dict[str, frozenset[Listed]]:
    found: dict[str, set[Listed]] = {}
    for line, row in rows:
        if not (known_by := row["coding_id"].strip()):
            raise BadInput(
                f"line {line}: column coding_id is blank", hint="Give rows of a table that chatham coding export wrote."
            )
        words, code, coder = (" ".join(row[name].split()) for name in ("words", "code", "coder"))
        found.setdefault(known_by, set()).add(Listed(words, code, coder))
    return {known_by: frozenset(listed) for known_by, listed in found.items()}


def _coding_rows(laid: LaidOut) -> Sequence[tuple[str, ...]]:
    names = code_names(laid.project.codebook)
    coders = {one.coder: one.name for one in laid.project.codebook.coders}
    texts = {text.guid: text for text in laid.project.texts}
    words = {one.utterance: one.start for listed in laid.words.values() for one in listed}
    rows = []
    for coding in laid.project.codings:
        text = texts[coding.stretch.text]
        for one in laid.utterances(coding.stretch):
            begins = words[one.utterance_id]
            said = text.text[begins + one.start_char : begins + one.end_char]
            on = coding.at.date().isoformat() if coding.at else ""
            who = (names[coding.code], coders[coding.coder], on, laid.parts[coding.guid])
            rows.append((text.name, one.utterance_id, str(one.start_char), str(one.end_char), said, *who))
    return rows


def read_codebook(rows: Iterable[Row]) -> Codebook:
    """The codes of a table with the columns of ``CODEBOOK``; all but ``code`` may be missing.

    Raises:
        BadInput: A code has no name, stands twice, or under one that is not in the table; the error says the line.
    """
    listed = [(line, row, _needed(row, "code", line)) for line, row in _unguarded(rows)]
    known: dict[str, Guid] = {}
    for line, row, name in listed:
        if name in known:
            raise BadInput(f"line {line}: this code stands in the table already", hint="Give each code its own name.")
        known[name] = _identifier(row.get("code_id", ""), name)
    codes = []
    for line, row, name in listed:
        parent = row.get("parent", "").strip()
        if parent and parent not in known:
            raise BadInput(
                f"line {line}: the code in column parent has no row of its own", hint="Add a row for it, or correct it."
            )
        codes.append(
            Code(
                code=known[name],
                name=name,
                description=row.get("description", "").strip(),
                colour=_colour(row.get("colour", ""), line),
                parent=known.get(parent),
                codable=row.get("codable", "").strip().lower() not in ("no", "false", "0"),
            )
        )
    return Codebook(codes=tuple(codes))


def fit_codings(rows: Iterable[Row], laid: LaidOut) -> Fitted:
    """The codings of a table on the words of a data set.

    A row that names an utterance counts where it says if its words stand there, else where they stand once in that
    utterance, and nowhere else: somebody else may say the same. A row that names none counts where its words stand once
    in its session, or in the data set where it names no session. Else it does not fit.

    Args:
        rows: With the columns of ``CODINGS``, in any order, and any others.
    Raises:
        BadInput: A row has no code, a place is no whole number, or a day is none; the error says the line.
    """
    table = _Table(laid)
    for line, row in _unguarded(rows):
        table.add(line, row)
    given = CodedProject(
        title="Codings",
        texts=laid.project.texts,
        codebook=Codebook(codes=tuple(table.codes.values()), coders=tuple(table.coders.values())),
        codings=tuple(table.codings),
    )
    return fit_to(given, replace(laid, parts=table.parts), table.unfit)


@dataclass
class _Table:
    """A table of codings while it is being read."""

    laid: LaidOut
    codes: dict[str, Code] = field(default_factory=dict)
    coders: dict[str, Coder] = field(default_factory=dict)
    codings: list[ExchangedCoding] = field(default_factory=list)
    parts: dict[Guid, str] = field(default_factory=dict)
    unfit: list[Unfit] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._texts = {text.guid: text.text for text in self.laid.project.texts}
        self._sessions = {text.name: text.guid for text in self.laid.project.texts}
        self._words = {one.utterance: (text, one) for text, listed in self.laid.words.items() for one in listed}
        # As a table that was exported has them: two codes of one name have a number there.
        names = code_names(self.laid.project.codebook)
        self._named = {names[one.code]: one for one in self.laid.project.codebook.codes}
        self._searched: dict[Guid, Searched] = {}

    def add(self, line: int, row: Mapping[str, str]) -> None:
        """One row: a coding, or what did not fit."""
        name, coder = _needed(row, "code", line), row.get("coder", "").strip()
        code = self.codes.setdefault(name, self._named.get(name) or Code(code=guid("code", name), name=name)).code
        by = Coder(coder=guid("coder", coder), name=coder) if coder else NOT_SAID[0]
        who = self.coders.setdefault(coder, by).coder
        values = sorted((key, value) for key, value in row.items() if key in CODINGS)
        identifier = guid("row", *(text for pair in values for text in pair), str(line))
        found = self._place(row, line)
        if isinstance(found, str):
            self.unfit.append(Unfit(guid=identifier, code=code, why=found))
            return
        at = _day(row.get("coded_on", ""), line)
        self.codings.append(ExchangedCoding(guid=identifier, code=code, coder=who, stretch=found, at=at))
        if known_by := row.get("coding_id", "").strip():
            self.parts[identifier] = known_by

    def _place(self, row: Mapping[str, str], line: int) -> Stretch | str:
        words = row.get("words", "").strip()
        start, end = (_number(row.get(name, ""), name, line) for name in ("start_char", "end_char"))
        if utterance := row.get("utterance_id", "").strip():
            return self._within(utterance, words, start, end)
        session = row.get("session_id", "").strip()
        if not words or (session and session not in self._sessions):
            return NO_TEXT
        return self._anywhere(words, [self._sessions[session]] if session else list(self._texts))

    def _within(self, utterance: str, words: str, start: int | None, end: int | None) -> Stretch | str:
        if utterance not in self._words:
            return NO_UTTERANCE
        text, one = self._words[utterance]
        said = self._texts[text][one.start : one.end]
        if start is not None and end is not None and _is_there(said, start, end, words):
            return Stretch(text=text, start=one.start + start, end=one.start + end)
        found = Searched(said).found(words)
        if len(found) == 1:
            return Stretch(text=text, start=one.start + found[0][0], end=one.start + found[0][1])
        return why_not(len(found)) if found else NOT_WITHIN

    def _anywhere(self, words: str, texts: Sequence[Guid]) -> Stretch | str:
        found = [
            Stretch(text=text, start=start, end=end)
            for text in texts
            for start, end in self._searched.setdefault(text, Searched(self._texts[text])).found(words)
        ]
        return found[0] if len(found) == 1 else why_not(len(found))


def _is_there(said: str, start: int, end: int, words: str) -> bool:
    """Whether a place lies in what was said, on ``words`` if there are any."""
    return 0 <= start < end <= len(said) and (not words or same_words(words, said[start:end]))


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow((*header, GUARDED))
    for row in rows:
        computed = [bool(_COMPUTED.match(cell)) for cell in row]
        cells = [f"'{cell}" if guarded else cell for cell, guarded in zip(row, computed, strict=True)]
        writer.writerow((*cells, " ".join(compress(header, computed))))
    return written.getvalue()


def _unguarded(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows without the apostrophes that stand before what a spreadsheet would compute.

    Where the column that names these cells was taken out, any such apostrophe is taken for ours.
    """
    for line, row in rows:
        named = row[GUARDED].split() if GUARDED in row else row
        yield line, {name: cell[1:] if name in named and _GUARDED.match(cell) else cell for name, cell in row.items()}


def _needed(row: Mapping[str, str], column: str, line: int) -> str:
    if found := row.get(column, "").strip():
        return found
    raise BadInput(f"line {line}: column {column} is blank", hint="Write the name of the code there.")


def _number(text: str, column: str, line: int) -> int | None:
    if not text.strip():
        return None
    try:
        return int(text)
    except ValueError:
        raise BadInput(
            f"line {line}: column {column} is no whole number", hint="Places count signs of the words from 0."
        ) from None


def _day(text: str, line: int) -> datetime | None:
    if not text.strip():
        return None
    try:
        found = read_time(text)
    except ValueError:
        raise BadInput(f"line {line}: column coded_on is no day", hint="Write it as 2026-03-04.") from None
    if found is None:
        raise BadInput(
            f"line {line}: column coded_on lies before {YEARS[0]} or after {YEARS[-1]}", hint="Correct the year."
        )
    return found


def _identifier(text: str, name: str) -> Guid:
    try:
        return str(UUID(text.strip()))
    except ValueError:
        return guid("code", name)


def _colour(text: str, line: int) -> str | None:
    if not text.strip():
        return None
    if COLOUR.fullmatch(text.strip()):
        return text.strip().lower()
    raise BadInput(f"line {line}: column colour is no colour", hint="Write it as #aa0000, or leave it blank.")

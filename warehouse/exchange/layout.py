"""Lays a data set out as texts with codings, and says where in them the words of each utterance stand.

One text for each session: its turns by time, each a line that says who speaks and when, then the words; a gap is one
line. Turns stand apart by a blank line.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

import duckdb

from schemas.coding import (
    Case,
    Code,
    Codebook,
    CodedProject,
    Coder,
    ExchangedCoding,
    ExchangedText,
    Guid,
    Memo,
    Stretch,
    UtteranceStretch,
)
from warehouse.exchange.guids import guid
from warehouse.exchange.wording import clock, gap, heading, said
from warehouse.opened import opened

_TURNS = """
    SELECT u.session_id, u.utterance_id, u.start_s, u.end_s, u.text, u.withheld_reason, c.case_id, c.name
    FROM utterances u LEFT JOIN cases c USING (speaker_id) ORDER BY u.session_id, u.start_s, u.end_s, u.utterance_id
"""
_SESSIONS = "SELECT session_id FROM sessions ORDER BY held_on, session_id"
_CASES = """
    SELECT c.case_id, c.name, s.level, s.tier, s.role_as, s.organisation_as, s.place_as, s.language
    FROM cases c JOIN speakers s USING (speaker_id) ORDER BY c.name
"""
VARIABLES = ("level", "tier", "role", "organisation", "place", "language")
"""What may be said of a speaker, in the order of the query."""
_BEGINNINGS = "SELECT session_id, start_s FROM utterances"
_CODES = "SELECT code_id, name, description, colour, parent_id, codable FROM codes ORDER BY position"
_CODERS = "SELECT coder_id, name FROM coders ORDER BY coder_id"
_CODINGS = """
    SELECT c.coding_id, c.utterance_id, c.start_char, c.end_char, c.code_id, c.coder_id, c.coded_on
    FROM codings c JOIN utterances u USING (utterance_id)
    ORDER BY u.session_id, c.coding_id, u.start_s, u.end_s, c.utterance_id, c.start_char
"""
_MEMOS = "SELECT memo_id, title, text, about, about_id, coder_id, written_on FROM memos ORDER BY written_on, memo_id"
_PROVENANCE = "SELECT key, value FROM provenance WHERE key IN ('purpose', 'made_at')"


class Words(NamedTuple):
    """Where the words of one utterance stand in the text of its session: ``[start, end)`` codepoints."""

    utterance: str
    start: int
    end: int


@dataclass(frozen=True, repr=False)
class LaidOut:
    """A data set as texts with codings.

    Attributes:
        words: Guid of a text to its utterances with words, in order.
        parts: Guid of an exchanged coding to the coding of the data set that it is part of.
        crowded: Guid of a text to the clocks, as headings have them, at which several turns begin, shown or not.
    """

    project: CodedProject
    words: Mapping[Guid, tuple[Words, ...]]
    parts: Mapping[Guid, str]
    crowded: Mapping[Guid, frozenset[str]] = field(default_factory=dict)

    def utterances(self, stretch: Stretch) -> tuple[UtteranceStretch, ...]:
        """The words that ``stretch`` lies on; what lies on headings, gaps and line ends is left out."""
        return tuple(_clipped(self.words.get(stretch.text, ()), stretch))


def project_of(path: Path) -> CodedProject:
    """The data set at ``path`` as a project that other programs can take.

    Raises:
        BadInput: There is no such file, or DuckDB cannot read it.
    """
    return lay_out(path).project


def lay_out(path: Path) -> LaidOut:
    """The data set at ``path`` as a project, and where each utterance stands in it.

    Raises:
        BadInput: There is no such file, or DuckDB cannot read it.
    """
    with opened(path) as connection:
        texts, words, turns = _texts(connection)
        where = {one.utterance: (text, place) for text, listed in words.items() for place, one in enumerate(listed)}
        codings, parts = _codings(connection, words, where)
        first = {coding: identifier for identifier, coding in reversed(parts.items())}
        project = CodedProject(
            title=_title(connection),
            texts=texts,
            codebook=_codebook(connection, first),
            codings=codings,
            cases=_cases(connection, turns),
        )
        crowded = _crowded(connection, texts)
    return LaidOut(project, words, parts, crowded)


def _texts(
    connection: duckdb.DuckDBPyConnection,
) -> tuple[tuple[ExchangedText, ...], dict[Guid, tuple[Words, ...]], dict[str, list[Stretch]]]:
    """The texts by day, the utterances of each, and the stretches of each case."""
    written: dict[str, tuple[list[str], list[Words], list[tuple[str, int, int]]]] = {}
    for (session,) in connection.execute(_SESSIONS).fetchall():
        written[session] = ([], [], [])
    length: dict[str, int] = dict.fromkeys(written, 0)
    for session, utterance, start_s, end_s, text, reason, case, name in connection.execute(_TURNS).fetchall():
        blocks, words, spoken = written[session]
        head = gap(reason, start_s, end_s) if text is None else f"{heading(name, start_s)}\n"
        block = head if text is None else head + said(text)
        if text:
            begins = length[session] + len(head)
            words.append(Words(utterance, begins, begins + len(text)))
            spoken.append((case, begins, begins + len(text)))
        blocks.append(block)
        length[session] += len(block) + 2  # the blank line
    texts: list[ExchangedText] = []
    laid: dict[Guid, tuple[Words, ...]] = {}
    cases: dict[str, list[Stretch]] = {}
    for session, (blocks, words, spoken) in written.items():
        whole = "\n\n".join(blocks)
        identifier = guid("text", session, whole)
        texts.append(ExchangedText(guid=identifier, name=session, text=whole))
        laid[identifier] = tuple(words)
        for case, start, end in spoken:
            cases.setdefault(case, []).append(Stretch(text=identifier, start=start, end=end))
    return tuple(texts), laid, cases


def _crowded(connection: duckdb.DuckDBPyConnection, texts: Iterable[ExchangedText]) -> dict[Guid, frozenset[str]]:
    begun = Counter((session, clock(start_s)) for session, start_s in connection.execute(_BEGINNINGS).fetchall())
    at: dict[str, set[str]] = defaultdict(set)
    for (session, when), count in begun.items():
        if count > 1:
            at[session].add(when)
    return {text.guid: frozenset(at[text.name]) for text in texts}


def _codings(
    connection: duckdb.DuckDBPyConnection,
    words: Mapping[Guid, Sequence[Words]],
    where: Mapping[str, tuple[Guid, int]],
) -> tuple[tuple[ExchangedCoding, ...], dict[Guid, str]]:
    """An exchanged coding for each run of words of a coding; several where words between are not coded."""
    found: list[ExchangedCoding] = []
    parts: dict[Guid, str] = {}
    before: tuple[str, Guid, int, int] | None = None
    numbers: Counter[str] = Counter()
    for coding, utterance, start, end, code, coder, on in connection.execute(_CODINGS).fetchall():
        text, place = where[utterance]
        one = words[text][place]
        first, last = one.start + start, one.start + end
        if before and before[:2] == (coding, text) and _goes_on(words[text], before[2:], place, start):
            found[-1] = found[-1].model_copy(
                update={"stretch": Stretch(text=text, start=found[-1].stretch.start, end=last)}
            )
        else:
            identifier = guid("coding", coding, str(numbers[coding]))
            numbers[coding] += 1
            parts[identifier] = coding
            stretch = Stretch(text=text, start=first, end=last)
            found.append(
                ExchangedCoding(guid=identifier, code=code, coder=coder, stretch=stretch, at=_at(on) if on else None)
            )
        before = (coding, text, place, last)
    return tuple(found), parts


def _goes_on(words: Sequence[Words], before: tuple[int, int], place: int, start: int) -> bool:
    """Whether a stretch begins with the first word after the last of the stretch before."""
    last_place, last_end = before
    return place == last_place + 1 and last_end == words[last_place].end and start == 0


def _clipped(words: Sequence[Words], stretch: Stretch) -> Iterator[UtteranceStretch]:
    at = max(0, bisect_right(words, stretch.start, key=lambda one: one.start) - 1)
    for one in words[at:]:
        if one.start >= stretch.end:
            return
        first, last = max(one.start, stretch.start), min(one.end, stretch.end)
        if first < last:
            yield UtteranceStretch(utterance_id=one.utterance, start_char=first - one.start, end_char=last - one.start)


def _codebook(connection: duckdb.DuckDBPyConnection, first: Mapping[str, Guid]) -> Codebook:
    codes = tuple(
        Code(code=code, name=name, description=description or "", colour=colour, parent=parent, codable=codable)
        for code, name, description, colour, parent, codable in connection.execute(_CODES).fetchall()
    )
    coders = tuple(Coder(coder=coder, name=name) for coder, name in connection.execute(_CODERS).fetchall())
    memos = tuple(
        Memo(
            memo=memo,
            title=title or "",
            text=text,
            about=about,
            on=first.get(on, "") if about == "coding" else on or "",
            coder=coder,
            at=_at(written_on),
        )
        for memo, title, text, about, on, coder, written_on in connection.execute(_MEMOS).fetchall()
    )
    return Codebook(codes=codes, coders=coders, memos=memos)


def _cases(connection: duckdb.DuckDBPyConnection, turns: Mapping[str, Sequence[Stretch]]) -> tuple[Case, ...]:
    return tuple(
        Case(
            guid=guid("case", case),
            name=name,
            variables={key: value for key, value in zip(VARIABLES, values, strict=True) if value is not None},
            stretches=tuple(turns.get(case, ())),
        )
        for case, name, *values in connection.execute(_CASES).fetchall()
    )


def _title(connection: duckdb.DuckDBPyConnection) -> str:
    said = dict(connection.execute(_PROVENANCE).fetchall())
    return f"Chatham data set, {said.get('purpose', '')}, {said.get('made_at', '')[:10]}"


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)

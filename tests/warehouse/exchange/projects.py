"""Made-up data sets with codings, and what every program must read of them."""

from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import strategies as st

from schemas.coding import Code, Codebook, Coder, Memo, ReleasedCoding, ReleasedCodings, ReleasedStretch
from schemas.consent import Level
from schemas.deidentified import DeidentifiedUtterance, WithheldReason
from tests.warehouse.samples import IDS, PROVENANCE, gap, said, session, speaker
from warehouse.load import ReleasedSession, build

AT = datetime(2026, 3, 4, tzinfo=UTC)
FERRIES, TIMES, FEAR, HOPE_TIMES, CODER, OTHER = (f"0000000{n}-0000-4000-8000-000000000000" for n in range(6))
WORDS = "We asked about 😀 the e\u0301tat des ferries. שלום עולם — naïve?"
BOOK = Codebook(
    codes=(
        Code(code=FEAR, name='Fear & "hope" <1>', colour="#aa0000", description="When it is said.\nAnd 'when' not."),
        Code(code=HOPE_TIMES, name="Timetables", parent=FEAR, colour="#00ff7f"),
        Code(code=FERRIES, name="Ferries", codable=False),
        Code(code=TIMES, name="Timetables", parent=FERRIES, description="Été 😀"),
    ),
    coders=(Coder(coder=CODER, name="ra1"), Coder(coder=OTHER, name="Zoë")),
)


def stretch(turn: str, start: int, end: int, of: str = "S1") -> ReleasedStretch:
    return ReleasedStretch(session=of, utterance=turn, piece=0, start_char=start, end_char=end)


def coding(number: int, *on: ReleasedStretch, code: str = FEAR, coder: str = CODER) -> ReleasedCoding:
    return ReleasedCoding(
        coding=f"1000000{number:01x}-0000-4000-8000-000000000000", code=code, coder=coder, stretches=on, at=AT
    )


def memo(number: int, about: str, on: str = "", title: str = "", text: str = "") -> Memo:
    identifier = f"2000000{number}-0000-4000-8000-000000000000"
    said_there = text or f"On {about} {number}: été 😀."
    return Memo(memo=identifier, title=title, text=said_there, about=about, on=on, coder=OTHER, at=AT)


def example(folder: Path) -> Path:
    """Two sessions, five turns, three speakers, a gap; codings with emoji, accents and Hebrew, over turns too."""
    ann = speaker("P02", Level.NAMED, label="Ann Ray", role_as=None)
    once = said(1, WORDS), gap(2), said(3, "First line.\r\nSecond line.", speaker=ann)
    again = said(1, "We asked again.", speaker=speaker("P03", Level.UNNAMED)), said(370, WORDS, speaker=ann)
    codings = (
        coding(1, stretch("u1", 15, 28)),
        coding(2, stretch("u1", 42, len(WORDS)), stretch("u3", 0, 11), code=TIMES),
        coding(3, stretch("u1", 0, 8), stretch("u3", 13, 19), code=HOPE_TIMES, coder=OTHER),
        coding(4, stretch("u370", 15, 16, "S2"), code=TIMES, coder=OTHER),
        coding(5, stretch("u1", 15, 28), coder=OTHER),
    )
    memos = (
        memo(1, "study", title="Plan"),
        memo(2, "study", title="Plan"),
        memo(3, "session", "S1"),
        memo(4, "code", TIMES),
        memo(5, "coding", codings[1].coding, title="Why"),
    )
    return made(folder, [session("S1", *once), session("S2", *again)], codings, memos)


def made(
    folder: Path, sessions: list[ReleasedSession], codings: tuple[ReleasedCoding, ...], memos: tuple[Memo, ...] = ()
) -> Path:
    """A data set of these."""
    path = folder / "release.duckdb"
    coded = ReleasedCodings(codebook=BOOK.model_copy(update={"memos": memos}), codings=codings)
    build(path, sessions, IDS, PROVENANCE, coded)
    return path


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def placed(path: Path) -> dict[str, list[tuple[str, int, int]]]:
    """Each coding of a data set to its stretches, in order."""
    found = defaultdict(list)
    for known_by, *place in rows(path, "SELECT coding_id, utterance_id, start_char, end_char FROM codings"):
        found[known_by].append(tuple(place))
    return {known_by: sorted(places) for known_by, places in found.items()}


TEXTS = st.text(
    st.sampled_from("ab cé. \n\r\t😀🏳\u200d\u0301\u05e9\u0627\ufeff\x00\x85\uffff'\"<&]>=\\"), max_size=40
) | st.text(max_size=20).filter(lambda text: text.isprintable() or not text)


@st.composite
def data(draw: st.DrawFn) -> tuple[list[ReleasedSession], tuple[ReleasedCoding, ...]]:
    """Sessions of whatever can be said, and codings on whatever stretches of it, each once."""
    sessions, shown = [], []
    for name in ("S1", "S2")[: draw(st.integers(1, 2))]:
        turns = []
        for number in range(1, draw(st.integers(2, 6))):
            if draw(st.integers(0, 4)) == 0:
                turns.append(gap(number, draw(st.sampled_from(WithheldReason))))
            else:
                who = speaker(f"P0{draw(st.integers(1, 2))}", Level.NAMED, label="Ann Ray 03:20")
                turns.append(said(number, draw(TEXTS), speaker=who))
        sessions.append(session(name, *turns))
        shown += [(name, one) for one in turns if isinstance(one, DeidentifiedUtterance) and one.text]
    codings = []
    if shown:
        for number in range(draw(st.integers(0, 6))):
            on = [_stretch(draw, *draw(st.sampled_from(shown))) for _ in range(draw(st.integers(1, 3)))]
            codings.append(coding(number, *dict.fromkeys(on), code=draw(st.sampled_from((FEAR, TIMES)))))
    return sessions, tuple(codings)


def _stretch(draw: st.DrawFn, name: str, turn: DeidentifiedUtterance) -> ReleasedStretch:
    start = 0 if draw(st.booleans()) else draw(st.integers(0, len(turn.text) - 1))
    end = len(turn.text) if draw(st.booleans()) else draw(st.integers(start + 1, len(turn.text)))
    return stretch(turn.utterance, start, end, name)

"""Krippendorff's alpha as a library has it, and the utterances on which coders differ, with their words."""

from datetime import UTC, datetime

import duckdb
import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.coding import Code, Codebook, Coder, ReleasedCoding, ReleasedCodings, ReleasedStretch
from tests.warehouse.samples import IDS, PROVENANCE, gap, said, session
from warehouse.load import create_schema
from warehouse.rows import tables

CODES, CODERS = ("Fear", "Hope", "Unused"), ("ann", "bob", "cy", "dee")
SESSIONS = {"S1": 6, "S2": 4}
AT = datetime(2026, 5, 4, tzinfo=UTC)
Put = tuple[str, int, int, int]
"""Session, number of the turn, code, coder."""


def guid(kind: int, number: int) -> str:
    return f"{kind:08d}-0000-4000-8000-{number:012d}"


def data_set(put: set[Put]) -> duckdb.DuckDBPyConnection:
    book = Codebook(
        codes=tuple(Code(code=guid(1, n), name=name) for n, name in enumerate(CODES)),
        coders=tuple(Coder(coder=guid(2, n), name=name) for n, name in enumerate(CODERS)),
    )
    codings = tuple(
        ReleasedCoding(
            coding=guid(3, number),
            code=guid(1, code),
            coder=guid(2, coder),
            stretches=(ReleasedStretch(session=where, utterance=f"u{turn}", piece=0, start_char=3, end_char=8),),
            at=AT,
        )
        for number, (where, turn, code, coder) in enumerate(sorted(put))
    )
    turns = {
        name: [said(n, start_s=float(n), end_s=n + 0.5) for n in range(1, count + 1)]
        for name, count in SESSIONS.items()
    }
    given_sessions = [session(name, *listed, gap(99)) for name, listed in turns.items()]
    connection = duckdb.connect()
    create_schema(connection)
    for name, table in tables(given_sessions, IDS, PROVENANCE, ReleasedCodings(codebook=book, codings=codings)).items():
        connection.register("arriving", table)
        connection.execute(f"INSERT INTO {name} SELECT * FROM arriving")  # noqa: S608 - our own tables
    return connection


PUTS = st.sets(
    st.sampled_from([(name, turn, code, coder) for name, count in SESSIONS.items() for turn in range(1, count + 1)
                     for code in (0, 1) for coder in range(4)]), max_size=40,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(PUTS)
def test_alpha_is_that_of_a_library(put: set[Put]) -> None:
    active = {name: sorted({coder for where, _, _, coder in put if where == name}) for name in SESSIONS}
    shared = {name for name, coders in active.items() if len(coders) > 1}
    with data_set(put) as connection:
        found = dict(connection.execute("SELECT code, alpha FROM reliability").fetchall())
    assert set(found) == (set(CODES) if shared else set())
    for number, name in enumerate(CODES) if shared else ():
        units = [(where, turn) for where in sorted(shared) for turn in range(1, SESSIONS[where] + 1)]
        rows = [
            [float((where, turn, number, coder) in put) if coder in active[where] else np.nan for where, turn in units]
            for coder in range(len(CODERS))
        ]
        judged = np.array(rows)
        values = set(judged[~np.isnan(judged)])
        if len(values) < 2:
            assert found[name] is None
        else:
            wanted = krippendorff.alpha(judged, level_of_measurement="nominal", value_domain=[0.0, 1.0])
            assert found[name] == pytest.approx(wanted)


def test_alpha_of_an_example_worked_by_hand() -> None:
    """Two coders, six turns: both on the first, one of them on the second. Observed 2, expected 2·3·9/11."""
    put = {("S1", 1, 0, 0), ("S1", 1, 0, 1), ("S1", 2, 0, 0)}
    query = "SELECT coders, utterances, put, alpha FROM reliability WHERE code = 'Fear'"
    with data_set(put) as connection:
        [row] = connection.execute(query).fetchall()
    assert row == (2, 6, 3, pytest.approx(1 - 2 / (2 * 3 * 9 / 11)))


@settings(max_examples=30, deadline=None)
@given(PUTS)
def test_every_disagreement_and_nothing_else_is_listed(put: set[Put]) -> None:
    active = {name: {coder for where, _, _, coder in put if where == name} for name in SESSIONS}
    wanted = set()
    for where, turn, code, _ in put:
        yes = {coder for w, t, c, coder in put if (w, t, c) == (where, turn, code)}
        if yes != active[where]:
            names = [tuple(CODERS[coder] for coder in sorted(some)) for some in (yes, active[where] - yes)]
            wanted.add((where, turn, CODES[code], *names))
    query = "SELECT session_id, start, code, put_by, not_by, words, text FROM disagreements"
    with data_set(put) as connection:
        found = connection.execute(query).fetchall()
    assert {(s, int(at[-2:]), code, tuple(yes), tuple(no)) for s, at, code, yes, no, _, _ in found} == wanted
    assert len(found) == len(wanted)
    assert all(words == text[3:8] for *_, words, text in found)

"""What differs between two data sets: turns, levels, what is withheld, who may be quoted, codings; and the words."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import duckdb

from warehouse.opened import quoted
from warehouse.sides import side_by_side, tables

LEFT_OUT = frozenset({"provenance"})
"""Says when and from what a data set was made, so that it always differs."""
ROWS_AT_ONCE = 1000
_SAME_PLACE = "session_id, start_s, end_s"
_PAIRS = f"""
    CREATE TEMP TABLE pairs AS
    WITH same AS (SELECT utterance_id FROM a.utterances SEMI JOIN b.utterances USING (utterance_id)),
    -- Whoever chose a more protective level has new ids; where and when it was said has not changed.
    gone AS (SELECT utterance_id, {_SAME_PLACE},
                 row_number() OVER (PARTITION BY {_SAME_PLACE} ORDER BY text, utterance_id) AS place
             FROM a.utterances ANTI JOIN same USING (utterance_id)),
    come AS (SELECT utterance_id, {_SAME_PLACE},
                 row_number() OVER (PARTITION BY {_SAME_PLACE} ORDER BY text, utterance_id) AS place
             FROM b.utterances ANTI JOIN same USING (utterance_id))
    SELECT utterance_id AS in_a, utterance_id AS in_b FROM same
    UNION ALL
    SELECT gone.utterance_id, come.utterance_id FROM gone JOIN come USING ({_SAME_PLACE}, place)
"""  # noqa: S608 - our own columns
_MATCHED = """
    CREATE TEMP VIEW matched AS
    SELECT u.session_id, u.start_s, v.text AS text_b, u.text AS text_a,
        u.withheld AS withheld_a, v.withheld AS withheld_b,
        coalesce(u.withheld_reason, 'shown') AS reason_a, coalesce(v.withheld_reason, 'shown') AS reason_b,
        u.quote_state AS quote_a, v.quote_state AS quote_b,
        s.label AS label_a, t.label AS label_b, s.level AS level_a, t.level AS level_b
    FROM pairs
    JOIN a.utterances u ON u.utterance_id = in_a JOIN b.utterances v ON v.utterance_id = in_b
    LEFT JOIN a.speakers s ON s.speaker_id = u.speaker_id LEFT JOIN b.speakers t ON t.speaker_id = v.speaker_id
"""
_CHANGED = "text_a IS DISTINCT FROM text_b AND NOT (withheld_a AND withheld_b)"
_WORDS = f"""
    SELECT * FROM (
        SELECT session_id, start_s, 'changed' AS what, label_a, label_b, text_a, text_b FROM matched WHERE {_CHANGED}
        UNION ALL
        SELECT session_id, start_s, 'gone', label, NULL, text, NULL FROM a.utterances LEFT JOIN a.speakers
            USING (speaker_id) WHERE utterance_id NOT IN (SELECT in_a FROM pairs) AND NOT withheld
        UNION ALL
        SELECT session_id, start_s, 'added', NULL, label, NULL, text FROM b.utterances LEFT JOIN b.speakers
            USING (speaker_id) WHERE utterance_id NOT IN (SELECT in_b FROM pairs) AND NOT withheld
    ) ORDER BY session_id, start_s, what, text_a, text_b
"""  # noqa: S608 - our own columns
_CODED = """
    SELECT in_b, code_id, coder_id, start_char, end_char FROM {side}.codings JOIN pairs ON utterance_id = {id}
"""

Turned = dict[tuple[str, str], int]
"""From what to what, and in how many turns."""


class TableDifference(NamedTuple):
    """Rows of one table: in each data set, and those that only one of them has."""

    rows_a: int
    rows_b: int
    only_a: int
    only_b: int


class Words(NamedTuple):
    """One turn that differs, with its words in both data sets; None: it is not there, or withheld."""

    session: str
    start_s: float
    what: str
    """changed, gone or added."""
    label_a: str | None
    label_b: str | None
    text_a: str | None
    text_b: str | None

    def __repr__(self) -> str:
        return f"Words({self.session}, {self.what})"


@dataclass(frozen=True)
class Difference:
    """What differs, in counts.

    Attributes:
        same, changed: Turns that are in both, with the same words or with others.
        gone, added: Turns that only the first or only the second has.
        withheld: From the reason, or ``shown``, to the same of the second.
        quotes, levels: Of turns that both show.
        codings_gone, codings_added: Of turns that both have; a coding that was moved is one of each.
    """

    tables: dict[str, TableDifference]
    same: int
    changed: int
    gone: int
    added: int
    withheld: Turned
    quotes: Turned
    levels: Turned
    codings_gone: int
    codings_added: int


@dataclass(frozen=True)
class Sides:
    """Two data sets laid side by side."""

    counts: Difference
    _connection: duckdb.DuckDBPyConnection = field(repr=False)

    def words(self) -> Iterator[Words]:
        """Every turn whose words differ, by session and time; read as it is asked for."""
        rows = self._connection.execute(_WORDS)
        while batch := rows.fetchmany(ROWS_AT_ONCE):
            yield from map(Words._make, batch)


@contextmanager
def compared(first: Path, second: Path, database: str) -> Iterator[Sides]:
    """Compare the data sets in two folders; raises as ``warehouse.sides.side_by_side``.

    Turns are the same where their ids are, and else where they lie in the same session at the same time.
    """
    with side_by_side(first, second, database) as connection:
        connection.execute(_PAIRS)
        connection.execute(_MATCHED)
        yield Sides(_difference(connection), connection)


def _difference(connection: duckdb.DuckDBPyConnection) -> Difference:
    both, changed = _one(connection, f"SELECT count(*), count(*) FILTER ({_CHANGED}) FROM matched")  # noqa: S608
    rows = {table: _of_table(connection, table) for table in tables(connection) if table not in LEFT_OUT}
    shown = "NOT withheld_a AND NOT withheld_b"
    return Difference(
        tables=rows,
        same=both - changed,
        changed=changed,
        gone=rows["utterances"].rows_a - both,
        added=rows["utterances"].rows_b - both,
        withheld=_turned(connection, "reason", "true"),
        quotes=_turned(connection, "quote", shown),
        levels=_turned(connection, "level", shown),
        codings_gone=_beyond(connection, ("a", "in_a"), ("b", "in_b")),
        codings_added=_beyond(connection, ("b", "in_b"), ("a", "in_a")),
    )


def _of_table(connection: duckdb.DuckDBPyConnection, table: str) -> TableDifference:
    # A turn more or less moves the place of all that follow.
    chosen = "SELECT * EXCLUDE (position)" if table == "utterances" else "SELECT *"
    a, b = f"{chosen} FROM a.{quoted(table)}", f"{chosen} FROM b.{quoted(table)}"
    sources = (a, b, f"{a} EXCEPT ALL {b}", f"{b} EXCEPT ALL {a}")
    counts = ", ".join(f"(SELECT count(*) FROM ({one}))" for one in sources)  # noqa: S608 - our own tables
    return TableDifference(*_one(connection, f"SELECT {counts}"))


def _turned(connection: duckdb.DuckDBPyConnection, what: str, where: str) -> Turned:
    was, now = f"coalesce({what}_a, 'not')", f"coalesce({what}_b, 'not')"
    query = f"SELECT {was}, {now}, count(*) FROM matched WHERE {where} AND {was} <> {now} GROUP BY ALL ORDER BY ALL"  # noqa: S608
    return {(a, b): count for a, b, count in connection.execute(query).fetchall()}


def _beyond(connection: duckdb.DuckDBPyConnection, one: tuple[str, str], other: tuple[str, str]) -> int:
    """How many codings of turns that both have only ``one`` has."""
    left, right = (_CODED.format(side=side, id=identity) for side, identity in (one, other))
    return _one(connection, f"SELECT count(*) FROM ({left} EXCEPT ALL {right})")[0]  # noqa: S608 - our own columns


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    row = connection.execute(query).fetchone()
    return tuple(row) if row is not None else ()

"""Reads back what a data set shows: every utterance with words, and how many are withheld and why."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import duckdb

from warehouse.opened import opened

_SHOWN = """
    SELECT u.utterance_id, u.session_id, s.language, p.label, p.level, u.start_s, u.text
    FROM utterances u JOIN sessions s USING (session_id) JOIN speakers p USING (speaker_id)
    WHERE NOT u.withheld ORDER BY u.utterance_id
"""
_NAMED = "SELECT DISTINCT label FROM speakers WHERE level IN ('named', 'first_name') ORDER BY label"
_WITHHELD = "SELECT withheld_reason, count(*) FROM utterances WHERE withheld GROUP BY ALL ORDER BY 1"
_MASKS = "SELECT utterance_id, start_char, end_char FROM redactions ORDER BY ALL"


class ShownUtterance(NamedTuple):
    """One utterance that stands in a data set with its words."""

    utterance: str
    session: str
    language: str
    """Of its session."""
    label: str
    level: str
    start_s: float
    text: str
    masks: tuple[tuple[int, int], ...]
    """Where something stands in place of something else, in codepoints of ``text``, half-open, in order."""

    def __repr__(self) -> str:
        return f"ShownUtterance({self.utterance})"


@dataclass(frozen=True, repr=False)
class Contents:
    """What a data set shows.

    Attributes:
        named: Labels of speakers who are shown by name or first name.
        withheld: Reason to number of utterances.
        provenance: Of the table of that name.
    """

    shown: tuple[ShownUtterance, ...]
    named: tuple[str, ...]
    withheld: Mapping[str, int]
    provenance: Mapping[str, str]

    @property
    def words(self) -> int:
        """Words of all that is shown: what stands between spaces."""
        return sum(len(one.text.split()) for one in self.shown)

    @property
    def masks(self) -> int:
        """Places where something stands in place of something else."""
        return sum(len(one.masks) for one in self.shown)


def read_contents(path: Path) -> Contents:
    """Read the data set at ``path``; raises BadInput where it is not there or cannot be read."""
    with opened(path) as connection:
        masks = _masks(connection)
        shown = connection.execute(_SHOWN).fetchall()
        return Contents(
            shown=tuple(ShownUtterance._make((*row, masks.get(row[0], ()))) for row in shown),
            named=tuple(label for (label,) in connection.execute(_NAMED).fetchall()),
            withheld=dict(connection.execute(_WITHHELD).fetchall()),
            provenance=dict(connection.execute("SELECT key, value FROM provenance").fetchall()),
        )


def _masks(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[tuple[int, int], ...]]:
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for utterance, start, end in connection.execute(_MASKS).fetchall():
        found[utterance].append((start, end))
    return {utterance: tuple(places) for utterance, places in found.items()}

"""How many people of a data set share what is said of them (k-anonymity), of those who stand in it below `named`.

The build leaves no group of one (`warehouse.alone`); small groups remain, and are told.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import duckdb

REPORTED = 5
"""Groups smaller than this are told."""

_SPEAKERS = """
    SELECT CASE WHEN level = 'role' THEN label END AS said, tier, role_as, organisation_as, place_as, language,
           label, level = 'pseudonym' AS own, speaker_id
    FROM speakers
    WHERE level NOT IN ('named', 'unnamed')
      AND (level = 'role' OR coalesce(tier, role_as, organisation_as, place_as, language) IS NOT NULL)
"""
_TOGETHER = "SELECT DISTINCT session_id, speaker_id FROM utterances WHERE speaker_id IS NOT NULL"


class Cell(NamedTuple):
    """One combination of released attributes, and how many people have it."""

    role_label: str | None
    """The label, where it is a role."""
    tier: str | None
    role_as: str | None
    organisation_as: str | None
    place_as: str | None
    language: str | None
    people: int


class SmallCells(NamedTuple):
    """All combinations of a data set, the rarest first. A speaker of whom nothing is said is in none."""

    cells: tuple[Cell, ...]

    def people_below(self, k: int) -> int:
        """How many people stand in groups of fewer than ``k``."""
        return sum(cell.people for cell in self.cells if cell.people < k)

    @property
    def alone(self) -> int:
        """How many people have a combination to themselves."""
        return self.people_below(2)


def small_cells(connection: duckdb.DuckDBPyConnection) -> SmallCells:
    """Count who shares what in an open data set.

    The file does not say which speakers are one person, so that people are counted at the least: a made-up name is one
    person's; of first names and roles those count apart that speak in one session, and two of any number, which the
    build has made sure of.
    """
    sessions: dict[str, set[str]] = defaultdict(set)
    for session, speaker in connection.execute(_TOGETHER).fetchall():
        sessions[speaker].add(session)
    groups: dict[tuple[Any, ...], list[tuple[str, bool, str]]] = defaultdict(list)
    for row in connection.execute(_SPEAKERS).fetchall():
        groups[tuple(row[:6])].append(row[6:])
    cells = [Cell._make((*said, _people(speakers, sessions))) for said, speakers in groups.items()]
    return SmallCells(tuple(sorted(cells, key=lambda cell: (cell.people, [value or "" for value in cell[:-1]]))))


def _people(speakers: Iterable[tuple[str, bool, str]], sessions: dict[str, set[str]]) -> int:
    """The least number of people that some speakers of one combination can be."""
    speakers = list(speakers)
    own = {label for label, is_own, _ in speakers if is_own}
    others = [speaker for _, is_own, speaker in speakers if not is_own]
    together: dict[str, int] = defaultdict(int)
    for speaker in others:
        for session in sessions[speaker]:
            together[session] += 1
    least = len(own) + max(together.values(), default=min(1, len(others)))
    return max(least, min(2, len(own) + len(others)))


def small_groups(found: SmallCells) -> dict[int, int]:
    """How many groups there are of each size below ``REPORTED``, the smallest first."""
    sizes = sorted(cell.people for cell in found.cells if cell.people < REPORTED)
    return {size: sizes.count(size) for size in sizes}


def told(groups: Mapping[int, int]) -> list[str]:
    """What a person reads of ``small_groups``: a sentence for each size."""
    return [_sentence(size, count) for size, count in groups.items()]


def _sentence(size: int, groups: int) -> str:
    if size == 1:
        return "1 person stands alone" if groups == 1 else f"{groups} people stand alone"
    where = f"a group of {size}" if groups == 1 else f"groups of {size}"
    return f"{size * groups} people stand in {where}"

"""How many people of a data set share what is said of them (k-anonymity), of those who stand in it below `named`.

The build leaves no group of one (`warehouse.alone`); small groups remain, and are told.
"""

from collections.abc import Mapping
from typing import NamedTuple

import duckdb

from warehouse.load import COMBINATIONS

REPORTED = 5
"""Groups smaller than this are told."""


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

    As the view `combinations` of a data set has it, also in a file that was made before there were views. People are
    counted at the least; unnamed ones, of whom nothing is said, are in no combination here.
    """
    found = connection.sql(COMBINATIONS).filter("NOT unnamed").project(", ".join(Cell._fields)).fetchall()
    cells = [Cell._make(row) for row in found]
    return SmallCells(tuple(sorted(cells, key=lambda cell: (cell.people, [value or "" for value in cell[:-1]]))))


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

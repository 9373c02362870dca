"""Who is like whom: the generalised attributes of everybody, and which of them somebody else has too."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from deidentification.terms import Terms
from schemas.consent import Level
from schemas.deidentified import ATTRIBUTES_GO
from schemas.identifiers import ParticipantId
from schemas.roster import MatchingTable, Person

Columns = dict[str, str | None]
"""Generalised attributes of a person, by column of ``SpeakerShown``."""
COLUMNS = ("tier", "language", "role_as", "organisation_as", "place_as")
SAID_ANYWAY = ("role_as", "organisation_as")
"""What a label that is a role says itself."""
Consents = Callable[[ParticipantId], bool]
"""Whether somebody takes part in a session at all: whoever does not hides nobody."""


def steps(level: Level) -> list[tuple[str, ...]]:
    """The sets of columns that are tried one after the other at ``level``, the most telling first."""
    going = [column for column in ATTRIBUTES_GO if level is not Level.ROLE or column not in SAID_ANYWAY]
    return [tuple(c for c in COLUMNS if c not in going[:number]) for number in range(len(going))]


STEPS = tuple(dict.fromkeys([*steps(Level.PSEUDONYM), *steps(Level.ROLE), SAID_ANYWAY]))
"""Every set of columns on which it may rest how somebody is shown."""


@dataclass(frozen=True)
class Company:
    """Everybody's attributes, as they may stand in a data set. Made once for a matching table: nothing depends on a
    session.

    Args:
        terms: Of the same table; a generalisation that holds a name is none.
    """

    table: MatchingTable
    terms: Terms

    @classmethod
    def of(cls, table: MatchingTable) -> "Company":
        """With the terms of ``table``."""
        return cls(table, Terms.of(table))

    def generalised(self, text: str | None) -> str | None:
        """A generalisation of the roster's, or None where there is none or it holds somebody's name."""
        return text if text and not self.terms.holds_name(text) else None

    def columns(self, person: Person) -> Columns:
        """All attributes of ``person``; also of somebody who is in the table no longer."""
        return dict(zip(COLUMNS, self._rows.get(person.participant) or self._row(person), strict=True))

    def shared(self, person: Person, columns: tuple[str, ...], consents: Consents) -> bool:
        """Whether somebody else who consents has the same in all of ``columns``; nobody is asked beyond the first."""
        alike = self._alike[columns].get(_values(self.columns(person), columns), ())
        return any(other != person.participant and consents(other) for other in alike)

    def kept(self, person: Person, level: Level, consents: Consents) -> Columns:
        """What may stand beside the label of ``person`` at ``level``: all if ``named``, else what somebody shares."""
        if level is Level.NAMED:
            return self.columns(person)
        left = SAID_ANYWAY if level is Level.ROLE else ()
        shown = next((step for step in steps(level) if self.shared(person, step, consents)), left)
        return {column: value for column, value in self.columns(person).items() if column in shown}

    def told(self, person: Person, consents: Consents) -> list[bool]:
        """Everything by which others' choices bear on how ``person`` is shown: of each of ``STEPS``, whether shared."""
        return [self.shared(person, columns, consents) for columns in STEPS]

    @cached_property
    def _rows(self) -> dict[ParticipantId, tuple[str | None, ...]]:
        return {person.participant: self._row(person) for person in self.table.people}

    def _row(self, person: Person) -> tuple[str | None, ...]:
        texts = (self.generalised(text) for text in (person.role_as, person.organisation_as, person.place_as))
        return (person.tier, person.language, *texts)

    @cached_property
    def _alike(self) -> dict[tuple[str, ...], dict[tuple[str | None, ...], list[ParticipantId]]]:
        found: dict[tuple[str, ...], dict[tuple[str | None, ...], list[ParticipantId]]] = {}
        for columns in STEPS:
            groups = found[columns] = defaultdict(list)
            for person in self.table.people:
                groups[_values(self.columns(person), columns)].append(person.participant)
        return found


def _values(row: Columns, columns: tuple[str, ...]) -> tuple[str | None, ...]:
    return tuple(row[column] for column in columns)

"""Lets records that are kept together hold their equal parts once, so that a large study takes less memory."""

from collections.abc import Hashable, Iterable
from typing import Any, TypeVar

from schemas.records import Record

Part = TypeVar("Part", bound=Hashable)


class Shared:
    """Lets records that are kept together hold equal parts once: as they are read, each has parts of its own.

    What a record says stays the same, and so it does not matter who else holds a part: records never change.
    """

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}

    def part(self, value: Part) -> Part:
        """``value``, or the equal one that was given first."""
        known: Part | None = self._known.get(value)
        if known is not None:
            return known
        if isinstance(value, Record):
            self._lighten(value)
        self._known[value] = value
        return value

    def parts(self, values: Iterable[Part]) -> tuple[Part, ...]:
        """``part`` of each."""
        return tuple(map(self.part, values))

    def within(self, record: Record, **parts: object) -> None:
        """Let ``record`` hold ``parts``, which equal its own, in their place."""
        vars(record).update(parts)
        self._lighten(record)

    def _lighten(self, record: Record) -> None:
        """Share pydantic's own note of which fields were given: a set, and larger than most records."""
        given = record.model_fields_set
        object.__setattr__(record, "__pydantic_fields_set__", self._known.setdefault(frozenset(given), given))

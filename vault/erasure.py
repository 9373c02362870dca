"""What every store of personal things promises: to erase one participant, and to say what it did."""

from collections.abc import Callable
from typing import BinaryIO, Protocol

from schemas.identifiers import Digest
from schemas.records import Record

Intervals = list[tuple[float, float]]
"""Start and end in seconds, sorted, not overlapping."""

Silence = Callable[[BinaryIO, BinaryIO, Intervals], None]
"""Copies a recording from the first stream to the second, silent inside the intervals, its length unchanged."""


class Erased(Record):
    """What one store did for one erasure."""

    store: str
    items: int
    """Things removed, blanked or replaced: recordings, utterances, mentions, entries, rows."""
    before: Digest
    """Over the store's files as they lay, encrypted."""
    after: Digest
    whole_recordings: int = 0
    """Recordings of several voices that were removed whole, because no one voice could be silenced in them."""


class Store(Protocol):
    """A place that may hold something of a participant."""

    @property
    def name(self) -> str:
        """What a certificate calls it; nothing personal."""
        ...

    def erase(self, participant: str) -> Erased:
        """Remove everything of ``participant``; may be run again after a crash, and goes on where it stopped."""
        ...

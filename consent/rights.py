"""Follows the journal as it is read: each entry was signed by somebody who had the right to record just then."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from consent.recorders import RecorderCheck, read_recorders
from consent.storage.journal import Journal
from consent.storage.leaf import decode
from consent.storage.lines import damaged
from schemas.errors import BadInput, LedgerDamaged


class Rights:
    """How far a journal's entries were checked for their recorders.

    Args:
        folder: The study's ``consent/``, where recorders' keys are kept.
        journal: Its journal.
        keys: Raw Ed25519 keys of all recorders by key id.
    Attributes:
        start: Entries before it were not looked at, because a saved frontier stands for them.
        vouched: How many entries at the beginning need no look at their signatures: a signed checkpoint names them, and
            they were looked at before it was signed. Who had the right to record is gone through all the same.
    """

    def __init__(self, folder: Path, journal: Journal, keys: Mapping[str, bytes]) -> None:
        self._folder = folder
        self._journal = journal
        self._keys = keys
        self.vouched = 0
        self.begin(0)

    def begin(self, start: int) -> None:
        """Begin anew, behind the first ``start`` entries."""
        self.start = self._checked = start
        self._unsigned: LedgerDamaged | None = None
        self._recorders = RecorderCheck(self._keys, resumed=start > 0)

    def check(self) -> None:
        """Check what was read since the last time; raises LedgerDamaged, then and from then on."""
        if self._checked == self._journal.size:
            return
        if self._unsigned is not None:
            raise self._unsigned
        for data in self._journal.leaves(self._checked, self._journal.size):
            wrong = self._wrong(data)
            if wrong is not None:
                # Kept: an entry cannot be taken twice, and it will not become right.
                self._unsigned = damaged(self._checked + 1, wrong)
                raise self._unsigned
            self._checked += 1

    def holds(self, key_id: str) -> bool:
        """Whether an entry that this recorder signed next would be right."""
        return self._recorders.holds(key_id)

    def _wrong(self, data: bytes) -> str | None:
        leaf = decode(data)
        if leaf is None:
            return "is no entry"
        if self._keys and self._recorders.is_strange(leaf):
            self._learn()
        take = self._recorders.right_of if self._checked < self.vouched else self._recorders.take
        return take(self._checked, leaf)

    def _learn(self) -> None:
        """Read the recorders' keys again: a key is kept before the entry that lets its recorder in."""
        with suppress(BadInput):
            self._keys = {**read_recorders(self._folder), **self._keys}
            self._recorders.learn(self._keys)

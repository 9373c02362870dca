"""What was read or recorded so far of the journal: hashes and places of entries, not their contents."""

from array import array
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from consent.storage.lines import ASK_FOR_HELP, NAME, damaged
from consent.tlog.merkle import Frontier, HashList
from schemas.errors import LedgerDamaged

if TYPE_CHECKING:
    from consent.storage.frontier import SavedFrontier


class Known:
    """The known part of the journal, from its beginning on or from a saved frontier on.

    Args:
        saved: Where to begin; None: at the beginning, with nothing known.
        last_line: The line before that place.
    Attributes:
        start: Index of the first entry whose hash and place are known; those before it are known by their subtrees.
        hashes: Leaf hashes from ``start`` on.
        last_line: The last line of all, as it stands in the file.
        offset: Where the last whole batch ends, in bytes.
    """

    def __init__(self, saved: "SavedFrontier | None" = None, last_line: bytes = b"") -> None:
        self.start = saved.size if saved else 0
        self.hashes = HashList()
        self.last_line = last_line
        self.offset = self._start_offset = saved.offset if saved else 0
        self._begin = saved.subtrees if saved else ()
        self._ends = array("Q")
        self._edge = Frontier.of(self.start, self._begin)

    @property
    def size(self) -> int:
        """How many entries are known."""
        return self.start + len(self.hashes)

    def add(self, hashes: Sequence[bytes], lengths: Sequence[int], last_line: bytes) -> None:
        """Take in whole batches: leaf hashes, bytes of each line, and the last line."""
        ends = list(accumulate(lengths, initial=self.offset))
        self._ends.extend(ends[1:])
        self.offset = ends[-1]
        self.hashes.extend(hashes)
        self.last_line = last_line

    def place(self, index: int) -> int:
        """Where the line of entry ``index`` (from ``start`` to ``size``) begins, in bytes."""
        return self._ends[index - self.start - 1] if index > self.start else self._start_offset

    def edge(self) -> Frontier:
        """The tree's right edge over all that is known. It is made when asked for, and goes on from there."""
        self._edge.extend(self.hashes, self._edge.size - self.start)
        return self._edge

    def root_at(self, size: int) -> bytes:
        """Root over the first ``size`` entries, 32 bytes; ``size`` lies between ``start`` and ``self.size``."""
        if size < self._edge.size:
            edge = Frontier.of(self.start, self._begin)
            edge.extend(self.hashes, 0, size - self.start)
            return edge.root()
        self._edge.extend(self.hashes, self._edge.size - self.start, size - self.start)
        return self._edge.root()

    def check_kept_in(self, now: "Known") -> None:
        """Raise LedgerDamaged unless ``now``, read from the beginning, begins with all that is known here."""
        if now.size < self.size:
            raise LedgerDamaged(
                f"{NAME} holds {now.size} of the {self.size} entries recorded before", hint=ASK_FOR_HELP
            )
        if self.start and now.root_at(self.start) != Frontier.of(self.start, self._begin).root():
            raise LedgerDamaged(
                f"the first {self.start} lines of {NAME} are not the entries that the log's checkpoint names",
                hint=ASK_FOR_HELP,
            )
        for index in range(self.start, self.size):
            if now.hashes[index] != self.hashes[index - self.start]:
                raise damaged(index + 1, "is not the entry that was recorded there before")

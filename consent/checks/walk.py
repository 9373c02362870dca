"""One pass over the journal for a check with public keys only: lines, batches, rights, references, tiles and roots.

What is asked of the tree later (roots at some sizes, hashes at some indexes) is named before, so that nothing of the
journal is kept: memory does not grow with it but for one byte an entry.
"""

import os
from collections import deque
from collections.abc import Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, cast

from consent.checks.report import Findings
from consent.checks.tile_check import TileCheck
from consent.recorders import RecorderCheck
from consent.storage.leaf import LEAF_BYTES, Leaf, decode
from consent.storage.lines import DISPOSED, NAME, whole_batches
from consent.tlog.merkle import EMPTY_ROOT, Frontier
from schemas.errors import LedgerDamaged
from schemas.ledger import EventKind

REFERS_TO = {
    EventKind.ERASE: {EventKind.WITHDRAW},
    EventKind.ERASE_ATTEST: {EventKind.WITHDRAW, EventKind.ERASE},
    EventKind.UNDO: {EventKind.WITHDRAW},
}
"""References stand on withdraw → erase chains only: anything else would let an outsider link entries of one person."""

_LEAF_AT = 45
_KINDS = list(EventKind)
_CHUNK = 512
_DAY = timedelta(days=1)


@dataclass
class Walked:
    """What one pass over the journal gave."""

    size: int = 0
    root: bytes = EMPTY_ROOT
    torn_bytes: int = 0
    """Length of a last batch that is not whole: it was never confirmed to anybody."""
    whole: bool = True
    """Whether the journal was read to its end: false where a line is damaged."""
    missing: bool = False
    """There is no journal."""
    roots: dict[int, bytes] = field(default_factory=dict)
    """Root at each size asked for that the journal reaches."""
    hashes: dict[int, bytes] = field(default_factory=dict)
    """Leaf hash at each index asked for that the journal reaches."""
    leaves: dict[int, Leaf] = field(default_factory=dict)
    """The leaves at the same indexes."""
    edges: dict[int, tuple[int, tuple[bytes, ...], bytes]] = field(default_factory=dict)
    """At each size asked for: the journal's length there in bytes, the tree's right edge, the last leaf's hash."""
    forms: dict[str, int] = field(default_factory=dict)
    """Hash of each form that an entry registers, to that entry's index."""
    policies: dict[str, int] = field(default_factory=dict)
    """Hash of each policy that an entry pins, to the newest such entry's index; the newest last."""
    key_changes: list[int] = field(default_factory=list)
    """Indexes of the entries that record a change of the log's own keys."""
    introduced: bool = False
    """Whether the first entry lets in whoever signed it, as every new register begins."""
    disposed: list[int] = field(default_factory=list)
    """Entries whose contents were disposed of."""
    erased: bool = False
    """Whether an entry says that somebody's words were destroyed, as before any content may be disposed of."""
    backwards: list[int] = field(default_factory=list)
    """Entries whose minute is more than a day before that of an earlier one."""


def walk(
    folder: Path,
    recorders: RecorderCheck | None,
    tiles: TileCheck,
    findings: Findings,
    *,
    sizes: Collection[int] = (),
    indexes: Collection[int] = (),
) -> Walked:
    """Read the journal once from beginning to end and check all that needs no secret key.

    Args:
        folder: The study's ``consent/``.
        recorders: Checks who signed each entry; None where their keys are not to be had.
        tiles: Compares the published tiles.
        findings: Takes what is wrong.
        sizes: Tree sizes whose roots are wanted.
        indexes: Entries whose leaf hashes are wanted.
    """
    if not (folder / NAME).is_file():
        findings.wrong(f"{NAME} is missing", NAME)
        return Walked(whole=False, missing=True)
    pass_ = _Pass(recorders, tiles, findings, frozenset(sizes), frozenset(indexes))
    with (folder / NAME).open("rb") as file, _Signatures(recorders, findings) as signatures:
        pass_.read(file, signatures)
        pass_.done.torn_bytes = os.fstat(file.fileno()).st_size - pass_.offset if pass_.done.whole else 0
    pass_.done.root = pass_.edge.root()
    tiles.finish(whole=pass_.done.whole)
    return pass_.done


class _Pass:
    def __init__(
        self,
        recorders: RecorderCheck | None,
        tiles: TileCheck,
        findings: Findings,
        sizes: frozenset[int],
        indexes: frozenset[int],
    ) -> None:
        self.done = Walked()
        self.edge = Frontier()
        self.offset = 0
        self._recorders = recorders
        self._tiles = tiles
        self._findings = findings
        self._sizes = sizes
        self._indexes = indexes
        self._kinds = bytearray()
        self._hashes: set[bytes] = set()
        self._latest: datetime | None = None
        self._minute = ""
        self._mark(b"")

    def read(self, file: BinaryIO, signatures: "_Signatures") -> None:
        """Take every whole batch."""
        pending: deque[bytes] = deque()
        try:
            # It only runs through the lines, and keeps hashes; the leaves are taken from what runs past.
            for batch in whole_batches(cast(BinaryIO, _remembering(file, pending)), 1):
                for digest in batch.hashes:
                    self._take(pending.popleft(), digest, signatures)
        except LedgerDamaged as error:
            self.done.whole = False
            self._findings.error(error, NAME)

    def _take(self, raw: bytes, digest: bytes, signatures: "_Signatures") -> None:
        index, data = self.done.size, raw[_LEAF_AT : _LEAF_AT + LEAF_BYTES]
        leaf = decode(data)
        if leaf is None:  # whole_batches lets no such line pass
            raise LedgerDamaged(f"line {index + 1} of {NAME} holds no entry", hint="Tell whoever keeps the register.")
        self.offset += len(raw)
        self._refuse_copy(index, digest)
        self.edge.append(digest)
        self.done.size += 1
        if raw.endswith(b" %b\n" % DISPOSED):
            self.done.disposed.append(index)
        self._tiles.add(data, digest)
        self._judge(index, leaf)
        signatures.take(index, leaf)
        self._kinds.append(_KINDS.index(leaf.kind))
        if index in self._indexes:
            self.done.hashes[index] = digest
            self.done.leaves[index] = leaf
        self._mark(digest)

    def _refuse_copy(self, index: int, digest: bytes) -> None:
        # Eight bytes are enough to suspect a copy, and a million of them are small; no two entries are ever equal.
        if (short := digest[:8]) in self._hashes:
            self._findings.entry(index, "is a copy of an earlier line: an old entry was put in again")
        self._hashes.add(short)

    def _judge(self, index: int, leaf: Leaf) -> None:
        right = self._recorders.right_of(index, leaf) if self._recorders is not None else None
        for wrong in (right, self._misplaced(index, leaf)):
            if wrong is not None:
                self._findings.entry(index, wrong)
        self.done.erased |= leaf.kind is EventKind.ERASE
        if index == 0:
            self.done.introduced = leaf.kind is EventKind.ROTATE_KEY and (leaf.form or "").startswith(leaf.key)
        if leaf.form is None and leaf.kind is EventKind.ROTATE_KEY:
            self.done.key_changes.append(index)
        if leaf.form is not None and leaf.kind is EventKind.FORM:
            self.done.forms.setdefault(leaf.form, index)
        if leaf.form is not None and leaf.kind is EventKind.POLICY:
            self.done.policies.pop(leaf.form, None)
            self.done.policies[leaf.form] = index
        if leaf.minute != self._minute:
            self._keep_time(index, leaf.minute)

    def _misplaced(self, index: int, leaf: Leaf) -> str | None:
        if any(ref >= index for ref in leaf.refs):
            return "refers to an entry that comes after it"
        allowed = REFERS_TO.get(leaf.kind, set())
        if any(_KINDS[self._kinds[ref]] not in allowed for ref in leaf.refs):
            return "refers to entries that its kind may not refer to, so that an outsider could link them"
        return None

    def _keep_time(self, index: int, minute: str) -> None:
        self._minute = minute
        try:
            now = datetime.fromisoformat(minute)
        except ValueError:
            self._findings.entry(index, "bears a date that no calendar has")
            return
        if self._latest is not None and self._latest - now > _DAY:
            self.done.backwards.append(index)
        self._latest = now if self._latest is None else max(now, self._latest)

    def _mark(self, digest: bytes) -> None:
        if self.edge.size in self._sizes:
            self.done.roots[self.edge.size] = self.edge.root()
            self.done.edges[self.edge.size] = (self.offset, self.edge.subtrees, digest)


class _Signatures:
    """Checks recorders' signatures on other cores: the library lets go of Python's lock while it computes."""

    def __init__(self, recorders: RecorderCheck | None, findings: Findings) -> None:
        self._recorders = recorders
        self._findings = findings
        self._workers = os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(self._workers)
        self._chunk: list[tuple[int, Leaf]] = []
        self._waiting: deque[Future[list[int]]] = deque()

    def __enter__(self) -> "_Signatures":
        return self

    def __exit__(self, *_: object) -> None:
        self._hand_out()
        while self._waiting:
            self._collect()
        self._pool.shutdown()

    def take(self, index: int, leaf: Leaf) -> None:
        """Take the next entry."""
        self._chunk.append((index, leaf))
        if len(self._chunk) == _CHUNK:
            self._hand_out()
        while len(self._waiting) > 2 * self._workers:
            self._collect()

    def _hand_out(self) -> None:
        self._waiting.append(self._pool.submit(self._unsigned, self._chunk))
        self._chunk = []

    def _collect(self) -> None:
        for index in self._waiting.popleft().result():
            self._findings.entry(index, "does not bear the signature of its recorder")

    def _unsigned(self, chunk: list[tuple[int, Leaf]]) -> list[int]:
        check = self._recorders
        if check is None:
            return []
        return [index for index, leaf in chunk if check.knows(leaf.key) and not check.is_signed(leaf)]


def _remembering(file: BinaryIO, pending: deque[bytes]) -> Iterator[bytes]:
    for raw in file:
        pending.append(raw)
        yield raw

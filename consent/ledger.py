"""READ FIRST in this room. The consent register: what was recorded, in order, each entry sealed, signed and provable.

Recording is done when ``append`` returns: the entries are then on the disk. If it raises, nothing of them is recorded.
"""

import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from consent.rights import Rights
from consent.storage import entries
from consent.storage.disk import not_written
from consent.storage.entries import PayloadReader
from consent.storage.frontier import SavedFrontier, matching_frontier, standing_checkpoint
from consent.storage.journal import Journal
from consent.storage.lines import NAME, Line, damaged
from consent.storage.openings import Opening
from schemas.errors import Busy, LedgerDamaged, MissingKey, UsageError
from schemas.ledger import EventKind, LedgerEntry, LedgerEvent, Opener, Sealer, Signer

if TYPE_CHECKING:
    from consent.tlog.checkpoint import Checkpoint
    from consent.tlog.note import VerifyKey

LOCK_NAME = ".lock"
LOCK_WAIT_S = 60.0
"""The lock is held for milliseconds; whoever waits longer than this meets a process that hangs."""
LOCK_POLL_S = 0.002
_GO_ON = (
    "Nothing was recorded. Look for a newer copy of the folder consent/ and put it back; if there is none, go on under "
    "a new name: chatham ledger continue"
)


class Ledger:
    """The consent register in one folder. Safe to share between threads, and with other processes.

    Args:
        folder: The study's ``consent/``.
        journal: Its journal.
        signer: Signs entries; None: nothing can be recorded.
        seal: Seals payloads; None: nothing can be recorded.
        open_payload: Opens payloads; None: entries are read without them.
        public_keys: Raw Ed25519 keys of all recorders by key id. Where given, it is checked as entries are read that
            each was signed by one who had the right to record just then.
    Attributes:
        removed_bytes: Length of what was found at the journal's end, never confirmed to anybody, and removed.
    """

    def __init__(
        self,
        folder: Path,
        journal: Journal,
        *,
        signer: Signer | None = None,
        seal: Sealer | None = None,
        open_payload: Opener | None = None,
        public_keys: Mapping[str, bytes] | None = None,
    ) -> None:
        self.removed_bytes = 0
        self._journal = journal
        self._signer = signer
        self._seal = seal
        self._open_payload = open_payload
        self._rights = None if public_keys is None else Rights(folder, journal, public_keys)
        self._folder = folder
        self._behind: str | None = None
        self._kinds: dict[EventKind, tuple[int, list[int]]] = {}
        self._file_lock = FileLock(folder / LOCK_NAME, timeout=LOCK_WAIT_S, poll_interval=LOCK_POLL_S)
        # Taken after the file lock and never the other way round.
        self._guard = threading.RLock()
        self._forget_entries()

    @classmethod
    def create(
        cls,
        folder: Path,
        signer: Signer,
        seal: Sealer,
        *,
        open_payload: Opener | None = None,
        public_keys: Mapping[str, bytes] | None = None,
    ) -> "Ledger":
        """Make an empty register in ``folder``, durably.

        Raises:
            UsageError: where there is one already.
            DiskFull, ChathamError: where it could not be written.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            journal = Journal.create(folder / NAME)
        except FileExistsError:
            raise UsageError(
                "there is a consent register here already", hint="Use it, or choose another folder for a new study."
            ) from None
        except OSError as error:
            raise not_written(error) from error
        return cls(folder, journal, signer=signer, seal=seal, open_payload=open_payload, public_keys=public_keys)

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        signer: Signer | None = None,
        seal: Sealer | None = None,
        open_payload: Opener | None = None,
        public_keys: Mapping[str, bytes] | None = None,
        log_keys: "Sequence[VerifyKey]" = (),
        whole: bool = False,
    ) -> "Ledger":
        """Open the register in ``folder`` and check every line's hash and form, or those after a saved frontier.

        With a signer, a last batch that is not whole is removed (see ``removed_bytes``); without one it is left alone.

        Args:
            log_keys: The log's keys. With them, a saved frontier is gone on from where a signed checkpoint vouches for
                it. A register that does not hold what its own checkpoint names is read and not written to.
            whole: Read and hash every line, whatever a saved frontier stands for.
        Raises:
            LedgerDamaged: with the line that is not right.
            Busy: where a batch is not whole and another process holds the lock.
        """
        journal = Journal(folder / NAME)
        opened = cls(folder, journal, signer=signer, seal=seal, open_payload=open_payload, public_keys=public_keys)
        # Before the journal, which may grow meanwhile: a checkpoint never names more than stood there when it was made.
        standing = standing_checkpoint(folder, log_keys)
        saved = None if standing is None or whole else matching_frontier(folder, standing)
        if saved is not None and journal.resume(saved) and opened._rights is not None:
            opened._rights.begin(saved.size)
        if standing is not None:
            opened._vouch(standing)
        opened._refresh()
        if standing is not None:
            opened._behind = opened._difference(standing)
        if journal.tail and signer is not None and opened._behind is None:
            with opened.lock():
                opened._refresh_and_cut()
        return opened

    @property
    def size(self) -> int:
        """How many entries were read or recorded."""
        return self._journal.size

    @property
    def root(self) -> bytes:
        """RFC 6962 root over the entries read or recorded, 32 bytes."""
        with self._guard:
            return self._journal.root()

    def head(self) -> tuple[int, str]:
        """Size and root (64 hexadecimal digits) of what the file holds now, other processes' entries included.

        Raises:
            LedgerDamaged: where entries read or recorded before are no longer there, or a new line is not right.
        """
        self._refresh()
        with self._guard:
            return self._journal.size, self._journal.root().hex()

    def leaf_hashes(self) -> list[bytes]:
        """Leaf hashes of the entries read or recorded, in order, 32 bytes each: all that a view of the tree needs."""
        with self._guard:
            return self._journal.hashes[:]

    def leaves(self, start: int, end: int) -> Iterator[bytes]:
        """The leaves read or recorded from index ``start`` to before ``end``, 512 bytes each, in order, checked again.

        Raises:
            LedgerDamaged: where one of them is no longer what was read before.
        """
        with self._guard:
            yield from self._journal.leaves(start, end)

    def indexes(self, kind: EventKind) -> list[int]:
        """Indexes of the entries of one kind, other processes' included; nothing is opened, and no leaf read twice."""
        self._refresh()
        with self._guard:
            seen, found = self._kinds.get(kind, (0, []))
            size, mark = self._journal.size, b'"kind":"%b"' % kind.encode()
            found = [*found, *(seen + at for at, leaf in enumerate(self._journal.leaves(seen, size)) if mark in leaf)]
            self._kinds[kind] = (size, found)
            return list(found)

    def saved(self) -> SavedFrontier:
        """How far the register was read, for a later opening to go on from; there is at least one entry."""
        with self._guard:
            edge = self._journal.edge()
            return SavedFrontier(edge.size, self._journal.offset, edge.subtrees, self._journal.last_hash)

    def openings(self, indexes: Iterable[int] | None = None) -> list[Opening]:
        """The entries that this reader may open, each with what shows it to be true, in order.

        Args:
            indexes: Which entries; those that stay shut, were disposed of, or are not there are left out. None: all.
        Raises:
            LedgerDamaged: where an entry is not right, or its payload is not what the entry commits to.
        """
        self._refresh(whole=True)
        with self._guard:
            size = self._journal.size
            wanted = range(size) if indexes is None else sorted({at for at in indexes if 0 <= at < size})
            found = (self._payloads.opening(at, line) for at, line in self._lines_at(wanted))
            return [opening for opening in found if opening is not None]

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the register's lock: nobody else records meanwhile. Hold it for milliseconds. The holder may append.

        Raises:
            Busy: where another process holds it for longer than a minute.
        """
        try:
            self._file_lock.acquire()
        except Timeout:
            raise Busy(
                "another process has held the consent register for over a minute",
                hint="Look for a chatham command that hangs, end it, then do this again.",
            ) from None
        except OSError as error:
            raise not_written(error) from error
        try:
            yield
        finally:
            self._file_lock.release()

    def append(self, events: Sequence[LedgerEvent], now: datetime | None = None) -> list[int]:
        """Record ``events`` as one batch, all or none, and give their indexes.

        Args:
            events: In the order in which they shall stand.
            now: Aware; None: the clock's.
        Raises:
            MissingKey: where the register was opened for reading, or the signer may not record in it (any more).
            BadInput: where an event cannot be recorded: not plain JSON, or a reference that is not to an earlier entry.
            LedgerDamaged: where something recorded or read before is no longer there, or the register is behind a
                checkpoint that its log signed.
            Busy, DiskFull, ChathamError: where it could not be written.
        """
        if self._signer is None or self._seal is None:
            raise MissingKey(
                "the consent register was opened for reading only", hint="Give the passphrase of a user of this study."
            )
        # Sealed and signed before the lock is taken, which is held for milliseconds.
        lines = entries.write(events, now or datetime.now(UTC), self._signer, self._seal)
        if not lines:
            return []
        with self.lock(), self._guard:
            self.require_not_behind()
            self._refresh_and_cut()
            self._require_right(self._signer.key_id)
            first = self._journal.size
            entries.check_refs(events, first)
            self._journal.append(lines)
            return list(range(first, self._journal.size))

    def record(self, event: LedgerEvent) -> int:
        """Record one event durably and give its index; raises as ``append``. A ``schemas.ledger.RecordEvent``."""
        return self.append([event])[0]

    def entries(self) -> list[LedgerEntry]:
        """Every entry in the file, other processes' included, with its payload where this reader may open it.

        Raises:
            LedgerDamaged: where an entry is not right, or its payload is not what the entry commits to.
        """
        self._refresh(whole=True)
        with self._guard:
            if self._entries_of != self._journal.generation:
                self._forget_entries()
            for line in self._journal.lines(len(self._entries)):
                self._refuse_copy(line)
                self._entries.append(self._payloads.entry(len(self._entries), line))
            return list(self._entries)

    def _refuse_copy(self, line: Line) -> None:
        """Two entries have never one commitment: an old entry that stands again would speak after what came since."""
        index = len(self._entries)
        if self._places.setdefault(line.hash, index) != index:
            raise damaged(index + 1, f"is a copy of line {self._places[line.hash] + 1}")

    def _forget_entries(self) -> None:
        self._places: dict[bytes, int] = {}
        self._entries: list[LedgerEntry] = []
        self._entries_of = self._journal.generation
        self._payloads = PayloadReader(self._open_payload)

    def _refresh(self, *, whole: bool = False) -> None:
        try:
            self._read(whole=whole)
        except LedgerDamaged:
            # A reader without the lock may see a file that is being cut and written again: look once more, alone.
            if not os.access(self._journal.path.parent, os.W_OK):
                raise
            with self.lock():
                self._read(whole=whole)

    def _refresh_and_cut(self) -> None:
        with self._guard:
            self._read()
            self.removed_bytes += self._journal.cut()

    def _read(self, *, whole: bool = False) -> None:
        """Read what is new; ``whole``: also what a saved frontier stood for, and who had the right to record it."""
        with self._guard:
            self._journal.read()
            if whole:
                self._journal.read_all()
                if self._rights is not None and self._rights.start:
                    self._rights.begin(0)
            if self._rights is not None:
                self._rights.check()

    def _lines_at(self, indexes: Sequence[int]) -> Iterator[tuple[int, Line]]:
        """The lines at ``indexes``, which are sorted; neighbours are read in one go."""
        at = 0
        while at < len(indexes):
            end = at + 1
            while end < len(indexes) and indexes[end] == indexes[end - 1] + 1:
                end += 1
            yield from zip(indexes[at:end], self._journal.lines(indexes[at], indexes[end - 1] + 1), strict=True)
            at = end

    def _vouch(self, standing: "Checkpoint") -> None:
        """Take the signatures of entries that a signed checkpoint names as checked: they were, before it was signed."""
        if self._rights is not None:
            with self._guard, suppress(LedgerDamaged):
                self._journal.read()
                if self._difference(standing) is None:
                    self._rights.vouched = standing.size

    def _require_right(self, key_id: str) -> None:
        """Refuse to write what every reader would refuse from then on: an entry of somebody who may not record now."""
        if self._rights is None or self._journal.size == 0:
            return
        if self._rights.start:
            # Whether this right stands only the leaves before the saved frontier can tell.
            self._read(whole=True)
        if not self._rights.holds(key_id):
            raise MissingKey(
                "you may not record in this consent register: your right to do so has ended or not begun",
                hint="Ask an investigator of this study; chatham user list says who its users are.",
            )

    def require_writable(self) -> None:
        """Refuse what cannot be taken back afterwards, where nothing could be recorded of it.

        Raises:
            LedgerDamaged, MissingKey: as ``append``. ChathamError: the journal cannot be written.
        """
        self.require_not_behind()
        if self._signer is not None:
            self._require_right(self._signer.key_id)
        self._journal.require_writable()

    def _difference(self, standing: "Checkpoint") -> str | None:
        """What a signed checkpoint names and the register does not hold, or None."""
        with self._guard:
            size = self._journal.size
            if size < standing.size:
                return f"the register holds {size} entries, and log/checkpoint names {standing.size}"
            if self._journal.root_at(standing.size) != standing.root:
                return f"the first {standing.size} entries of the register are not those that log/checkpoint names"
            return None

    @property
    def behind(self) -> str | None:
        """What shows that entries are missing: its own checkpoint, or one that it was shown. None: nothing does."""
        if self._behind is None and (self._folder / "log" / "seen").exists():
            return "the register is behind a checkpoint of its log that it was shown (log/seen)"
        return self._behind

    def require_not_behind(self) -> None:
        """Refuse what rests on the newest entries, or adds to them, while entries are known to be missing.

        Raises:
            LedgerDamaged: where the register is ``behind``.
        """
        if self.behind is not None:
            raise LedgerDamaged(f"{self.behind}: it can be read and not written to", hint=_GO_ON)

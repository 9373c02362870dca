"""READ FIRST in this room. The consent register: what was recorded, in order, each entry sealed, signed and provable.

Recording is done when ``append`` returns: the entries are then on the disk. If it raises, nothing of them is recorded.
"""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from consent import entries
from consent.entries import PayloadReader
from consent.journal import Journal, not_written
from consent.lines import NAME, damaged
from schemas.errors import Busy, LedgerDamaged, MissingKey, UsageError
from schemas.ledger import LedgerEntry, LedgerEvent, Opener, Sealer, Signer

LOCK_NAME = ".lock"
LOCK_WAIT_S = 60.0
"""The lock is held for milliseconds; whoever waits longer than this meets a process that hangs."""
LOCK_POLL_S = 0.002


class Ledger:
    """The consent register in one folder. Safe to share between threads, and with other processes.

    Args:
        folder: The study's ``consent/``.
        journal: Its journal.
        signer: Signs entries; None: nothing can be recorded.
        seal: Seals payloads; None: nothing can be recorded.
        open_payload: Opens payloads; None: entries are read without them.
        public_keys: Raw Ed25519 keys by key id. Where given, every recorder's signature is checked as it is read.
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
        self._public_keys = public_keys
        self._file_lock = FileLock(folder / LOCK_NAME, timeout=LOCK_WAIT_S, poll_interval=LOCK_POLL_S)
        # Taken after the file lock and never the other way round.
        self._guard = threading.RLock()
        self._signed = 0
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
    ) -> "Ledger":
        """Open the register in ``folder`` and check the hash and form of every line.

        With a signer, a last batch that is not whole is removed (see ``removed_bytes``); without one it is left alone.

        Raises:
            LedgerDamaged: with the line that is not right.
            Busy: where a batch is not whole and another process holds the lock.
        """
        journal = Journal(folder / NAME)
        opened = cls(folder, journal, signer=signer, seal=seal, open_payload=open_payload, public_keys=public_keys)
        opened._refresh()
        if journal.tail and signer is not None:
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
            return list(self._journal.hashes)

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
            MissingKey: where the register was opened for reading.
            BadInput: where an event cannot be recorded: not plain JSON, or a reference that is not to an earlier entry.
            LedgerDamaged: where something recorded or read before is no longer there.
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
            self._refresh_and_cut()
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
        self._refresh()
        with self._guard:
            if self._entries_of != self._journal.generation:
                self._forget_entries()
            for line in self._journal.lines(len(self._entries)):
                self._entries.append(self._payloads.entry(len(self._entries), line))
            return list(self._entries)

    def _forget_entries(self) -> None:
        self._entries: list[LedgerEntry] = []
        self._entries_of = self._journal.generation
        self._payloads = PayloadReader(self._open_payload)

    def _refresh(self) -> None:
        try:
            self._read()
        except LedgerDamaged:
            # A reader without the lock may see a file that is being cut and written again: look once more, alone.
            if not os.access(self._journal.path.parent, os.W_OK):
                raise
            with self.lock():
                self._read()

    def _refresh_and_cut(self) -> None:
        with self._guard:
            self._read()
            self.removed_bytes += self._journal.cut()

    def _read(self) -> None:
        with self._guard:
            self._journal.read()
            if self._public_keys is None:
                return
            for line in self._journal.lines(self._signed):
                if not entries.is_signed(line, self._public_keys):
                    raise damaged(self._signed + 1, "does not bear the signature of a user of this study")
                self._signed += 1

"""The file `journal.jsonl`: appended to whole batches at a time, checked as it is read, repaired after a crash.

Writing and cutting happen under the register's lock, which the caller holds. Reading needs no lock: a batch counts only
once it is whole.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from consent.storage.disk import Disk, FileDisk, not_written, sync_folder, uncertain
from consent.storage.known import Known
from consent.storage.lines import NAME, Line, check_line, damaged, decode_line, leaf_of, whole_batches
from consent.tlog.merkle import Frontier, HashList, leaf_hash
from schemas.errors import ChathamError, LedgerDamaged

if TYPE_CHECKING:
    from consent.storage.frontier import SavedFrontier

__all__ = ["Disk", "FileDisk", "Journal", "not_written"]

_READ_BYTES = 1 << 20
_LONGEST_LINE = 1 << 24
"""Where the line before a saved frontier is longer than this, the journal is read from its beginning."""


class Journal:
    """The journal, as far as it has been read.

    Args:
        path: The file.
        disk: Opens the file for writing.
    Attributes:
        tail: Bytes after the last whole batch when last read: a write in progress, or one that never finished.
        generation: Grows when the file was found rewritten (envelopes disposed of), so that nothing older is served.
    """

    def __init__(self, path: Path, disk: Callable[[Path], Disk] = FileDisk) -> None:
        self.path = path
        self.tail = 0
        self.generation = 0
        self._disk = disk
        self._known = Known()
        self._read_only = False

    @classmethod
    def create(cls, path: Path) -> "Journal":
        """Make an empty journal, durably. Raises FileExistsError where there is one, and OSError."""
        with path.open("xb") as file:
            os.fsync(file.fileno())
        sync_folder(path.parent)
        return cls(path)

    @property
    def size(self) -> int:
        """How many entries were read or recorded."""
        return self._known.size

    @property
    def start(self) -> int:
        """How many entries at the beginning were not read, because a saved frontier stands for them."""
        return self._known.start

    @property
    def offset(self) -> int:
        """Where the last whole batch that was read or recorded ends, in bytes."""
        return self._known.offset

    @property
    def hashes(self) -> HashList:
        """Leaf hashes in order, 32 bytes each. Reads what a saved frontier stood for, and raises as ``read_all``."""
        self.read_all()
        return self._known.hashes

    @property
    def last_hash(self) -> bytes:
        """Leaf hash of the last entry, 32 bytes; no bytes where there is none."""
        checked = check_line(self._known.last_line) if self.size else None
        return checked[0] if checked else b""

    def root(self) -> bytes:
        """Merkle root over the entries read or recorded, 32 bytes."""
        return self._known.edge().root()

    def root_at(self, size: int) -> bytes:
        """Merkle root over the first ``size`` entries, 32 bytes."""
        if size < self._known.start:
            self.read_all()
        return self._known.root_at(size)

    def edge(self) -> Frontier:
        """The tree's right edge over the entries read or recorded; the journal's own, to be read only."""
        return self._known.edge()

    def resume(self, saved: "SavedFrontier") -> bool:
        """Begin at ``saved``, which the caller trusts, if the line before it is the one it names.

        Returns:
            Whether it fits. If not, nothing has changed.
        """
        with self._open() as file:
            last = _line_before(file, saved.offset)
        checked = check_line(last) if last else None
        if checked != (saved.last, 0):
            return False
        self._known = Known(saved, last)
        return True

    def read(self) -> None:
        """Read and check what was added since the last time. A batch that is not whole is left alone, in ``tail``.

        Raises:
            LedgerDamaged: where a line is not right, or entries read or recorded before are no longer there.
        """
        with self._open() as file:
            if self._still_there(file):
                self._take_in(self._known, file)
            else:
                self._read_again(file)

    def read_all(self) -> None:
        """Read what a saved frontier stood for; nothing where all was read.

        Raises:
            LedgerDamaged: where a line is not right, or the whole does not hash to what the frontier stood for.
        """
        if not self._known.start:
            return
        with self._open() as file:
            generation = self.generation
            self._read_again(file)
            self.generation = generation

    def cut(self) -> int:
        """Remove what follows the last whole batch, durably; give its length in bytes. The caller holds the lock.

        It was never acknowledged, because acknowledging comes after the whole batch is on the disk.
        """
        if not self.tail:
            return 0
        disk = self._open_to_write()
        try:
            disk.truncate(self._known.offset)
            disk.sync()
        except OSError as error:
            raise not_written(error) from error
        finally:
            disk.close()
        removed, self.tail = self.tail, 0
        return removed

    def append(self, batch: Sequence[Line]) -> None:
        """Write one batch and return when it is on the disk. The caller holds the lock, has read, and has cut.

        Raises:
            DiskFull, ChathamError: where it could not be written. The file is then as it was.
        """
        lines = [line.raw for line in batch]
        disk = self._open_to_write()
        try:
            self._write(disk, b"".join(lines))
        finally:
            disk.close()
        self._known.add([line.hash for line in batch], [*map(len, lines)], lines[-1])

    def require_writable(self) -> None:
        """Raise ChathamError where the file cannot be opened for writing."""
        self._open_to_write().close()

    def lines(self, start: int = 0, end: int | None = None) -> Iterator[Line]:
        """The recorded lines from index ``start`` to before ``end`` (None: all), from the file, checked again.

        Where a saved frontier stood for some of them, all are read and checked first.
        """
        for index, raw in self._raw_lines(start, self.size if end is None else end):
            line = decode_line(raw, index + 1)
            if line.hash != self._known.hashes[index - self._known.start]:
                raise damaged(index + 1, "is not the entry that was read before")
            yield line

    def leaves(self, start: int, end: int) -> Iterator[bytes]:
        """As ``lines``, the leaves alone, 512 bytes each: the sealed envelopes are passed over."""
        for index, raw in self._raw_lines(start, end):
            leaf = leaf_of(raw)
            if leaf_hash(leaf) != self._known.hashes[index - self._known.start]:
                decode_line(raw, index + 1)
                raise damaged(index + 1, "is not the entry that was read before")
            yield leaf

    def _raw_lines(self, start: int, end: int) -> Iterator[tuple[int, bytes]]:
        if start < self._known.start:
            self.read_all()
        end = min(end, self.size)
        with self._open() as file:
            file.seek(self._known.place(start) if start < end else 0)
            for index in range(start, end):
                yield index, file.readline()

    def _open(self) -> BinaryIO:
        try:
            return self.path.open("rb", buffering=_READ_BYTES)
        except FileNotFoundError:
            raise LedgerDamaged(
                f"{NAME} is missing, and {self.size} entries of it were read before"
                if self.size
                else f"{NAME} is missing",
                hint="Restore the folder consent/ from your newest backup.",
            ) from None

    def _still_there(self, file: BinaryIO) -> bool:
        # The last line is enough: only appending leaves it where it was, and its hash stands for a random key.
        file.seek(self._known.offset - len(self._known.last_line))
        return file.read(len(self._known.last_line)) == self._known.last_line

    def _take_in(self, known: Known, file: BinaryIO) -> None:
        file.seek(known.offset)
        for batch in whole_batches(file, known.size + 1):
            known.add(*batch)
        self.tail = os.fstat(file.fileno()).st_size - known.offset

    def _read_again(self, file: BinaryIO) -> None:
        """Read a file that has changed in its known part. It is right only if every known entry is still there."""
        now = Known()
        self._take_in(now, file)
        self._known.check_kept_in(now)
        self._known = now
        self.generation += 1

    def _open_to_write(self) -> Disk:
        if self._read_only:
            raise ChathamError(
                "the consent register is read-only since a failed write could not be taken back; nothing was recorded",
                hint="Check the disk, then start the command again: what was never confirmed is then removed.",
            )
        try:
            return self._disk(self.path)
        except OSError as error:
            raise not_written(error) from error

    def _write(self, disk: Disk, data: bytes) -> None:
        try:
            disk.write(self._known.offset, data)
            disk.sync()
        except OSError as error:
            self._take_back(disk)
            raise (uncertain(error) if self._read_only else not_written(error)) from error
        except BaseException:
            # Interrupted: nobody was told that it is recorded, so it must not stand there either.
            self._take_back(disk)
            raise

    def _take_back(self, disk: Disk) -> None:
        try:
            disk.truncate(self._known.offset)
            disk.sync()
        except OSError:
            # Nobody knows what the disk holds now: a write after it could bury half a batch inside the file.
            self._read_only = True


def _line_before(file: BinaryIO, offset: int) -> bytes:
    """The line that ends at byte ``offset``, line feed included; no bytes where there is none."""
    length = 4096
    while length < _LONGEST_LINE:
        start = max(0, offset - length)
        file.seek(start)
        found = file.read(offset - start)
        if len(found) < offset - start or found[-1:] != b"\n":
            return b""
        begin = found.rfind(b"\n", 0, -1) + 1
        if begin or not start:
            return found[begin:]
        length *= 4
    return b""

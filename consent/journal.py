"""The file `journal.jsonl`: appended to whole batches at a time, checked as it is read, repaired after a crash.

Writing and cutting happen under the register's lock, which the caller holds. Reading needs no lock: a batch counts only
once it is whole.
"""

import errno
import os
from array import array
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from consent.lines import ASK_FOR_HELP, NAME, Line, damaged, decode_line, whole_batches
from consent.merkle import Frontier
from schemas.errors import ChathamError, DiskFull, LedgerDamaged


class Disk(Protocol):
    """What the journal asks of its file when it writes. Every method raises OSError where the disk will not."""

    def write(self, offset: int, data: bytes) -> None:
        """Write all of ``data`` from byte ``offset`` on."""
        ...

    def sync(self) -> None:
        """Return only when what was written would survive a power cut."""
        ...

    def truncate(self, size: int) -> None:
        """Cut the file to ``size`` bytes."""
        ...

    def close(self) -> None:
        """Give the file back."""
        ...


class FileDisk:
    """The real file, unbuffered."""

    # macOS has no fdatasync, and its fsync may leave data in the drive's own cache; only F_FULLFSYNC empties that, and
    # it needs a module which other systems lack.
    _sync: Callable[[int], None] = staticmethod(getattr(os, "fdatasync", os.fsync))

    def __init__(self, path: Path) -> None:
        self._file = path.open("r+b", buffering=0)

    def write(self, offset: int, data: bytes) -> None:
        """Write all of ``data``, however many calls that takes."""
        self._file.seek(offset)
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]

    def sync(self) -> None:
        """Flush the file's data, and the size that goes with them."""
        self._sync(self._file.fileno())

    def truncate(self, size: int) -> None:
        """Cut the file."""
        self._file.truncate(size)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Known:
    """What was read or recorded so far: hashes and positions of entries, not their contents."""

    def __init__(self) -> None:
        self.hashes: list[bytes] = []
        self.frontier = Frontier()
        self.ends = array("Q")
        self.last_line = b""

    @property
    def offset(self) -> int:
        """Where the last whole batch ends, in bytes."""
        return self.ends[-1] if self.ends else 0

    def add(self, batch: Sequence[Line]) -> None:
        """Take in one whole batch."""
        for line in batch:
            self.ends.append(self.offset + len(line.raw))
            self.hashes.append(line.hash)
            self.frontier.append(line.hash)
        self.last_line = batch[-1].raw


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
        _sync_folder(path.parent)
        return cls(path)

    @property
    def size(self) -> int:
        """How many entries were read or recorded."""
        return len(self._known.hashes)

    @property
    def hashes(self) -> Sequence[bytes]:
        """Leaf hashes in order, 32 bytes each."""
        return self._known.hashes

    def root(self) -> bytes:
        """Merkle root over the entries read or recorded, 32 bytes."""
        return self._known.frontier.root()

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
        disk = self._open_to_write()
        try:
            self._write(disk, b"".join(line.raw for line in batch))
        finally:
            disk.close()
        self._known.add(batch)

    def lines(self, start: int = 0) -> Iterator[Line]:
        """The recorded lines from index ``start`` on, from the file, checked again."""
        with self._open() as file:
            file.seek(self._known.ends[start - 1] if start else 0)
            for index in range(start, self.size):
                line = decode_line(file.readline(), index + 1)
                if line.hash != self.hashes[index]:
                    raise damaged(index + 1, "is not the entry that was read before")
                yield line

    def _open(self) -> BinaryIO:
        try:
            return self.path.open("rb")
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
        for batch in whole_batches(file, len(known.hashes) + 1):
            known.add(batch)
        self.tail = os.fstat(file.fileno()).st_size - known.offset

    def _read_again(self, file: BinaryIO) -> None:
        """Read a file that has changed in its known part. It is right only if every known entry is still there."""
        now = Known()
        self._take_in(now, file)
        if now.hashes[: self.size] != self.hashes:
            raise _lost(self.hashes, now.hashes)
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
            raise (_uncertain(error) if self._read_only else not_written(error)) from error
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


def not_written(error: OSError) -> ChathamError:
    """What to tell a person when the register could not be written. Its text holds no path."""
    if error.errno in {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}:
        return DiskFull(
            "the disk is full: nothing was recorded in the consent register, so what was asked is not done",
            hint="Make room on the disk, then do it again.",
        )
    code = errno.errorcode.get(error.errno or 0, "unknown error")
    return ChathamError(
        f"the consent register could not be written ({code}): nothing was recorded, so what was asked is not done",
        hint="Check the disk and the permissions of the folder consent/, then do it again.",
    )


def _uncertain(error: OSError) -> ChathamError:
    code = errno.errorcode.get(error.errno or 0, "unknown error")
    return ChathamError(
        f"a write to the consent register failed ({code}) and could not be taken back: the register is now read-only",
        hint="Check the disk, then look at the newest entries: what was asked stands there whole or not at all.",
    )


def _lost(before: Sequence[bytes], now: Sequence[bytes]) -> LedgerDamaged:
    same = next((at for at, pair in enumerate(zip(before, now, strict=False)) if pair[0] != pair[1]), len(now))
    if same == len(now):
        return LedgerDamaged(f"{NAME} holds {len(now)} of the {len(before)} entries recorded before", hint=ASK_FOR_HELP)
    return damaged(same + 1, "is not the entry that was recorded there before")


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # Windows opens no folder as a file, and keeps names safe by itself.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

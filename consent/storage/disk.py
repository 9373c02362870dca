"""The journal's file as the operating system gives it, and what to tell a person when it will not be written."""

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from schemas.errors import ChathamError, DiskFull

_SYNC: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)
_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


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

    def __init__(self, path: Path) -> None:
        self._file = path.open("r+b", buffering=0)

    def write(self, offset: int, data: bytes) -> None:
        """Write all of ``data``, however many calls that takes."""
        self._file.seek(offset)
        done = self._file.write(data)
        while done < len(data):
            done += self._file.write(memoryview(data)[done:])

    def sync(self) -> None:
        """Flush the file's data, and the size that goes with them."""
        sync_file(self._file.fileno())

    def truncate(self, size: int) -> None:
        """Cut the file."""
        self._file.truncate(size)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def sync_file(handle: int) -> None:
    """Make what was written to an open file survive a power cut, and the size that goes with it. Raises OSError."""
    if sys.platform == "darwin":
        import fcntl  # there, fsync alone leaves data in the drive's own cache

        fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
    else:
        _SYNC(handle)


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` survive a power cut (Windows keeps them by itself). Raises OSError."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def not_written(error: OSError) -> ChathamError:
    """What to tell a person when the register could not be written. Its text holds no path."""
    if error.errno in _FULL:
        return DiskFull(
            "the disk is full: nothing was recorded in the consent register, so what was asked is not done",
            hint="Make room on the disk, then do it again.",
        )
    return ChathamError(
        f"the consent register could not be written ({_code(error)}): nothing was recorded, so what was asked is not "
        "done",
        hint="Check the disk and the permissions of the folder consent/, then do it again.",
    )


def file_not_written(error: OSError) -> ChathamError:
    """What to tell a person when a file beside the journal could not be written; the journal itself is as it was."""
    if error.errno in _FULL:
        return DiskFull(
            "the disk is full: a file of the folder consent/ could not be written",
            hint="Make room on the disk, then do it again. What was recorded before stands.",
        )
    return ChathamError(
        f"a file of the folder consent/ could not be written ({_code(error)})",
        hint="Check the disk and the permissions of that folder, then do it again. What was recorded before stands.",
    )


def uncertain(error: OSError) -> ChathamError:
    """What to tell a person when a failed write could not be taken back. Its text holds no path."""
    return ChathamError(
        f"a write to the consent register failed ({_code(error)}) and could not be taken back: the register is now "
        "read-only",
        hint="Check the disk, then look at the newest entries: what was asked stands there whole or not at all.",
    )


def _code(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, "unknown error")

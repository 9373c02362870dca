"""Durable writes: a file appears whole under its name or not at all, and only ciphertext ever touches the disk."""

import errno
import hashlib
import os
import platform
import secrets
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO, cast

from schemas.errors import CheckFailed, DiskFull
from vault.age import AgeReader, AgeWriter, Identity, Recipient

_TMP = ".tmp-"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_LONG_AGO_S = 86_400.0
_PIECE = 1 << 20


def write_file(path: Path, data: bytes) -> None:
    """Write ``data`` (ciphertext, or a public key) durably in place of ``path``.

    Raises:
        DiskFull: The disk had no room; ``path`` is as it was.
    """
    with replacing(path) as sink:
        sink.write(data)


def write_sealed(path: Path, plaintext: bytes, recipients: Sequence[Recipient], *, read_back: bool = False) -> None:
    """Seal ``plaintext`` and write it durably in place of ``path``; ``read_back`` and errors as for ``replacing``."""
    with sealing(path, recipients, read_back=read_back) as sink:
        sink.write(plaintext)


@contextmanager
def sealing(path: Path, recipients: Sequence[Recipient], *, read_back: bool = False) -> Iterator[BinaryIO]:
    """A stream that is encrypted on the way and stands under ``path`` once the block ends without an exception.

    ``read_back``: see ``replacing``.
    """
    with replacing(path, read_back=read_back) as sink, AgeWriter(sink, recipients) as writer:
        yield writer  # type: ignore[misc]  # RawIOBase has every method of BinaryIO that a writer is asked for


def reseal(path: Path, identities: Sequence[Identity], recipient: Recipient) -> None:
    """Seal a file anew, to ``recipient`` alone, durably in its place and in constant memory.

    Args:
        path: A sealed file.
        identities: Tried in turn; one of them opens it.
        recipient: Who opens it from now on, and nobody else.
    Raises:
        MissingKey: None of ``identities`` opens it.
        SealedFileDamaged: It is not what was written.
        DiskFull: The disk had no room.

    After any of these ``path`` is as it was.
    """
    # The old file is closed before the new one takes its name, which Windows asks for.
    with sealing(path, [recipient]) as sink, path.open("rb") as sealed:
        shutil.copyfileobj(AgeReader(sealed, identities), sink, _PIECE)


@contextmanager
def replacing(path: Path, *, read_back: bool = False) -> Iterator[BinaryIO]:
    """A file that takes the place of ``path`` once the block ends without an exception.

    Written beside it, synced, renamed, and the folder synced (the order that survives a power cut).

    Args:
        read_back: Read it from the disk again before it takes its name, and compare with what was written.
    Raises:
        DiskFull: The disk had no room; what was written is removed and ``path`` is as it was.
        CheckFailed: The disk holds something else than was written; likewise.
    """
    tmp = path.parent / f"{_TMP}{_host()}-{os.getpid()}-{secrets.token_hex(8)}"
    try:
        with _saying_disk_full():
            with tmp.open("xb") as file:
                sink = _Noted(file) if read_back else file
                yield cast(BinaryIO, sink)
                file.flush()
                _sync(file)
            if isinstance(sink, _Noted):
                _compare(tmp, sink.digest.digest())
            tmp.replace(path)
    except BaseException:
        with suppress(OSError):
            tmp.unlink()
        raise
    sync_folder(path.parent)


class _Noted:
    """Keeps a digest of everything that is written to a file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return self._file.write(data)


def _compare(written: Path, digest: bytes) -> None:
    with written.open("rb") as source:
        forget_cached(source)
        if hashlib.file_digest(source, "sha256").digest() == digest:
            return
    raise CheckFailed(
        "the disk does not give back what was written to it; that was taken away again",
        hint="Do not trust this disk any longer. Keep the originals, and move the study to another disk.",
    )


def forget_cached(source: IO[bytes]) -> None:
    """Let a file be read from the disk, not from what memory holds of it; where the system cannot, as it is."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(source.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def make_folder(path: Path) -> None:
    """Make ``path`` and its parents, durably."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    with _saying_disk_full():
        path.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        sync_folder(folder.parent)


def remove(path: Path) -> None:
    """Remove a file durably; one that is not there is no error."""
    path.unlink(missing_ok=True)
    if path.parent.is_dir():
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames and removals in ``folder`` durable (Windows keeps them by itself)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(folder: Path) -> None:
    """Remove what killed processes left half written in ``folder``; other processes' living files stay."""
    if folder.is_dir():
        for tmp in folder.glob(f"{_TMP}*"):
            if _stray(tmp):
                tmp.unlink(missing_ok=True)


def digest_files(paths: Sequence[Path]) -> str:
    """SHA-256 over the names and contents of files (as they lie, encrypted), 64 hexadecimal digits."""
    whole = hashlib.sha256()
    for path in sorted(path for path in paths if path.is_file()):
        with path.open("rb") as source:
            whole.update(f"{path.name} {hashlib.file_digest(source, 'sha256').hexdigest()}\n".encode())
    return whole.hexdigest()


@contextmanager
def _saying_disk_full() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise DiskFull(
            "the disk is full; what was being written was taken back",
            hint="Make room on the disk and run the command again.",
        ) from None


def _sync(sink: IO[bytes]) -> None:
    if sys.platform == "darwin":
        import fcntl  # fsync alone leaves data in the drive's cache on macOS

        fcntl.fcntl(sink.fileno(), fcntl.F_FULLFSYNC)
    os.fsync(sink.fileno())


def _host() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def _stray(tmp: Path) -> bool:
    host, pid, *_ = tmp.name.removeprefix(_TMP).split("-")
    try:
        age_s = time.time() - tmp.stat().st_mtime
    except FileNotFoundError:
        return False
    # A process number says nothing about another machine's processes, nor on Windows without harm.
    known = host == _host() and os.name != "nt" and pid.isdigit()
    return age_s > _LONG_AGO_S or (known and not _alive(int(pid)))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

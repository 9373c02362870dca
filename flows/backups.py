"""Backups: a study's sealed files and keys in one file that the printed recovery key opens, each one recorded.

The consent register is not among them: it is kept apart, and says what of an old backup may come back.
"""

import hashlib
import io
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from flows.roles import refuse_service, require
from flows.settings import utc_now
from flows.study import Study
from schemas.errors import Busy, ChathamError, CheckFailed, UsageError
from schemas.ledger import EventKind, LedgerEntry, LedgerEvent
from vault.age import Identity
from vault.archive import Archive, Manifest, Packed, pack
from vault.files import forget_cached, replacing, sweep
from vault.recovery import recovery_recipient

if TYPE_CHECKING:
    from typing_extensions import Buffer

_BLOCK = 1 << 20


@dataclass(frozen=True)
class BackupMade:
    """A backup as the register has it.

    Attributes:
        index: Of the entry that records it.
        sha256: Of the file, 64 hexadecimal digits.
        bytes: The file's length.
        size: Entries in the register just before it was made.
        root: RFC 6962 root over them, 64 hexadecimal digits.
        destroyed_at: When somebody said that no copy of it is left; None: nobody did, or it was restored since.
    """

    id: str
    index: int
    at: datetime
    sha256: str
    bytes: int
    size: int
    root: str
    destroyed_at: datetime | None = None


@dataclass(frozen=True)
class NewBackup:
    """A backup that was just made, and the names of keys that its maker may not open and that are not in it."""

    made: BackupMade
    file: Path
    files: int
    left_out: tuple[str, ...]
    read_back: bool
    """All of it was opened again, with the recovery key."""


def backups(entries: Iterable[LedgerEntry]) -> list[BackupMade]:
    """Every backup that the register records, oldest first."""
    found: dict[str, BackupMade] = {}
    for entry in entries:
        payload = entry.payload or {}
        kind, name = (payload.get("type"), str(payload.get("id"))) if entry.kind is EventKind.BACKUP else (None, "")
        if kind == "backup":
            found[name] = _made(entry.index, payload)
        elif kind == "backup_destroyed" and name in found:
            found[name] = replace(found[name], destroyed_at=datetime.fromisoformat(str(payload["at"])))
        elif kind == "restored" and name in found:
            found[name] = replace(found[name], destroyed_at=None)  # it was there after all
    return list(found.values())


def make_backup(study: Study, file: Path, identities: Sequence[Identity] = ()) -> NewBackup:
    """Write a backup of ``study`` into ``file``, which gets its name once it was read back and recorded.

    Args:
        study: Of an assistant or investigator.
        file: New; outside the study's folder.
        identities: The recovery key, where it is at hand: then all of the file is opened again.
    Raises:
        UsageError: there is such a file, or it cannot stand there.
        Busy: a run, an erasure or another backup is under way.
        MissingKey: no recovery key was made yet, or this user may not back up.
        LedgerDamaged: entries of the register are missing. CheckFailed: what was written cannot be read back.
    """
    require(study, "backup")
    _require_new(study, file)
    recipient = recovery_recipient(study.folder / "keys")
    with _undisturbed(study):
        study.require_whole_register()
        manifest = _manifest(study)
        sweep(file.parent)
        with replacing(file) as sink:
            hashing = _Hashing(sink)
            packed = pack(cast(BinaryIO, hashing), recipient, study.folder, study.keyring, manifest)
            _read_back(sink, hashing, manifest, identities)
            _require_new(study, file)
            made = _record(study, manifest, hashing)
        return _new(made, file, packed, read_back=bool(identities))


def attest_destroyed(study: Study, identifier: str) -> tuple[BackupMade, bool]:
    """Record that no copy of a backup exists any more; a person says so.

    Returns:
        The backup, and whether this was new.
    Raises:
        UsageError: the register knows no such backup.
    """
    require(study, "backup")
    refuse_service(study, "says that a backup is destroyed")
    found = {one.id: one for one in backups(study.ledger.entries())}
    if identifier not in found:
        raise UsageError("the register knows no backup of this id", hint="See them with chatham backup --list.")
    if found[identifier].destroyed_at is not None:
        return found[identifier], False
    at = utc_now()
    payload = {"type": "backup_destroyed", "id": identifier, "by": study.keyring.user, "at": at.isoformat()}
    study.record(LedgerEvent(kind=EventKind.BACKUP, payload=payload))
    return replace(found[identifier], destroyed_at=at), True


def check_file(source: BinaryIO, identities: Sequence[Identity]) -> Manifest:
    """Read a whole backup and throw away what was read; raises what ``Archive`` raises."""
    archive = Archive(source, identities)
    archive.unpack(None)
    return archive.manifest


def study_digest(title: str) -> str:
    """What stands for a study in its backups: SHA-256 of its title."""
    return hashlib.sha256(title.encode()).hexdigest()


def _made(index: int, payload: dict[str, Any]) -> BackupMade:
    return BackupMade(
        id=str(payload["id"]),
        index=index,
        at=datetime.fromisoformat(str(payload["at"])),
        sha256=str(payload["sha256"]),
        bytes=int(payload["bytes"]),
        size=int(payload["size"]),
        root=str(payload["root"]),
    )


def _require_new(study: Study, file: Path) -> None:
    if file.is_symlink() or file.exists():
        raise UsageError("there is such a file already", hint="Give the backup another name; nothing is overwritten.")
    if not file.parent.is_dir():
        raise UsageError("the folder for the backup is not there", hint="Name a file in a folder that exists.")
    if file.resolve().is_relative_to(study.folder.resolve()):
        raise UsageError(
            "a backup inside the study's own folder would be lost with it",
            hint="Name a file on another disk, or at least in another folder.",
        )


@contextmanager
def _undisturbed(study: Study) -> Iterator[None]:
    """Nothing is built or destroyed meanwhile."""
    with ExitStack() as held:
        try:
            held.enter_context(study.building())
        except Busy:
            raise Busy(
                "a run, an erasure or another backup of this study is under way",
                hint="Wait until it ends, then back up again.",
            ) from None
        if study.vault.erasures.all():
            raise Busy(
                "an erasure was begun and is not finished",
                hint="End it first: chatham retention --dispose. Then back up again.",
            )
        yield


def _manifest(study: Study) -> Manifest:
    size, root = study.ledger.head()
    title = study_digest(study.config.title)
    return Manifest(id=secrets.token_hex(8), study=title, size=size, root=root, at=utc_now())


def _read_back(sink: BinaryIO, written: "_Hashing", manifest: Manifest, identities: Sequence[Identity]) -> None:
    """Compare what lies on the disk with what was written; with the recovery key, open all of it."""
    sink.flush()
    os.fsync(sink.fileno())
    with Path(sink.name).open("rb") as source:
        forget_cached(source)
        same = hashlib.file_digest(source, "sha256").hexdigest() == written.sha256 and source.tell() == written.bytes
        if not same:
            raise _unreadable("the disk gives back other bytes than were written")
        source.seek(0)
        if identities and check_file(source, identities) != manifest:
            raise _unreadable("it is another backup than was written")


def _unreadable(what: str) -> ChathamError:
    return CheckFailed(
        f"the backup cannot be read back: {what}",
        hint="Write it to another disk; nothing was recorded and no file made.",
    )


def _record(study: Study, manifest: Manifest, written: "_Hashing") -> BackupMade:
    payload: dict[str, Any] = {
        "type": "backup",
        "id": manifest.id,
        "sha256": written.sha256,
        "bytes": written.bytes,
        "size": manifest.size,
        "root": manifest.root,
        "by": study.keyring.user,
        "at": manifest.at.isoformat(),
    }
    return _made(study.record(LedgerEvent(kind=EventKind.BACKUP, payload=payload)), payload)


def _new(made: BackupMade, file: Path, packed: Packed, *, read_back: bool) -> NewBackup:
    return NewBackup(made, file, packed.files, packed.left_out, read_back)


class _Hashing(io.RawIOBase):
    """Bytes on their way into a file: how many, and their digest."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink, self._hash, self.bytes = sink, hashlib.sha256(), 0

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: "Buffer", /) -> int:
        """Take all of ``data``; gives its length in bytes."""
        length = self._sink.write(data)
        self._hash.update(data)
        self.bytes += length
        return length

    @property
    def sha256(self) -> str:
        """Of everything written, 64 hexadecimal digits."""
        return self._hash.hexdigest()

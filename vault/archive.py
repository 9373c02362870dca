"""What a backup holds: a tar of a study's sealed files and its opened keys, inside one age file, written as a stream.

``manifest.json`` stands first, ``secrets.json`` and ``files.json`` last; the tar's end is inside the age file, so an
archive that was cut or changed anywhere is not taken for a whole one. Nothing of it is ever on a disk unsealed.
"""

import hashlib
import io
import os
import re
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, BinaryIO, cast

from filelock import FileLock
from pydantic import Field, TypeAdapter

from schemas.errors import BadInput, MissingKey
from schemas.identifiers import Digest
from schemas.records import Record
from vault.age import AgeReader, AgeWriter, Identity, Recipient, SealedFileDamaged
from vault.files import sync_folder
from vault.keys import Keyring, reopened
from vault.records import R, parse
from vault.roles import ROLES
from vault.staging import finish, keys_lock

VERSION = 1
MANIFEST, SECRETS, FILES = "manifest.json", "secrets.json", "files.json"
_BLOCK = 1 << 20
_LONGEST_RECORD = 64 << 20
"""Of the three records, which are read into memory; a million files are listed in less."""
_PART = r"[A-Za-z0-9_][A-Za-z0-9._-]*"
_NAME = re.compile(
    rf"chatham\.toml|keys/users/{_PART}|keys/roles/(?:{'|'.join(ROLES)})\.(?:age|pub)|vault(?:/{_PART})+"
)


class Manifest(Record):
    """Of which study an archive is, and how much of its consent register there was just before it was made."""

    version: int = VERSION
    id: str = Field(pattern=r"^[0-9a-f]{16}$")
    study: Digest
    """SHA-256 of the study's title."""
    size: int = Field(ge=1)
    """Entries in the register; what was erased by an entry before this one is not in the archive."""
    root: Digest
    """RFC 6962 root over them."""
    at: datetime


class ArchivedKey(Record):
    """A key of the keystore: its secret half (``AGE-SECRET-KEY-1…``), and the roles that may open it."""

    secret: str
    roles: tuple[str, ...]


class ArchivedSecrets(Record):
    """What only somebody unlocked can put into an archive. No epoch secret is in it, and no signing key."""

    names_key: str
    """32 bytes in hexadecimal."""
    evidence: tuple[str, ...]
    """Keys of consent payloads, newest first, 32 bytes each in hexadecimal."""
    log_seed: str
    """64 bytes in hexadecimal."""
    keystore: dict[str, ArchivedKey]


class _File(Record):
    name: str
    bytes: int
    sha256: Digest


_LISTING: TypeAdapter[list[_File]] = TypeAdapter(list[_File])


class Packed(Record):
    """What an archive took in: files, their bytes together, and keys that this user may not open."""

    files: int
    bytes: int
    left_out: tuple[str, ...]


class ArchiveDamaged(BadInput):
    """An archive is not what was written: cut short, changed, or none of ours."""


def pack(sink: BinaryIO, recipient: Recipient, study: Path, keyring: Keyring, manifest: Manifest) -> Packed:
    """Write a study's archive, in constant memory.

    The caller sees to it that no words are being destroyed meanwhile. Sessions may be worked on: each of their files is
    taken as a whole, and a result that is replaced just then is made again after a restore.

    Args:
        sink: Gets the age file.
        recipient: Who can open it.
        study: The study folder.
        keyring: Of an assistant or investigator.
        manifest: Goes first.
    Raises:
        MissingKey: ``keyring`` may not open what an archive needs.
    """
    with (
        AgeWriter(sink, [recipient]) as sealed,
        tarfile.open(fileobj=cast(IO[bytes], sealed), mode="w|", format=tarfile.GNU_FORMAT, bufsize=_BLOCK) as tar,
    ):
        tar.copybufsize = _BLOCK  # type: ignore[attr-defined]  # there, and not in the stubs
        packer = _Packer(tar, study, manifest.at)
        packer.add_record(MANIFEST, manifest.model_dump_json())
        for folder in sorted((study / "vault" / "sessions").glob("*")):
            packer.add_folder(folder)
        with _held_still(study, keyring) as current:
            packer.add_study_wide()
            secrets, left_out = _secrets(current)
        packer.add_record(SECRETS, secrets.model_dump_json())
        packer.add_record(FILES, _LISTING.dump_json(packer.taken).decode())
    return Packed(files=len(packer.taken), bytes=sum(file.bytes for file in packer.taken), left_out=left_out)


class Archive:
    """An archive that is being read, from its beginning to its end, once.

    Args:
        source: The age file, at its first byte, seekable.
        identities: Keys, one of which opens it.
    Raises:
        MissingKey: None does. ArchiveDamaged: it is none of ours, or not whole.
    """

    def __init__(self, source: BinaryIO, identities: Sequence[Identity]) -> None:
        with _telling_damage():
            reader = _reader(source, identities)
            self._tar = tarfile.open(fileobj=cast(IO[bytes], reader), mode="r|", bufsize=_BLOCK)  # noqa: SIM115
        self._members = iter(self._tar)
        self.manifest = self._record(self._next(), MANIFEST, Manifest)
        if self.manifest.version != VERSION:
            raise BadInput(
                f"the backup is of version {self.manifest.version}, which is not known here",
                hint="Restore it with the version of Chatham that made it, or a newer one.",
            )

    def unpack(self, into: Path | None) -> ArchivedSecrets:
        """Read everything else and compare it with the list of what was written.

        Args:
            into: A new folder that gets the files, as they lay in the study; None: they are read and not written.
        Raises:
            ArchiveDamaged: the archive is not whole; what was written is to be thrown away.
        """
        found: list[_File] = []
        while (member := self._next()).name != SECRETS:
            found.append(self._file(member, into))
        secrets = self._record(member, SECRETS, ArchivedSecrets)
        listed = self._listing(self._next())
        if listed != found or self._following() is not None:
            raise _damaged("it does not hold the files that it lists")
        if into is not None:
            _sync_folders(into)
        return secrets

    def _file(self, member: tarfile.TarInfo, into: Path | None) -> _File:
        if _NAME.fullmatch(member.name) is None or not member.isreg():
            raise _damaged("it holds what belongs to no study")
        source = _Counting(self._content(member))
        if into is None:
            source.drain()
        else:
            _write_new(into / member.name, source)
        return source.as_file(member.name)

    def _listing(self, member: tarfile.TarInfo) -> list[_File]:
        body = self._body(member, FILES)
        try:
            return _LISTING.validate_json(body)
        except ValueError:
            raise _damaged("its list of files cannot be read") from None

    def _record(self, member: tarfile.TarInfo, name: str, kind: type[R]) -> R:
        return parse(self._body(member, name), kind)

    def _body(self, member: tarfile.TarInfo, name: str) -> bytes:
        if member.name != name or not member.isreg() or member.size > _LONGEST_RECORD:
            raise _damaged(f"{name} is not where it should be")
        with _telling_damage():
            return self._content(member).read()

    def _content(self, member: tarfile.TarInfo) -> IO[bytes]:
        content = self._tar.extractfile(member)
        if content is None:
            raise _damaged("it holds what is no file")
        return content

    def _next(self) -> tarfile.TarInfo:
        member = self._following()
        if member is None:
            raise _damaged("it ends too early")
        return member

    def _following(self) -> tarfile.TarInfo | None:
        with _telling_damage():
            return next(self._members, None)


class _Packer:
    """Puts files and records into a tar, and lists the files."""

    def __init__(self, tar: tarfile.TarFile, study: Path, at: datetime) -> None:
        self._tar, self._study, self._at = tar, study, at
        self.taken: list[_File] = []

    def add_study_wide(self) -> None:
        """Everything but sessions."""
        self._add(self._study / "chatham.toml")
        self.add_folder(self._study / "keys" / "users")
        for role in ROLES:
            for half in ("age", "pub"):
                self._add(self._study / "keys" / "roles" / f"{role}.{half}")
        vault = self._study / "vault"
        self._add_all(path for path in vault.glob("*") if path.is_file())
        for folder in sorted(path for path in vault.glob("*") if path.is_dir() and path.name != "sessions"):
            self.add_folder(folder)

    def add_folder(self, folder: Path) -> None:
        """Every file below ``folder`` but hidden ones: locks, and writes in hand."""
        self._add_all(path for path in folder.rglob("*") if path.is_file())

    def add_record(self, name: str, text: str) -> None:
        """A record that is not listed."""
        body = text.encode()
        self._tar.addfile(self._info(name, len(body)), io.BytesIO(body))

    def _add_all(self, paths: Iterator[Path]) -> None:
        for path in sorted(path for path in paths if not path.name.startswith(".")):
            self._add(path)

    def _add(self, path: Path) -> None:
        try:
            source = path.open("rb")
        except FileNotFoundError:
            return  # replaced by another since it was listed, or a role that nobody has
        with source:
            size, name = os.fstat(source.fileno()).st_size, path.relative_to(self._study).as_posix()
            counting = _Counting(source)
            self._tar.addfile(self._info(name, size), cast(IO[bytes], counting))
        self.taken.append(counting.as_file(name))

    def _info(self, name: str, size: int) -> tarfile.TarInfo:
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = size, 0o600, int(self._at.timestamp())
        return info


class _Counting:
    """A file that is being read: its length so far, and its digest."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source, self._hash, self._bytes = source, hashlib.sha256(), 0

    def read(self, size: int = _BLOCK) -> bytes:
        """As of a file."""
        with _telling_damage():
            piece = self._source.read(size)
        self._hash.update(piece)
        self._bytes += len(piece)
        return piece

    def drain(self) -> None:
        """Read to the end."""
        while self.read():
            pass

    def as_file(self, name: str) -> _File:
        """What was read, as it stands in the list of files."""
        return _File(name=name, bytes=self._bytes, sha256=self._hash.hexdigest())


@contextmanager
def _held_still(study: Path, keyring: Keyring) -> Iterator[Keyring]:
    """The keys as they are now, with nobody changing users, keys or the roster meanwhile."""
    # In the order in which an import, and somebody's leaving, take them.
    with FileLock(study / "vault" / ".roster.lock"):
        finish(keyring.keys)
        current = reopened(keyring)
        with keys_lock(keyring.keys):
            yield current


def _secrets(keyring: Keyring) -> tuple[ArchivedSecrets, tuple[str, ...]]:
    """What this user can open, and the names of the keys that they cannot."""
    keystore = keyring.keystore
    roles = {name: keystore.roles(name) for name in keystore.names()}
    mine = [name for name in roles if keyring.roles & set(roles[name])]
    secrets = ArchivedSecrets(
        names_key=keyring.names_key.hex(),
        evidence=tuple(identity.secret.hex() for identity in keyring.evidence_identities),
        log_seed=keyring.log_seed.hex(),
        keystore={name: ArchivedKey(secret=str(keystore.identity(name)), roles=roles[name]) for name in mine},
    )
    return secrets, tuple(name for name in roles if name not in mine)


def _reader(source: BinaryIO, identities: Sequence[Identity]) -> AgeReader:
    try:
        return AgeReader(source, identities)
    except MissingKey:
        raise MissingKey(
            "the recovery key given does not open this backup",
            hint="Take the page that was printed before the backup was made; a key made later does not open it.",
        ) from None


def _write_new(path: Path, source: _Counting) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        sink = path.open("xb")
    except FileExistsError:
        raise _damaged("it holds a file twice") from None
    with sink:
        while piece := source.read():
            sink.write(piece)
        sink.flush()
        os.fsync(sink.fileno())


def _sync_folders(root: Path) -> None:
    for folder in [root, *(path for path in root.rglob("*") if path.is_dir())]:
        sync_folder(folder)


@contextmanager
def _telling_damage() -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, UnicodeDecodeError):
        raise _damaged("it is no archive, or ends too early") from None
    except SealedFileDamaged:
        raise _damaged("it was cut short or changed, or is no backup at all") from None


def _damaged(what: str) -> ArchiveDamaged:
    return ArchiveDamaged(
        f"the backup cannot be read: {what}", hint="Take another copy of it, or an older backup; nothing was changed."
    )

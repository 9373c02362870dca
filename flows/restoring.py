"""Puts a study back from a backup: never the register, which must be newer, and nothing that was destroyed since.

Everything is made in a hidden folder beside the study's and takes its place in one step; refused or killed anywhere
before, nothing has changed.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BufferedReader
from pathlib import Path

from consent.storage.lines import NAME as JOURNAL
from flows.backups import BackupMade
from flows.progress import Progress
from flows.register_keys import keep_register_keys, register_keys
from flows.remaking import Acting, Remade, remake
from flows.saved_register import Shown, read_saved, require_backup, require_certificates, require_whole
from flows.settings import CONFIG_NAME
from flows.sheets import read_bytes
from flows.study import Study
from schemas.errors import BadInput, UsageError
from vault.age import Identity
from vault.archive import Archive, ArchivedSecrets
from vault.files import make_folder, replacing, sync_folder


@dataclass(frozen=True)
class Wanted:
    """What is to be restored, and by whom.

    Attributes:
        file: The backup.
        folder: Where the study is to stand: new, empty, or with nothing in it but ``consent/``.
        keys: Recovery keys; one opens the backup, and one what the register holds since.
        passphrase: Of ``user``, where one is named.
        consent: The register, where it does not lie in ``folder`` already.
        against: Files that show how far the register had got.
        user: Who acts; None: the recovery key itself.
    """

    file: Path
    folder: Path
    keys: Sequence[Identity]
    passphrase: Callable[[], str]
    consent: Path | None = None
    against: Sequence[Path] = ()
    user: str | None = None


@dataclass(frozen=True)
class Restored(Remade):
    """What was put back, and what a person has to see to.

    Attributes:
        sessions: How many sessions came back.
        said_destroyed: The register says that no copy of this backup was left.
        entries: How many the register held as it was handed in.
        anchored: How many of them somebody outside has seen, or a file shown here names.
    """

    backup: BackupMade
    sessions: int
    said_destroyed: bool
    entries: int
    anchored: int


def restore(wanted: Wanted, progress: Progress) -> Restored:
    """Put a study back.

    Raises:
        UsageError: the folder is not free, or there is no register.
        MissingKey: no recovery key given opens the backup, or what was recorded since; or the acting user may not.
        BadInput: the backup is damaged, or is another one than the register records.
        LedgerDamaged: the register is damaged, or older than anything that is known of it.
    """
    _settle(wanted.folder)
    register = _register_folder(wanted)
    shown = [Shown.read(read_bytes(path)) for path in wanted.against]
    with _opened(wanted.file) as source, _aside(wanted.folder) as aside:
        progress.step("checking the backup and the register")
        sha256 = hashlib.file_digest(source, "sha256").hexdigest()
        source.seek(0)
        archive = Archive(source, wanted.keys)
        _copy_register(register, aside / "consent")
        anchored = require_whole(aside / "consent", archive.manifest, shown)
        progress.step("unpacking")
        archived = archive.unpack(aside)
        saved = read_saved(aside / "consent", _contents_keys(aside / "consent", archived, wanted.keys))
        backup = require_backup(saved, archive.manifest, sha256)
        require_certificates(saved, shown)
        acting = Acting(wanted.keys, wanted.user, wanted.passphrase)
        remade = remake(aside, saved, archived, archive.manifest, acting, progress)
        _take_place(aside, wanted.folder)
    return _restored(wanted.folder, remade, backup, (len(saved.entries), anchored))


def _contents_keys(consent: Path, archived: ArchivedSecrets, keys: Sequence[Identity]) -> list[Identity]:
    """The keys of the register's contents that are at hand, newest first."""
    in_backup = [Identity.from_secret(bytes.fromhex(one)) for one in archived.evidence]
    return list(dict.fromkeys([*register_keys(consent, keys), *in_backup]))


def _register_folder(wanted: Wanted) -> Path:
    """Where the register lies, once it is sure that nothing else lies where the study is to stand."""
    folder = wanted.folder
    if any(parent.is_file() for parent in (folder, *folder.parents)):
        raise UsageError("a part of that path is a file, not a folder", hint="Give another path for the study.")
    inside = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if inside - {"consent"}:
        raise UsageError(
            "the study's folder is already there and is not empty",
            hint="Give a new folder, or one that holds nothing but consent/; nothing was changed.",
        )
    if bool(inside) == (wanted.consent is not None):
        raise UsageError(
            "the consent register is named twice" if inside else "there is no consent register to restore with",
            hint="It is in no backup. Put its newest copy into the study's folder, or name it: --consent FOLDER.",
        )
    register = wanted.consent or folder / "consent"
    register = register / "consent" if (register / "consent" / JOURNAL).is_file() else register
    if not (register / JOURNAL).is_file():
        raise UsageError("there is no consent register in that folder", hint="Name the folder consent/ of the study.")
    return register


def _copy_register(register: Path, into: Path) -> None:
    """Copy every file durably, but for hidden ones: locks, and writes that never ended."""
    for path in sorted(register.rglob("*")):
        inside = path.relative_to(register)
        if path.is_file() and not any(part.startswith(".") for part in inside.parts):
            make_folder((into / inside).parent)
            with path.open("rb") as source, replacing(into / inside) as sink:
                shutil.copyfileobj(source, sink)


@contextmanager
def _opened(file: Path) -> Iterator[BufferedReader]:
    if not file.is_file():
        raise BadInput("the backup: there is no such file", hint="Check the path as you typed it.")
    with file.open("rb") as source:
        yield source


@contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """A hidden folder beside the study's, which is gone afterwards unless it took the study's place."""
    aside = folder.with_name(f".{folder.name}.restoring")
    shutil.rmtree(aside, ignore_errors=True)  # what a killed one left; it never counted
    make_folder(folder.parent)
    aside.mkdir(mode=0o700)
    try:
        for room in ("keys", "vault", "releases", "warehouse"):
            (aside / room).mkdir(mode=0o700)
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _before(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.before")


def _take_place(aside: Path, folder: Path) -> None:
    """Let the study stand under its name. A folder that held the register alone makes room first."""
    sync_folder(aside)
    if folder.is_dir():
        folder.rename(_before(folder))
    aside.rename(folder)
    sync_folder(folder.parent)
    _settle(folder)


def _settle(folder: Path) -> None:
    """End, or take back, what a killed one left between its last two steps; usually there is nothing."""
    before = _before(folder)
    if not before.is_dir():
        return
    if (folder / CONFIG_NAME).is_file():
        shutil.rmtree(before)
    elif not folder.exists():
        before.rename(folder)
    sync_folder(folder.parent)


def _restored(folder: Path, remade: Remade, backup: BackupMade, seen: tuple[int, int]) -> Restored:
    study = Study(folder, replace(remade.study.keyring, keys=folder / "keys"))
    keep_register_keys(study)
    return Restored(
        study=study,
        backup=backup,
        sessions=len(study.sessions()),
        applied=remade.applied,
        dropped=remade.dropped,
        missing=remade.missing,
        removed=remade.removed,
        again=remade.again,
        lost=remade.lost,
        new_log_keys=remade.new_log_keys,
        said_destroyed=backup.destroyed_at is not None,
        entries=seen[0],
        anchored=seen[1],
    )

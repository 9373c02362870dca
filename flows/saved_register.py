"""A saved copy of the consent register: whether it is whole, as new as all that is known of it, and what it says."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from consent.ledger import Ledger
from consent.outside.continuing import SEEN
from consent.publish import log_vkeys
from consent.recorders import RecorderCheck, read_recorders
from consent.storage.leaf import decode
from consent.tlog.checkpoint import parse_checkpoint
from consent.tlog.merkle import root_of
from consent.tlog.spelling import as_kept
from consent.tlog.tlog_proof import parse_proof
from consent.verify import verify
from flows.backups import BackupMade, backups
from flows.certificate import read_certificate, stated_digest
from flows.settings import utc_now
from schemas.errors import BadInput, LedgerDamaged, MissingKey
from schemas.ledger import EventKind, LedgerEntry, Opener
from vault.age import Identity, open_sealed
from vault.archive import Manifest

_NEWER = "Look for a newer copy of the folder consent/: the ethics office or another computer may have one."
_NOTHING = "Nothing was restored."
_PROOF = b"c2sp.org/tlog-proof@"


@dataclass(frozen=True)
class SavedRegister:
    """A register that is whole and new enough.

    Attributes:
        entries: All of it, opened.
        keys: With which it was opened, newest first.
    """

    entries: tuple[LedgerEntry, ...]
    keys: tuple[Identity, ...]


@dataclass(frozen=True)
class Shown:
    """A file that somebody kept: a checkpoint, a cosigned one, a proof, a receipt's proof, or a certificate."""

    data: bytes
    certificate: bool

    @classmethod
    def read(cls, data: bytes) -> "Shown":
        """Tell which it is, by its first character."""
        return cls(data, data.lstrip()[:1] == b"{")


def require_whole(folder: Path, manifest: Manifest, shown: Sequence[Shown]) -> int:
    """Refuse a register that is damaged, or that lacks entries which anything at hand names. No key is needed.

    Args:
        folder: A copy of ``consent/`` of its own: what it is shown, and does not reach, is noted in it.
        manifest: Of the backup that is to be restored.
        shown: What else is known of the register.
    Returns:
        How many of its entries somebody outside has seen, or a file in ``shown`` names.
    Raises:
        LedgerDamaged: it is damaged, or behind. BadInput: a file in ``shown`` is of another register.
    """
    seen = folder / "log" / SEEN
    papers = [as_kept(one.data) for one in shown if not one.certificate]
    if seen.is_file():  # what this copy was shown earlier counts as if it were shown now
        papers.append(seen.read_bytes())
        seen.unlink()
    anchored = [_verified(folder, None), *(_shown(folder, paper) for paper in papers)]
    ledger = _opened(folder)
    ledger.require_not_behind()
    _require_beginning(ledger, manifest)
    return max(anchored)


def read_saved(folder: Path, keys: Sequence[Identity]) -> SavedRegister:
    """Open every entry of a register that is whole.

    Args:
        keys: Of the register's contents, newest first.
    Raises:
        MissingKey: an entry stays shut, so nobody can tell what was to be destroyed.
    """
    try:
        entries = tuple(_opened(folder, lambda sealed: open_sealed(sealed, keys)).entries())
    except MissingKey:
        entries = ()
    if not entries or any(_is_shut(entry) for entry in entries):
        raise MissingKey(
            "entries of the consent register were sealed after this backup, with keys that the recovery key given does "
            "not open",
            hint=f"Give the newest recovery key as well, each on a line of its own. {_NOTHING}",
        )
    return SavedRegister(entries, tuple(keys))


def require_backup(saved: SavedRegister, manifest: Manifest, sha256: str) -> BackupMade:
    """The register's own word about the very file that is being restored.

    A backup gets its name only once it is recorded: a register without that entry is older than the backup.

    Raises:
        LedgerDamaged: the register lacks the entry. BadInput: the file is another one than was recorded.
    """
    found = {one.id: one for one in backups(saved.entries)}.get(manifest.id)
    if found is None:
        raise LedgerDamaged(
            "the consent register does not know this backup, so newer entries of it existed",
            hint=f"{_NEWER} {_NOTHING}",
        )
    if (found.sha256, found.size, found.root) != (sha256, manifest.size, manifest.root):
        raise BadInput(
            f"this is not the backup that the register records: expected {found.sha256[:12]}, computed {sha256[:12]}",
            hint=f"Take another copy of it. {_NOTHING}",
        )
    return found


def require_certificates(saved: SavedRegister, shown: Sequence[Shown]) -> None:
    """Refuse a register that does not hold the destruction that a certificate speaks of.

    Raises:
        LedgerDamaged: it lacks it. BadInput: a file in ``shown`` is no certificate.
    """
    said = {(entry.payload or {}).get("sha256") for entry in saved.entries if entry.kind is EventKind.ERASE_ATTEST}
    erasures = {entry.index for entry in saved.entries if entry.kind is EventKind.ERASE}
    for one in shown:
        if not one.certificate:
            continue
        body, _ = read_certificate(one.data)
        if stated_digest(body) not in said or body["entries"]["erasure"] not in erasures:
            raise LedgerDamaged(
                "the consent register does not know of a destruction that you have a certificate of",
                hint=f"{_NEWER} {_NOTHING}",
            )


def recorder_check(folder: Path) -> RecorderCheck:
    """Who may record at the register's end."""
    check, ledger = RecorderCheck(read_recorders(folder)), _opened(folder)
    for index, data in enumerate(ledger.leaves(0, ledger.size)):
        if leaf := decode(data):
            check.right_of(index, leaf)
    return check


def _shown(folder: Path, paper: bytes) -> int:
    """Show the register a seal or proof; one under keys that it does not know yet is newer than it is.

    Raises:
        LedgerDamaged: as said. BadInput: it is of another register, or damaged.
    """
    try:
        return _verified(folder, paper)
    except BadInput:
        signed = parse_checkpoint(parse_proof(paper).checkpoint if paper.startswith(_PROOF) else paper)
        keys = log_vkeys(folder)
        known = {(key.name, key.id) for key in keys} & {(one.name, one.id) for one in signed.note.signatures}
        if known or signed.checkpoint.origin not in {key.name for key in keys}:
            raise
    raise LedgerDamaged(
        "a seal that you gave is of this register and under none of its keys: either its keys were changed since, or "
        "somebody made it up",
        hint=f"{_NEWER} {_NOTHING}",
    )


def _verified(folder: Path, against: bytes | None) -> int:
    """Everything that needs no secret key: lines, signatures, tiles, seals, forms; what others have seen of it."""
    keys = log_vkeys(folder)
    if not keys:
        raise LedgerDamaged("the consent register has no key of its own (ledger.vkey)", hint=f"{_NEWER} {_NOTHING}")
    report = verify(folder, keys, against=against, now=utc_now())
    if report.problems:
        raise LedgerDamaged(
            f"the consent register is not whole: {report.problems[0].message}", hint=f"{_NEWER} {_NOTHING}"
        )
    return report.anchored


def _opened(folder: Path, open_payload: Opener | None = None) -> Ledger:
    return Ledger.open(
        folder,
        open_payload=open_payload,
        public_keys=read_recorders(folder),
        log_keys=log_vkeys(folder),
        whole=True,
    )


def _require_beginning(ledger: Ledger, manifest: Manifest) -> None:
    if ledger.size < manifest.size:
        raise LedgerDamaged(
            f"the consent register holds {ledger.size} entries; when the backup was made there were {manifest.size}",
            hint=f"{_NEWER} {_NOTHING}",
        )
    if root_of(ledger.leaf_hashes()[: manifest.size]).hex() != manifest.root:
        raise LedgerDamaged(
            "the consent register and the backup are not of one study, or there are two histories of it",
            hint=f"Take the folder consent/ of the study that the backup is of. {_NOTHING}",
        )


def _is_shut(entry: LedgerEntry) -> bool:
    """Contents that may be disposed of are never those of a destruction."""
    return entry.payload is None and entry.kind in (EventKind.ERASE, EventKind.BACKUP, EventKind.ROTATE_KEY)

"""Publishes the register's view for outsiders: hash tiles, then the signed checkpoint, then the saved frontier."""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from consent.ledger import Ledger
from consent.storage.files import write_durably
from consent.storage.frontier import write_frontier
from consent.tlog.checkpoint import Checkpoint, SignedCheckpoint, check_checkpoint, log_keys, sign_checkpoint
from consent.tlog.merkle import Frontier, leaf_hash, root_of
from consent.tlog.note import ED25519, SigningKey, VerifyKey, read_vkeys
from consent.view import edge_of, grow, is_there, make_good, reaches_beyond
from schemas.errors import BadInput, LedgerDamaged, MissingKey

KEYS_NAME = "ledger.vkey"
CONTINUE = (
    "Nothing was signed. Keep the folder as it is and look for a newer copy of consent/; if there is none, chatham "
    "ledger continue begins anew and says how many entries were lost."
)

_ANCHOR = re.compile(r"([0-9]{1,18})-")
_RESTORE = "Nothing was signed. Restore the folder consent/ from your newest backup."


def log_vkeys(folder: Path) -> tuple[VerifyKey, ...]:
    """The log's public keys, from ``ledger.vkey`` in ``folder``: Ed25519, then ML-DSA-44. None before publication.

    Raises:
        BadInput: where the file is not a list of keys of one name.
    """
    try:
        keys = read_vkeys((folder / KEYS_NAME).read_bytes())
    except FileNotFoundError:
        return ()
    if len({key.name for key in keys}) != 1:
        raise BadInput(
            f"{KEYS_NAME} does not hold the keys of one register", hint="Restore it from your newest backup."
        )
    return keys


def origin_of(folder: Path) -> str | None:
    """The name of the log in ``folder``, such as ``chatham/0f3a…``; None where nothing was published."""
    keys = log_vkeys(folder)
    return keys[0].name if keys else None


def new_origin() -> str:
    """A name for a new log: drawn at random, so that it tells nothing about the study."""
    return f"chatham/{secrets.token_hex(8)}"


def publish(folder: Path, ledger: Ledger, seed: bytes, at: datetime, *, whole: bool = False) -> Checkpoint:
    """Bring the published view up to what the register holds: tiles first, the checkpoint after them.

    Nothing is written where the standing checkpoint already names all entries.

    Args:
        folder: The study's ``consent/``.
        ledger: The register in it.
        seed: The log's secret, 64 bytes.
        at: Aware; stands in the signatures that say when.
        whole: Compare every tile in the folder, also where nothing is new, and write those that differ.
    Returns:
        The checkpoint that stands afterwards.
    Raises:
        LedgerDamaged: where the checkpoint that was signed before is not of this journal's beginning, or the register
            was shown a newer one.
        MissingKey: where the seed is another log's. BadInput: where a file of the view cannot be read.
        Busy, DiskFull, ChathamError: where it could not be written.
    """
    with ledger.lock():
        size, root = ledger.head()
        sealed = _standing(folder)
        known = log_vkeys(folder)
        standing = None if sealed is None else sealed.checkpoint
        renewed = sealed is not None and known[0].id in {one.id for one in sealed.note.signatures}
        if standing is not None and renewed and not whole and (standing.size, standing.root.hex()) == (size, root):
            return standing
        keys = _keys(folder, known, seed)
        checkpoint = Checkpoint(keys[0].verify_key.name, size, bytes.fromhex(root))
        _require_nothing_newer(folder, standing, size)
        if standing is None:
            grow(folder / "log", ledger, 0, size)
        else:
            _grow(folder / "log", ledger, standing, checkpoint, whole=whole)
        if checkpoint != standing or not renewed:  # the keys change when somebody leaves who could sign
            write_durably(folder / "log" / "checkpoint", sign_checkpoint(checkpoint, keys, at))
        write_frontier(folder, ledger)
        return checkpoint


def _standing(folder: Path) -> SignedCheckpoint | None:
    """The checkpoint in the folder, where the log's Ed25519 signature on it holds."""
    try:
        data = (folder / "log" / "checkpoint").read_bytes()
    except FileNotFoundError:
        return None
    try:
        # One signature is enough to know our own, and this is looked at after every command.
        # Also under a key of before somebody left who could sign: the newest keys stand first in the file.
        return check_checkpoint(data, [key for key in log_vkeys(folder) if key.kind == ED25519])
    except BadInput as error:
        raise LedgerDamaged(f"log/checkpoint does not fit {KEYS_NAME}: {error.message}", hint=_RESTORE) from None


def _keys(folder: Path, known: Sequence[VerifyKey], seed: bytes) -> Sequence[SigningKey]:
    keys = log_keys(known[0].name if known else new_origin(), seed)
    public = tuple(key.verify_key for key in keys)
    if not known:
        write_durably(folder / KEYS_NAME, "".join(f"{key}\n" for key in public).encode("ascii"))
    elif known[: len(public)] != public:
        raise MissingKey(
            f"the key that signs this register's checkpoints is not the one named in {KEYS_NAME}",
            hint="A part of the study folder is older than the rest; put the whole folder back as it was.",
        )
    return keys


def _require_nothing_newer(folder: Path, standing: Checkpoint | None, size: int) -> None:
    if (folder / "log" / "seen").exists():
        raise LedgerDamaged("the register is behind a checkpoint that it was shown", hint=CONTINUE)
    if standing is None and reaches_beyond(folder / "log", size):
        raise LedgerDamaged(
            f"log/checkpoint is missing, and tiles in log/ hold more than the register's {size} entries", hint=CONTINUE
        )
    names = [_ANCHOR.match(path.name) for path in (folder / "anchors").glob("*")]
    anchored = max((int(found[1]) for found in names if found), default=0)
    if anchored > size:
        raise LedgerDamaged(
            f"the register holds {size} entries, and others have seen {anchored} of it (anchors/)", hint=CONTINUE
        )
    if standing is not None and size < standing.size:
        raise LedgerDamaged(
            f"the register holds {size} entries, and a checkpoint of {standing.size} was signed before", hint=CONTINUE
        )


def _grow(log: Path, ledger: Ledger, standing: Checkpoint, now: Checkpoint, *, whole: bool) -> None:
    """Bring the tiles from one checkpoint to the next, once it is sure that the journal holds both.

    Where the tiles are in order, this costs as much as is new.
    """
    edge = edge_of(log, standing)
    if edge is None or not _leads_to(edge, ledger, now):
        if root_of(ledger.leaf_hashes()[: standing.size]) != standing.root:
            raise LedgerDamaged(
                f"the first {standing.size} entries of the register are not those that were signed before",
                hint=CONTINUE,
            )
        whole = True
    if whole or not is_there(log, standing.size):
        make_good(log, ledger, standing.size)
    grow(log, ledger, standing.size, now.size)


def _leads_to(edge: Frontier, ledger: Ledger, now: Checkpoint) -> bool:
    for leaf in ledger.leaves(edge.size, now.size):
        edge.append(leaf_hash(leaf))
    return edge.root() == now.root

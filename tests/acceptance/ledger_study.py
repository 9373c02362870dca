"""A small register made from fixed keys, and what must hold of it after any fault."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from consent.ledger import Ledger
from consent.publish import log_vkeys, publish
from consent.recorders import read_recorders, recorder_form, write_recorders
from consent.tlog.checkpoint import check_checkpoint
from consent.tlog.merkle import leaf_hash, root_of
from consent.tlog.proofs import check_inclusion, inclusion_proof
from consent.tlog.tiles import TileReader
from schemas.ledger import EventKind, LedgerEvent
from tests.consent.ledger_fakes import TinyBox, TinySigner

SIGNER, BOX, SEED = TinySigner(), TinyBox(), bytes(range(64))
NOW = datetime(2026, 11, 21, 20, 51, tzinfo=UTC)


def begun(folder: Path) -> Ledger:
    """A new register whose first entry lets its recorder in."""
    made = Ledger.create(folder, SIGNER, BOX.seal, open_payload=BOX.open)
    write_recorders(folder, {SIGNER.key_id: SIGNER.public_key})
    payload = {"type": "user", "action": "added", "name": "pi", "roles": [], "key": SIGNER.key_id}
    made.record(LedgerEvent(kind=EventKind.ROTATE_KEY, payload=payload, form=recorder_form(SIGNER.public_key)))
    return made


def reopened(folder: Path, *, recorders: bool = False) -> Ledger:
    """The register as the next command opens it."""
    return Ledger.open(
        folder,
        signer=SIGNER,
        seal=BOX.seal,
        open_payload=BOX.open,
        public_keys=read_recorders(folder) if recorders else None,
        log_keys=log_vkeys(folder),
    )


def events(count: int, tag: object = 0) -> list[LedgerEvent]:
    """So many events that tell each other apart."""
    return [
        LedgerEvent(kind=EventKind.ACCESS, payload={"type": "note", "tag": str(tag), "at": at}) for at in range(count)
    ]


def published(folder: Path, ledger: Ledger) -> int:
    """Publish, and give the checkpoint's size."""
    return publish(folder, ledger, SEED, NOW).size


def require_sound(folder: Path, kept: Sequence[bytes], at_least: int) -> tuple[Ledger, list[bytes]]:
    """Open a register after a fault and check that nothing acknowledged is lost and nothing forked.

    Args:
        kept: Leaf hashes that must stand at the beginning.
        at_least: Size of the newest checkpoint that was acknowledged.
    Returns:
        The register, opened for writing, and its leaf hashes.
    """
    ledger = reopened(folder)
    hashes = ledger.leaf_hashes()
    assert hashes[: len(kept)] == list(kept), f"{len(hashes)} entries are there and {len(kept)} were acknowledged"
    assert ledger.root == root_of(hashes)
    path = folder / "log/checkpoint"
    assert path.exists() or at_least == 0, "an acknowledged checkpoint is gone"
    if path.exists():
        standing = check_checkpoint(path.read_bytes(), log_vkeys(folder)).checkpoint
        assert at_least <= standing.size <= len(hashes), "the checkpoint went back, or names more than there is"
        assert root_of(hashes[: standing.size]) == standing.root, "the checkpoint is of another history"
        require_tiles(folder, hashes[: standing.size], standing.root)
    return ledger, hashes


def require_tiles(folder: Path, hashes: Sequence[bytes], root: bytes) -> None:
    """Check that the tiles prove the first, the last and a middle entry."""
    size = len(hashes)
    for index in {0, size // 2, size - 1}:
        proof = inclusion_proof(index, size, TileReader(folder / "log", size).nodes)
        check_inclusion(hashes[index], index, size, proof, root)


def go_on(folder: Path, ledger: Ledger, hashes: Sequence[bytes]) -> None:
    """Record and publish on a register that a fault left behind, and check that both took."""
    (index,) = ledger.append(events(1, "after"))
    assert index == len(hashes)
    assert published(folder, ledger) == len(hashes) + 1
    (leaf,) = ledger.leaves(index, index + 1)
    require_sound(folder, [*hashes, leaf_hash(leaf)], index + 1)

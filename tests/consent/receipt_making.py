"""Receipts of any size for tests: an entry by a made-up recorder, in a real tree or a synthetic one of a million."""

import hashlib
import random
from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.receipt import make_receipt_proof
from consent.register import to_ledger_event
from consent.storage import leaf as leaves
from consent.storage.entries import write
from consent.storage.openings import Opening
from consent.tlog.checkpoint import Checkpoint, log_keys, sign_checkpoint
from consent.tlog.merkle import leaf_hash, node_hash
from consent.tlog.note import VerifyKey
from consent.tlog.proofs import inclusion_proof
from schemas.consent import Choice, ConsentEvent, ConsentKind, Level, Permission, Use
from schemas.ledger import LedgerEvent

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
MILLION = 1_000_000
KEYS = log_keys("chatham/0123456789abcdef", hashlib.sha512(b"a log of tests").digest())
PUBLIC: tuple[VerifyKey, ...] = tuple(key.verify_key for key in KEYS)


class Recorder:
    """A made-up recorder; a ``schemas.ledger.Signer``."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"a recorder of tests").digest())
        self.key_id = hashlib.sha256(self._key.public_key().public_bytes_raw()).hexdigest()[:16]

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


def opened(event: LedgerEvent, index: int = 0) -> Opening:
    """``event`` as an entry, opened."""
    [line] = write([event], NOW, Recorder(), lambda envelope: envelope)
    k_event, payload = leaves.unpack(line.sealed or b"")
    return Opening(index, line.leaf, payload, k_event)


def signed(person: str = "P07", **more: object) -> ConsentEvent:
    """Somebody signs a form."""
    members = {"event": ConsentKind.CONSENT, "at": NOW, "form": "participant-v1", "form_sha256": "ab" * 32, **more}
    return ConsentEvent.model_validate({"participant": person, "choices": (choice("level", "role"),), **members})


def fullest(seed: int = 7) -> ConsentEvent:
    """As much as one consent can say: every permission, every level for every use, 200 characters of credit."""
    draw = random.Random(seed)  # noqa: S311 - made-up choices, the same each time
    levels = [choice("level", draw.choice(list(Level)), use) for use in (None, *Use)]
    employers = [choice("organisation", draw.choice(["named", "generalised"]), use) for use in (None, *Use)]
    answers = [choice(one, draw.choice(["yes", "no"])) for one in Permission]
    credit = choice("credit", "".join(draw.choice("abcdefghijklmnopqrstuvwxyz      āéğŠABC") for _ in range(200)))
    digests = {name: f"{draw.getrandbits(256):064x}" for name in ("form_sha256", "evidence_sha256", "row")}
    return signed(
        "P123456",
        choices=(*levels, *employers, *answers, credit),
        form="participant-2026-version-12-en",
        applies="from",
        method="on paper, in person",
        recorded_by="assistant-two",
        **digests,
    )


def choice(dimension: str, value: str, use: Use | None = None) -> Choice:
    return Choice(dimension=dimension, value=value, use=use)


def synthetic(event: LedgerEvent, size: int = MILLION, index: int = 777_777) -> bytes:
    """The receipt of an entry in a tree of ``size`` leaves of which nobody knows the others: any hashes will do."""
    entry = opened(event, index)
    hashes = [hashlib.sha256(bytes([at])).digest() for at in range((size - 1).bit_length())]
    return sealed(entry, hashes, size, _root(leaf_hash(entry.leaf), index, size, hashes))


def in_tree(events: Sequence[LedgerEvent], index: int) -> bytes:
    """The receipt of the entry ``index`` in the tree of all ``events``."""
    entries = [opened(event, at) for at, event in enumerate(events)]
    row = [leaf_hash(entry.leaf) for entry in entries]

    def nodes(height: int, at: int) -> bytes:
        return row[at] if height == 0 else node_hash(nodes(height - 1, 2 * at), nodes(height - 1, 2 * at + 1))

    hashes = inclusion_proof(index, len(row), nodes)
    return sealed(entries[index], hashes, len(row), _root(row[index], index, len(row), hashes))


def sealed(entry: Opening, hashes: Sequence[bytes], size: int, root: bytes) -> bytes:
    checkpoint = sign_checkpoint(Checkpoint(PUBLIC[0].name, size, root), KEYS, NOW)
    return make_receipt_proof(entry, hashes, checkpoint, PUBLIC)


def consents(count: int) -> list[LedgerEvent]:
    """Events of as many people."""
    return [to_ledger_event(signed(f"P{number}")) for number in range(1, count + 1)]


def _root(node: bytes, index: int, size: int, hashes: Sequence[bytes]) -> bytes:
    """The root that a proof leads to (RFC 9162, section 2.1.3.2)."""
    last = size - 1
    for one in hashes:
        if index & 1 or index == last:
            node = node_hash(one, node)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            node = node_hash(node, one)
        index, last = index >> 1, last >> 1
    return node

"""Checkpoints: a log's size and root, signed by the log and by whoever watches it (C2SP tlog-checkpoint)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from consent.tlog.note import ED25519, ML_DSA_44, Note, SigningKey, VerifyKey, format_note, parse_note, verified
from consent.tlog.spelling import malformed
from consent.tlog.tree_head import Checkpoint, parse_body
from schemas.errors import BadInput

__all__ = [
    "Checkpoint",
    "SignedCheckpoint",
    "check_checkpoint",
    "log_keys",
    "parse_body",
    "parse_checkpoint",
    "sign_checkpoint",
    "signed_by",
]

LOG_SEED_BYTES = 64


@dataclass(frozen=True)
class SignedCheckpoint:
    """A checkpoint with its signatures."""

    checkpoint: Checkpoint
    note: Note
    data: bytes
    """The file, byte for byte."""


def parse_checkpoint(data: bytes) -> SignedCheckpoint:
    """Read a signed checkpoint. Nothing of it counts before its signatures were checked.

    Raises:
        BadInput: where it is no signed note, or its text no checkpoint.
    """
    note = parse_note(data)
    return SignedCheckpoint(parse_body(note.text), note, data)


def check_checkpoint(data: bytes, log_keys: Sequence[VerifyKey]) -> SignedCheckpoint:
    """Read a checkpoint that the log signed.

    Args:
        data: The file.
        log_keys: The log's keys. One signature is enough; each one that stands there must hold.
    Raises:
        BadInput: where it is no checkpoint, not of this log, or not signed by it.
    """
    signed = parse_checkpoint(data)
    keys = [key for key in log_keys if key.name == signed.checkpoint.origin]
    if not keys:
        raise BadInput(
            "a checkpoint is of another log: its first line is not the name of any of the log's keys",
            hint="Check that the checkpoint and the keys are of the same register.",
        )
    verified(signed.note, keys)
    return signed


def signed_by(signed: SignedCheckpoint, keys: Iterable[VerifyKey]) -> bytes:
    """The same checkpoint with only the signature lines of ``keys``: a seal short enough for a code on paper.

    Raises:
        BadInput: where none of them signed it.
    """
    wanted = {(key.name, key.id) for key in keys}
    return format_note(signed.note.text, [one for one in signed.note.signatures if (one.name, one.id) in wanted])


def sign_checkpoint(checkpoint: Checkpoint, keys: Sequence[SigningKey], at: datetime) -> bytes:
    """Sign a checkpoint.

    Args:
        checkpoint: What is signed.
        keys: Of the log, or of a cosigner; each makes one line, in this order.
        at: Aware; stands in the lines of the kinds that say when.
    Raises:
        BadInput: where the checkpoint cannot be written as one, such as an empty origin.
    """
    body = checkpoint.body()
    if parse_body(body) != checkpoint:
        raise malformed("a checkpoint cannot be written: a line of it holds a line feed")
    return format_note(body, [key.sign(body, at) for key in keys])


def log_keys(origin: str, seed: bytes) -> tuple[SigningKey, SigningKey]:
    """The two keys of a log: Ed25519, then ML-DSA-44.

    Args:
        origin: The log's name, which is also the name of both keys.
        seed: 64 bytes: 32 for either key.
    """
    if len(seed) != LOG_SEED_BYTES:
        raise ValueError(f"a log's seed is {LOG_SEED_BYTES} bytes long")
    return SigningKey(origin, ED25519, seed[:32]), SigningKey(origin, ML_DSA_44, seed[32:])

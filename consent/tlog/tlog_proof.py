"""Proof files: that an entry is in the register, checked without it and without us (C2SP tlog-proof)."""

from collections.abc import Sequence
from dataclasses import dataclass

from consent.tlog.checkpoint import SignedCheckpoint, check_checkpoint
from consent.tlog.note import VerifyKey
from consent.tlog.proofs import check_inclusion
from consent.tlog.spelling import from_base64, from_decimal, hash_from_base64, malformed, to_base64

SUFFIX = ".tlog-proof"
"""How the name of a proof file ends."""
MAX_BYTES = 2 << 20
MAX_HASHES = 63

_HEADER = "c2sp.org/tlog-proof@v1"
_EXTRA = "extra "
_INDEX = "index "


@dataclass(frozen=True)
class TlogProof:
    """What a proof file says, before anything of it was checked."""

    index: int
    """Of the entry, from 0."""
    hashes: tuple[bytes, ...]
    """Inclusion proof, 32 bytes each, from the leaf's sibling up."""
    checkpoint: bytes
    """A signed checkpoint, byte for byte."""
    extra: bytes | None = None
    """What the application adds. Nothing proves it; not empty."""


def parse_proof(data: bytes) -> TlogProof:
    """Read a proof file.

    Args:
        data: At most 2 MiB.
    Raises:
        BadInput: where it is not in the one form ``format_proof`` gives. Its checkpoint is not looked into.
    """
    if len(data) > MAX_BYTES:
        raise malformed(f"a proof file is longer than {MAX_BYTES:,} bytes")
    head, gap, checkpoint = data.partition(b"\n\n")
    try:
        header, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise malformed("a proof file holds something other than ASCII above its checkpoint") from None
    if not gap or header != _HEADER:
        raise malformed(f"a proof file does not begin with {_HEADER} or has no empty line above its checkpoint")
    extra = _parse_extra(lines.pop(0)) if lines and lines[0].startswith(_EXTRA) else None
    if not lines or not lines[0].startswith(_INDEX):
        raise malformed("a proof file does not say which entry it is about")
    index = from_decimal(lines[0].removeprefix(_INDEX), "the index in a proof file")
    if len(lines) - 1 > MAX_HASHES:
        raise malformed(f"a proof file has more than {MAX_HASHES} hashes")
    hashes = tuple(hash_from_base64(line, "a hash in a proof file") for line in lines[1:])
    return TlogProof(index, hashes, checkpoint, extra)


def format_proof(proof: TlogProof) -> bytes:
    """Write a proof file.

    Raises:
        BadInput: where these make no proof file, such as an empty ``extra``.
    """
    lines = [_HEADER]
    if proof.extra is not None:
        lines.append(_EXTRA + to_base64(proof.extra))
    lines += [f"{_INDEX}{proof.index}", *map(to_base64, proof.hashes)]
    data = "\n".join(lines).encode("ascii") + b"\n\n" + proof.checkpoint
    if parse_proof(data) != proof:
        raise malformed("a proof file cannot be written")
    return data


def check_proof(data: bytes, leaf_hash: bytes, log_keys: Sequence[VerifyKey]) -> SignedCheckpoint:
    """Check a proof file against an entry.

    Args:
        data: The file.
        leaf_hash: ``consent.tlog.merkle.leaf_hash`` of the entry, 32 bytes.
        log_keys: The log's keys.
    Returns:
        The checkpoint whose tree holds the entry. Cosignatures on it were not looked at.
    Raises:
        BadInput: where the file is no proof, its checkpoint is not the log's, or the entry is not where it says.
    """
    proof = parse_proof(data)
    signed = check_checkpoint(proof.checkpoint, log_keys)
    check_inclusion(leaf_hash, proof.index, signed.checkpoint.size, proof.hashes, signed.checkpoint.root)
    return signed


def _parse_extra(line: str) -> bytes:
    extra = from_base64(line.removeprefix(_EXTRA), "the extra data in a proof file")
    if not extra:
        raise malformed("a proof file has a line for extra data and none in it")
    return extra

"""Lines of the journal: their exact bytes, their check, and telling a write that never finished from damage.

A line is ``<base64 leaf hash> <leaf, 512 bytes> <base64 of the sealed envelope, or -> LF``, base64 in its canonical
spelling with padding. A batch is a run of lines whose leaves count down ``left`` to 0.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from consent.leaf import LEAF_BYTES, batch_left
from consent.merkle import leaf_hash
from schemas.errors import LedgerDamaged

NAME = "journal.jsonl"
DISPOSED = b"-"
"""Stands for a sealed envelope that was disposed of; the leaf stays, so the tree does too."""
ASK_FOR_HELP = (
    "Nothing was changed. Keep the folder consent/ as it is, compare it with your newest backup, and tell the ethics "
    "office before anything else is recorded."
)

_HASH_CHARS = 44
_PAYLOAD_AT = _HASH_CHARS + 1 + LEAF_BYTES + 1
# Any beginning of a line: what a stopped write leaves.
_BEGINNING = re.compile(
    rb"[A-Za-z0-9+/]{0,43}|[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{43}= [ -~]{0,512}"
    rb"|[A-Za-z0-9+/]{43}= [ -~]{512} (?:-|[A-Za-z0-9+/]*={0,2})"
)
# Some file systems show zeros where a write had not yet reached the disk. No flipped bit makes so many.
_HOLE = bytes(16)


class Line(NamedTuple):
    """One line, just made or checked: ``encode_line`` and ``decode_line`` alone make one."""

    hash: bytes
    """Leaf hash, 32 bytes."""
    leaf: bytes
    """512 bytes."""
    sealed: bytes | None
    """The sealed envelope; None where it was disposed of."""
    left: int
    """How many lines of the same batch are still to come."""
    raw: bytes
    """The line itself, line feed included."""


def encode_line(leaf: bytes, sealed: bytes | None, left: int) -> Line:
    """One line of the journal.

    Args:
        leaf: 512 bytes, as ``consent.leaf.encode`` gives them.
        sealed: The sealed envelope, or None for one that was disposed of.
        left: As in the leaf.
    """
    digest = leaf_hash(leaf)
    payload = DISPOSED if sealed is None else base64.b64encode(sealed)
    return Line(digest, leaf, sealed, left, b"%b %b %b\n" % (base64.b64encode(digest), leaf, payload))


def decode_line(raw: bytes, number: int) -> Line:
    """Check one line, line feed included, and take it apart.

    Args:
        raw: The line.
        number: Its number in the file, from 1, for the message.
    Raises:
        LedgerDamaged: where its hash, its form or the spelling of its base64 is not right.
    """
    leaf, payload = raw[_HASH_CHARS + 1 : _PAYLOAD_AT - 1], raw[_PAYLOAD_AT:-1]
    digest = leaf_hash(leaf)
    want, got = raw[:_HASH_CHARS], base64.b64encode(digest)
    if want != got:
        raise damaged(number, f"does not match its hash: expected {_shown(want)}, computed {_shown(got)}")
    left, sealed = batch_left(leaf), _decode_payload(payload)
    if left is None or sealed == b"" or raw != b"%b %b %b\n" % (got, leaf, payload):
        raise damaged(number, "matches its hash but is not written in the register's form")
    return Line(digest, leaf, sealed, left, raw)


def whole_batches(file: BinaryIO, first: int) -> Iterator[list[Line]]:
    """Every whole batch from the file's position on; a batch at the end that is not whole is left out.

    Args:
        file: Open for reading, at the beginning of a batch.
        first: Number of the line there, from 1.
    Raises:
        LedgerDamaged: at a line that is not right, unless it and all after it can be a write that never finished.
    """
    batch: list[Line] = []
    for number, raw in enumerate(file, first):
        line = _next_line(raw, number, file)
        if line is None:
            return
        if batch and line.left != batch[-1].left - 1:
            raise damaged(number, f"does not follow the one before it, which announces {batch[-1].left} more of a kind")
        batch.append(line)
        if line.left == 0:
            yield batch
            batch = []


def damaged(number: int, what: str) -> LedgerDamaged:
    """The error that names line ``number`` (from 1) and says what is wrong with it."""
    return LedgerDamaged(f"line {number} of {NAME} {what}", hint=ASK_FOR_HELP)


def _next_line(raw: bytes, number: int, file: BinaryIO) -> Line | None:
    """The line, or None where here begins a write that never finished (or is still going on)."""
    try:
        return decode_line(raw, number)
    except LedgerDamaged:
        if _never_finished(raw + file.read()):
            return None
        raise


def _never_finished(rest: bytes) -> bool:
    """Whether ``rest``, everything from the first bad line on, can be one batch that never reached the disk whole.

    A line that ends in a line feed was written to its end, so without a hole it is damaged and not unfinished.
    """
    *ended, last = rest.split(b"\n")
    lines = [_good_line(line + b"\n") for line in ended]
    holes_only = all(line is not None or _HOLE in raw for line, raw in zip(lines, ended, strict=True))
    batch_ends = [at for at, line in enumerate(lines) if line is not None and line.left == 0]
    one_batch = not batch_ends or (batch_ends == [len(lines) - 1] and not last)
    return holes_only and one_batch and (_HOLE in last or _BEGINNING.fullmatch(last.rstrip(b"\0")) is not None)


def _good_line(raw: bytes) -> Line | None:
    try:
        return decode_line(raw, 0)
    except LedgerDamaged:
        return None


def _decode_payload(payload: bytes) -> bytes | None:
    """The sealed bytes, None where they were disposed of, and no bytes at all where the spelling is not canonical."""
    if payload == DISPOSED:
        return None
    try:
        sealed = base64.b64decode(payload, validate=True)
    except binascii.Error:
        return b""
    return sealed if base64.b64encode(sealed) == payload else b""


def _shown(digits: bytes) -> str:
    # A damaged file may hold anything here, even somebody's words.
    return digits[:12].decode("ascii") if re.fullmatch(rb"[A-Za-z0-9+/=]+", digits) else "something unreadable"

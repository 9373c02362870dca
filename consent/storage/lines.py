"""Lines of the journal: their exact bytes, their check, and telling a write that never finished from damage.

A line is ``<base64 leaf hash> <leaf, 512 bytes> <base64 of the sealed envelope, or -> LF``, base64 in its canonical
spelling with padding. A batch is a run of lines whose leaves count down ``left`` to 0.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import NamedTuple

from consent.storage.leaf import LEAF_BYTES, batch_left
from consent.tlog.merkle import leaf_hash
from schemas.errors import LedgerDamaged

NAME = "journal.jsonl"
DISPOSED = b"-"
"""Stands for a sealed envelope that was disposed of; the leaf stays, so the tree does too."""
ASK_FOR_HELP = (
    "Nothing was changed. Keep the folder consent/ as it is, let chatham ledger verify say what else is wrong, compare "
    "it with your newest backup, and tell the ethics office before anything else is recorded."
)

_HASH_CHARS = 44
_LEAF_AT = _HASH_CHARS + 1
_LEAF_END = _LEAF_AT + LEAF_BYTES
_PAYLOAD_AT = _LEAF_END + 1
_SPACE = ord(" ")
# Any beginning of a line: what a stopped write leaves.
_BEGINNING = re.compile(
    rb"[A-Za-z0-9+/]{0,43}|[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{43}= [ -~]{0,512}"
    rb"|[A-Za-z0-9+/]{43}= [ -~]{512} (?:-|[A-Za-z0-9+/]*={0,2})"
)
# Some file systems show zeros where a write had not yet reached the disk. No flipped bit makes so many.
_HOLE = bytes(16)
_DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
# By what ends a line after the digits: the last digit there may be in canonical base64, its unused low bits zero.
_LAST = {b"\n": _DIGITS, b"=\n": _DIGITS[::4], b"==\n": _DIGITS[::16]}
_DISPOSED_LINE = DISPOSED + b"\n"
_AT_ONCE = 256
"""Lines read, checked and handed on together, so that reading a long register costs few calls."""


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


class Batches(NamedTuple):
    """Some whole batches as they were read: what the tree and the next reading need, without the contents."""

    hashes: list[bytes]
    """Leaf hashes, 32 bytes each."""
    lengths: list[int]
    """Bytes of each line, line feed included."""
    last: bytes
    """The last line itself."""


def encode_line(leaf: bytes, sealed: bytes | None, left: int) -> Line:
    """One line of the journal.

    Args:
        leaf: 512 bytes, as ``consent.storage.leaf.encode`` gives them.
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
    leaf, payload = raw[_LEAF_AT:_LEAF_END], raw[_PAYLOAD_AT:-1]
    digest = leaf_hash(leaf)
    want, got = raw[:_HASH_CHARS], base64.b64encode(digest)
    if want != got:
        raise damaged(number, f"does not match its hash: expected {_shown(want)}, computed {_shown(got)}")
    left, sealed = batch_left(leaf), _decode_payload(payload)
    if left is None or sealed == b"" or raw != b"%b %b %b\n" % (got, leaf, payload):
        raise damaged(number, "matches its hash but is not written in the register's form")
    return Line(digest, leaf, sealed, left, raw)


def leaf_of(raw: bytes) -> bytes:
    """The leaf in a line, unchecked."""
    return raw[_LEAF_AT:_LEAF_END]


def check_line(raw: bytes) -> tuple[bytes, int] | None:
    """Leaf hash and ``left`` of a line, line feed included; None where ``decode_line`` would refuse it.

    It does not decode the sealed envelope, only looks at its spelling, and takes half the time.
    """
    leaf, payload = raw[_LEAF_AT:_LEAF_END], raw[_PAYLOAD_AT:]
    digest = leaf_hash(leaf)
    left = batch_left(leaf)
    if left is None or not raw.startswith(binascii.b2a_base64(digest, newline=False)):
        return None
    if raw[_LEAF_AT - 1] != _SPACE or raw[_LEAF_END:_PAYLOAD_AT] != b" ":
        return None
    # What is left without the digits says how the line ends, if that is where it stands.
    end = payload.translate(None, _DIGITS)
    last = _LAST.get(end)
    if last is None or len(payload) < 5 or len(payload) % 4 != 1:
        return (digest, left) if payload == _DISPOSED_LINE else None
    return (digest, left) if payload.endswith(end) and payload[-1 - len(end)] in last else None


def whole_batches(file: Iterator[bytes], first: int) -> Iterator[Batches]:
    """Every whole batch from the file's position on, several at a time; one at the end that is not whole is left out.

    Args:
        file: Gives lines, line feeds included, from the beginning of a batch on. It is read ahead of what is given.
        first: Number of the line there, from 1.
    Raises:
        LedgerDamaged: at a line that is not right, unless it and all after it can be a write that never finished.
    """
    hashes: list[bytes] = []
    lengths: list[int] = []
    number, announced, unfinished = first, 0, False
    while not unfinished and (raws := list(islice(file, _AT_ONCE))):
        whole, last = 0, b""
        for at, checked in enumerate(_check_lines(raws)):
            if checked is None:
                _refuse_unless_unfinished(chain(raws[at:], file), number)
                unfinished = True
                break
            if announced and checked[1] != announced - 1:
                raise damaged(number, f"does not follow the one before it, which announces {announced} more of a kind")
            hashes.append(checked[0])
            lengths.append(len(raws[at]))
            number += 1
            announced = checked[1]
            if not announced:
                whole, last = len(hashes), raws[at]
        if whole:
            yield Batches(hashes[:whole], lengths[:whole], last)
            hashes, lengths = hashes[whole:], lengths[whole:]


def _check_lines(raws: list[bytes]) -> list[tuple[bytes, int] | None]:
    """``check_line`` of many: a step at a time for all of them takes a fifth less than a line at a time."""
    sha256, to_base64 = hashlib.sha256, binascii.b2a_base64
    leaves = [raw[_LEAF_AT:_LEAF_END] for raw in raws]
    hashes = [sha256(b"\0" + leaf).digest() for leaf in leaves]
    lefts = [batch_left(leaf) for leaf in leaves]
    ends = [raw[_PAYLOAD_AT:].translate(None, _DIGITS) for raw in raws]
    return [
        (digest, left)
        # One that is disposed of, or not right, is looked at once more.
        if left is not None
        and (len(raw) - _PAYLOAD_AT) % 4 == 1
        and len(raw) > _PAYLOAD_AT + 4
        and raw.endswith(end)
        and raw[-1 - len(end)] in _LAST.get(end, b"")
        and raw.startswith(to_base64(digest, newline=False))
        and raw[_LEAF_AT - 1] == raw[_LEAF_END] == _SPACE
        else check_line(raw)
        for raw, digest, left, end in zip(raws, hashes, lefts, ends, strict=True)
    ]


def damaged(number: int, what: str) -> LedgerDamaged:
    """The error that names line ``number`` (from 1) and says what is wrong with it."""
    return LedgerDamaged(f"line {number} of {NAME} {what}", hint=ASK_FOR_HELP)


def _refuse_unless_unfinished(rest: Iterator[bytes], number: int) -> None:
    """Raise for a bad line, the first of ``rest``, unless here begins a write that never finished, or still goes on."""
    bad = next(rest)
    if not _never_finished(chain((bad,), rest)):
        decode_line(bad, number)
        raise damaged(number, "is not written in the register's form")  # decode_line has raised; this is for safety


def _never_finished(rest: Iterable[bytes]) -> bool:
    """Whether ``rest``, every line from the first bad one on, can be one batch that never reached the disk whole.

    A line that ends in a line feed was written to its end, so without a hole it is damaged and not unfinished.
    """
    ended = False
    for line in rest:
        if ended:
            return False
        if not line.endswith(b"\n"):
            return _has_hole(line) or _BEGINNING.fullmatch(line.rstrip(b"\0")) is not None
        checked = check_line(line)
        if checked is None and not _has_hole(line):
            return False
        ended = checked is not None and checked[1] == 0
    return True


def _has_hole(line: bytes) -> bool:
    """Whether zeros stand where something was to be written: many of them, or at the beginning.

    A batch begins within a block that held the end of the one before. Where only that block was lost, its few bytes at
    the batch's beginning are all that is missing; no flipped bit makes a zero of a digit.
    """
    return _HOLE in line or line.startswith(b"\0")


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

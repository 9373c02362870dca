"""Bytes that are nearly right, for parsers: only our own error may come out of them."""

import os
import random
from collections.abc import Callable, Iterator, Sequence

from schemas.errors import BadInput

RUNS = 100_000 if os.environ.get("CHATHAM_LONG") == "1" else 500
"""How many inputs each parser is given."""

_PIECES = (b"\n", b"\n\n", b" ", b"\t", b"+", b"=", b"==", b"-", b"0", b"\0", b"\r", b"\x7f", b"\xff", b"\xed\xa0\x80")
_PIECES += ("\u2014 ".encode(), "\u2028".encode(), "\u00a0".encode(), "\u0663".encode(), b"1" * 5000, b"9" * 19)


def mangled(good: Sequence[bytes], runs: int = RUNS, seed: int = 20_251_122) -> Iterator[bytes]:
    """``runs`` inputs: random bytes, and good ones cut, flipped, spliced and doubled; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - the same every time
    for number in range(runs):
        if number % 20 == 0:
            yield chance.randbytes(chance.randrange(200))
            continue
        data = bytearray(chance.choice(good))
        for _ in range(chance.randrange(1, 4)):
            chance.choice(_CHANGES)(data, chance, good)
        yield bytes(data)


def survivors(parse: Callable[[bytes], object], good: Sequence[bytes]) -> list[bytes]:
    """Give ``parse`` every mangled input and return those it took; anything but BadInput comes out as it is."""
    taken = []
    for data in mangled(good):
        try:
            parse(data)
        except BadInput:
            continue
        taken.append(data)
    return taken


def _flip(data: bytearray, chance: random.Random, good: Sequence[bytes]) -> None:
    if data:
        bit = chance.randrange(len(data) * 8)
        data[bit // 8] ^= 1 << bit % 8


def _cut(data: bytearray, chance: random.Random, good: Sequence[bytes]) -> None:
    at = chance.randrange(len(data) + 1)
    del data[at : at + chance.choice([1, 1, 4, 40, len(data)])]


def _insert(data: bytearray, chance: random.Random, good: Sequence[bytes]) -> None:
    at = chance.randrange(len(data) + 1)
    data[at:at] = chance.choice(_PIECES)


def _overwrite(data: bytearray, chance: random.Random, good: Sequence[bytes]) -> None:
    if data:
        data[chance.randrange(len(data))] = chance.randrange(256)


def _splice(data: bytearray, chance: random.Random, good: Sequence[bytes]) -> None:
    other = chance.choice(good)
    start = chance.randrange(len(other) + 1)
    at = chance.randrange(len(data) + 1)
    data[at:at] = other[start : start + chance.randrange(100)]


def _shuffle_lines(data: bytearray, chance: random.Random, good: Sequence[bytes]) -> None:
    lines = bytes(data).split(b"\n")
    chance.shuffle(lines)
    data[:] = b"\n".join(lines)


def _repeat_line(data: bytearray, chance: random.Random, good: Sequence[bytes]) -> None:
    lines = bytes(data).split(b"\n")
    lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))
    data[:] = b"\n".join(lines)


_CHANGES = (_flip, _flip, _cut, _insert, _overwrite, _splice, _shuffle_lines, _repeat_line)

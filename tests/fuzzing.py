"""Good inputs made a little bad, over and over: what a damaged disk, a wrong program or an attacker hands in."""

import os
from collections.abc import Iterator, Sequence
from random import Random

LONG = os.environ.get("CHATHAM_LONG") == "1"
SEED = int(os.environ.get("CHATHAM_SEED", "20261122"))


def inputs(samples: Sequence[bytes], *, short: int, long: int = 100_000) -> Iterator[bytes]:
    """``short`` (or, with CHATHAM_LONG=1, ``long``) inputs: each a sample with one to eight faults, or only noise."""
    random = Random(SEED)  # noqa: S311 - a test's own faults
    for _ in range(long if LONG else short):
        yield random.randbytes(random.randint(0, 200)) if random.random() < 0.03 else _faulty(random, samples)


def _faulty(random: Random, samples: Sequence[bytes]) -> bytes:
    data = bytearray(random.choice(samples))
    for _ in range(random.choice([1, 1, 1, 2, 4, 8])):
        at, end = sorted(random.randrange(len(data) + 1) for _ in range(2))
        end = min(end, at + random.choice([1, 4, 64, 4096]))
        fault = random.randrange(6)
        if fault == 0 and data:
            data[at % len(data)] ^= 1 << random.randrange(8)
        elif fault == 1:
            del data[at:end]
        elif fault == 2:
            data[at:at] = data[at:end]
        elif fault == 3:
            data[at:end] = random.randbytes(end - at)
        elif fault == 4:
            data[at:at] = random.choice(
                [b"\x00", b"\n", b'"', b",", b"\xff\xfe", b"---\n", b"- ", "é".encode(), b"1e999"]
            )
        else:
            other = random.choice(samples)
            data[at:end] = other[at:end]
    return bytes(data)

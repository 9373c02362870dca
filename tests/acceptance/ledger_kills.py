"""Kills writers of a register at random moments and checks it after each, and lets two writers race.

Called as ``python -m tests.acceptance.ledger_kills kills|races FOLDER COUNT SEED``; prints what it found as JSON. The
writers are forked from a process that has everything loaded: starting Python takes longer than most of them live.
"""

import json
import os
import random
import select
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from consent.ledger import Ledger
from consent.storage import disk
from consent.storage.disk import FileDisk
from consent.tlog.merkle import leaf_hash
from tests.acceptance.ledger_study import begun, events, go_on, published, reopened, require_sound

KILLS_PER_FOLDER = 50
LONGEST_S = 0.04
RACE_BATCHES = 6


def kills(folder: Path, count: int, seed: int) -> dict[str, int]:
    """Kill ``count`` writers and give what happened; raises AssertionError where a register is not as it must be."""
    draw, found = random.Random(seed), Counter[str]()  # noqa: S311 - moments of kills, no secrets
    for first in range(0, count, KILLS_PER_FOLDER):
        study = folder / str(first)
        begun(study)
        kept, at_least, aside = require_sound(study, [], 0)[1], 0, 0
        for attempt in range(first, min(count, first + KILLS_PER_FOLDER)):
            wait = draw.random() < 0.7
            told = _killed(partial(_write, study, f"{seed}-{attempt}"), draw.uniform(0, LONGEST_S), wait=wait)
            ledger, hashes = require_sound(study, kept, at_least)
            for kind, place, digests in told:
                assert (
                    kind == "published" or [one.hex()[:16] for one in hashes[place : place + len(digests)]] == digests
                )
                at_least = max(at_least, place) if kind == "published" else at_least
                found[kind] += 1
            kept = hashes
            require_sound(study, kept, at_least)
            found["kills"] += 1
            found["torn writes cut"] += ledger.removed_bytes > 0
            half_written = len(list(study.rglob(".tmp-*")))
            found["files left half written"] += half_written > aside
            aside = half_written
        go_on(study, ledger, kept)
        found["entries"] += len(kept)
    return dict(found)


def races(folder: Path, count: int, seed: int) -> dict[str, int]:
    """Let two writers record at once, ``count`` times; every acknowledged entry must be there, once."""
    total = 0
    for race in range(count):
        study = folder / str(race)
        begun(study)
        pipes = [_forked(partial(_race, study, f"{seed}-{at}")) for at in range(2)]
        told = [line for pid, pipe in pipes for line in _ended(pid, pipe)]
        hashes = require_sound(study, [], 0)[1]
        places = [place + at for _, place, digests in told for at in range(len(digests))]
        assert len(told) == 2 * RACE_BATCHES, "a writer failed"
        assert sorted(places) == list(range(1, len(hashes))), "an entry is missing, or is there twice"
        for _, place, digests in told:
            assert _digests(hashes[place : place + len(digests)]) == digests
        total += len(places)
    return {"races": count, "entries": total}


def _write(study: Path, tag: str, pipe: int) -> None:
    """Record, import and publish until killed."""
    draw = random.Random(tag)  # noqa: S311 - what is done next
    if draw.random() < 0.5:
        _slow_down()
    if draw.random() < 0.5:
        _stop_syncing()  # a kill leaves what was written, so more of it is met in the same time
    ledger = reopened(study)
    while True:
        what = draw.random()
        if what < 0.25:
            _tell(pipe, "published", published(study, ledger), [])
        else:
            _record(ledger, 1 if what < 0.7 else draw.randint(2, 120), tag, pipe)


def _race(study: Path, tag: str, pipe: int) -> None:
    draw, ledger = random.Random(tag), reopened(study)  # noqa: S311 - sizes of batches
    for _ in range(RACE_BATCHES):
        _record(ledger, draw.randint(1, 9), tag, pipe)


def _record(ledger: Ledger, count: int, tag: str, pipe: int) -> None:
    done = ledger.append(events(count, tag))
    digests = _digests([leaf_hash(leaf) for leaf in ledger.leaves(done[0], done[-1] + 1)])
    _tell(pipe, "imported" if count > 1 else "appended", done[0], digests)


def _digests(hashes: Sequence[bytes]) -> list[str]:
    return [one.hex()[:16] for one in hashes]


def _tell(pipe: int, kind: str, place: int, digests: list[str]) -> None:
    os.write(pipe, (json.dumps([kind, place, digests]) + "\n").encode())


def _slow_down() -> None:
    """Write in pieces from here on, so that a kill meets a write half way."""
    real = FileDisk.write

    def write(self: FileDisk, offset: int, data: bytes) -> None:
        step = len(data) // 20 + 1
        for start in range(0, len(data), step):
            real(self, offset + start, data[start : start + step])
            time.sleep(0.0003)

    FileDisk.write = write  # type: ignore[method-assign]


def _stop_syncing() -> None:
    disk._SYNC = lambda handle: None
    os.fsync = lambda fd: None


def _forked(work: Callable[[int], None]) -> tuple[int, int]:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    code = 1
    try:
        work(writing)
        code = 0
    finally:
        os._exit(code)


def _killed(work: Callable[[int], None], after_s: float, *, wait: bool) -> list[tuple[str, int, list[str]]]:
    """Kill after so many seconds, counted (``wait``) from the first thing it told, and give what it told."""
    pid, pipe = _forked(work)
    if wait:
        select.select([pipe], [], [], 5)
    time.sleep(after_s)
    os.kill(pid, signal.SIGKILL)
    return _ended(pid, pipe)


def _ended(pid: int, pipe: int) -> list[tuple[str, int, list[str]]]:
    with os.fdopen(pipe, "rb") as file:
        lines = file.read().splitlines(keepends=True)
    os.waitpid(pid, 0)
    return [tuple(json.loads(line)) for line in lines if line.endswith(b"\n")]


if __name__ == "__main__":
    work = {"kills": kills, "races": races}[sys.argv[1]]
    print(json.dumps(work(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))))

"""How near recording in the register comes to a bare append and fdatasync, and how fast the register opens.

Run as ``python -m tests.benchmarks.bench_journal [--json] [--folder DIR] [--entries N]``. Bare and real appends take
turns in the same run, because disks and neighbours change from one minute to the next.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from consent import entries
from consent.journal import Journal
from consent.ledger import Ledger
from schemas.ledger import LedgerEvent
from tests.consent.ledger_fakes import TinyBox, TinySigner, event

SIGNER, BOX = TinySigner(), TinyBox()
SYNC: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def bare_append(handle: int, data: bytes) -> None:
    os.write(handle, data)
    SYNC(handle)


def compare(folder: Path, batch: int, rounds: int) -> dict[str, float]:
    """Median microseconds per batch: bare, the journal alone, and the register with sealing, signing and the lock.

    The ratios are bare to real: 1 is as fast as the disk allows.
    """
    events: list[LedgerEvent] = [event(number) for number in range(batch)]
    lines = entries.write(events, datetime.now(UTC), SIGNER, BOX.seal)
    data = b"".join(line.raw for line in lines)
    ledger = Ledger.create(folder / f"register-{batch}", SIGNER, BOX.seal)
    journal = Journal.create(folder / f"journal-{batch}")
    handle = os.open(folder / f"bare-{batch}", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    works = (lambda: bare_append(handle, data), lambda: journal.append(lines), lambda: ledger.append(events))
    took = [[seconds(work) for work in works] for _ in range(rounds)]
    os.close(handle)
    bare, journalled, recorded = (statistics.median(column) * 1e6 for column in zip(*took, strict=True))
    return {
        "batch": batch,
        "rounds": rounds,
        "bare_us": round(bare, 1),
        "journal_us": round(journalled, 1),
        "register_us": round(recorded, 1),
        "journal_ratio": round(bare / journalled, 3),
        "register_ratio": round(bare / recorded, 3),
    }


def opening(folder: Path, count: int) -> dict[str, float]:
    """Seconds to open a register of ``count`` entries, every line checked, and again to open their contents."""
    ledger = Ledger.create(folder / "long", SIGNER, BOX.seal)
    for start in range(0, count, 5_000):
        ledger.append([event(number) for number in range(start, min(count, start + 5_000))])
    cpu = time.process_time()
    wall = seconds(lambda: Ledger.open(folder / "long"))
    cpu = time.process_time() - cpu
    reader = Ledger.open(folder / "long", open_payload=BOX.open)
    return {
        "entries": count,
        "bytes": (folder / "long/journal.jsonl").stat().st_size,
        "open_s": round(wall, 3),
        "open_cpu_s": round(cpu, 3),
        "contents_s": round(seconds(reader.entries), 3),
        "head_unchanged_us": round(statistics.median(seconds(reader.head) for _ in range(200)) * 1e6, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--folder", type=Path, default=None, help="a folder on the disk to measure")
    parser.add_argument("--entries", type=int, default=100_000, help="how long a register to open")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        folder = Path(name)
        figures = {
            "append": [compare(folder, 1, 300), compare(folder, 10, 100), compare(folder, 100, 30)],
            "open": opening(folder, asked.entries),
        }
    if asked.json:
        print(json.dumps(figures, indent=1))
        return
    for one in figures["append"]:
        print(
            "batch of {batch}: bare {bare_us} us, journal {journal_us} us (ratio {journal_ratio}), "
            "register with sealing, signing and lock {register_us} us (ratio {register_ratio})".format(**one)
        )
    print("{entries} entries open in {open_s} s, their contents in {contents_s} s".format(**figures["open"]))


if __name__ == "__main__":
    main()

"""How fast the register is, beside two other programs and SQLite, at several sizes, in one run.

Run as ``python -m tests.benchmarks.bench_ledger [--json] [--sizes 1000,100000] [--folder DIR] [--peers PYTHON]``.
PYTHON is an interpreter that has ``pymerkle`` and ``aics-tlog``. Durable appends take turns with their peers, because
disks and neighbours change from one minute to the next. Entries of a long register are copies of one signed entry under
other commitments; opening without public keys looks at hashes and form, not at signatures.
"""

import argparse
import hashlib
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from consent.ledger import Ledger
from consent.publish import log_vkeys, publish
from consent.storage import entries
from consent.storage.journal import Journal
from consent.storage.leaf import decode
from consent.storage.lines import encode_line
from consent.tlog.merkle import leaf_hash
from consent.tlog.proofs import check_inclusion, inclusion_proof
from consent.tlog.tiles import TileReader
from tests.acceptance.power_cuts import unsynced
from tests.benchmarks import peers
from tests.consent.ledger_fakes import TinyBox, TinySigner, event

SIGNER, BOX, SEED = TinySigner(), TinyBox(), bytes(64)
SYNC: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)
SIZES = "1000,100000,1000000"
PEERS = ("pymerkle", "aics-tlog")


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def cpu_seconds(work: Callable[[], object]) -> float:
    """Processor time of one call."""
    start = time.process_time()
    work()
    return round(time.process_time() - start, 3)


def median_us(work: Callable[[], object], rounds: int) -> float:
    """Median wall time in microseconds."""
    return round(statistics.median(seconds(work) for _ in range(rounds)) * 1e6, 2)


def rss_mb() -> float:
    """The most memory this process ever held, MiB."""
    return float(peers.rss_mb())


def fill(folder: Path, size: int) -> None:
    """A journal of ``size`` one-entry batches, of the length real ones have."""
    (line,) = entries.write([event()], datetime.now(UTC), SIGNER, BOX.seal)
    leaf = decode(line.leaf)
    assert leaf is not None
    commitment = leaf.commitment.encode()
    with (folder / "journal.jsonl").open("wb") as file:
        for number in range(size):
            other = line.leaf.replace(commitment, hashlib.sha256(b"%d" % number).hexdigest().encode())
            file.write(encode_line(other, line.sealed, 0).raw)


def ours(folder: Path, size: int) -> dict[str, Any]:
    """Everything at one size; run in a process of its own, so that memory is this size's."""
    idle = rss_mb()
    journal = Journal(folder / "journal.jsonl")
    read_s = cpu_seconds(journal.read)
    root_s = cpu_seconds(journal.root)
    found: dict[str, Any] = {"open_cpu_s": round(read_s + root_s, 3), "rss_mb": rss_mb(), "rss_at_start_mb": idle}
    edge, leaf = journal.edge(), next(journal.lines(0, 1)).leaf

    def append() -> None:
        edge.append(leaf_hash(leaf))
        edge.root()

    found["append_root_us"] = median_us(append, 2_000)
    found["sign_us"] = median_us(lambda: SIGNER.sign(leaf), 300)
    ledger = Ledger.open(folder)
    with unsynced():
        found["publish_all_s"] = round(seconds(lambda: publish(folder, ledger, SEED, datetime.now(UTC))), 2)
    found["rss_published_mb"] = rss_mb()
    keys = log_vkeys(folder)
    found["open_frontier_ms"] = round(median_us(lambda: Ledger.open(folder, log_keys=keys), 9) / 1000, 2)
    return found | proofs(folder, ledger, size)


def proofs(folder: Path, ledger: Ledger, size: int) -> dict[str, Any]:
    """Inclusion proofs read from tiles, each by a reader that has read nothing yet; and one that keeps what it read."""
    at, log = size // 3, folder / "log"
    edge = ledger.saved().subtrees
    reader = TileReader(log, size, edge)
    proof = inclusion_proof(at, size, reader.nodes)
    reads = reader.reads
    (leaf,) = ledger.leaves(at, at + 1)
    digest, root = leaf_hash(leaf), ledger.root
    check_inclusion(digest, at, size, proof, root)
    return {
        "prove_cold_us": median_us(lambda: inclusion_proof(at, size, TileReader(log, size, edge).nodes), 200),
        "prove_us": median_us(lambda: inclusion_proof(at, size, reader.nodes), 1_000),
        "tile_reads": reads,
        "proof_bytes": 32 * len(proof),
        "verify_us": median_us(lambda: check_inclusion(leaf_hash(leaf), at, size, proof, root), 1_000),
    }


def of_peer(python: Path | None, name: str, size: int) -> dict[str, Any]:
    """A peer's answers to the same questions, or why there are none."""
    if python is None:
        return {"not_measured": "no --peers given"}
    script = str(Path(peers.__file__))
    done = subprocess.run([str(python), script, name, str(size)], capture_output=True, text=True, check=False)
    if done.returncode:
        return {"not_measured": "not installed there" if done.returncode == 3 else done.stderr.strip()[-200:]}
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


def at_size(folder: Path, size: int, python: Path | None) -> dict[str, Any]:
    """Ours and the peers' figures at one size, and how many times faster we are."""
    folder.mkdir()
    fill(folder, size)
    command = [sys.executable, "-m", "tests.benchmarks.bench_ledger", "--one", str(size), "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = {"size": size, "ours": json.loads(done.stdout)}
    for name in PEERS:
        found[name] = of_peer(python, name, size)
        found[f"times faster than {name}"] = {
            what: round(value / found["ours"][what], 2)
            for what, value in found[name].items()
            if what in found["ours"] and isinstance(value, int | float) and found["ours"][what]
        }
    return found


def durable(folder: Path, batch: int, rounds: int) -> dict[str, Any]:
    """Median microseconds per batch, taken in turns; ratios are bare to real, so 1 is as fast as the disk allows.

    ``journal``: lines that are ready. ``register``: the same under the lock, after a look at what others wrote.
    ``whole``: with sealing and signing too. ``sqlite``: the same bytes, WAL, synchronous=FULL.
    """
    events = [event(number) for number in range(batch)]
    lines = entries.write(events, datetime.now(UTC), SIGNER, BOX.seal)
    data = b"".join(line.raw for line in lines)
    ledger = Ledger.create(folder / f"register-{batch}", SIGNER, BOX.seal)
    journal = Journal.create(folder / f"journal-{batch}")
    handle = os.open(folder / f"bare-{batch}", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    base = sqlite3.connect(folder / f"sqlite-{batch}", isolation_level=None)
    for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE events (line BLOB)"):
        base.execute(statement)

    def bare() -> None:
        os.write(handle, data)
        SYNC(handle)

    def locked() -> None:
        with ledger.lock():
            ledger._refresh_and_cut()
            ledger._journal.append(lines)

    def sqlite() -> None:
        base.execute("BEGIN")
        base.executemany("INSERT INTO events VALUES (?)", [(line.raw,) for line in lines])
        base.execute("COMMIT")

    works = (bare, lambda: journal.append(lines), locked, lambda: ledger.append(events), sqlite)
    names = ("bare_us", "journal_us", "register_us", "whole_us", "sqlite_us")
    took = [[seconds(work) for work in works] for _ in range(rounds)]
    os.close(handle)
    base.close()
    medians = [round(statistics.median(column) * 1e6, 1) for column in zip(*took, strict=True)]
    by_name = dict(zip(names, medians, strict=True))
    ratios = {name.replace("_us", "_ratio"): round(medians[0] / one, 3) for name, one in by_name.items()}
    return {"batch": batch, "rounds": rounds, **by_name, **ratios}


def show(figures: dict[str, Any]) -> None:
    """Print the figures as a person reads them."""
    for one in figures["durable"]:
        print(f"durable append, batch of {one['batch']}, {one['rounds']} rounds in turns:")
        for name in ("bare", "journal", "register", "whole", "sqlite"):
            print(f"  {name:10} {one[name + '_us']:>10} us   ratio {one[name + '_ratio']}")
    for one in figures["sizes"]:
        print(f"{one['size']:,} entries:")
        for name in ("ours", *PEERS, *(f"times faster than {peer}" for peer in PEERS)):
            if "not_measured" in one[name]:
                print(f"  {name}: NOT MEASURED ({one[name]['not_measured']})")
            elif one[name]:
                print(f"  {name}: " + ", ".join(f"{what} {value}" for what, value in one[name].items()))


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--sizes", default=SIZES, help="how many entries, comma-separated; empty: none")
    parser.add_argument("--folder", type=Path, default=None, help="a folder on the disk to measure")
    parser.add_argument("--peers", type=Path, default=None, help="a Python that has pymerkle and aics-tlog")
    parser.add_argument("--one", type=int, default=None, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.one is not None:
        print(json.dumps(ours(asked.folder, asked.one)))
        return
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        folder = Path(name)
        figures = {
            "durable": [durable(folder, 1, 300), durable(folder, 10, 100), durable(folder, 100, 30)],
            "sizes": [at_size(folder / size, int(size), asked.peers) for size in asked.sizes.split(",") if size],
        }
    print(json.dumps(figures, indent=1)) if asked.json else show(figures)


if __name__ == "__main__":
    main(sys.argv[1:])

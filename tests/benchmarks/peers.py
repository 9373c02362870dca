"""The same questions put to other programs. Run by another Python, which has them: ``python peers.py NAME …``.

``pymerkle SIZE`` and ``aics-tlog SIZE`` take a number of entries, ``pyrage seal|open KEY FROM TO`` a key and two files.

It imports nothing of this project. Prints one JSON object; exits with 3 where the program is not installed.
"""

import json
import resource
import statistics
import sys
import time
from pathlib import Path


def entry(number):
    """512 bytes, as long as an entry of the register."""
    return (b"%d" % number).ljust(512, b".")


def median_us(work, rounds):
    took = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return round(statistics.median(took) * 1e6, 1)


def rss_mb():
    try:
        with Path("/proc/self/status").open() as status:
            return next(round(int(line.split()[1]) / 1024, 1) for line in status if line.startswith("VmHWM"))
    except OSError:
        return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def pyrage(way, key, source, target):
    import pyrage

    if way == "seal":
        pyrage.encrypt_file(source, target, [pyrage.x25519.Recipient.from_str(key)])
    else:
        pyrage.decrypt_file(source, target, [pyrage.x25519.Identity.from_str(key)])
    return {"rss_mb": rss_mb()}


def pymerkle(size):
    from pymerkle import InmemoryTree, verify_inclusion

    cpu = time.process_time()
    tree = InmemoryTree.init_from_entries([entry(number) for number in range(size)])
    root = tree.get_root()
    open_s = time.process_time() - cpu

    def append():
        tree.append_entry(entry(size))
        tree.get_root()

    at = size // 3 + 1
    leaf = tree.get_leaf(at)
    proof = tree.prove_inclusion(at, size)
    return {
        "open_cpu_s": round(open_s, 3),
        "prove_us": median_us(lambda: tree.prove_inclusion(at, size), 300),
        "verify_us": median_us(lambda: verify_inclusion(leaf, root, proof), 300),
        "proof_bytes": len(json.dumps(proof.serialize())),
        "append_root_us": median_us(append, 200),
        "rss_mb": rss_mb(),
    }


def aics_tlog(size):
    from aics_tlog import (
        IncrementalTileWriter,
        MemoryTileStore,
        MerkleTree,
        inclusion_proof_from_tiles,
        leaf_hash,
        verify_inclusion,
    )

    cpu = time.process_time()
    store = MemoryTileStore()
    writer = IncrementalTileWriter(store)
    writer.append([entry(number) for number in range(size)])
    root = writer.root()
    open_s = time.process_time() - cpu
    at = size // 3
    proof = inclusion_proof_from_tiles(store, at, size)
    verify_inclusion(leaf_hash(entry(at)), at, size, proof, root)
    found = {
        "open_cpu_s": round(open_s, 3),
        "prove_tiles_us": median_us(lambda: inclusion_proof_from_tiles(store, at, size), 3),
        "verify_us": median_us(lambda: verify_inclusion(leaf_hash(entry(at)), at, size, proof, root), 300),
        "proof_bytes": 32 * len(proof),
        "append_root_us": median_us(lambda: (writer.append([entry(size)]), writer.root()), 50),
        "rss_mb": rss_mb(),
    }
    tree = MerkleTree(entry(number) for number in range(size))
    tree.root()
    return {**found, "prove_us": median_us(lambda: tree.inclusion_proof(at, size), 100)}


if __name__ == "__main__":
    try:
        name, *rest = sys.argv[1:]
        if name == "pyrage":
            print(json.dumps(pyrage(*rest)))
        else:
            print(json.dumps({"pymerkle": pymerkle, "aics-tlog": aics_tlog}[name](int(rest[0]))))
    except ImportError:
        sys.exit(3)

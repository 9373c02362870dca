"""Reads a register's published log with `aics-tlog` and nothing of ours; runs under the Python that has it.

One task is read as JSON from standard input: `log` (folder), `key` and `witness` (verifier keys), `proofs` (tlog-proof
files), `older` (checkpoint file and base64 hashes each). Ends with 0 where everything holds.
"""

import base64
import json
import sys
from pathlib import Path
from typing import Any

from aics_tlog import (
    FileSystemTileReader,
    audit_tiles,
    consistency_proof_from_tiles,
    inclusion_proof_from_tiles,
    parse_checkpoint,
    parse_note,
    parse_vkey,
    read_entry,
    tree_root_from_tiles,
    verify_checkpoint,
    verify_consistency,
    verify_leaf_inclusion,
)


def main() -> None:
    task = json.load(sys.stdin)
    log, key = Path(task["log"]), parse_vkey(task["key"])
    size, root = opened((log / "checkpoint").read_bytes(), key, [parse_vkey(task["witness"])])
    reader = FileSystemTileReader(log)
    found = audit_tiles(reader, size, root)
    require(found.size == size, "the audit counted other entries")
    require(tree_root_from_tiles(reader, size) == root, "the tiles give another root")
    for path in task["proofs"]:
        check_inclusion(Path(path).read_text(), key, reader)
    for before in task["older"]:
        check_consistency(before, key, reader, size, root)
    print(f"{size} entries, {found.tiles} tiles, {found.bundles} bundles")


def opened(note: bytes, key: Any, witnesses: Any = ()) -> tuple[int, bytes]:
    """Size and root of a checkpoint that the log and, where they are given, all witnesses have signed."""
    answer = verify_checkpoint(parse_note(note), key, list(witnesses), len(witnesses), expected_origin=key.name)
    require(answer.ok, f"the checkpoint is not accepted: {answer.error}")
    checkpoint = parse_checkpoint(parse_note(note).text)
    require((checkpoint.size, checkpoint.root) == (answer.size, answer.root), "the checkpoint is read in two ways")
    return checkpoint.size, checkpoint.root


def check_inclusion(text: str, key: Any, reader: Any) -> None:
    head, _, checkpoint = text.partition("\n\n")
    size, root = opened(checkpoint.encode(), key)
    header, index, *hashes = head.split("\n")
    require(header == "c2sp.org/tlog-proof@v1", "it is not a proof")
    at, proof = int(index.removeprefix("index ")), [base64.b64decode(one, validate=True) for one in hashes]
    require(verify_leaf_inclusion(read_entry(reader, at, size), at, size, proof, root), f"entry {at} is not proved")
    require(inclusion_proof_from_tiles(reader, at, size) == proof, f"the proof of entry {at} is another one")


def check_consistency(before: dict[str, Any], key: Any, reader: Any, size: int, root: bytes) -> None:
    old_size, old_root = opened(Path(before["checkpoint"]).read_bytes(), key)
    proof = [base64.b64decode(one, validate=True) for one in before["proof"]]
    require(verify_consistency(old_size, size, old_root, root, proof), f"size {old_size} is not continued")
    require(consistency_proof_from_tiles(reader, old_size, size) == proof, f"the proof from {old_size} is another one")


def require(holds: bool, what: str) -> None:
    if not holds:
        sys.exit(what)


main()

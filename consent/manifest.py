"""What ties the manifest of a data set to the register: an entry of its own, opened for whoever holds the manifest.

The entry that records a data set says who is in it, and stays sealed. Beside it stands one that holds nothing but the
manifest's digest. The manifest itself carries that entry's index and the key of its commitment, so that anybody who has
the public register can tell whether the manifest is the one that was recorded. It needs no secret key.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from consent.storage.leaf import KEY_BYTES, Leaf, canonical, commit, encode
from consent.storage.openings import Opening
from consent.tlog.merkle import leaf_hash
from schemas.errors import BadInput
from schemas.ledger import EventKind

TYPE = "release_manifest"
"""Of the record that holds a manifest's digest."""
_ENTRY = "entry"
"""The one member that the digest leaves out: it is known only once the digest is recorded."""
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Tie:
    """The entry that a manifest says is its own.

    Attributes:
        leaf: Hash of its leaf, 32 bytes.
        key: Of its commitment, 32 bytes.
    """

    index: int
    leaf: bytes
    key: bytes = field(repr=False)


def record_of(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What is recorded of a manifest: nothing of anybody in the data set.

    Raises:
        BadInput: it is no plain JSON.
    """
    return {"type": TYPE, "name": manifest.get("name"), "manifest": digest_of(manifest)}


def digest_of(manifest: Mapping[str, Any]) -> str:
    """SHA-256 over a manifest as canonical JSON, without the member that names its entry; 64 hexadecimal digits."""
    try:
        told = canonical({member: value for member, value in manifest.items() if member != _ENTRY})
    except (TypeError, ValueError, RecursionError):
        raise BadInput("a manifest is not plain JSON", hint="Ask whoever gave it to you for another copy.") from None
    return hashlib.sha256(told).hexdigest()


def with_entry(manifest: Mapping[str, Any], opening: Opening) -> dict[str, Any]:
    """The manifest with the entry that records it."""
    entry = {"index": opening.index, "leaf": leaf_hash(opening.leaf).hex(), "key": opening.k_event.hex()}
    return {**manifest, _ENTRY: entry}


def parse_manifest(data: bytes) -> dict[str, Any]:
    """Read a manifest that somebody was given.

    Raises:
        BadInput: it is no JSON object, or has a member twice, so that two readers could see two things.
    """
    try:
        read = json.loads(data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict) or "name" not in read:
        raise BadInput(
            "the manifest you gave is no manifest of a data set",
            hint="Give the file manifest.json that came with the data set, as it came.",
        )
    return read


def tie_of(manifest: Mapping[str, Any]) -> Tie | None:
    """The entry that a manifest names; None where it names none in the right form."""
    entry = manifest.get(_ENTRY)
    if not isinstance(entry, dict) or set(entry) != {"index", "leaf", "key"}:
        return None
    index, *texts = entry["index"], entry["leaf"], entry["key"]
    if type(index) is not int or index < 0 or not all(isinstance(one, str) and _HEX.fullmatch(one) for one in texts):
        return None
    return Tie(index, *map(bytes.fromhex, texts))


def is_tied(manifest: Mapping[str, Any], tie: Tie, leaf: Leaf) -> bool:
    """Whether ``leaf``, the entry at ``tie.index``, commits to exactly this manifest."""
    fits = leaf.kind is EventKind.RELEASE and leaf_hash(encode(leaf)) == tie.leaf and len(tie.key) == KEY_BYTES
    return fits and commit(tie.key, canonical(record_of(manifest))) == leaf.commitment


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member stands twice")
    return members


def _refuse(_constant: str) -> None:
    raise ValueError("no number")

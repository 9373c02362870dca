"""One entry's open part (the leaf) and sealed part (the envelope): their exact bytes, commitment and signature."""

import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from schemas.errors import BadInput
from schemas.ledger import EventKind, LedgerEvent, Signer

VERSION = 1
LEAF_BYTES = 512
KEY_BYTES = 32
"""Length of ``k_event``, the random key of one entry's commitment."""
STEP_BYTES = 1024
"""An envelope's length is a multiple of it, so that the length of what is sealed says little."""
LEAST_BYTES = 2 * STEP_BYTES
"""The shortest envelope. Everything one person can ask at once fits into it: else whoever chooses much, or asks to be
thanked at length, could be told again by the length alone."""
MAX_REFS = 3

# The members in canonical order. A pattern and not a JSON parser, because exactly one spelling of a leaf may pass: no
# other order, spacing, escape, number form or repeated member.
_LEAF = re.compile(
    rb'\{"commitment":"(?P<commitment>[0-9a-f]{64})"'
    rb'(?:,"form":"(?P<form>[0-9a-f]{64})")?'
    rb',"key":"(?P<key>[0-9a-f]{16})"'
    rb',"kind":"(?P<kind>' + "|".join(EventKind).encode() + rb')"'
    rb',"left":(?P<left>0|[1-9][0-9]{0,8})'
    rb',"minute":"(?P<minute>[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]Z)"'
    rb',"pad":"0*"'
    rb',"refs":\[(?P<refs>(?:(?:0|[1-9][0-9]{0,11})(?:,(?!\])|(?=\]))){0,3})\]'
    rb',"sig":"(?P<sig>[A-Za-z0-9+/]{85}[AQgw]==)"'
    rb',"v":1\}'
)


@dataclass(frozen=True)
class Leaf:
    """The open part of an entry. It holds no personal data and nothing that two entries about one person share."""

    kind: EventKind
    minute: str
    """UTC, ``2026-11-21T20:51Z``."""
    commitment: str
    """HMAC-SHA256 over the payload's bytes under the entry's own random key, 64 hexadecimal digits."""
    key: str
    """Key id of whoever recorded it, 16 hexadecimal digits."""
    left: int
    """How many lines of the same batch are still to come."""
    form: str | None = None
    """SHA-256 of the consent form, where the entry has one."""
    refs: tuple[int, ...] = ()
    """Earlier entries, at most 3."""
    sig: str = ""
    """Ed25519 over ``signed_bytes``, canonical base64."""


def canonical(value: dict[str, Any]) -> bytes:
    """JSON with sorted keys and no spaces.

    For ASCII keys, strings and whole numbers, which is all a leaf holds, this is RFC 8785.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


def signed_bytes(leaf: Leaf) -> bytes:
    """What a recorder signs: the leaf's canonical JSON without ``sig`` and ``pad``."""
    return canonical(_members(leaf))


def sign(leaf: Leaf, signer: Signer) -> Leaf:
    """The same leaf under ``signer``'s key id and signature."""
    named = replace(leaf, key=signer.key_id)
    return replace(named, sig=base64.b64encode(signer.sign(signed_bytes(named))).decode("ascii"))


def encode(leaf: Leaf) -> bytes:
    """The leaf as it stands in the journal: canonical JSON, ``pad`` filled with zeros up to 512 bytes exactly.

    Raises:
        BadInput: where a member has not the form a leaf allows, such as a fourth reference.
    """
    bare = canonical(_members(leaf) | {"sig": leaf.sig, "pad": ""})
    padded = canonical(_members(leaf) | {"sig": leaf.sig, "pad": "0" * (LEAF_BYTES - len(bare))})
    if decode(padded) != leaf:
        raise BadInput(
            f"an entry of kind {leaf.kind} cannot be recorded: it does not fit the form of the register's entries",
            hint=f"An entry refers to at most {MAX_REFS} earlier entries. Nothing was recorded.",
        )
    return padded


def decode(data: bytes) -> Leaf | None:
    """The leaf that ``data`` holds, or None where ``data`` is anything but the one spelling ``encode`` gives."""
    found = _LEAF.fullmatch(data) if len(data) == LEAF_BYTES else None
    if found is None:
        return None
    text = {name: value.decode("ascii") for name, value in found.groupdict().items() if value is not None}
    return Leaf(
        kind=EventKind(text["kind"]),
        minute=text["minute"],
        commitment=text["commitment"],
        key=text["key"],
        left=int(text["left"]),
        form=text.get("form"),
        refs=tuple(int(ref) for ref in text["refs"].split(",") if ref),
        sig=text["sig"],
    )


def batch_left(data: bytes) -> int | None:
    """How many lines of its batch follow the leaf in ``data``; None where it is no leaf. A cheaper ``decode``."""
    found = _LEAF.fullmatch(data) if len(data) == LEAF_BYTES else None
    return None if found is None else int(found["left"])


def minute_of(moment: datetime) -> str:
    """``moment`` (aware) as a leaf has it: UTC, cut to the minute, because seconds would help to tell people apart."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def payload_bytes(event: LedgerEvent) -> bytes:
    """The payload as it is committed to and sealed: JSON in ASCII, sorted keys, no spaces.

    Raises:
        BadInput: where the payload is no plain JSON.
    """
    try:
        return canonical(event.payload)
    except (TypeError, ValueError, RecursionError):
        # The cause is left out on purpose: its text may quote what the payload says.
        problem = BadInput(
            f"the content of an entry of kind {event.kind} is not plain JSON",
            hint="This is a fault of the program, not of your files. Nothing was recorded.",
        )
    raise problem


def commit(k_event: bytes, payload: bytes) -> str:
    """The commitment to ``payload``: HMAC-SHA256 under ``k_event`` (32 bytes), 64 hexadecimal digits.

    Without the key, which is sealed with the payload, it says nothing of the payload, not even to one who guesses it.
    """
    return hmac.new(k_event, payload, hashlib.sha256).hexdigest()


def pack(k_event: bytes, payload: bytes) -> bytes:
    """The envelope before sealing: ``k_event``, the payload, then zero bytes up to 2,048, or the next 1,024 above."""
    body = k_event + payload
    return body + bytes(max(-len(body) % STEP_BYTES, LEAST_BYTES - len(body)))


def unpack(envelope: bytes) -> tuple[bytes, bytes]:
    """``k_event`` and payload of an opened envelope. Whether they are right, only the commitment can tell."""
    # JSON ends with a brace, so no zero byte of the payload can be lost.
    return envelope[:KEY_BYTES], envelope[KEY_BYTES:].rstrip(b"\x00")


def _members(leaf: Leaf) -> dict[str, Any]:
    members: dict[str, Any] = {
        "v": VERSION,
        "kind": str(leaf.kind),
        "minute": leaf.minute,
        "commitment": leaf.commitment,
        "key": leaf.key,
        "left": leaf.left,
        "refs": list(leaf.refs),
    }
    return members if leaf.form is None else members | {"form": leaf.form}

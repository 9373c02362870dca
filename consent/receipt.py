"""A participant's receipt as text: one entry opened, and the proof that it stands in the register.

It is a C2SP tlog-proof whose extra data open the entry. Run as a program, it checks one and says what it holds:
``python -m consent.receipt FILE VKEY``. It needs pydantic and cryptography only.
"""

import base64
import json
import re
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from consent.storage import leaf as leaves
from consent.storage.leaf import Leaf
from consent.storage.openings import Opening
from consent.telling import tell
from consent.tlog.checkpoint import parse_checkpoint, signed_by
from consent.tlog.merkle import leaf_hash
from consent.tlog.note import ED25519, VerifyKey, read_vkeys
from consent.tlog.spelling import as_kept
from consent.tlog.tlog_proof import TlogProof, check_proof, format_proof, parse_proof
from consent.tlog.tree_head import Checkpoint
from schemas.errors import BadInput, ChathamError
from schemas.ledger import EventKind

VERSION = 1
MOST_BYTES = 1 << 16
"""An entry's content is never so long; whatever unfolds to more is refused."""
_SUM_BYTES, _KEY_BYTES, _SIG_BYTES = 4, 8, 64
_HEAD_BYTES = 1 + _SUM_BYTES + leaves.KEY_BYTES + _KEY_BYTES + _SIG_BYTES
_EMBEDDED = re.compile(rb'<script type="text/x-tlog-proof">\n(.*?)</script>', re.DOTALL)
_FORMS = ("form_sha256", "sha256")
"""Members of a payload that repeat the form's hash in the leaf."""

_NOT_CHECKED = (
    "Not checked: whether something newer was recorded since, and who recorded it. Any later seal of the register"
    " must still hold this one: ask the ethics office.\n"
)


@dataclass(frozen=True)
class CheckedReceipt:
    """What a receipt shows, once it was checked."""

    index: int
    """Position of the entry in the register, from 0."""
    leaf: Leaf
    payload: dict[str, Any] = field(repr=False)
    """What was recorded."""
    sentence: str
    """The same in plain English, from the payload alone."""
    checkpoint: Checkpoint
    """The signed seal that the entry lies under."""


def encode_opening(opening: Opening) -> bytes:
    """An opened entry in few bytes; `decode_opening` gives it back exactly.

    Returns:
        The version (1 byte), the CRC-32 of what follows (4), the key of the commitment (32), the recorder's key id (8)
        and signature (64), then DEFLATE (RFC 1951) of the leaf's other members as canonical JSON in one line, a line
        feed and the payload. The commitment is left out, because it follows from key and payload; so is the padding;
        a form hash that the payload repeats is blank.
    Raises:
        BadInput: the leaf is none, or commits to something else.
    """
    leaf = leaves.decode(opening.leaf)
    if leaf is None or leaves.commit(opening.k_event, opening.payload) != leaf.commitment:
        raise BadInput("an entry does not hold what it commits to", hint="Check the register: chatham ledger verify.")
    members: dict[str, Any] = {"kind": leaf.kind, "left": leaf.left, "minute": leaf.minute, "refs": list(leaf.refs)}
    if leaf.form is not None:
        members["form"] = "" if leaf.form == _form_of(opening.payload) else leaf.form
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    packed = packer.compress(leaves.canonical(members) + b"\n" + opening.payload) + packer.flush()
    body = opening.k_event + bytes.fromhex(leaf.key) + _raw_signature(leaf) + packed
    return bytes([VERSION]) + zlib.crc32(body).to_bytes(_SUM_BYTES, "big") + body


def decode_opening(data: bytes, index: int) -> Opening:
    """The entry that ``data`` opens, its leaf built again to the byte. Whether it is recorded, only the proof can tell.

    Args:
        data: As `encode_opening` gives it.
        index: Position of the entry, which stands elsewhere in the proof.
    Raises:
        BadInput: ``data`` is nothing of the kind.
    """
    if len(data) <= _HEAD_BYTES or data[0] != VERSION:
        raise _unreadable("is not of a form that this program knows")
    body = data[1 + _SUM_BYTES :]
    if zlib.crc32(body) != int.from_bytes(data[1 : 1 + _SUM_BYTES], "big"):
        raise _unreadable("was altered or read wrongly")
    k_event, body = body[: leaves.KEY_BYTES], body[leaves.KEY_BYTES :]
    key, sig, packed = body[:_KEY_BYTES], body[_KEY_BYTES : _KEY_BYTES + _SIG_BYTES], body[_KEY_BYTES + _SIG_BYTES :]
    members, _, payload = _unpacked(packed).partition(b"\n")
    leaf = _leaf(_object(members), leaves.commit(k_event, payload), key, sig, payload)
    return Opening(index=index, leaf=leaves.encode(leaf), payload=payload, k_event=k_event)


def make_receipt_proof(
    opening: Opening, hashes: Sequence[bytes], checkpoint: bytes, log_keys: Sequence[VerifyKey]
) -> bytes:
    """The text of a receipt's code: a tlog-proof with the opened entry as extra data.

    Args:
        opening: The entry.
        hashes: Its inclusion proof, 32 bytes each.
        checkpoint: The signed checkpoint the proof leads to.
        log_keys: The log's keys; of the signatures only the Ed25519 one is kept, so that the code stays small.
    Raises:
        BadInput: it would not hold.
    """
    note = signed_by(parse_checkpoint(checkpoint), [key for key in log_keys if key.kind == ED25519])
    data = format_proof(TlogProof(opening.index, tuple(hashes), note, encode_opening(opening)))
    check_receipt(data, log_keys)
    return data


def check_receipt(data: bytes, log_keys: Sequence[VerifyKey]) -> CheckedReceipt:
    """Check a receipt: that its entry is what it says, and lies under a seal that the log signed.

    Args:
        data: The text of its code, or of its ``.tlog-proof`` file.
        log_keys: The log's public keys.
    Raises:
        BadInput: it is no receipt, or anything in it does not fit.
    """
    proof = parse_proof(data)
    if proof.extra is None:
        raise _unreadable("opens no entry: it holds a proof only")
    opening = decode_opening(proof.extra, proof.index)
    signed = check_proof(data, leaf_hash(opening.leaf), log_keys)
    leaf = leaves.decode(opening.leaf)
    if leaf is None:
        raise _unreadable("holds no entry of a register")
    payload = _object(opening.payload)
    return CheckedReceipt(proof.index, leaf, payload, told(opening), signed.checkpoint)


def told(opening: Opening) -> str:
    """What an opened entry says, in plain English, from its payload alone.

    Raises:
        BadInput: it is no entry of a register.
    """
    leaf = leaves.decode(opening.leaf)
    if leaf is None:
        raise _unreadable("holds no entry of a register")
    return tell(leaf.kind, _object(opening.payload))


def _leaf(members: dict[str, Any], commitment: str, key: bytes, sig: bytes, payload: bytes) -> Leaf:
    if set(members) - {"form"} != {"kind", "left", "minute", "refs"} or not _is_plain(members):
        raise _unreadable("holds no entry of a register")
    form = members.get("form")
    try:
        return Leaf(
            kind=EventKind(members["kind"]),
            minute=members["minute"],
            commitment=commitment,
            key=key.hex(),
            left=members["left"],
            form=_form_of(payload) if form == "" else form,
            refs=tuple(members["refs"]),
            sig=base64.b64encode(sig).decode("ascii"),
        )
    except ValueError:
        raise _unreadable("holds an entry of no known kind") from None


def _is_plain(members: dict[str, Any]) -> bool:
    refs = members["refs"]
    numbers = [members["left"], *refs] if isinstance(refs, list) else [None]
    texts = [members["kind"], members["minute"], members.get("form", "")]
    return all(type(one) is int for one in numbers) and all(isinstance(one, str) for one in texts)


def _raw_signature(leaf: Leaf) -> bytes:
    return base64.b64decode(leaf.sig)


def _form_of(payload: bytes) -> str | None:
    content = _object(payload)
    return next((content[name] for name in _FORMS if isinstance(content.get(name), str)), None)


def _object(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise _unreadable("holds a content that is no record")
    return value


def _unpacked(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj(-15)
    try:
        data = unpacker.decompress(packed, MOST_BYTES)
    except zlib.error:
        data = b""
    if not data or not unpacker.eof or unpacker.unused_data:
        raise _unreadable("does not unfold to an entry")
    return data


def _unreadable(what: str) -> BadInput:
    return BadInput(f"the receipt {what}", hint="Scan its code again, or ask the research team for a new one.")


def embedded(proofs: Sequence[bytes]) -> str:
    """Markup that carries receipts inside a page, where nothing runs them; `proofs_in` finds them again."""
    return "".join(f'<script type="text/x-tlog-proof">\n{one.decode("utf-8")}</script>\n' for one in proofs)


def proofs_in(data: bytes) -> list[bytes]:
    """The receipts that a file holds: those that a page carries, or the file itself where it carries none."""
    # Programs that read codes add a line feed, or leave the last one out.
    return _EMBEDDED.findall(data) or [data.rstrip(b"\r\n") + b"\n"]


def main(arguments: Sequence[str]) -> int:
    """Check the receipts in a file (``-``: what comes in) against a key, say what they hold, and give the exit code."""
    if len(arguments) != 2:
        sys.stderr.write(
            "Usage: python -m consent.receipt FILE VKEY\nVKEY is the log's public key, or a file of them.\n"
        )
        return 2
    try:
        keys = _keys(arguments[1])
        checked = [check_receipt(proof, keys) for proof in proofs_in(_read(arguments[0]))]
    except ChathamError as error:
        sys.stderr.write(f"{error.message}\n{error.hint}\n")
        return error.exit_code
    sys.stdout.write("\n".join([*map(_told, checked), _NOT_CHECKED]))
    return 0


def _told(checked: CheckedReceipt) -> str:
    seal = checked.checkpoint
    return (
        f"{checked.sentence}\n\n"
        f"Checked: this is entry {checked.index + 1:,} of the consent register {seal.origin}, recorded in the minute"
        f" {checked.leaf.minute}.\n"
        "Checked: its content is the one the register committed to when it was recorded.\n"
        f"Checked: it lies under a seal over {seal.size:,} entries that the register's key signed.\n"
    )


def _read(name: str) -> bytes:
    try:
        return as_kept(sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes())
    except (OSError, ValueError):
        raise BadInput("that receipt cannot be read", hint="Give its file, such as receipt-P07.tlog-proof.") from None


def _keys(text: str) -> tuple[VerifyKey, ...]:
    try:
        return (VerifyKey.parse(text),)
    except BadInput:
        pass  # not a key itself, so the file that holds one
    try:
        return read_vkeys(as_kept(Path(text).read_bytes()))
    except (OSError, ValueError):
        raise BadInput("that key cannot be read", hint="Give consent/ledger.vkey, or the key itself.") from None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Signed notes: text under which keys put signature lines, in the form other programs read (C2SP signed-note)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from consent.tlog.note_keys import (
    COSIGNATURE,
    ED25519,
    ID_BYTES,
    ML_DSA_44,
    Signature,
    SigningKey,
    VerifyKey,
    check_name,
)
from consent.tlog.spelling import from_base64, malformed, to_base64
from schemas.errors import BadInput

__all__ = [
    "COSIGNATURE",
    "ED25519",
    "ML_DSA_44",
    "Note",
    "Signature",
    "SigningKey",
    "Verified",
    "VerifyKey",
    "format_note",
    "parse_note",
    "read_vkeys",
    "verified",
]

MAX_BYTES = 1 << 20
MAX_SIGNATURES = 64
"""The specification asks for at least 16."""

_DASH = "\u2014 "


@dataclass(frozen=True)
class Note:
    """A note taken apart. Nothing of it counts before ``verified``."""

    text: str
    """What is signed; ends in a line feed."""
    signatures: tuple[Signature, ...]
    """At least one."""


@dataclass(frozen=True)
class Verified:
    """A signature that was checked and holds."""

    key: VerifyKey
    at: datetime | None
    """When it was made, UTC, where its kind says so and it does."""


def parse_note(data: bytes) -> Note:
    """Take a signed note apart.

    Args:
        data: At most 1 MiB, with 1 to 64 signatures.
    Raises:
        BadInput: where it is not in the one form ``format_note`` gives.
    """
    if len(data) > MAX_BYTES:
        raise malformed(f"a signed note is longer than {MAX_BYTES:,} bytes")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError:
        raise malformed("a signed note is not UTF-8") from None
    _check_characters(whole)
    # The last empty line parts them: the text may have empty lines of its own.
    head, gap, tail = whole.rpartition("\n\n")
    if not gap or not tail.endswith("\n"):
        raise malformed("a signed note is not text, an empty line and signature lines, each ended by a line feed")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise malformed(f"a signed note has more than {MAX_SIGNATURES} signatures")
    return Note(head + "\n", tuple(_parse_signature(line) for line in lines))


def format_note(text: str, signatures: Iterable[Signature]) -> bytes:
    """Write a signed note.

    Args:
        text: Ends in a line feed; no control characters but line feeds.
        signatures: In the order in which they shall stand; 1 to 64.
    Raises:
        BadInput: where these make no note.
    """
    note = Note(text, tuple(signatures))
    data = (text + "\n" + "".join(map(_format_signature, note.signatures))).encode("utf-8", "surrogatepass")
    if parse_note(data) != note:
        raise malformed(
            "a signed note cannot be written: its text does not end in a line feed, or a key id is not 4 bytes"
        )
    return data


def verified(note: Note, keys: Iterable[VerifyKey]) -> tuple[Verified, ...]:
    """Check the signatures of a note whose keys are known, and leave out the others.

    Args:
        note: As parsed.
        keys: Those that are trusted.
    Returns:
        The signatures that hold, in the note's order, at least one. One key may have several.
    Raises:
        BadInput: where a known key's signature does not hold, or no known key has signed.
    """
    known: dict[tuple[str, bytes], VerifyKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.id), key) != key:
            raise malformed("two different verifier keys share a name and a key id")
    found = [(known.get((one.name, one.id)), one.data) for one in note.signatures]
    good = tuple(Verified(key, key.verify(note.text, data)) for key, data in found if key is not None)
    if not good:
        raise BadInput(
            "a signed note bears no signature by any of the keys given",
            hint="Check that the keys are those of this register and this file is of it too.",
        )
    return good


def read_vkeys(data: bytes) -> tuple[VerifyKey, ...]:
    """Read a file of verifier keys, one a line.

    Args:
        data: The file. Empty: no keys.
    Raises:
        BadInput: where a line is no verifier key, naming the line, or the last line has no end.
    """
    try:
        *lines, end = data.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise malformed("a file of verifier keys is not UTF-8") from None
    if end:
        raise malformed("a file of verifier keys does not end in a line feed")
    return tuple(_parse_vkey_line(line, number) for number, line in enumerate(lines, 1))


def _parse_vkey_line(line: str, number: int) -> VerifyKey:
    try:
        return VerifyKey.parse(line)
    except BadInput as error:
        raise malformed(f"line {number} of a file of verifier keys: {error.message}") from None


def _parse_signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise malformed("a line below a signed note is not a dash, a name and a signature")
    check_name(name)
    data = from_base64(encoded, "a signature")
    if len(data) <= ID_BYTES:
        raise malformed("a signature is too short to hold more than its key id")
    return Signature(name, data[:ID_BYTES], data[ID_BYTES:])


def _format_signature(signature: Signature) -> str:
    return f"{_DASH}{signature.name} {to_base64(signature.id + signature.data)}\n"


def _check_characters(text: str) -> None:
    if any(char < " " and char != "\n" for char in text):
        raise malformed("a signed note holds a control character")

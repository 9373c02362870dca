"""Keys of signed notes: their text form, and what each of three kinds of key signs.

Sources: C2SP signed-note and tlog-cosignature.

An Ed25519 key (0x01) signs a note's text. A cosigner's Ed25519 key (0x04) and an ML-DSA-44 key (0x06) sign a checkpoint
and the time with it; only the latter covers the cosigner's name.
"""

import hashlib
import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from consent.tlog import ml_dsa
from consent.tlog.spelling import from_base64, malformed, to_base64
from consent.tlog.tree_head import parse_body
from schemas.errors import BadInput

ED25519 = 0x01
COSIGNATURE = 0x04
ML_DSA_44 = 0x06
ID_BYTES = 4
SEED_BYTES = 32

_PUBLIC_BYTES = {ED25519: 32, COSIGNATURE: 32, ML_DSA_44: 1312}
_SIGNATURE_BYTES = {ED25519: 64, COSIGNATURE: 8 + 64, ML_DSA_44: 8 + 2420}
_MAX_NAME_BYTES = 255  # of ML-DSA's message; a name and an origin have one byte for their length there
_LAST_SECOND = 253_402_300_799  # the end of the year 9999, where our calendar ends
_VKEY = re.compile(r"(?P<name>[^+]+)\+(?P<id>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/=]+)")


@dataclass(frozen=True)
class Signature:
    """One signature line of a note."""

    name: str
    """Name of the key."""
    id: bytes
    """Key id, 4 bytes."""
    data: bytes
    """What follows the key id: the signature, with the time before it where the kind has one."""


@dataclass(frozen=True)
class VerifyKey:
    """A public key with its name.

    Raises:
        BadInput: where the name may not stand in a note, the kind is not known or the key is not as long as its kind.
    """

    name: str
    kind: int
    """``ED25519``, ``COSIGNATURE`` or ``ML_DSA_44``."""
    public: bytes
    """32 bytes, or 1,312 of ML-DSA-44."""

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.kind not in _PUBLIC_BYTES:
            raise malformed("a verifier key is of a kind that is not known here; known are 0x01, 0x04 and 0x06")
        if len(self.public) != _PUBLIC_BYTES[self.kind]:
            raise malformed(f"a verifier key of kind {self.kind:#04x} is not {_PUBLIC_BYTES[self.kind]} bytes long")

    @property
    def id(self) -> bytes:
        """Key id, 4 bytes: the beginning of SHA-256 over name, line feed, kind and public key."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{to_base64(bytes([self.kind]) + self.public)}"

    @classmethod
    def parse(cls, text: str) -> "VerifyKey":
        """Read a verifier key: ``<name>+<key id, hex>+<base64 of kind and key>``.

        Raises:
            BadInput: where it is not one of the three kinds in its one spelling, or the key id is not that of the key.
        """
        found = _VKEY.fullmatch(text)
        if found is None:
            raise malformed("a verifier key is not of the form NAME+ID+KEY")
        material = from_base64(found["key"], "a verifier key")
        key = cls(found["name"], material[0], material[1:])
        if key.id.hex() != found["id"]:
            raise malformed("a verifier key does not match its key id")
        return key

    def verify(self, text: str, data: bytes) -> datetime | None:
        """Check one signature of this key over a note's text.

        Args:
            text: The note's text.
            data: The signature, as in ``Signature.data``.
        Returns:
            The time it was made, for the kinds that say so; None where it says nothing (or 0) of it.
        Raises:
            BadInput: where it is not this key's signature over this text.
            UnsupportedAlgorithm: where this machine's cryptography library has no ML-DSA.
        """
        try:
            return self._verify(text, data)
        except (InvalidSignature, ValueError):
            raise malformed("a signature by a known key does not match the text above it") from None

    def _verify(self, text: str, data: bytes) -> datetime | None:
        if len(data) != _SIGNATURE_BYTES[self.kind]:
            raise malformed(f"a signature of kind {self.kind:#04x} is not {_SIGNATURE_BYTES[self.kind]} bytes long")
        if self.kind == ED25519:
            Ed25519PublicKey.from_public_bytes(self.public).verify(data, text.encode())
            return None
        second, message = int.from_bytes(data[:8]), data[8:]
        if second > _LAST_SECOND:
            raise malformed("a cosignature's time lies after the year 9999")
        signed = signed_message(self.kind, self.name, text, second)
        if self.kind == COSIGNATURE:
            Ed25519PublicKey.from_public_bytes(self.public).verify(message, signed)
        else:
            ml_dsa.public_key(self.public).verify(message, signed)
        return datetime.fromtimestamp(second, UTC) if second else None


class SigningKey:
    """A private key with its name.

    Args:
        name: Name of the key, as in its ``VerifyKey``.
        kind: ``ED25519``, ``COSIGNATURE`` or ``ML_DSA_44``.
        seed: 32 bytes: the Ed25519 private key, or the seed of ML-DSA-44 (FIPS 204, xi).
    Attributes:
        verify_key: Its public half.
    Raises:
        BadInput: where name or kind cannot be.
        ValueError: where the seed is not 32 bytes.
    """

    def __init__(self, name: str, kind: int, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise ValueError(f"a seed is {SEED_BYTES} bytes long")
        self._key = ml_dsa.private_key(seed) if kind == ML_DSA_44 else Ed25519PrivateKey.from_private_bytes(seed)
        self.verify_key = VerifyKey(name, kind, self._key.public_key().public_bytes_raw())

    def sign(self, text: str, at: datetime | None = None) -> Signature:
        """Sign a note's text; for the kinds with a time, a checkpoint's body.

        Args:
            text: Ends in a line feed.
            at: Aware; needed by ``COSIGNATURE`` and ``ML_DSA_44``, which sign its whole seconds.
        Raises:
            BadInput: where a kind with a time is given a text that is no checkpoint.
            ValueError: where such a kind is given no time.
        """
        key = self.verify_key
        if key.kind == ED25519:
            return Signature(key.name, key.id, self._key.sign(text.encode()))
        if at is None:
            raise ValueError("a cosignature needs a time")
        second = int(at.timestamp())
        signed = self._key.sign(signed_message(key.kind, key.name, text, second))
        return Signature(key.name, key.id, struct.pack(">Q", second) + signed)


def signed_message(kind: int, name: str, text: str, second: int) -> bytes:
    """What a cosigner signs (C2SP tlog-cosignature, the two "signed message" sections).

    Args:
        kind: ``COSIGNATURE`` or ``ML_DSA_44``.
        name: The cosigner's name, which is the name of its key.
        text: The checkpoint's body.
        second: POSIX time.
    Raises:
        BadInput: where the text is no checkpoint, or name or origin are longer than the message has room for.
    """
    checkpoint = parse_body(text)
    if kind == COSIGNATURE:
        return f"cosignature/v1\ntime {second}\n{text}".encode()
    end = struct.pack(">QQ", 0, checkpoint.size) + checkpoint.root
    return b"subtree/v1\n\0" + _short(name) + struct.pack(">Q", second) + _short(checkpoint.origin) + end


def check_name(name: str) -> None:
    """Raise BadInput where ``name`` may not be a key's name: empty, or with a space, a plus or a control character."""
    if not name or any(char.isspace() or char < " " or char == "+" for char in name):
        raise malformed("a key's name is empty or holds a space, a plus or a control character")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise malformed("a key's name is not UTF-8") from None


def _short(text: str) -> bytes:
    data = text.encode()
    if len(data) > _MAX_NAME_BYTES:
        raise BadInput(
            f"a name of {len(data)} bytes is too long for an ML-DSA-44 signature, which has room for {_MAX_NAME_BYTES}",
            hint="Use a shorter name for the log or the cosigner.",
        )
    return bytes([len(data)]) + data

"""The header of an age v1 file: recipient stanzas and their MAC (C2SP age specification)."""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schemas.errors import BadInput

ALONE = "scrypt"
"""The type of a stanza that stands alone: a file under a passphrase is under nothing else."""
_VERSION = b"age-encryption.org/v1\n"
_COLUMNS = 64
_LONGEST_LINE = 4096
_LONGEST_HEADER = 1 << 20
_ARGUMENT = re.compile(rb"[\x21-\x7e]+")
_HINT = "Put the file back from a backup; a file that was cut short or edited cannot be opened."


class SealedFileDamaged(BadInput):
    """A sealed file is not what was written: cut short, edited, or no age file at all."""


class HeaderDamaged(SealedFileDamaged):
    """The header of a sealed file cannot be read."""


class HeaderForged(SealedFileDamaged):
    """The header of a sealed file can be read, but its MAC is wrong."""


class PayloadDamaged(SealedFileDamaged):
    """The contents of a sealed file were cut short or changed."""


@dataclass(frozen=True)
class Stanza:
    """One recipient stanza: its type, further arguments, and a body of bytes."""

    type: str
    arguments: tuple[str, ...]
    body: bytes


class Wraps(Protocol):
    """Whoever a file can be sealed to."""

    def wrap(self, file_key: bytes) -> Stanza:
        """Seal a file key, 16 bytes."""


class Unwraps(Protocol):
    """Whatever can open a file."""

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """The file key, 16 bytes, or None where the stanza is for somebody else; raises HeaderDamaged."""


@dataclass(frozen=True)
class Header:
    """A header as read: its stanzas, the bytes its MAC covers, and the MAC (32 bytes)."""

    stanzas: tuple[Stanza, ...]
    covered: bytes
    mac: bytes

    def check(self, file_key: bytes) -> None:
        """Compare the MAC under ``file_key`` (16 bytes); raises HeaderForged where it differs."""
        if not hmac.compare_digest(_mac(file_key, self.covered), self.mac):
            raise HeaderForged("the header of a sealed file was changed: its MAC does not match", hint=_HINT)


def derive(secret: bytes, salt: bytes, info: bytes) -> bytes:
    """HKDF-SHA-256 to 32 bytes (RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(secret)


def write_header(file_key: bytes, stanzas: list[Stanza]) -> bytes:
    """The header's bytes, MAC included, up to and with the last newline.

    Args:
        file_key: 16 random bytes, new for every file.
        stanzas: One per recipient.
    Raises:
        BadInput: A passphrase stands beside another recipient.
    """
    if _not_alone(stanzas):
        raise BadInput("a passphrase cannot share a sealed file", hint="Seal to it alone, or to keys alone.")
    covered = _VERSION + b"".join(map(_stanza_bytes, stanzas)) + b"---"
    return covered + b" " + encode64(_mac(file_key, covered)) + b"\n"


def read_header(source: BinaryIO) -> Header:
    """Read a header, leaving ``source`` at the payload's first byte.

    Raises:
        HeaderDamaged: Not an age v1 file, or written otherwise than the format says.
    """
    lines = _Lines(source)
    if lines.next() != _VERSION:
        raise damaged("it is no age v1 file")
    stanzas = []
    while (line := lines.next()).startswith(b"-> "):
        stanzas.append(_read_stanza(line, lines))
    if not line.startswith(b"--- ") or not stanzas:
        raise damaged("a line of it is no stanza")
    if _not_alone(stanzas):
        raise damaged("a passphrase stands beside another recipient")
    return Header(tuple(stanzas), lines.seen[: -len(line)] + b"---", decode64(line[4:-1], 32))


def encode64(data: bytes) -> bytes:
    """Base64 without padding."""
    return base64.b64encode(data).rstrip(b"=")


def decode64(text: bytes, length: int | None = None) -> bytes:
    """Base64 without padding, canonical only.

    Raises:
        HeaderDamaged: Padding, other characters, spare bits set, or not ``length`` bytes.
    """
    try:
        data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise damaged("it holds text that is no base64") from None
    if encode64(data) != text or length not in (None, len(data)):
        raise damaged("it holds base64 that is not canonical or of the wrong length")
    return data


def damaged(what: str) -> HeaderDamaged:
    """The error for a header of which ``what`` is wrong."""
    return HeaderDamaged(f"the header of a sealed file cannot be read: {what}", hint=_HINT)


def _not_alone(stanzas: list[Stanza]) -> bool:
    return len(stanzas) > 1 and any(stanza.type == ALONE for stanza in stanzas)


def _mac(file_key: bytes, covered: bytes) -> bytes:
    return hmac.new(derive(file_key, b"", b"header"), covered, hashlib.sha256).digest()


def _stanza_bytes(stanza: Stanza) -> bytes:
    text = encode64(stanza.body)
    # A body always ends in a line shorter than 64 columns, if need be an empty one.
    lines = [text[at : at + _COLUMNS] for at in range(0, len(text) + 1, _COLUMNS)]
    return b"\n".join([" ".join(["->", stanza.type, *stanza.arguments]).encode(), *lines, b""])


def _read_stanza(first: bytes, lines: "_Lines") -> Stanza:
    arguments = first[3:-1].split(b" ")
    if not all(_ARGUMENT.fullmatch(argument) for argument in arguments):
        raise damaged("a stanza has an empty or unprintable argument")
    body = b""
    while True:
        line = lines.next()[:-1]
        if len(line) > _COLUMNS:
            raise damaged("a line of a stanza is too long")
        body += line
        if len(line) < _COLUMNS:
            break
    names = [argument.decode("ascii") for argument in arguments]
    return Stanza(names[0], tuple(names[1:]), decode64(body))


class _Lines:
    """Lines of a header, kept for the MAC, with a limit so that garbage cannot fill memory."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.seen = b""

    def next(self) -> bytes:
        line = self._source.readline(_LONGEST_LINE)
        self.seen += line
        if not line.endswith(b"\n") or len(self.seen) > _LONGEST_HEADER:
            raise damaged("it ends too early or a line is too long")
        return line

"""Keys, boxes, disks and events for the register's tests."""

import errno
import hashlib
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from consent.storage.journal import FileDisk
from schemas.errors import MissingKey
from schemas.ledger import EventKind, LedgerEvent


class TinySigner:
    """A real Ed25519 key made from one byte."""

    def __init__(self, seed: int = 1) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.public_key = self._key.public_key().public_bytes_raw()
        self.key_id = hashlib.sha256(self.public_key).hexdigest()[:16]

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


class TinyBox:
    """A real authenticated box; whoever has another key gets MissingKey, as from an age file."""

    def __init__(self, seed: int = 1) -> None:
        self._name = bytes([seed])
        self._box = ChaCha20Poly1305(bytes([seed]) * 32)

    def seal(self, plaintext: bytes) -> bytes:
        nonce = os.urandom(12)
        return self._name + nonce + self._box.encrypt(nonce, plaintext, None)

    def open(self, sealed: bytes) -> bytes:
        if sealed[:1] != self._name:
            raise MissingKey("this content is sealed to somebody else", hint="Ask them.")
        return self._box.decrypt(sealed[1:13], sealed[13:], None)


class FailingDisk(FileDisk):
    """A disk that fails at the operations whose numbers (from 0, over all files) are in ``fails``."""

    fails: frozenset[int] = frozenset()
    code = errno.ENOSPC
    done = 0

    def _step(self) -> None:
        number, FailingDisk.done = FailingDisk.done, FailingDisk.done + 1
        if number in FailingDisk.fails:
            raise OSError(FailingDisk.code, "the disk will not")

    def write(self, offset: int, data: bytes) -> None:
        super().write(offset, data[: len(data) // 2])
        self._step()
        super().write(offset, data)

    def sync(self) -> None:
        self._step()
        super().sync()

    def truncate(self, size: int) -> None:
        self._step()
        super().truncate(size)


def event(number: int = 0, **more: object) -> LedgerEvent:
    """A consent event of an invented person."""
    payload = {"type": "consent", "participant": "P07", "number": number, "note": "Zoë agrees", **more}
    return LedgerEvent(kind=EventKind.CONSENT, payload=payload, form="ab" * 32)


def flip(path: Path, bit: int) -> None:
    """Flip one bit of a file."""
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << (bit % 8)
    path.write_bytes(data)

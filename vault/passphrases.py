"""Secrets under a passphrase: Argon2id (64 MiB, 3 passes, 4 lanes), then ChaCha20-Poly1305."""

import secrets
import unicodedata

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from schemas.errors import BadInput, MissingKey
from schemas.records import Record

_MEMORY_KIB, _PASSES, _LANES = 64 * 1024, 3, 4
_MOST_MEMORY_KIB, _MOST_PASSES, _MOST_LANES = 4 * 1024 * 1024, 64, 64


class Locked(Record):
    """A secret under a passphrase, bytes in hexadecimal; ``memory_kib``, ``passes`` and ``lanes`` are Argon2id's."""

    salt: str
    memory_kib: int
    passes: int
    lanes: int
    nonce: str
    sealed: str


def lock(secret: bytes, passphrase: str, bound: bytes) -> Locked:
    """Put ``secret`` under ``passphrase``.

    Args:
        secret: Any bytes.
        passphrase: Not empty; the same passphrase typed on another keyboard or system is the same (NFKC).
        bound: Public bytes the secret belongs to; it opens only beside the same ones.
    Raises:
        BadInput: The passphrase is empty.
    """
    if not passphrase.strip():
        raise BadInput("the passphrase is empty", hint="Choose a passphrase of several words.")
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    key = _stretch(passphrase, salt, _MEMORY_KIB, _PASSES, _LANES)
    sealed = ChaCha20Poly1305(key).encrypt(nonce, secret, bound)
    return Locked(
        salt=salt.hex(),
        memory_kib=_MEMORY_KIB,
        passes=_PASSES,
        lanes=_LANES,
        nonce=nonce.hex(),
        sealed=sealed.hex(),
    )


def open_locked(locked: Locked, passphrase: str, bound: bytes) -> bytes:
    """Take the secret out again, about 0.1 to 0.6 s.

    Raises:
        MissingKey: The passphrase is wrong, or the file was changed.
    """
    try:
        _check_cost(locked)
        salt, nonce, sealed = (bytes.fromhex(text) for text in (locked.salt, locked.nonce, locked.sealed))
        key = _stretch(passphrase, salt, locked.memory_kib, locked.passes, locked.lanes)
        return ChaCha20Poly1305(key).decrypt(nonce, sealed, bound)
    except (InvalidTag, ValueError):
        raise MissingKey(
            "the passphrase is wrong for this user",
            hint="Try again. A lost passphrase is final unless another user of the same role remains.",
        ) from None


def _check_cost(locked: Locked) -> None:
    # A file that somebody edited must not make us allocate all memory.
    if locked.memory_kib > _MOST_MEMORY_KIB or locked.passes > _MOST_PASSES or locked.lanes > _MOST_LANES:
        raise ValueError("cost out of bounds")


def _stretch(passphrase: str, salt: bytes, memory_kib: int, passes: int, lanes: int) -> bytes:
    text = unicodedata.normalize("NFKC", passphrase).encode()
    return Argon2id(salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory_kib).derive(text)

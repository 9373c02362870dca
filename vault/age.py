"""age v1 files (X25519 or scrypt, HKDF, HMAC, ChaCha20-Poly1305 STREAM) that other age programs open."""

import io
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from schemas.errors import BadInput, MissingKey
from vault import bech32
from vault.age_armor import ArmorDamaged, dearmored
from vault.age_header import (
    HeaderDamaged,
    HeaderForged,
    PayloadDamaged,
    SealedFileDamaged,
    Stanza,
    Unwraps,
    Wraps,
    damaged,
    decode64,
    derive,
    encode64,
    read_header,
    write_header,
)
from vault.age_scrypt import Passphrase
from vault.age_stream import CHUNK, ChunkOpener, ChunkSealer, chunks_forwards

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = [
    "AgeReader",
    "AgeWriter",
    "ArmorDamaged",
    "HeaderDamaged",
    "HeaderForged",
    "Identity",
    "Passphrase",
    "PayloadDamaged",
    "Recipient",
    "SealedFileDamaged",
    "dearmored",
    "open_forwards",
    "open_sealed",
    "seal",
]

_PUBLIC, _SECRET = "age", "age-secret-key-"
_INFO = b"age-encryption.org/v1/X25519"
_FILE_KEY, _NONCE = 16, 16


@dataclass(frozen=True)
class Recipient:
    """The public half of a key: whoever has it can seal. ``str()`` gives ``age1…``. ``key`` is 32 bytes."""

    key: bytes

    @classmethod
    def parse(cls, text: str) -> "Recipient":
        """Read ``age1…``; raises BadInput."""
        return cls(_key(bech32.decode(_PUBLIC, text.strip())))

    def wrap(self, file_key: bytes) -> Stanza:
        """Seal a file key (16 bytes) to this recipient."""
        ephemeral = X25519PrivateKey.generate()
        share = ephemeral.public_key().public_bytes_raw()
        shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(self.key))
        body = ChaCha20Poly1305(derive(shared, share + self.key, _INFO)).encrypt(bytes(12), file_key, None)
        return Stanza("X25519", (encode64(share).decode(),), body)

    def __str__(self) -> str:
        return bech32.encode(_PUBLIC, self.key)


@dataclass(frozen=True)
class Identity:
    """The secret half of a key. ``str()`` gives ``AGE-SECRET-KEY-1…``; ``repr`` gives nothing away."""

    secret: bytes = field(repr=False)

    @classmethod
    def generate(cls) -> "Identity":
        """A new key."""
        return cls(secrets.token_bytes(32))

    @classmethod
    def from_secret(cls, secret: bytes) -> "Identity":
        """The key with this secret scalar (32 bytes); raises BadInput."""
        return cls(_key(secret))

    @classmethod
    def parse(cls, text: str) -> "Identity":
        """Read ``AGE-SECRET-KEY-1…``, upper case only as other age programs do; raises BadInput."""
        if text.strip() != text.strip().upper():
            raise BadInput("a secret key is written in capitals", hint="Copy the whole line again.")
        return cls(_key(bech32.decode(_SECRET, text.strip())))

    @property
    def recipient(self) -> Recipient:
        """The public half."""
        return Recipient(X25519PrivateKey.from_private_bytes(self.secret).public_key().public_bytes_raw())

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """The file key (16 bytes), or None where the stanza is for somebody else; raises HeaderDamaged."""
        if stanza.type != "X25519":
            return None
        if len(stanza.arguments) != 1 or len(stanza.body) != _FILE_KEY + 16:
            raise damaged("a stanza has the wrong shape")
        share = decode64(stanza.arguments[0].encode(), 32)
        try:
            shared = X25519PrivateKey.from_private_bytes(self.secret).exchange(X25519PublicKey.from_public_bytes(share))
        except ValueError:
            raise damaged("a stanza holds a point of low order") from None
        key = derive(shared, share + self.recipient.key, _INFO)
        try:
            return ChaCha20Poly1305(key).decrypt(bytes(12), stanza.body, None)
        except InvalidTag:
            return None

    def __str__(self) -> str:
        return bech32.encode(_SECRET, self.secret).upper()


def seal(plaintext: bytes, recipients: Sequence[Wraps]) -> bytes:
    """A whole age file in memory: any one of ``recipients`` opens it."""
    sink = io.BytesIO()
    with AgeWriter(sink, recipients) as writer:
        writer.write(plaintext)
    return sink.getvalue()


def open_sealed(sealed: bytes, identities: Sequence[Unwraps]) -> bytes:
    """The plaintext of a whole age file in memory.

    Raises:
        MissingKey: None of ``identities`` opens it.
        SealedFileDamaged: HeaderDamaged, HeaderForged or PayloadDamaged.
    """
    return AgeReader(io.BytesIO(sealed), identities).readall()


def open_forwards(source: BinaryIO, identities: Sequence[Unwraps]) -> Iterator[bytes]:
    """The plaintext of an age file that can only be read forwards (a pipe, armored text), in constant memory.

    Every piece is authenticated before it is given, but only the end of the iterator says that nothing was cut off;
    whoever uses a piece before must be able to take it back.

    Args:
        source: At the file's first byte; a read gives fewer bytes than asked only at the end.
        identities: Tried in turn.
    Raises:
        MissingKey: None of ``identities`` opens it.
        SealedFileDamaged: At once where the header is wrong, else when the damaged chunk is read.
    """
    return chunks_forwards(source, _payload_key(source, identities))


class AgeWriter(io.RawIOBase):
    """A stream whose bytes reach ``sink`` encrypted, in constant memory.

    ``close`` seals the last chunk; without it, or after an exception in its ``with`` block, what was written can never
    be opened. The sink itself stays open.

    Args:
        sink: Gets the age file.
        recipients: At least one; any one opens the file. A passphrase stands alone.
    """

    def __init__(self, sink: BinaryIO, recipients: Sequence[Wraps]) -> None:
        if not recipients:
            raise BadInput("a sealed file needs somebody who can open it", hint="Name at least one recipient.")
        file_key, nonce = secrets.token_bytes(_FILE_KEY), secrets.token_bytes(_NONCE)
        sink.write(write_header(file_key, [recipient.wrap(file_key) for recipient in recipients]) + nonce)
        self._chunks: ChunkSealer | None = ChunkSealer(sink, derive(file_key, nonce, b"payload"))

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: "Buffer", /) -> int:
        """Take all of ``data``; gives its length in bytes."""
        if self._chunks is None:
            raise ValueError("write to a closed sealed file")
        view = memoryview(data).cast("B")
        self._chunks.write(view)
        return len(view)

    def close(self) -> None:
        """Seal the last chunk, once."""
        chunks, self._chunks = self._chunks, None
        if chunks is not None:
            chunks.finish()
        super().close()

    def abandon(self) -> None:
        """Close without the last chunk: the file stays one that cannot be opened."""
        self._chunks = None
        super().close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abandon()

    def __del__(self) -> None:
        # Python closes a forgotten stream, which would finish a file that nobody finished.
        self._chunks = None


class AgeReader(io.RawIOBase):
    """A seekable stream of an age file's plaintext, in constant memory.

    Args:
        source: Seekable, at the file's first byte. It stays open when the reader is closed.
        identities: Tried in turn.
    Raises:
        MissingKey: None of ``identities`` opens it.
        SealedFileDamaged: At once where the header or the length is wrong, else when the damaged chunk is read.
    """

    def __init__(self, source: BinaryIO, identities: Sequence[Unwraps]) -> None:
        key = _payload_key(source, identities)
        self._chunks = ChunkOpener(source, key, source.tell())
        self._at = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Offset in the plaintext, bytes."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a byte of the plaintext; behind its end, reads give nothing."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._chunks.size}[whence]
        if base + offset < 0:
            raise ValueError("seek before the start of a sealed file")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: "Buffer", /) -> int:
        """Fill ``buffer``, less only at the end."""
        view = memoryview(buffer).cast("B")
        filled = 0
        for piece in self._pieces(len(view)):
            view[filled : filled + len(piece)] = piece
            filled += len(piece)
        return filled

    def read(self, size: int | None = -1, /) -> bytes:
        """The next ``size`` bytes, all to the end where it is negative; less only at the end."""
        return b"".join(self._pieces(self._chunks.size if size is None or size < 0 else size))

    def readall(self) -> bytes:
        """Everything from here on."""
        return self.read()

    def _pieces(self, size: int) -> Iterator[memoryview]:
        """The next ``size`` bytes, chunk by chunk, moving on."""
        end = min(self._at + size, self._chunks.size)
        if end <= self._at:
            return
        for chunk in self._chunks.chunks(self._at // CHUNK, (end - 1) // CHUNK):
            piece = memoryview(chunk)[self._at % CHUNK :][: end - self._at]
            self._at += len(piece)
            yield piece


def _payload_key(source: BinaryIO, identities: Sequence[Unwraps]) -> bytes:
    """The key of the payload (32 bytes), leaving ``source`` at its first chunk; raises MissingKey, HeaderDamaged."""
    header = read_header(source)
    file_key = next(_file_keys(header.stanzas, identities), None)
    if file_key is None:
        raise MissingKey("a sealed file is not for this key", hint="Ask somebody whose role may open it.")
    header.check(file_key)
    nonce = source.read(_NONCE)
    if len(nonce) != _NONCE:
        raise damaged("it ends too early")
    return derive(file_key, nonce, b"payload")


def _file_keys(stanzas: Sequence[Stanza], identities: Sequence[Unwraps]) -> Iterator[bytes]:
    for identity in identities:
        for stanza in stanzas:
            file_key = identity.unwrap(stanza)
            if file_key is not None:
                yield file_key


def _key(data: bytes) -> bytes:
    if len(data) != 32:
        raise BadInput(f"a key has 32 bytes, this one {len(data)}", hint="Copy the whole key again.")
    return data

"""The payload of an age v1 file: ChaCha20-Poly1305 in 64 KiB chunks (STREAM), in constant memory."""

import io
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from vault.age_header import PayloadDamaged

CHUNK = 64 * 1024
TAG = 16
_SEALED = CHUNK + TAG


class ChunkSealer:
    """Writes sealed chunks to a sink, holding back the last one, which alone is marked as last."""

    def __init__(self, sink: BinaryIO, key: bytes) -> None:
        self._sink = sink
        self._cipher = ChaCha20Poly1305(key)
        self._held = bytearray()
        self._number = 0

    def write(self, data: memoryview) -> None:
        """Take more plaintext; what fills whole chunks goes to the sink at once."""
        at = 0
        if self._held:
            at = min(len(data), CHUNK - len(self._held))
            self._held += data[:at]
        if len(self._held) == CHUNK and at < len(data):
            self._seal_held(last=False)
        # A chunk is sealed only once a byte after it is known, since an empty last chunk is forbidden.
        while len(data) - at > CHUNK:
            self._seal(data[at : at + CHUNK], last=False)
            at += CHUNK
        self._held += data[at:]

    def finish(self) -> None:
        """Seal what is held back as the last chunk."""
        self._seal_held(last=True)

    def _seal_held(self, *, last: bool) -> None:
        with memoryview(self._held) as held:
            self._seal(held, last=last)
        self._held.clear()

    def _seal(self, plaintext: memoryview, *, last: bool) -> None:
        self._sink.write(self._cipher.encrypt(_nonce(self._number, last=last), plaintext, None))
        self._number += 1


class ChunkOpener:
    """Opens any chunk of a sealed payload that lies in a seekable source.

    The last chunk is opened first of all: it alone proves that the payload was not cut short.

    Args:
        source: Seekable; the payload runs from ``start`` (its first chunk's offset) to the end.
        key: 32 bytes.
    Raises:
        PayloadDamaged: Cut short, changed, or with something after its end.
    """

    def __init__(self, source: BinaryIO, key: bytes, start: int) -> None:
        self._source = source
        self._start = start
        self._cipher = ChaCha20Poly1305(key)
        length = source.seek(0, io.SEEK_END) - start
        self._last = max(0, -(-length // _SEALED) - 1)
        self._opened = (-1, b"")
        tail = self.chunk(self._last)
        if not tail and self._last:
            raise _damaged()
        self.size = self._last * CHUNK + len(tail)

    def chunk(self, number: int) -> bytes:
        """The plaintext of chunk ``number``: 65,536 bytes, fewer in the last."""
        if self._opened[0] != number:
            self._source.seek(self._start + number * _SEALED)
            self._opened = (number, self._open(self._source.read(_SEALED), number))
        return self._opened[1]

    def _open(self, sealed: bytes, number: int) -> bytes:
        try:
            return self._cipher.decrypt(_nonce(number, last=number == self._last), sealed, None)
        except InvalidTag:
            raise _damaged() from None


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def _damaged() -> PayloadDamaged:
    return PayloadDamaged(
        "a sealed file was cut short or changed",
        hint="Put the file back from a backup; nothing of it was used.",
    )

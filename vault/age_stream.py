"""The payload of an age v1 file: ChaCha20-Poly1305 in 64 KiB chunks (STREAM), in constant memory."""

import io
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from vault.age_header import PayloadDamaged

CHUNK = 64 * 1024
TAG = 16
_SEALED = CHUNK + TAG
_PART, _STRIDE = 4, 16
"""Chunks that one thread works on at a time, and chunks that are in memory at a time."""
_THREADS = min(4, os.cpu_count() or 1)

Given = TypeVar("Given")
Got = TypeVar("Got")


class ChunkSealer:
    """Writes sealed chunks to a sink, holding back the last one, which alone is marked as last."""

    def __init__(self, sink: BinaryIO, key: bytes) -> None:
        self._sink = sink
        self._cipher = ChaCha20Poly1305(key)
        self._crew = _Crew()
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
        while (whole := min(_STRIDE, (len(data) - at - 1) // CHUNK)) > 0:
            self._seal_whole(data[at : at + whole * CHUNK])
            at += whole * CHUNK
        self._held += data[at:]

    def finish(self) -> None:
        """Seal what is held back as the last chunk."""
        self._seal_held(last=True)

    def _seal_whole(self, stride: memoryview) -> None:
        """Seal whole chunks, none of them the last."""
        step = _PART * CHUNK
        parts = [(self._number + at // CHUNK, stride[at : at + step]) for at in range(0, len(stride), step)]
        self._number += len(stride) // CHUNK  # before writing: no number is used twice, even if the disk refuses
        for sealed in self._crew.each(self._sealed, parts):
            self._sink.write(sealed)

    def _sealed(self, part: tuple[int, memoryview]) -> bytearray:
        number, plaintext = part
        sealed = bytearray(len(plaintext) // CHUNK * _SEALED)
        into = memoryview(sealed)
        for place in range(len(plaintext) // CHUNK):
            chunk = plaintext[place * CHUNK : (place + 1) * CHUNK]
            nonce = _nonce(number + place, last=False)
            self._cipher.encrypt_into(nonce, chunk, None, into[place * _SEALED : (place + 1) * _SEALED])
        return sealed

    def _seal_held(self, *, last: bool) -> None:
        with memoryview(self._held) as held:
            self._seal(held, last=last)
        self._held.clear()

    def _seal(self, plaintext: memoryview, *, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._number, last=last), plaintext, None)
        self._number += 1
        self._sink.write(sealed)


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
        self._crew = _Crew()
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

    def chunks(self, first: int, last: int) -> Iterator[bytes]:
        """The plaintext of the chunks from ``first`` to ``last``, both included, one by one."""
        while first <= last:
            count = min(_STRIDE, last + 1 - first)
            if count < _PART:  # a few are worth keeping for the next read, and no thread
                yield self.chunk(first)
                first += 1
            else:
                yield from self._stride(first, count)
                first += count

    def _stride(self, first: int, count: int) -> Iterator[bytes]:
        self._source.seek(self._start + first * _SEALED)
        sealed = memoryview(self._source.read(count * _SEALED))
        if len(sealed) <= (count - 1) * _SEALED:
            raise _damaged()  # it became shorter since its end was looked at
        step = _PART * _SEALED
        parts = [(first + at // _SEALED, sealed[at : at + step]) for at in range(0, count * _SEALED, step)]
        for opened in self._crew.each(self._open_part, parts):
            yield from opened

    def _open_part(self, part: tuple[int, memoryview]) -> list[bytes]:
        number, sealed = part
        pieces = range(0, len(sealed), _SEALED)
        return [self._open(sealed[at : at + _SEALED], number + at // _SEALED) for at in pieces]

    def _open(self, sealed: bytes | memoryview, number: int) -> bytes:
        try:
            return self._cipher.decrypt(_nonce(number, last=number == self._last), sealed, None)
        except InvalidTag:
            raise _damaged() from None


class _Crew:
    """A few threads that work on neighbouring parts at once: the cipher lets the others run meanwhile."""

    def __init__(self) -> None:
        self._threads: ThreadPoolExecutor | None = None

    def each(self, work: Callable[[Given], Got], parts: Sequence[Given]) -> Iterator[Got]:
        """What ``work`` makes of every part, in order; one part alone, or one processor alone, needs no thread."""
        if len(parts) < 2 or _THREADS < 2:
            return map(work, parts)
        self._threads = self._threads or ThreadPoolExecutor(_THREADS)
        return self._threads.map(work, parts)


def chunks_forwards(source: BinaryIO, key: bytes) -> Iterator[bytes]:
    """The plaintext of a payload that can only be read forwards, a chunk at a time, each authenticated by itself.

    That nothing was cut off is known only once the iterator ends: what was given before an error is genuine, and not
    all of it.

    Args:
        source: At the payload's first chunk; a read gives fewer bytes than asked only at the end.
        key: 32 bytes.
    Raises:
        PayloadDamaged: Cut short, changed, or with something after its end.
    """
    cipher, number, last = ChaCha20Poly1305(key), 0, False
    while not last:
        sealed = source.read(_SEALED)
        piece, last = _open_either(cipher, sealed, number)
        if not piece and number:
            raise _damaged()
        yield piece
        number += 1
    if source.read(1):
        raise _damaged()


def _open_either(cipher: ChaCha20Poly1305, sealed: bytes, number: int) -> tuple[bytes, bool]:
    """A chunk, and whether it is the last: a short one must be, a full one says so by the nonce that opens it."""
    for last in (False, True) if len(sealed) == _SEALED else (True,):
        try:
            return cipher.decrypt(_nonce(number, last=last), sealed, None), last
        except InvalidTag:
            continue
    raise _damaged()


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def _damaged() -> PayloadDamaged:
    return PayloadDamaged(
        "a sealed file was cut short or changed",
        hint="Put the file back from a backup; nothing of it was used.",
    )

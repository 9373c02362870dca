"""Armored age files: the text between BEGIN and END lines (strict PEM, RFC 7468) that travels by mail."""

import base64
import binascii
import io
from typing import TYPE_CHECKING, BinaryIO

from vault.age_header import SealedFileDamaged

if TYPE_CHECKING:
    from typing_extensions import Buffer

_BEGIN = b"-----BEGIN AGE ENCRYPTED FILE-----"
_END = b"-----END AGE ENCRYPTED FILE-----"
_COLUMNS, _FULL = 64, 48
_LONGEST_LINE = 128
_MOST_SPACE = 1024


class ArmorDamaged(SealedFileDamaged):
    """A sealed file that came as text is not written as such files are."""


def dearmored(source: BinaryIO) -> BinaryIO:
    """The age file that an armored one holds, to be read forwards in constant memory.

    Args:
        source: At the armored file's first byte.
    Raises:
        ArmorDamaged: At once where it does not begin as armor does, else when the faulty line is read.
    """
    return io.BufferedReader(_Decoded(source), 1 << 16)


class _Decoded(io.RawIOBase):
    """What the lines say, line by line. Every line but the last is full, and the END line closes what it began."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._held = b""
        self._open = True
        self._short = False
        if self._first_line() != _BEGIN:
            raise _damaged("it does not begin with the line that age writes")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "Buffer", /) -> int:
        view = memoryview(buffer).cast("B")
        while self._open and not self._held:
            self._take(self._line())
        piece, self._held = self._held[: len(view)], self._held[len(view) :]
        view[: len(piece)] = piece
        return len(piece)

    def _take(self, line: bytes) -> None:
        if line == _END:
            self._open = False
            self._nothing_follows()
        elif self._short:
            raise _damaged("a line follows the last one")
        else:
            self._held = _decode(line)
            self._short = len(self._held) < _FULL

    def _first_line(self) -> bytes:
        """The first line that is not empty, without the white space before it."""
        skipped = 0
        while skipped < _MOST_SPACE:
            line = self._source.readline(_MOST_SPACE)
            skipped += len(line) - len(line.lstrip())
            if line.strip() or not line:
                return _without_end(line.lstrip())
        raise _damaged("too much white space stands before it")

    def _line(self) -> bytes:
        line = self._source.readline(_LONGEST_LINE)
        if not line.endswith(b"\n") and line != _END:
            raise _damaged("it ends too early or a line is too long")
        return _without_end(line)

    def _nothing_follows(self) -> None:
        rest = self._source.read(_MOST_SPACE + 1)
        if rest.strip() or len(rest) > _MOST_SPACE:
            raise _damaged("something follows its last line")


def _without_end(line: bytes) -> bytes:
    return line.removesuffix(b"\n").removesuffix(b"\r")


def _decode(line: bytes) -> bytes:
    try:
        data = base64.b64decode(line, validate=True)
    except binascii.Error:
        raise _damaged("a line of it is no base64") from None
    if not data or len(line) > _COLUMNS or base64.b64encode(data) != line:
        raise _damaged("a line of it is empty, too long or not canonical")
    return data


def _damaged(what: str) -> ArmorDamaged:
    return ArmorDamaged(
        f"the text of a sealed file cannot be read: {what}",
        hint="Copy the whole text again, from its BEGIN line to its END line.",
    )

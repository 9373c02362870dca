"""The Merkle tree of RFC 6962 over the register's entries: hashes, root, and a frontier that grows by entry."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import SupportsIndex, overload

from schemas.errors import BadInput

HASH_BYTES = 32
_AT_ONCE = 256
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""Root of a tree without entries (RFC 6962, section 2.1)."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash one entry as a leaf.

    Args:
        entry: The entry's bytes, of any length.
    Returns:
        SHA-256 of ``0x00 || entry``, 32 bytes (RFC 6962, section 2.1).
    """
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into their parent.

    Args:
        left: Root of the left subtree, 32 bytes.
        right: Root of the right subtree, 32 bytes.
    Returns:
        SHA-256 of ``0x01 || left || right``, 32 bytes (RFC 6962, section 2.1).
    """
    return hashlib.sha256(b"\x01" + left + right).digest()


class HashList(Sequence[bytes]):
    """Leaf hashes in order, kept end to end: 32 bytes of memory each, where a list of them takes 73."""

    def __init__(self, hashes: Iterable[bytes] = ()) -> None:
        self._data = bytearray(b"".join(hashes))

    def append(self, digest: bytes) -> None:
        """Add one hash, 32 bytes."""
        self._data += digest

    def extend(self, hashes: Iterable[bytes]) -> None:
        """Add hashes in order, 32 bytes each."""
        self._data += b"".join(hashes)

    def __len__(self) -> int:
        return len(self._data) // HASH_BYTES

    def __iter__(self) -> Iterator[bytes]:
        data = self._data
        for at in range(0, len(data), HASH_BYTES):
            yield bytes(data[at : at + HASH_BYTES])

    @overload
    def __getitem__(self, index: SupportsIndex) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> list[bytes]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> bytes | list[bytes]:
        if isinstance(index, slice):
            return [self._at(one) for one in range(*index.indices(len(self)))]
        at = range(len(self))[index]
        return self._at(at)

    def _at(self, index: int) -> bytes:
        return bytes(self._data[HASH_BYTES * index : HASH_BYTES * (index + 1)])


class Frontier:
    """The right edge of a growing tree: the roots of its complete subtrees, largest first, one per set bit of ``size``.

    Memory is O(log n). Appending costs two hashes on average, ``root`` at most log2(n).
    """

    def __init__(self) -> None:
        self.size = 0
        self._subtrees: list[bytes] = []

    @classmethod
    def of(cls, size: int, subtrees: Iterable[bytes]) -> "Frontier":
        """The frontier of a tree of ``size`` leaves whose complete subtrees are known.

        Args:
            size: Number of leaves, from 0.
            subtrees: As ``subtrees`` gives them: 32 bytes each, largest first.
        Raises:
            BadInput: where their number or length does not fit ``size``.
        """
        made = cls()
        made.size, made._subtrees = size, list(subtrees)
        if size < 0 or len(made._subtrees) != size.bit_count() or any(len(one) != HASH_BYTES for one in made._subtrees):
            raise BadInput(
                f"{len(made._subtrees)} subtrees are not the right edge of a tree of {size} entries",
                hint="The saved frontier is only a help: delete it, and the register is read from its beginning.",
            )
        return made

    @property
    def subtrees(self) -> tuple[bytes, ...]:
        """Roots of the complete subtrees, 32 bytes each, largest first: one per set bit of ``size``."""
        return tuple(self._subtrees)

    def append(self, leaf: bytes) -> None:
        """Add the next leaf, given as its leaf hash (32 bytes)."""
        self._append_subtree(leaf, 1)

    def extend(self, leaves: Sequence[bytes], start: int = 0, end: int | None = None) -> None:
        """Add leaves in order, given as leaf hashes (32 bytes each): those from ``start`` to before ``end``."""
        end = len(leaves) if end is None else end
        while start < end:
            if self.size % _AT_ONCE or end - start < _AT_ONCE:
                self.append(leaves[start])
                start += 1
            else:
                self._append_subtree(_subtree(leaves[start : start + _AT_ONCE]), _AT_ONCE)
                start += _AT_ONCE

    def _append_subtree(self, node: bytes, width: int) -> None:
        size = self.size // width
        # Every trailing 1 of the size is a complete subtree as large as the one just made: they become one.
        while size & 1:
            node = node_hash(self._subtrees.pop(), node)
            size >>= 1
        self._subtrees.append(node)
        self.size += width

    def root(self) -> bytes:
        """Root of the tree so far, 32 bytes (RFC 6962, section 2.1); that of no entries is SHA-256 of nothing."""
        if not self._subtrees:
            return EMPTY_ROOT
        node = self._subtrees[-1]
        for left in reversed(self._subtrees[:-1]):
            node = node_hash(left, node)
        return node


def _subtree(leaves: Sequence[bytes]) -> bytes:
    """Root of a complete subtree, level by level: half the time of a call for each leaf."""
    row, sha256 = b"".join(leaves), hashlib.sha256
    while len(row) > HASH_BYTES:
        row = b"".join([sha256(b"\x01" + row[at : at + 64]).digest() for at in range(0, len(row), 64)])
    return row


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Root of a tree over ``leaves``, given as leaf hashes in order (32 bytes each).

    Returns:
        32 bytes (RFC 6962, section 2.1).
    """
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()

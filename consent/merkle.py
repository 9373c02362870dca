"""The Merkle tree of RFC 6962 over the register's entries: hashes, root, and a frontier that grows by entry."""

import hashlib
from collections.abc import Iterable

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


class Frontier:
    """The right edge of a growing tree: the roots of its complete subtrees, largest first, one per set bit of ``size``.

    Memory is O(log n). Appending costs two hashes on average, ``root`` at most log2(n).
    """

    def __init__(self) -> None:
        self.size = 0
        self._subtrees: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Add the next leaf, given as its leaf hash (32 bytes)."""
        node, size = leaf, self.size
        # Every trailing 1 of the size is a complete subtree as large as the one just made: they become one.
        while size & 1:
            node = node_hash(self._subtrees.pop(), node)
            size >>= 1
        self._subtrees.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Root of the tree so far, 32 bytes (RFC 6962, section 2.1); that of no entries is SHA-256 of nothing."""
        if not self._subtrees:
            return EMPTY_ROOT
        node = self._subtrees[-1]
        for left in reversed(self._subtrees[:-1]):
            node = node_hash(left, node)
        return node


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Root of a tree over ``leaves``, given as leaf hashes in order (32 bytes each).

    Returns:
        32 bytes (RFC 6962, section 2.1).
    """
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()

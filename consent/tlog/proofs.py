"""Inclusion and consistency proofs of RFC 6962: made from any store of tree nodes, and checked.

Making is a matter of which nodes, checking of which order; nothing here reads a file.
"""

from collections.abc import Callable, Sequence

from consent.tlog.merkle import EMPTY_ROOT, node_hash
from consent.tlog.spelling import checked_hash
from schemas.errors import BadInput

Nodes = Callable[[int, int], bytes]
"""(height, index) -> root of the complete subtree of ``2**height`` leaves that begins at ``index * 2**height``."""


def range_root(size: int, nodes: Nodes) -> bytes:
    """Root of the tree of ``size`` leaves, 32 bytes; that of no leaves is SHA-256 of nothing."""
    return _root(0, size, nodes) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """Proof that a leaf is in a tree (RFC 6962, section 2.1.1).

    Args:
        index: Of the leaf, from 0, below ``size``.
        size: How many leaves the tree has.
        nodes: Roots of complete subtrees of that tree.
    Returns:
        32-byte hashes from the leaf's sibling up to the root's child.
    Raises:
        BadInput: where there is no such leaf.
    """
    if not 0 <= index < size:
        raise _cannot(f"entry {index} is not in a tree of {size} entries")
    return _path(index, 0, size, nodes)


def consistency_proof(old: int, new: int, nodes: Nodes) -> list[bytes]:
    """Proof that the tree of ``old`` leaves is the beginning of that of ``new`` leaves (RFC 6962, section 2.1.2).

    Args:
        old: Size of the older tree, at least 1.
        new: Size of the newer tree, at least ``old``.
        nodes: Roots of complete subtrees of the newer tree.
    Returns:
        32-byte hashes; none where the sizes are equal.
    Raises:
        BadInput: where the sizes are not so. From size 0 nothing can be proved: every tree begins with no leaves.
    """
    if not 1 <= old <= new:
        raise _cannot(f"no tree of {new} entries can be shown to continue one of {old}")
    if old == new:
        return []
    height = _trailing_zeros(old)
    last = (old - 1) >> height
    # Where the old tree is one complete subtree, its root is what the proof begins at and does not stand in it.
    first = [] if old == 1 << height else [nodes(height, last)]
    return first + _path(last, height, new, nodes)


def check_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that a leaf is in a tree (RFC 9162, section 2.1.3.2).

    Args:
        leaf_hash: ``consent.tlog.merkle.leaf_hash`` of the entry, 32 bytes.
        index: Of the leaf, from 0.
        size: How many leaves the tree has.
        proof: As ``inclusion_proof`` gives it.
        root: Of the tree, 32 bytes, from a checkpoint whose signatures were checked.
    Raises:
        BadInput: where the proof does not hold, or a hash is not 32 bytes.
    """
    if not 0 <= index < size:
        raise _cannot(f"entry {index} is not in a tree of {size} entries")
    _check_lengths("an inclusion proof", leaf_hash, root, *proof)
    inner = (index ^ (size - 1)).bit_length()
    if len(proof) != inner + (index >> inner).bit_count():
        raise _no_proof(f"an inclusion proof of entry {index} among {size} has not the number of hashes that it needs")
    node = _climb(leaf_hash, index, proof[:inner])
    for left in proof[inner:]:
        node = node_hash(left, node)
    if node != root:
        raise _no_proof(f"an inclusion proof does not lead from entry {index} to the root of {size} entries")


def check_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that one tree is the beginning of another (RFC 9162, section 2.1.4.2).

    Args:
        old_size: Size of the older tree, at least 1.
        old_root: Its root, 32 bytes.
        new_size: Size of the newer tree.
        new_root: Its root, 32 bytes.
        proof: As ``consistency_proof`` gives it.
    Raises:
        BadInput: where the proof does not hold, a hash is not 32 bytes, or the older tree is empty. For equal sizes the
            roots must be equal and the proof empty; nothing is hashed then, so their length is not looked at.
    """
    if not 1 <= old_size <= new_size:
        raise _cannot(f"no tree of {new_size} entries can be shown to continue one of {old_size}")
    if old_size == new_size:
        if old_root != new_root or proof:
            raise _no_proof(f"two trees of {new_size} entries are not the same, or a proof stands where none is needed")
        return
    _check_lengths("a consistency proof", old_root, new_root, *proof)
    if _both_roots(old_size, old_root, new_size, proof) != (old_root, new_root):
        raise _no_proof(f"a consistency proof does not lead from {old_size} entries to {new_size}")


def _both_roots(old_size: int, old_root: bytes, new_size: int, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The roots of both trees that the proof amounts to."""
    height = _trailing_zeros(old_size)
    at = (old_size - 1) >> height
    inner = (at ^ ((new_size - 1) >> height)).bit_length()
    # Where the old tree is one complete subtree, its root begins the path and does not stand in the proof.
    path = [old_root, *proof] if old_size == 1 << height else list(proof)
    if len(path) != 1 + inner + (at >> inner).bit_count():
        raise _no_proof(f"a consistency proof from {old_size} to {new_size} has not the number of hashes that it needs")
    old = path[0]
    for level, sibling in enumerate(path[1 : 1 + inner]):
        old = node_hash(sibling, old) if at >> level & 1 else old
    new = _climb(path[0], at, path[1 : 1 + inner])
    for left in path[1 + inner :]:
        old, new = node_hash(left, old), node_hash(left, new)
    return old, new


def _path(at: int, height: int, size: int, nodes: Nodes) -> list[bytes]:
    """Siblings on the way from subtree ``at`` of ``height`` up to the root of ``size`` leaves."""
    # Below the place where its way and that of the last leaf meet, every sibling is complete; at it, the sibling is
    # what remains of the tree; above it, there are only siblings on the left.
    inner = (at ^ ((size - 1) >> height)).bit_length()
    path = [nodes(height + level, (at >> level) ^ 1) for level in range(inner - 1)]
    if inner:
        path.append(_root(((at >> (inner - 1)) ^ 1) << (height + inner - 1), size, nodes))
    left, level = at >> inner, height + inner
    while left:
        if left & 1:
            path.append(nodes(level, left - 1))
        left, level = left >> 1, level + 1
    return path


def _root(start: int, size: int, nodes: Nodes) -> bytes:
    """Root over the leaves from ``start`` to ``size``; ``start`` is where a subtree of at least so many begins."""
    rest, complete = size - start, []
    while rest:
        height = rest.bit_length() - 1
        complete.append(nodes(height, (size - rest) >> height))
        rest -= 1 << height
    node = complete.pop()
    while complete:
        node = node_hash(complete.pop(), node)
    return node


def _climb(node: bytes, at: int, siblings: Sequence[bytes]) -> bytes:
    for level, sibling in enumerate(siblings):
        node = node_hash(sibling, node) if at >> level & 1 else node_hash(node, sibling)
    return node


def _trailing_zeros(number: int) -> int:
    return (number & -number).bit_length() - 1


def _check_lengths(what: str, *hashes: bytes) -> None:
    for one in hashes:
        checked_hash(one, f"a hash of {what}")


def _cannot(what: str) -> BadInput:
    return BadInput(what, hint="Check the sizes: a checkpoint must be at least as new as what it is to prove.")


def _no_proof(what: str) -> BadInput:
    return BadInput(what, hint="What was shown is not what the checkpoint says. Keep both, and tell the ethics office.")

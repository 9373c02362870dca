"""Proofs against the public vectors, against a slow model that follows RFC 6962 to the letter, and tampered ones."""

import base64
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.tlog.merkle import EMPTY_ROOT, leaf_hash, node_hash, root_of
from consent.tlog.proofs import check_consistency, check_inclusion, consistency_proof, inclusion_proof, range_root
from schemas.errors import BadInput

LEAVES = [leaf_hash(str(number).encode()) for number in range(700)]
VECTORS = 196


def nodes(height: int, index: int) -> bytes:
    """Roots of complete subtrees, straight from the leaves."""
    return slow_root(LEAVES[index << height : (index + 1) << height])


def slow_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1."""
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY_ROOT
    half = split(len(leaves))
    return node_hash(slow_root(leaves[:half]), slow_root(leaves[half:]))


def slow_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, section 2.1.1."""
    if len(leaves) == 1:
        return []
    half = split(len(leaves))
    if index < half:
        return [*slow_path(index, leaves[:half]), slow_root(leaves[half:])]
    return [*slow_path(index - half, leaves[half:]), slow_root(leaves[:half])]


def slow_subproof(old: int, leaves: list[bytes], complete: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962, section 2.1.2."""
    if old == len(leaves):
        return [] if complete else [slow_root(leaves)]
    half = split(len(leaves))
    if old <= half:
        return [*slow_subproof(old, leaves[:half], complete), slow_root(leaves[half:])]
    return [*slow_subproof(old - half, leaves[half:], False), slow_root(leaves[:half])]


def split(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def vectors(shared: Path, kind: str) -> list[dict[str, Any]]:
    folder = shared / "vectors/ledger/merkle" / kind
    return [json.loads(path.read_text()) for path in sorted(folder.rglob("*.json")) if path.is_file()]


def raw(text: str) -> bytes:
    return base64.b64decode(text)


def holds(check: Any, *arguments: Any) -> bool:
    try:
        check(*arguments)
    except BadInput:
        return False
    return True


def answer(vector: dict[str, Any]) -> bool:
    """What we say of a vector."""
    proof = [raw(one) for one in vector["proof"] or []]
    if "leafHash" in vector:
        leaf, root = raw(vector["leafHash"]), raw(vector["root"])
        return holds(check_inclusion, leaf, vector["leafIdx"], vector["treeSize"], proof, root)
    old_root, new_root = raw(vector["root1"]), raw(vector["root2"])
    return holds(check_consistency, vector["size1"], old_root, vector["size2"], new_root, proof)


def test_all_196_public_vectors_of_proofs_are_answered_as_they_say(shared: Path) -> None:
    every = vectors(shared, "inclusion") + vectors(shared, "consistency")
    assert len(every) == VECTORS
    wrong = [vector["desc"] for vector in every if answer(vector) is vector["wantErr"]]
    assert wrong == []
    assert {vector["wantErr"] for vector in every} == {True, False}


def test_the_known_roots_of_rfc_6962_come_out(shared: Path) -> None:
    known = json.loads((shared / "vectors/ledger/rfc6962_known_roots.json").read_text())
    leaves = [leaf_hash(bytes.fromhex(leaf)) for leaf in known["leaves_hex"]]
    roots = [
        range_root(size, lambda height, index: slow_root(leaves[index << height : (index + 1) << height])).hex()
        for size in range(len(leaves) + 1)
    ]
    assert roots == known["root_by_size_hex"]


def test_every_proof_of_every_small_tree_is_that_of_rfc_6962_and_holds() -> None:
    for size in range(1, 41):
        leaves = LEAVES[:size]
        root = slow_root(leaves)
        assert range_root(size, nodes) == root
        for index in range(size):
            proof = inclusion_proof(index, size, nodes)
            assert proof == slow_path(index, leaves)
            check_inclusion(leaves[index], index, size, proof, root)
            old = index + 1
            proof = consistency_proof(old, size, nodes)
            assert proof == slow_subproof(old, leaves)
            check_consistency(old, slow_root(leaves[:old]), size, root, proof)


@given(st.data())
def test_proofs_of_larger_trees_are_those_of_rfc_6962(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(LEAVES)))
    index = data.draw(st.integers(0, size - 1))
    leaves = LEAVES[:size]
    assert inclusion_proof(index, size, nodes) == slow_path(index, leaves)
    assert consistency_proof(index + 1, size, nodes) == slow_subproof(index + 1, leaves)


@given(st.integers(2, 700), st.randoms(use_true_random=False))
def test_an_inclusion_proof_changed_anywhere_does_not_hold(size: int, chance: random.Random) -> None:
    index = chance.randrange(size)
    proof, root = inclusion_proof(index, size, nodes), range_root(size, nodes)
    for bad in tampered(proof, chance):
        assert not holds(check_inclusion, LEAVES[index], index, size, bad, root)
    other = chance.choice([at for at in range(size) if at != index])
    assert not holds(check_inclusion, LEAVES[index], other, size, proof, root)
    assert not holds(check_inclusion, LEAVES[other], index, size, proof, root)
    assert not holds(check_inclusion, LEAVES[index], index, size, proof, flipped(root, chance))


@given(st.integers(2, 700), st.randoms(use_true_random=False))
def test_a_consistency_proof_changed_anywhere_does_not_hold(new: int, chance: random.Random) -> None:
    old = chance.randrange(1, new)
    proof, before, now = consistency_proof(old, new, nodes), range_root(old, nodes), range_root(new, nodes)
    for bad in tampered(proof, chance):
        assert not holds(check_consistency, old, before, new, now, bad)
    assert not holds(check_consistency, old, flipped(before, chance), new, now, proof)
    assert not holds(check_consistency, old, before, new, flipped(now, chance), proof)
    assert not holds(check_consistency, old, now, new, before, proof)


def tampered(proof: list[bytes], chance: random.Random) -> list[list[bytes]]:
    """The proof with a bit flipped, a hash missing, one too many, one twice, and two exchanged."""
    at = chance.randrange(len(proof))
    other = chance.randrange(len(proof))
    exchanged = list(proof)
    exchanged[at], exchanged[other] = proof[other], proof[at]
    return [
        [*proof[:at], flipped(proof[at], chance), *proof[at + 1 :]],
        proof[:at] + proof[at + 1 :],
        [*proof[:at], proof[at], *proof[at:]],
        [*proof, bytes(32)],
        [bytes(32), *proof],
        *([exchanged] if exchanged != proof else []),
    ]


def flipped(data: bytes, chance: random.Random) -> bytes:
    bit = chance.randrange(len(data) * 8)
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_hash_of_another_length_is_refused_wherever_it_stands(length: int) -> None:
    size, index, short = 5, 2, bytes(length)
    proof, root = inclusion_proof(index, size, nodes), range_root(size, nodes)
    for arguments in (
        (short, index, size, proof, root),
        (LEAVES[index], index, size, proof, short),
        (LEAVES[index], index, size, [short, *proof[1:]], root),
    ):
        with pytest.raises(BadInput, match=f"is {length} bytes long; a hash is 32"):
            check_inclusion(*arguments)
    links, before = consistency_proof(3, size, nodes), range_root(3, nodes)
    for old_root, new_root, path in (
        (short, root, links),
        (before, short, links),
        (before, root, [*links[:-1], short]),
    ):
        with pytest.raises(BadInput, match=f"is {length} bytes long; a hash is 32"):
            check_consistency(3, old_root, size, new_root, path)


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 1), (0, 7), (-1, 7), (8, 7)])
def test_nothing_is_proved_from_an_empty_tree_or_backwards(old: int, new: int) -> None:
    with pytest.raises(BadInput, match="can be shown to continue"):
        consistency_proof(old, new, nodes)
    with pytest.raises(BadInput, match="can be shown to continue"):
        check_consistency(old, EMPTY_ROOT, new, range_root(7, nodes), [])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 5), (5, 5), (6, 5)])
def test_an_entry_that_is_not_in_the_tree_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(BadInput, match="is not in a tree"):
        inclusion_proof(index, size, nodes)
    with pytest.raises(BadInput, match="is not in a tree"):
        check_inclusion(LEAVES[0], index, size, [], root_of(LEAVES[:5]))


def test_trees_of_equal_size_are_consistent_only_where_they_are_equal_and_nothing_else_is_said() -> None:
    root, other = range_root(7, nodes), range_root(6, nodes)
    check_consistency(7, root, 7, root, consistency_proof(7, 7, nodes))
    with pytest.raises(BadInput, match="are not the same, or a proof stands"):
        check_consistency(7, root, 7, other, [])
    with pytest.raises(BadInput, match="are not the same, or a proof stands"):
        check_consistency(7, root, 7, root, [root])

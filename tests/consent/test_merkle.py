"""The tree's hashes and roots against RFC 6962, its published vectors, and a slow recursive tree."""

import base64
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.tlog.merkle import EMPTY_ROOT, Frontier, leaf_hash, node_hash, root_of

LEAF_HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=70)


def slow_root(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + slow_root(leaves[:split]) + slow_root(leaves[split:])).digest()


@pytest.fixture(scope="module")
def known(shared: Path) -> tuple[list[bytes], list[str]]:
    vectors = json.loads((shared / "vectors/ledger/rfc6962_known_roots.json").read_text())
    return [leaf_hash(bytes.fromhex(leaf)) for leaf in vectors["leaves_hex"]], vectors["root_by_size_hex"]


def test_the_published_roots_come_out_at_every_size(known: tuple[list[bytes], list[str]]) -> None:
    leaves, roots = known
    assert [root_of(leaves[:size]).hex() for size in range(len(roots))] == roots


def test_both_roots_of_every_valid_published_consistency_vector_come_out(
    shared: Path, known: tuple[list[bytes], list[str]]
) -> None:
    files = sorted((shared / "vectors/ledger/merkle/consistency").glob("[0-9]/*.json"))
    valid = [vector for vector in map(json.loads, (file.read_text() for file in files)) if not vector["wantErr"]]
    assert valid
    for vector in valid:
        for size, root in ((vector["size1"], vector["root1"]), (vector["size2"], vector["root2"])):
            assert root_of(known[0][:size]) == base64.b64decode(root)


def test_leaf_and_root_of_every_valid_published_inclusion_vector_come_out(
    shared: Path, known: tuple[list[bytes], list[str]]
) -> None:
    files = sorted((shared / "vectors/ledger/merkle/inclusion").glob("[0-9]/*.json"))
    valid = [vector for vector in map(json.loads, (file.read_text() for file in files)) if not vector["wantErr"]]
    assert valid
    for vector in valid:
        assert known[0][vector["leafIdx"]] == base64.b64decode(vector["leafHash"])
        assert root_of(known[0][: vector["treeSize"]]) == base64.b64decode(vector["root"])


@given(LEAF_HASHES)
def test_the_growing_frontier_agrees_with_the_recursive_tree_at_every_size(leaves: list[bytes]) -> None:
    frontier = Frontier()
    for size, leaf in enumerate(leaves, 1):
        frontier.append(leaf)
        assert frontier.size == size
        assert frontier.root() == slow_root(leaves[:size])


@given(LEAF_HASHES.filter(bool), st.data())
def test_a_change_of_any_one_leaf_changes_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(leaves) - 1))
    changed = [*leaves[:at], leaf_hash(leaves[at]), *leaves[at + 1 :]]
    assert root_of(changed) != root_of(leaves)


def test_an_empty_tree_has_the_root_of_nothing() -> None:
    assert root_of([]) == Frontier().root() == EMPTY_ROOT == hashlib.sha256().digest()


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_a_node_can_never_pass_for_a_leaf(left: bytes, right: bytes) -> None:
    assert node_hash(left, right) != leaf_hash(left + right)

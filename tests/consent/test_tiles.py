"""Tiles: their paths and contents against a slow model, how they grow, and proofs read from them."""

import random
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.tlog import tiles
from consent.tlog.merkle import Frontier, leaf_hash, node_hash, root_of
from consent.tlog.proofs import check_consistency, check_inclusion, consistency_proof, inclusion_proof, range_root
from consent.tlog.tiles import TileReader, bundle_path, expected_tiles, tile_path, write_tiles
from schemas.errors import BadInput, DiskFull, LedgerDamaged
from tests.consent.mangling import RUNS

MOST = 70_000
EDGES = [1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, MOST]


def entry(number: int) -> bytes:
    return b"entry %d" % number


def leaves(start: int, end: int) -> Iterator[bytes]:
    return (entry(number) for number in range(start, end))


@pytest.fixture(scope="module")
def hashes() -> list[bytes]:
    return [leaf_hash(entry(number)) for number in range(MOST)]


@pytest.fixture(scope="module")
def roots(hashes: list[bytes]) -> list[bytes]:
    """The root of every tree up to the largest, by a frontier."""
    frontier, found = Frontier(), []
    for one in hashes:
        found.append(frontier.root())
        frontier.append(one)
    return [*found, frontier.root()]


@pytest.fixture(scope="module")
def log(hashes: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiles of the largest tree, written in steps."""
    folder = tmp_path_factory.mktemp("log")
    for old, new in pairwise([0, *EDGES]):
        write_tiles(folder, hashes, leaves, old, new)
    return folder


def stored(folder: Path) -> dict[str, bytes]:
    """Every file below the folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def slow_tiles(hashes: list[bytes], size: int) -> dict[str, bytes]:
    """The tiles and bundles of a tree, by the formula of the specification."""
    found = {}
    for n in range(0, size, 256):
        some = [entry(number) for number in range(n, min(n + 256, size))]
        found[bundle_path(n // 256, len(some))] = b"".join(len(one).to_bytes(2) + one for one in some)
    for level in range(4):
        reach = 256**level
        row = [root_of(hashes[at * reach : (at + 1) * reach]) for at in range(size // reach)]
        for n in range(0, len(row), 256):
            some = row[n : n + 256]
            found[tile_path(level, n // 256, len(some))] = b"".join(some)
    return found


class InMemory:
    """A folder whose files are bytes: a disk would be too slow for so many."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files

    def __truediv__(self, name: str) -> "InMemory":
        return InMemory({"": self._files[name]} if name in self._files else {})

    def read_bytes(self) -> bytes:
        if "" not in self._files:
            raise FileNotFoundError
        return self._files[""]


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - the same every time


def holds(check: object, *arguments: object) -> bool:
    try:
        check(*arguments)  # type: ignore[operator]
    except BadInput:
        return False
    return True


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        (tile_path(0, 0), "tile/0/000"),
        (tile_path(0, 999), "tile/0/999"),
        (tile_path(0, 1000), "tile/0/x001/000"),
        (tile_path(0, 1_234_067), "tile/0/x001/x234/067"),
        (tile_path(63, 1_234_067, 1), "tile/63/x001/x234/067.p/1"),
        (tile_path(1, 0, 112), "tile/1/000.p/112"),
        (bundle_path(273, 112), "tile/entries/273.p/112"),
        (bundle_path(1_234_067), "tile/entries/x001/x234/067"),
    ],
)
def test_paths_are_those_of_the_specification(path: str, wanted: str) -> None:
    assert path == wanted


def test_a_tree_of_70000_has_the_tiles_that_the_specification_counts(hashes: list[bytes]) -> None:
    paths = [path for path, _ in expected_tiles(hashes, leaves, MOST)]
    by_level = {level: [path for path in paths if path.startswith(f"tile/{level}/")] for level in (0, 1, 2)}
    assert len(by_level[0]) == 274
    assert by_level[0][-1] == "tile/0/273.p/112"
    assert by_level[1] == ["tile/1/000", "tile/1/001.p/17"]
    assert by_level[2] == ["tile/2/000.p/1"]


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 512, 513, 65_537])
def test_what_a_tree_should_have_and_what_is_written_at_once_are_what_the_formula_says(
    size: int, hashes: list[bytes], tmp_path: Path
) -> None:
    wanted = slow_tiles(hashes, size)
    assert dict(expected_tiles(hashes, leaves, size)) == wanted
    write_tiles(tmp_path, hashes, leaves, 0, size)
    assert stored(tmp_path) == wanted


def test_tiles_written_in_steps_are_those_written_at_once(log: Path, hashes: list[bytes]) -> None:
    there = stored(log)
    wanted = dict(expected_tiles(hashes, leaves, MOST))
    assert {path: there.get(path) for path in wanted} == wanted


def test_a_partial_tile_stays_until_the_full_one_is_there(hashes: list[bytes], tmp_path: Path) -> None:
    write_tiles(tmp_path, hashes, leaves, 0, 3)
    write_tiles(tmp_path, hashes, leaves, 3, 200)
    assert {"tile/0/000.p/3", "tile/0/000.p/200", "tile/entries/000.p/3"} < set(stored(tmp_path))
    write_tiles(tmp_path, hashes, leaves, 200, 256)
    assert set(stored(tmp_path)) == {"tile/0/000", "tile/entries/000", "tile/1/000.p/1"}
    assert not (tmp_path / "tile/0/000.p").exists()


def test_the_cost_of_writing_grows_with_what_is_new(
    log: Path, hashes: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "log"
    shutil.copytree(log, folder)
    done: list[str] = []
    hashed: list[bytes] = []

    def counting_hash(left: bytes, right: bytes) -> bytes:
        hashed.append(left)
        return node_hash(left, right)

    def counting_leaves(start: int, end: int) -> Iterator[bytes]:
        done.extend("leaf" for _ in range(start, end))
        return leaves(start, end)

    monkeypatch.setattr(tiles, "node_hash", counting_hash)
    more = [*hashes, *(leaf_hash(entry(number)) for number in range(MOST, MOST + 300))]
    before = stored(folder)
    write_tiles(folder, more, counting_leaves, MOST, MOST + 1)
    assert (len(done), len(hashed)) == (113, 0)
    write_tiles(folder, more, counting_leaves, MOST + 1, MOST + 300)
    assert len(done) <= 113 + 512
    assert len(hashed) <= 512
    new = {path for path, data in stored(folder).items() if before.get(path) != data}
    assert new == {
        "tile/0/273",
        "tile/0/274.p/156",
        "tile/1/001.p/18",
        "tile/entries/273",
        "tile/entries/274.p/156",
    }


def test_writing_the_same_again_changes_nothing_and_writing_no_more_writes_nothing(
    hashes: list[bytes], tmp_path: Path
) -> None:
    write_tiles(tmp_path, hashes, leaves, 0, 600)
    before = stored(tmp_path)
    write_tiles(tmp_path, hashes, leaves, 300, 600)
    write_tiles(tmp_path, hashes, leaves, 0, 600)
    write_tiles(tmp_path, [], leaves, 600, 600)
    assert stored(tmp_path) == before


@pytest.mark.parametrize("lost", ["missing", "cut short"])
def test_a_tile_that_was_lost_is_made_again_from_the_leaves_when_it_grows(
    lost: str, hashes: list[bytes], tmp_path: Path
) -> None:
    write_tiles(tmp_path, hashes, leaves, 0, 600)
    tile = tmp_path / "tile/1/000.p/2"
    if lost == "missing":
        tile.unlink()
    else:
        tile.write_bytes(tile.read_bytes()[:-1])
    write_tiles(tmp_path, hashes, leaves, 600, 1000)
    wanted = slow_tiles(hashes, 1000)
    assert {path: stored(tmp_path).get(path) for path in wanted} == wanted


def test_a_full_disk_is_said_in_our_own_words(
    hashes: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DiskFull, match="the disk is full"):
        write_tiles(tmp_path, hashes, leaves, 0, 3)
    assert stored(tmp_path) == {}


def test_proofs_from_tiles_hold_at_every_small_size(hashes: list[bytes], roots: list[bytes], tmp_path: Path) -> None:
    chance = seeded(7)
    write_tiles(tmp_path, hashes, leaves, 0, 600)
    for size in range(1, 601):
        # A reader of an older tree takes what it needs from the tiles that have grown since.
        write_width(tmp_path, hashes, size)
        reader = TileReader(tmp_path, size)
        assert range_root(size, reader.nodes) == roots[size]
        for index in {0, size - 1, chance.randrange(size)}:
            check_inclusion(hashes[index], index, size, inclusion_proof(index, size, reader.nodes), roots[size])
            proof = consistency_proof(index + 1, size, reader.nodes)
            check_consistency(index + 1, roots[index + 1], size, roots[size], proof)
    assert range_root(0, TileReader(tmp_path, 0).nodes) == roots[0]


def write_width(folder: Path, hashes: list[bytes], size: int) -> None:
    """The partial tiles that a checkpoint of this size would have left, as the last bundle does not matter here."""
    for path, data in slow_edge(hashes, size):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def slow_edge(hashes: list[bytes], size: int) -> Iterator[tuple[str, bytes]]:
    for level in (0, 1):
        reach = 256**level
        start, end = size // reach // 256 * 256, size // reach
        if start < end:
            row = [root_of(hashes[at * reach : (at + 1) * reach]) for at in range(start, end)]
            yield tile_path(level, start // 256, end - start), b"".join(row)


@given(data=st.data())
def test_proofs_from_tiles_hold_for_every_entry_of_a_large_tree_and_tampered_ones_do_not(
    data: st.DataObject, log: Path, hashes: list[bytes], roots: list[bytes]
) -> None:
    size = data.draw(st.sampled_from([65_536, 65_537, MOST]))
    index = data.draw(st.integers(0, size - 1))
    chance = data.draw(st.randoms(use_true_random=False))
    reader = TileReader(log, size)
    proof = inclusion_proof(index, size, reader.nodes)
    check_inclusion(hashes[index], index, size, proof, roots[size])
    links = consistency_proof(index + 1, size, reader.nodes)
    check_consistency(index + 1, roots[index + 1], size, roots[size], links)
    at = chance.randrange(len(proof))
    bad = [*proof[:at], bytes([proof[at][0] ^ 1]) + proof[at][1:], *proof[at + 1 :]]
    assert not holds(check_inclusion, hashes[index], index, size, bad, roots[size])
    assert not holds(check_inclusion, hashes[index - 1], index, size, proof, roots[size])
    if links:
        at = chance.randrange(len(links))
        bad = [*links[:at], bytes([links[at][0] ^ 1]) + links[at][1:], *links[at + 1 :]]
        assert not holds(check_consistency, index + 1, roots[index + 1], size, roots[size], bad)


@pytest.mark.parametrize("size", [65_536, 65_537, MOST])
def test_each_proof_needs_at_most_three_tiles_where_the_edge_of_the_tree_is_known(
    size: int, log: Path, hashes: list[bytes], roots: list[bytes]
) -> None:
    edge = complete_subtrees(hashes, size)
    chance = seeded(9)
    for index in [0, 1, 255, 256, 65_535, size - 1, *(chance.randrange(size) for _ in range(40))]:
        reader = TileReader(log, size, edge)
        check_inclusion(hashes[index], index, size, inclusion_proof(index, size, reader.nodes), roots[size])
        assert reader.reads <= 3
        reader = TileReader(log, size, edge)
        proof = consistency_proof(index + 1, size, reader.nodes)
        check_consistency(index + 1, roots[index + 1], size, roots[size], proof)
        assert reader.reads <= 3


def test_a_reader_that_knows_the_root_needs_at_most_two_more_tiles_for_each_proof(log: Path) -> None:
    reader = TileReader(log, MOST)
    range_root(MOST, reader.nodes)
    assert reader.reads <= 3
    for index in range(0, MOST, 997):
        before = reader.reads
        inclusion_proof(index, MOST, reader.nodes)
        consistency_proof(index + 1, MOST, reader.nodes)
        assert reader.reads - before <= 2
    before = reader.reads
    inclusion_proof(0, MOST, reader.nodes)
    assert reader.reads == before


def complete_subtrees(hashes: list[bytes], size: int) -> list[bytes]:
    found, start = [], 0
    for height in reversed(range(size.bit_length())):
        if size >> height & 1:
            found.append(root_of(hashes[start : start + (1 << height)]))
            start += 1 << height
    return found


def test_a_reader_forgets_the_tile_it_read_first_when_it_keeps_too_many(
    log: Path, monkeypatch: pytest.MonkeyPatch, hashes: list[bytes]
) -> None:
    monkeypatch.setattr(tiles, "KEPT_TILES", 2)
    reader = TileReader(log, MOST)
    for index in (0, 256, 512, 256, 512, 0):
        assert reader.nodes(0, index) == hashes[index]
    assert reader.reads == 4


def test_a_missing_tile_and_one_of_another_length_are_named(hashes: list[bytes], tmp_path: Path) -> None:
    write_tiles(tmp_path, hashes, leaves, 0, 600)
    tile = tmp_path / "tile/0/002.p/88"
    good = tile.read_bytes()
    for bad in (good[:-1], good + b"x", b"", good[:32]):
        tile.write_bytes(bad)
        with pytest.raises(LedgerDamaged, match=r"log/tile/0/002\.p/88 is [0-9,]+ bytes long; expected 2,816"):
            inclusion_proof(599, 600, TileReader(tmp_path, 600).nodes)
    tile.unlink()
    with pytest.raises(LedgerDamaged, match=r"log/tile/0/002\.p/88 is missing or cannot be read"):
        inclusion_proof(599, 600, TileReader(tmp_path, 600).nodes)
    tile.mkdir()
    with pytest.raises(LedgerDamaged, match=r"log/tile/0/002\.p/88 is missing or cannot be read"):
        inclusion_proof(599, 600, TileReader(tmp_path, 600).nodes)


def test_mangled_tiles_are_refused_in_our_own_words_or_give_a_proof_that_does_not_hold(
    hashes: list[bytes], roots: list[bytes], tmp_path: Path
) -> None:
    size, index, chance = 600, 300, seeded(11)
    write_tiles(tmp_path, hashes, leaves, 0, size)
    good = stored(tmp_path)
    right = inclusion_proof(index, size, TileReader(tmp_path, size).nodes)
    for _ in range(RUNS):
        name = chance.choice([tile_path(0, 1), tile_path(1, 0, 2), tile_path(0, 2, 88)])
        bad = bytearray(good[name])
        if chance.random() < 0.5:
            bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
        else:
            at = chance.randrange(len(bad))
            bad[at : at + chance.randrange(64)] = chance.randbytes(chance.randrange(64))
        folder = InMemory(good | {name: bytes(bad)})
        try:
            proof = inclusion_proof(index, size, TileReader(folder, size).nodes)  # type: ignore[arg-type]
        except LedgerDamaged:
            assert len(bad) != len(good[name])
        else:
            # A hash may have been changed that this proof does not need.
            assert proof == right or not holds(check_inclusion, hashes[index], index, size, proof, roots[size])

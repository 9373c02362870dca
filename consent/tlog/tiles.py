"""The public view of the tree: hash tiles and entry bundles of 256, written as it grows and read for proofs.

Layout and paths: C2SP tlog-tiles. A tile of level L holds roots of complete subtrees of 256**L leaves.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from consent.storage.disk import file_not_written
from consent.storage.files import sync_folder, write_durably
from consent.tlog.merkle import node_hash
from consent.tlog.spelling import HASH_BYTES
from schemas.errors import LedgerDamaged

WIDTH = 256
"""Hashes in a full tile, entries in a full bundle."""
HEIGHT = 8
"""Levels of the tree in one tile."""
KEPT_TILES = 4096
"""How many tiles a reader keeps: 64 MiB."""

Leaves = Callable[[int, int], Iterable[bytes]]
"""(start, end) -> the bytes of those entries, in order."""

_LENGTH_BYTES = 2
# Where each height begins among the nodes of one tile: 256 hashes, then their 128 parents, and so on to the root.
_STARTS = [sum(WIDTH >> height for height in range(below)) for below in range(HEIGHT + 1)]


def tile_path(level: int, n: int, width: int = WIDTH) -> str:
    """Path of a hash tile below the log's folder, such as ``tile/0/x001/x234/067`` or ``tile/1/000.p/112``.

    Args:
        level: 0 for leaf hashes.
        n: Which tile of its level, from 0.
        width: How many hashes it holds, 1 to 256; below 256 it is partial.
    """
    return f"tile/{level}/{_numbered(n, width)}"


def bundle_path(n: int, width: int = WIDTH) -> str:
    """Path of an entry bundle below the log's folder, such as ``tile/entries/x001/x234/067``."""
    return f"tile/entries/{_numbered(n, width)}"


class TileReader:
    """Reads the nodes of a tree from its tiles and keeps what it read. Its ``nodes`` is what proofs are made from.

    Args:
        folder: The log's folder, which holds ``tile/``.
        size: How many leaves the tree has.
        edge: Roots of the tree's complete subtrees, largest first (``Frontier.subtrees``), where they are known; the
            caller answers for them. Without them the last tile of each level is read too, once.
    Attributes:
        reads: How many tiles were read so far.
    """

    def __init__(self, folder: Path, size: int, edge: Sequence[bytes] = ()) -> None:
        self.reads = 0
        self._folder = folder
        self._size = size
        self._tiles: dict[tuple[int, int], bytes] = {}
        self._edge = dict(zip(_edge_places(size), edge, strict=False))

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        return self._size

    def nodes(self, height: int, index: int) -> bytes:
        """Root of the complete subtree of ``2**height`` leaves that begins at ``index * 2**height``, 32 bytes.

        Raises:
            LedgerDamaged: where the tile that holds it is missing or not as long as it must be.
        """
        level, within = divmod(height, HEIGHT)
        shift = HEIGHT - within
        n = index >> shift
        tile = self._tiles.get((level, n))
        if tile is None:
            known = self._edge.get((height, index))
            if known is not None:
                return known
            tile = self._load(level, n)
        at = (_STARTS[within] + index - (n << shift)) * HASH_BYTES
        return tile[at : at + HASH_BYTES]

    def _load(self, level: int, n: int) -> bytes:
        tile = _grown(self._read(level, n))
        if len(self._tiles) >= KEPT_TILES:
            del self._tiles[next(iter(self._tiles))]  # the one read first
        self._tiles[level, n] = tile
        return tile

    def _read(self, level: int, n: int) -> bytes:
        width = min((self._size >> HEIGHT * level) - n * WIDTH, WIDTH)
        self.reads += 1
        # A partial tile may be gone once the full one is there.
        for stored in (width, WIDTH):
            path = tile_path(level, n, stored)
            try:
                data = (self._folder / path).read_bytes()
            except OSError:
                continue
            if len(data) != stored * HASH_BYTES:
                raise _damaged(path, f"is {len(data):,} bytes long; expected {stored * HASH_BYTES:,}")
            return data[: width * HASH_BYTES]
        raise _damaged(tile_path(level, n, width), "is missing or cannot be read")


def write_tiles(folder: Path, hashes: Sequence[bytes], leaves: Leaves, old_size: int, new_size: int) -> None:
    """Bring the tiles and bundles of a log from one size to a larger one, durably; the cost grows with the difference.

    Every file is written aside, synced, renamed, and its folder synced; only then are partial ones that a full one
    replaces removed. Writing the same again does no harm.

    Args:
        folder: The log's folder, which shall hold ``tile/``.
        hashes: Leaf hashes of the first ``new_size`` entries at least.
        leaves: Gives entries' bytes.
        old_size: The size for which tiles were written before; 0 writes everything.
        new_size: The size for which they are wanted.
    Raises:
        DiskFull, ChathamError: where they could not be written.
    """
    for n in _touched(old_size, new_size):
        start, end = n * WIDTH, min((n + 1) * WIDTH, new_size)
        _place(folder, bundle_path(n, end - start), _bundle(leaves(start, end)))
    level, added = 0, list(hashes[old_size:new_size])
    while added:
        added = _write_level(folder, level, old_size >> HEIGHT * level, added, hashes)
        level += 1


def expected_tiles(hashes: Sequence[bytes], leaves: Leaves, size: int) -> Iterator[tuple[str, bytes]]:
    """Every tile and bundle of a tree, each at its newest width: path below the log's folder, and content.

    Args:
        hashes: Leaf hashes of at least ``size`` entries.
        leaves: Gives entries' bytes.
        size: How many leaves the tree has.
    """
    for n in _touched(0, size):
        start, end = n * WIDTH, min((n + 1) * WIDTH, size)
        yield bundle_path(n, end - start), _bundle(leaves(start, end))
    level, row = 0, list(hashes[:size])
    while row:
        tiles = [row[start : start + WIDTH] for start in range(0, len(row), WIDTH)]
        for n, tile in enumerate(tiles):
            yield tile_path(level, n, len(tile)), b"".join(tile)
        level, row = level + 1, [_subtree_root(tile) for tile in tiles if len(tile) == WIDTH]


def _write_level(folder: Path, level: int, old: int, added: list[bytes], hashes: Sequence[bytes]) -> list[bytes]:
    """Write one level's tiles, which had ``old`` hashes and get ``added``; give what this adds to the next level."""
    first = old - old % WIDTH
    row = _row_before(folder, level, first, old, hashes) + added
    roots = []
    for start in range(0, len(row), WIDTH):
        tile, n = row[start : start + WIDTH], (first + start) // WIDTH
        _place(folder, tile_path(level, n, len(tile)), b"".join(tile))
        if len(tile) == WIDTH:
            roots.append(_subtree_root(tile))
    return roots


def _row_before(folder: Path, level: int, start: int, end: int, hashes: Sequence[bytes]) -> list[bytes]:
    """The hashes of one level from ``start`` to ``end``, all in one tile that stands there already."""
    if level == 0 or start == end:
        return list(hashes[start:end])
    try:
        data = (folder / tile_path(level, start // WIDTH, end - start)).read_bytes()
    except OSError:
        data = b""
    if len(data) == (end - start) * HASH_BYTES:
        return _hashes(data)
    # Missing or cut short: made again from the leaves.
    reach = 1 << HEIGHT * level
    return [_subtree_root(hashes[at * reach : (at + 1) * reach]) for at in range(start, end)]


def _place(folder: Path, path: str, data: bytes) -> None:
    write_durably(folder / path, data)
    if ".p/" not in path:
        partial = (folder / path).with_name(f"{Path(path).name}.p")
        try:
            if partial.exists():
                shutil.rmtree(partial)
                sync_folder(partial.parent)
        except OSError as error:
            raise file_not_written(error) from error


def _touched(old_size: int, new_size: int) -> range:
    """Which bundles change between two sizes."""
    return range(old_size // WIDTH, -(-new_size // WIDTH)) if new_size > old_size else range(0)


def _bundle(entries: Iterable[bytes]) -> bytes:
    return b"".join(len(entry).to_bytes(_LENGTH_BYTES) + entry for entry in entries)


def _grown(data: bytes) -> bytes:
    """The hashes of a tile followed by their parents, theirs, and so on, each where ``_STARTS`` says."""
    row, whole = _hashes(data), []
    for height in range(HEIGHT + 1):
        whole.append(b"".join(row).ljust((WIDTH >> height) * HASH_BYTES, b"\0"))
        row = _parents(row)
    return b"".join(whole)


def _subtree_root(row: Sequence[bytes]) -> bytes:
    """Root over a number of hashes that is a power of two."""
    while len(row) > 1:
        row = _parents(row)
    return row[0]


def _parents(row: Sequence[bytes]) -> list[bytes]:
    # One that is left over has no parent yet.
    return [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=False)]


def _hashes(data: bytes) -> list[bytes]:
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def _edge_places(size: int) -> Iterator[tuple[int, int]]:
    """Height and index of each complete subtree of a tree, largest first."""
    rest = size
    while rest:
        height = rest.bit_length() - 1
        yield height, (size - rest) >> height
        rest -= 1 << height


def _numbered(n: int, width: int) -> str:
    groups = [f"{n % 1000:03d}"]
    while n := n // 1000:
        groups.insert(0, f"x{n % 1000:03d}")
    return "/".join(groups) if width == WIDTH else "/".join(groups) + f".p/{width}"


def _damaged(path: str, what: str) -> LedgerDamaged:
    return LedgerDamaged(
        f"log/{path} {what}", hint="Keep the folder consent/ as it is and compare it with your newest backup."
    )

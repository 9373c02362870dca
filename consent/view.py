"""The published tiles as a view of the journal: brought up to date from what is new, or made good from all of it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import SupportsIndex, overload

from consent.ledger import Ledger
from consent.storage.files import write_durably
from consent.storage.frontier import matching_frontier
from consent.storage.leaf import LEAF_BYTES
from consent.tlog.merkle import Frontier, leaf_hash
from consent.tlog.tiles import WIDTH, TileReader, bundle_path, expected_tiles, tile_path, write_tiles
from consent.tlog.tree_head import Checkpoint
from schemas.errors import BadInput, LedgerDamaged

_ENTRY_BYTES = 2 + LEAF_BYTES
_LEVELS = 8
"""Of tiles: enough for any number of entries that there will ever be."""


def edge_of(log: Path, standing: Checkpoint) -> Frontier | None:
    """The right edge of the tree that ``standing`` names, as the tiles have it; None where they have it not.

    Args:
        log: The folder ``consent/log``.
        standing: Its root is what shows that the tiles read are right.
    """
    size = standing.size
    heights = [height for height in reversed(range(size.bit_length())) if size >> height & 1]
    try:
        reader = TileReader(log, size)
        edge = Frontier.of(size, [reader.nodes(height, (size >> height) - 1) for height in heights])
    except (BadInput, LedgerDamaged):
        return None
    return edge if edge.root() == standing.root else None


def proving(folder: Path, checkpoint: Checkpoint) -> TileReader:
    """What proofs under the standing checkpoint are read from: three tiles at most for one, thanks to the saved edge.

    Args:
        folder: The study's ``consent/``.
        checkpoint: That which stands in it.
    """
    saved = matching_frontier(folder, checkpoint)
    return TileReader(folder / "log", checkpoint.size, () if saved is None else saved.subtrees)


def grow(log: Path, ledger: Ledger, old: int, new: int) -> None:
    """Write the tiles and bundles that entries ``old`` to before ``new`` change, durably; they stand for ``old``.

    Raises:
        DiskFull, ChathamError: where they could not be written.
    """
    entries = _Entries(log, ledger, old, new)
    write_tiles(log, _Hashes(entries), entries.between, old, new)


def make_good(log: Path, ledger: Ledger, size: int) -> None:
    """Hold every tile and bundle of a tree of ``size`` entries against the journal; write, or remove, what differs."""
    for name, data in expected_tiles(ledger.leaf_hashes(), ledger.leaves, size):
        path = log / name
        if not path.is_file() or path.read_bytes() != data:
            write_durably(path, data)
        _drop_wrong_partials(path, data)


def is_there(log: Path, size: int) -> bool:
    """Whether every tile and bundle of a tree of ``size`` entries is there, as long as it must be or longer."""
    return all(_bytes_of(log, name, full) >= length for name, full, length in _names(size))


def reaches_beyond(log: Path, size: int) -> bool:
    """Whether a tile or bundle is there that a tree of ``size`` entries has not."""
    n, width = divmod(size, WIDTH)
    ahead = [tile_path(0, n), bundle_path(n), tile_path(0, n + 1, 1), bundle_path(n + 1, 1)]
    wider = [path(n, more) for more in range(width + 1, WIDTH) for path in (_hashes_path, bundle_path)]
    return any((log / name).exists() for name in (*ahead, *wider))


class _Entries:
    """Leaves by index: the few that are in the tiles already from there, the new ones from the journal."""

    def __init__(self, log: Path, ledger: Ledger, old: int, new: int) -> None:
        self.size = new
        self._ledger = ledger
        self._first = old - old % WIDTH
        self._known = self._read_bundle(log, old)

    def between(self, start: int, end: int) -> Iterator[bytes]:
        """The leaves from ``start`` to before ``end``, 512 bytes each."""
        known = self._first + len(self._known)
        if self._first <= start < known:
            yield from self._known[start - self._first : max(end - self._first, 0)]
            start = min(end, known)
        if start < end:
            yield from self._ledger.leaves(start, end)

    def _read_bundle(self, log: Path, old: int) -> list[bytes]:
        width = old % WIDTH
        n = old // WIDTH
        try:
            data = (log / bundle_path(n, width)).read_bytes() if width else b""
            hashes = (log / tile_path(0, n, width)).read_bytes() if width else b""
        except OSError:
            return []
        found = [data[at + 2 : at + _ENTRY_BYTES] for at in range(0, len(data), _ENTRY_BYTES)]
        # The hashes were shown to be right by the checkpoint's root; the leaves are right if these are theirs.
        return found if b"".join(map(leaf_hash, found)) == hashes else []


class _Hashes(Sequence[bytes]):
    """Leaf hashes by index, computed when asked for."""

    def __init__(self, entries: _Entries) -> None:
        self._entries = entries

    def __len__(self) -> int:
        return self._entries.size

    @overload
    def __getitem__(self, index: SupportsIndex) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> list[bytes]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> bytes | list[bytes]:
        if isinstance(index, slice):
            start, end, _ = index.indices(len(self))
            return [leaf_hash(leaf) for leaf in self._entries.between(start, end)]
        at = range(len(self))[index]
        return next(leaf_hash(leaf) for leaf in self._entries.between(at, at + 1))


def _hashes_path(n: int, width: int) -> str:
    return tile_path(0, n, width)


def _names(size: int) -> Iterator[tuple[str, str, int]]:
    """Each file of a tree: its name, that of the full one which may stand for it, and the least it is long."""
    for level in range(-1, _LEVELS):
        unit = _ENTRY_BYTES if level < 0 else 32
        whole, width = divmod(size >> (8 * max(level, 0)), WIDTH)
        for n in range(whole + (width > 0)):
            wide = WIDTH if n < whole else width
            if level < 0:
                yield bundle_path(n, wide), bundle_path(n), unit * wide
            else:
                yield tile_path(level, n, wide), tile_path(level, n), unit * wide


def _bytes_of(log: Path, *names: str) -> int:
    for name in names:
        try:
            return (log / name).stat().st_size
        except OSError:
            continue
    return -1


def _drop_wrong_partials(path: Path, data: bytes) -> None:
    folder = path.parent if path.parent.name.endswith(".p") else path.with_name(f"{path.name}.p")
    for partial in folder.iterdir() if folder.is_dir() else ():
        if not data.startswith(partial.read_bytes()):
            partial.unlink()

"""Compares every published tile and bundle, byte for byte, with what the journal gives, while the journal is read."""

import re
from collections.abc import Iterator
from pathlib import Path

from consent.checks.report import Findings
from consent.tlog.merkle import root_of
from consent.tlog.tiles import bundle_path, tile_path

_WIDTH = 256
_HASH_BYTES = 32
_PATH = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")
_ENTRIES = -1
"""Stands for the bundles among the levels."""


class TileCheck:
    """Takes the journal's leaves in order and holds each tile against them; memory is one tile a level.

    Args:
        log: The folder ``consent/log``.
        size: Entries that the standing checkpoint names: every tile of a tree of that size must be there.
        findings: Takes what is wrong.
    Attributes:
        compared: How many files were compared and agree.
        strangers: Files among the tiles that are none, as paths below ``consent/``.
    """

    def __init__(self, log: Path, size: int, findings: Findings) -> None:
        self.compared = 0
        self.strangers: list[str] = []
        self._log = log
        self._size = size
        self._findings = findings
        self._buffers: list[bytearray] = []
        self._bundle = bytearray()
        self._taken = 0
        self._files: dict[tuple[int, int], set[int]] = {}
        for level, n, width in self._listed():
            self._files.setdefault((level, n), set()).add(width)

    def add(self, leaf: bytes, digest: bytes) -> None:
        """Take the next leaf (512 bytes) and its hash (32 bytes)."""
        self._bundle += len(leaf).to_bytes(2, "big") + leaf
        self._taken += 1
        if not self._taken % _WIDTH:
            self._close(_ENTRIES, self._taken // _WIDTH - 1, self._bundle, _WIDTH)
            self._bundle = bytearray()
        self._put(0, digest)

    def finish(self, *, whole: bool) -> None:
        """Look at the tiles that are not full.

        Args:
            whole: The journal was read to its end: then no tile may hold more than was taken, and none may be missing.
        """
        partial = [(level, buffer) for level, buffer in enumerate(self._buffers)]
        self._close(_ENTRIES, self._taken // _WIDTH, self._bundle, self._taken % _WIDTH, whole=whole)
        for level, buffer in partial:
            self._close(level, self._count(level) // _WIDTH, buffer, len(buffer) // _HASH_BYTES, whole=whole)
        for (level, n), widths in sorted(self._files.items()) if whole else ():
            for width in widths:
                self._wrong(level, n, width, "holds entries that the journal does not have")

    def _put(self, level: int, digest: bytes) -> None:
        if level == len(self._buffers):
            self._buffers.append(bytearray())
        buffer = self._buffers[level]
        buffer += digest
        if len(buffer) == _WIDTH * _HASH_BYTES:
            self._close(level, self._count(level) // _WIDTH - 1, buffer, _WIDTH)
            self._buffers[level] = bytearray()
            hashes = [bytes(buffer[at : at + _HASH_BYTES]) for at in range(0, len(buffer), _HASH_BYTES)]
            self._put(level + 1, root_of(hashes))

    def _count(self, level: int) -> int:
        """How many hashes the level has over the leaves taken."""
        return self._taken >> (8 * level)

    def _close(self, level: int, n: int, data: bytearray, width: int, *, whole: bool = True) -> None:
        """Compare all files of one tile, of which ``width`` hashes or entries are known."""
        agree = {one for one in self._files.pop((level, n), ()) if self._agrees(level, n, data, width, one, whole)}
        needed = min(_WIDTH, max(0, (self._size >> (8 * max(level, 0))) - n * _WIDTH))
        missing = needed and not any(self._path(level, n, one).is_file() for one in {needed, _WIDTH})
        if whole and missing and needed <= width:
            self._wrong(level, n, needed, "is missing")
        self.compared += len(agree)

    def _agrees(self, level: int, n: int, data: bytearray, known: int, width: int, whole: bool) -> bool:
        if width > known:
            if whole:
                self._wrong(level, n, width, "holds entries that the journal does not have")
            return False
        try:
            found = self._path(level, n, width).read_bytes()
        except FileNotFoundError:
            return False  # taken away meanwhile, because the full one came
        unit = len(data) // known
        want = bytes(data[: width * unit])
        if found == want:
            return True
        pairs = enumerate(zip(found, want, strict=False))
        at = next((at for at, (one, other) in pairs if one != other), min(len(found), len(want))) // unit
        index = n * _WIDTH + min(at, width - 1) if level <= 0 else None
        self._wrong(level, n, width, "is not what the journal gives", index)
        return False

    def _wrong(self, level: int, n: int, width: int, what: str, index: int | None = None) -> None:
        name = f"log/{_name(level, n, width)}"
        line = None if index is None else index + 1
        where = "" if line is None else f", first at line {line} of journal.jsonl"
        self._findings.wrong(f"{name} {what}{where}", name, None, index)

    def _path(self, level: int, n: int, width: int) -> Path:
        return self._log / _name(level, n, width)

    def _listed(self) -> Iterator[tuple[int, int, int]]:
        for path in sorted((self._log / "tile").rglob("*")):
            if path.is_dir():
                continue
            name = path.relative_to(self._log).as_posix()
            found = _PATH.fullmatch(name)
            tile = None if found is None else _tile(found)
            if tile is None or _name(*tile) != name:
                self.strangers.append(f"log/{name}")
            else:
                yield tile


def _tile(found: re.Match[str]) -> tuple[int, int, int]:
    level = _ENTRIES if found[1] == "entries" else int(found[1])
    return level, int(found[2].replace("/", "").replace("x", "")), int(found[3] or _WIDTH)


def _name(level: int, n: int, width: int) -> str:
    return bundle_path(n, width) if level == _ENTRIES else tile_path(level, n, width)

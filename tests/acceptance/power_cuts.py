"""Records every write, sync and rename under a folder, and makes the folders that a power cut may leave of them.

What was not synced may be there, be lost, be there in part (512-byte blocks, also later ones without earlier ones), or
be zeros. Names not synced with their folder may be old or new. Linux only: it asks `/proc` for a handle's path.
"""

import builtins
import errno
import io
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from consent.storage import disk

BLOCK = 512


@dataclass(frozen=True)
class Op:
    """One thing asked of the disk, or (``told``) one thing a person was told."""

    kind: str
    """write, truncate, sync, create, rename, remove, folder, no_folder, sync_folder, told."""
    where: str = ""
    """Folder, for what concerns names."""
    name: str = ""
    file: int = -1
    offset: int = 0
    data: bytes = field(default=b"", repr=False)
    old: str = ""
    entries: int = 0
    published: int = 0


class Recorder:
    """The operations under ``root`` in order. ``fails_at`` numbers those that are refused for want of room."""

    def __init__(self, root: Path, fails_at: frozenset[int] = frozenset()) -> None:
        self.root = str(root)
        self.ops: list[Op] = []
        self.fails_at = fails_at
        self.steps = 0
        self._files: dict[str, int] = {}
        self._made = 0

    def told(self, entries: int, published: int) -> None:
        """A person was told that so many entries are recorded, and so many published."""
        self.ops.append(Op("told", entries=entries, published=published))

    def covers(self, path: str) -> bool:
        """Whether ``path`` is one of those recorded; the lock file holds nothing."""
        return path.startswith(self.root + "/") and not path.endswith(".lock")

    def step(self) -> None:
        """Count one operation that may be refused."""
        number, self.steps = self.steps, self.steps + 1
        if number in self.fails_at:
            raise OSError(errno.ENOSPC, "no room")

    def opened(self, path: str, mode: str) -> int:
        """A file was opened for writing; its number."""
        if path not in self._files:
            self._files[path], self._made = self._made, self._made + 1
            self.ops.append(Op("create", *os.path.split(path), file=self._files[path]))
        elif "w" in mode:
            self.ops.append(Op("truncate", file=self._files[path]))
        return self._files[path]

    def synced(self, path: str) -> None:
        """A file or folder was synced."""
        if os.path.isdir(path):  # noqa: PTH112 - a string from /proc
            self.ops.append(Op("sync_folder", path))
        elif path in self._files:
            self.ops.append(Op("sync", file=self._files[path]))

    def renamed(self, old: str, new: str) -> None:
        """A file took another's place."""
        self._files[new] = self._files.pop(old)
        self.ops.append(Op("rename", *os.path.split(new), file=self._files[new], old=Path(old).name))

    def removed(self, path: str) -> None:
        """A file was removed."""
        if self._files.pop(path, None) is not None:
            self.ops.append(Op("remove", *os.path.split(path)))


class RecordedFile:
    """A file opened for writing, whose writes are recorded as they are made."""

    def __init__(self, file: Any, number: int, recorder: Recorder) -> None:
        self._file, self._number, self._recorder = file, number, recorder

    def write(self, data: Any) -> int:
        offset, whole = self._file.tell(), bytes(data)
        try:
            self._recorder.step()
        except OSError:
            self._file.write(whole[: len(whole) // 2])
            self._recorder.ops.append(Op("write", file=self._number, offset=offset, data=whole[: len(whole) // 2]))
            raise
        self._recorder.ops.append(Op("write", file=self._number, offset=offset, data=whole))
        return int(self._file.write(data))

    def truncate(self, size: int) -> None:
        self._recorder.ops.append(Op("truncate", file=self._number, offset=size))
        self._file.truncate(size)

    def __enter__(self) -> "RecordedFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@contextmanager
def recorded(root: Path, *, sync: bool = True, fails_at: frozenset[int] = frozenset()) -> Iterator[Recorder]:
    """Record what happens under ``root``, which is empty or was made under an earlier recorder.

    Args:
        sync: False: the control, in which nothing is ever synced.
        fails_at: As for ``Recorder``.
    """
    recorder = Recorder(root, fails_at)
    with pytest.MonkeyPatch.context() as patch:
        for name, path in _named(root):
            recorder.opened(path, "r+") if name else None
        recorder.ops.clear()
        _patch_files(patch, recorder)
        _patch_names(patch, recorder)
        _patch_syncs(patch, recorder, sync=sync)
        yield recorder


@contextmanager
def unsynced() -> Iterator[None]:
    """Sync nothing for a while: for folders that no real power cut will ever meet."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        patch.setattr(disk, "_SYNC", lambda handle: None)
        yield


def _named(root: Path) -> Iterator[tuple[str, str]]:
    for path in root.rglob("*"):
        if path.is_file():
            yield path.name, str(path)


def _patch_files(patch: pytest.MonkeyPatch, recorder: Recorder) -> None:
    real = io.open

    def opening(path: Any, mode: str = "r", *rest: Any, **more: Any) -> Any:
        name = os.fspath(path) if isinstance(path, str | os.PathLike) else ""
        if not recorder.covers(str(name)) or not set(mode) & set("xwa+"):
            return real(path, mode, *rest, **more)
        recorder.step()
        file = real(path, mode, *rest, **more)
        return RecordedFile(file, recorder.opened(str(name), mode), recorder)

    patch.setattr(io, "open", opening)
    patch.setattr(builtins, "open", opening)


def _patch_names(patch: pytest.MonkeyPatch, recorder: Recorder) -> None:
    def watch(name: str, after: Callable[..., None]) -> None:
        real = getattr(os, name)

        def call(*paths: Any, **more: Any) -> None:
            full = [_full(path, more.get("dir_fd")) for path in paths if isinstance(path, str | os.PathLike)]
            if recorder.covers(full[0]) and name not in {"unlink", "rmdir"}:
                recorder.step()
            real(*paths, **more)
            if recorder.covers(full[0]):
                after(*full)

        patch.setattr(os, name, call)

    watch("replace", recorder.renamed)
    watch("rename", recorder.renamed)
    watch("unlink", recorder.removed)
    watch("mkdir", lambda path: recorder.ops.append(Op("folder", *os.path.split(path))))
    watch("rmdir", lambda path: recorder.ops.append(Op("no_folder", *os.path.split(path))))


def _patch_syncs(patch: pytest.MonkeyPatch, recorder: Recorder, *, sync: bool) -> None:
    def syncing(handle: int) -> None:
        path = str(Path(f"/proc/self/fd/{handle}").readlink())
        if recorder.covers(path + "/"):
            recorder.step()
            if sync:
                recorder.synced(path)

    patch.setattr(os, "fsync", syncing)
    patch.setattr(os, "fdatasync", syncing)
    patch.setattr(disk, "_SYNC", syncing)


def _full(path: Any, folder: int | None) -> str:
    name = str(os.fspath(path))
    return name if folder is None else str(Path(f"/proc/self/fd/{folder}").readlink() / name)


class Cut:
    """What stands on the disk when the power goes after ``upto`` operations; ``draw`` says how much had got there."""

    def __init__(self, ops: list[Op], upto: int, draw: random.Random) -> None:
        self.entries = max((op.entries for op in ops[:upto]), default=0)
        self.published = max((op.published for op in ops[:upto]), default=0)
        self._draw = draw
        self._lost = draw.choice([0.0, 0.1, 0.5, 0.9, 1.0])
        self._files: dict[int, bytearray] = {}
        self._names: dict[tuple[str, str], int] = {}
        self._folders: set[str] = set()
        for op, safe in zip(ops[:upto], _safe(ops[:upto]), strict=True):
            if op.kind in {"write", "truncate"}:
                self._put(op, safe=safe)
            elif safe or draw.random() >= self._lost:
                self._name(op)

    def build(self, root: Path, folder: Path) -> None:
        """Make ``folder`` as ``root`` would be found."""
        folder.mkdir(parents=True)
        for one in sorted(self._folders):
            if str(Path(one).parent) in self._folders | {str(root)}:
                (folder / Path(one).relative_to(root)).mkdir(parents=True, exist_ok=True)
        for (where, name), file in self._names.items():
            if where == str(root) or where in self._folders:
                path = folder / Path(where).relative_to(root) / name
                if path.parent.is_dir():
                    path.write_bytes(self._files.get(file, b""))

    def _put(self, op: Op, *, safe: bool) -> None:
        content = self._files.setdefault(op.file, bytearray())
        if op.kind == "truncate":
            if safe or self._draw.random() >= self._lost:
                del content[op.offset :]
            return
        end = op.offset + len(op.data)
        start = op.offset
        while start < end:
            stop = min(start - start % BLOCK + BLOCK, end)
            if safe or self._draw.random() >= self._lost:
                content.extend(bytes(max(0, stop - len(content))))
                content[start:stop] = op.data[start - op.offset : stop - op.offset]
            start = stop
        if not safe and self._draw.random() < 0.3:
            content.extend(bytes(max(0, end - len(content))))  # the new size is there, the data are not

    def _name(self, op: Op) -> None:
        place, path = (op.where, op.name), os.path.join(op.where, op.name)  # noqa: PTH118 - strings
        if op.kind in {"create", "rename"}:
            self._names[place] = op.file
        if op.kind == "rename" and self._names.get((op.where, op.old)) == op.file:
            del self._names[op.where, op.old]
        if op.kind == "remove":
            self._names.pop(place, None)
        if op.kind == "folder":
            self._folders.add(path)
        if op.kind == "no_folder":
            self._folders.discard(path)


def _safe(ops: list[Op]) -> list[bool]:
    """For each operation, whether a later sync of its file or folder made it safe."""
    files: set[int] = set()
    folders: set[str] = set()
    safe = []
    for op in reversed(ops):
        if op.kind == "sync":
            files.add(op.file)
        if op.kind == "sync_folder":
            folders.add(op.where)
        safe.append(op.file in files if op.kind in {"write", "truncate"} else op.where in folders)
    return safe[::-1]

"""New keys made ready beside the old ones and put in their place as one step.

Whoever opens the keys next finishes a step that was interrupted. That needs no key: every file was sealed before.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from vault.files import make_folder, remove, sweep, sync_folder, write_file

_MAKING, _READY = ".rekeying", ".rekeyed"
_FILES, _GONE = "files", "gone"


@contextmanager
def keys_lock(keys: Path) -> Iterator[None]:
    """Hold the lock of ``<study>/keys``: nobody else adds users or keys meanwhile. Not to be taken twice."""
    with FileLock(keys / ".lock"):
        yield


class Staged:
    """A set of files that will stand in the study together, or not at all. Begin it with the keys' lock held.

    Args:
        keys: ``<study>/keys``. Paths are relative to the folder it lies in, the study's.
    """

    def __init__(self, keys: Path) -> None:
        self._keys = keys
        self._folder = keys / _MAKING
        shutil.rmtree(self._folder, ignore_errors=True)  # what a killed one left; it never counted
        make_folder(self._folder / _FILES)

    def path(self, inside: Path) -> Path:
        """Where to write what is to become the study's file ``inside``; its folder is there."""
        path = self._folder / _FILES / inside.relative_to(self._keys.parent)
        make_folder(path.parent)
        return path

    def commit(self, gone: Sequence[Path] = ()) -> None:
        """Make the set count, from one instant on, then put it in its place.

        Args:
            gone: Files of the study that are to go with it.
        """
        lines = "".join(f"{path.relative_to(self._keys.parent).as_posix()}\n" for path in gone)
        write_file(self._folder / _GONE, lines.encode())
        self._folder.rename(self._keys / _READY)
        sync_folder(self._keys)
        install(self._keys)


def pending(keys: Path) -> bool:
    """Whether a set counts already and is not wholly in its place: whoever made it was stopped."""
    return (keys / _READY).is_dir()


def finish(keys: Path) -> None:
    """Put a set in its place that was left behind; usually there is none. Takes the keys' lock only where there is."""
    if pending(keys):
        with keys_lock(keys):
            install(keys)


def install(keys: Path) -> None:
    """``finish`` for who holds the keys' lock. Done again from the start, it ends the same."""
    ready, study = keys / _READY, keys.parent
    if not ready.is_dir():
        return
    targets = {path: study / path.relative_to(ready / _FILES) for path in (ready / _FILES).rglob("*") if path.is_file()}
    for folder in {target.parent for target in targets.values()}:
        sweep(folder)  # what a killed one left half written
    for source, target in sorted(targets.items()):
        # Copied and not moved: the vault may lie on another disk, and a second try finds everything still here.
        write_file(target, source.read_bytes())
    for line in (ready / _GONE).read_text("ascii").splitlines():
        remove(study / line)
    # Under the name of one in the making, which nobody takes for ready, whatever of it is left.
    spent = keys / _MAKING
    shutil.rmtree(spent, ignore_errors=True)
    ready.rename(spent)
    sync_folder(keys)
    shutil.rmtree(spent, ignore_errors=True)

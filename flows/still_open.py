"""Tells which programs of this machine still read a data set that was replaced or taken away."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from flows.stopping import ASIDE
from flows.study import Study

PROC = Path("/proc")
GONE = " (deleted)"
"""What Linux writes behind the name of a file that is open and has no name any more."""


def still_open(study: Study) -> list[str]:
    """Programs that have a data set open whose file has gone: they read it until they close it.

    Returns:
        Lines such as ``paper-1/release.duckdb, open in python3 (process 4711)``, sorted. Programs of other users, of
        other machines, and of systems other than Linux cannot be seen, and are not told.
    """
    places = [study.research.parent.resolve(), study.releases.resolve()]
    processes = [folder for folder in PROC.glob("[0-9]*") if folder.is_dir()]
    return sorted({line for folder in processes for line in _told(folder, places)})


def _told(process: Path, places: list[Path]) -> Iterator[str]:
    with suppress(OSError):  # it ended meanwhile, or is another user's
        for handle in (process / "fd").iterdir():
            name = _data_set(handle, places)
            if name:
                program = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
                yield f"{name}, open in {program} (process {process.name})"


def _data_set(handle: Path, places: list[Path]) -> str | None:
    """The data set that an open file was, without the folder in which it waited to be destroyed."""
    target = str(handle.readlink())
    if not target.endswith(GONE):
        return None
    path = Path(target.removesuffix(GONE))
    for place in places:
        if path.is_relative_to(place):
            return "/".join(part for part in path.relative_to(place).parts if part != ASIDE)
    return None

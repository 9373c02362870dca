"""Makes a file aside and puts it in place whole: the name holds the old file or the new one, never a part."""

import errno
import os
import re
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import duckdb

from schemas.errors import Busy, ChathamError, CheckFailed, DiskFull

Made = TypeVar("Made")

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
NO_ROOM_WORDS = re.compile(r"no space left|disk quota|not enough space|out of disk", re.IGNORECASE)


def make_aside(path: Path, write: Callable[[Path], Made]) -> Made:
    """Call ``write`` with a new name beside ``path``; what it wrote there then durably takes the place of ``path``.

    Whoever has the old file open goes on reading the old file. On any failure what was being written is removed, and
    the old file stays. Leftovers of builds that were killed are removed first, so only one build of a file may run
    (the caller holds the build lock).

    Returns:
        What ``write`` returned.

    Raises:
        DiskFull: The disk had no room.
        Busy: The file cannot be replaced because a program holds it (Windows).
        CheckFailed: Another failure while writing; its text is not passed on, since it may quote a row.
    """
    failure: Exception
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path)
        aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
        made = write(aside)
        _sync_file(aside)
        put_in_place(aside, path)
        return made
    except (OSError, duckdb.Error) as error:
        failure = error
    finally:
        remove_leftovers(path)
    # Outside the `except`, so that the error a person sees does not carry the other along.
    raise explained(failure, path)


def remove_leftovers(path: Path) -> None:
    """Remove what unfinished builds of ``path`` left beside it: the file, its write-ahead log, its spill folder."""
    # A file that is itself made aside leaves one that begins with two dots.
    for leftover in path.parent.glob(f".*{path.name}.*.tmp*"):
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


def explained(error: Exception, path: Path) -> ChathamError:
    """The error a person sees for ``error`` while ``path`` was being made; it quotes nothing of the original's text."""
    name = re.sub(r"^\.(.+)\.[^.]+\.tmp$", r"\1", path.name)  # what is made aside has the plain name inside its own
    if getattr(error, "errno", None) in NO_ROOM or NO_ROOM_WORDS.search(str(error)):
        return DiskFull(
            f"the disk is full: {name} could not be written, and the file that was there before is untouched",
            hint="Make room on the disk that holds the study, then give the same command again.",
        )
    if isinstance(error, PermissionError):
        return Busy(
            f"{name} could not be replaced: a program holds it, or its folder may not be written",
            hint="Close the programs that have it open, then give the same command again.",
        )
    return CheckFailed(
        f"{name} could not be built ({type(error).__name__}); the file that was there before is untouched",
        hint="Run `chatham doctor`; if the disk and DuckDB are well, report it as a defect.",
    )


def put_in_place(aside: Path, path: Path) -> None:
    """Durably give the finished file ``aside`` the name ``path``; both lie in one folder.

    Raises:
        OSError: As the system says; ``path`` then still names the old file.
    """
    # A write-ahead log that somebody's client left by the old file would be played into the new one.
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    aside.replace(path)
    _sync_folder(path.parent)


def _sync_file(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows opens no folders; its rename is durable by itself
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

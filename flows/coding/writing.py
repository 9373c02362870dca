"""Writes a copy of words into a folder of somebody's own: whole or not at all, and for their eyes alone."""

import errno
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from schemas.errors import ChathamError, DiskFull, UsageError

Made = TypeVar("Made")

_ASIDE = ".chatham-copy-"
_AN_HOUR_S = 3600
_NO_ROOM = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})


def refuse_place(path: Path) -> None:
    """Refuse a name that is taken, or that is in no folder.

    Raises:
        UsageError: nothing can be written there.
    """
    if path.exists() or path.is_symlink():
        raise UsageError("the file is there already", hint="Give another name, or remove it first.")
    if not path.parent.is_dir():
        raise UsageError(
            "the folder in which the file should be is not there", hint="Make it first, or give another one."
        )


def write_whole(path: Path, write: Callable[[Path], Made]) -> Made:
    """Call ``write`` with a name aside; what it wrote there then stands at ``path``, and only its owner may read it.

    Aside is a hidden folder beside ``path`` that nobody else may enter. It is gone afterwards, whatever happened; one
    that was left because the program was killed goes at the next copy written into the same folder.

    Returns:
        What ``write`` returned.
    Raises:
        DiskFull: there was no room. UsageError: as ``refuse_place``, or nothing may be written there.
    """
    refuse_place(path)
    failure: Exception
    try:
        _sweep(path.parent)
        with TemporaryDirectory(prefix=_ASIDE, dir=path.parent) as folder:
            aside = Path(folder) / path.name
            made = write(aside)
            _keep(aside)
            refuse_place(path)  # somebody may have taken the name meanwhile
            aside.replace(path)
        _sync(path.parent)
        return made
    except (OSError, sqlite3.Error) as error:
        failure = error
    # Outside the `except`, so that the error a person sees does not carry the other along.
    raise _explained(failure)


def _keep(file: Path) -> None:
    """Only its owner may read the file, and it survives a power cut."""
    file.chmod(0o600)
    with file.open("r+b") as opened:
        os.fsync(opened.fileno())


def _sync(folder: Path) -> None:
    from consent.storage.files import sync_folder

    sync_folder(folder)


def _sweep(folder: Path) -> None:
    """Remove what copies that were killed left behind; one that is still going on is younger than an hour."""
    long_ago = time.time() - _AN_HOUR_S
    for left in folder.glob(f"{_ASIDE}*"):
        if left.is_dir() and left.stat().st_mtime < long_ago:
            shutil.rmtree(left, ignore_errors=True)


def _explained(error: Exception) -> ChathamError:
    """The error a person sees; it quotes nothing of the other's text, which may hold the path."""
    full = getattr(error, "sqlite_errorname", "") == "SQLITE_FULL" or getattr(error, "errno", None) in _NO_ROOM
    if full:
        return DiskFull(
            "the disk is full: the file could not be written, and nothing of it is left",
            hint="Make room on the disk where it should be, or give another folder.",
        )
    return UsageError(
        f"the file could not be written there ({type(error).__name__})",
        hint="Check that you may write in that folder, or give another one.",
    )

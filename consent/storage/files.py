"""Writes the small files beside the journal: after any crash, each stands whole under its name or not at all."""

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

from consent.storage.disk import file_not_written, sync_folder

__all__ = ["sync_folder", "write_durably"]

_AN_HOUR_S = 3600


def write_durably(path: Path, data: bytes) -> None:
    """Put ``data`` in place of ``path``: written beside it, synced, renamed, and the folder synced.

    Folders on the way are made.

    Raises:
        DiskFull, ChathamError: where it could not be written. ``path`` is then as it was.
    """
    aside = path.parent / f".tmp-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        _make_folders(path.parent)
        _sweep(path.parent)
        _write(aside, data)
        aside.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise file_not_written(error) from error
    finally:
        with suppress(OSError):
            aside.unlink()


def _sweep(folder: Path) -> None:
    """Remove what writes that were killed left behind; one that is still going on is younger than an hour."""
    long_ago = time.time() - _AN_HOUR_S
    for left in folder.glob(".tmp-*"):
        with suppress(FileNotFoundError):
            if left.stat().st_mtime < long_ago:
                left.unlink()


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _make_folders(folder: Path) -> None:
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for one in missing:
        sync_folder(one.parent)

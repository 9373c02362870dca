"""Writes the small files beside the journal: after any crash, each stands whole under its name or not at all."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from consent.storage.disk import not_written, sync_folder

__all__ = ["sync_folder", "write_durably"]


def write_durably(path: Path, data: bytes) -> None:
    """Put ``data`` in place of ``path``: written beside it, synced, renamed, and the folder synced.

    Folders on the way are made.

    Raises:
        DiskFull, ChathamError: where it could not be written. ``path`` is then as it was.
    """
    aside = path.parent / f".tmp-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        _make_folders(path.parent)
        _write(aside, data)
        aside.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise not_written(error) from error
    finally:
        with suppress(OSError):
            aside.unlink()


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

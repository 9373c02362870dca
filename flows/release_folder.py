"""The folder of a data set to hand on: its files and their digests, its name, and what a killed build left of it."""

import hashlib
import shutil
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from consent.manifest import record_of, with_entry
from consent.storage.files import sync_folder
from flows.releases import (
    DATA,
    MANIFEST,
    Release,
    ended_event,
    holds_more,
    leave_manifest,
    read_manifest,
    releases,
    unfinished,
    write_manifest,
)
from flows.study import Study
from schemas.errors import UsageError
from schemas.ledger import EventKind, LedgerEvent

DICTIONARY = "data-dictionary.md"
_HEAD = """\
# Data dictionary

What stands in this data set. In `release.duckdb` the same sentences stand as comments of its tables, views, macros and
columns. Views can be read wherever the file is attached; macros work in a client that opened it, or that said `USE`.

Times are in seconds, places in text in codepoints. Where somebody in it changes what they allow, you are asked to
destroy your copy and given another.

"""


def wanted_formats(text: str) -> tuple[str, ...]:
    """The formats of ``--format``, in the order of the table of formats; raises UsageError where one is none."""
    from warehouse.formats import FORMATS

    named = {part.strip() for part in text.split(",")}
    if not named <= set(FORMATS):
        raise UsageError(
            "--format names a format in which no data set can be made",
            hint=f"Use one or more of these, with commas between: {', '.join(FORMATS)}.",
        )
    return tuple(name for name in FORMATS if name in named)


def page_of(formats: Collection[str]) -> str:
    """The data dictionary of a data set in these formats."""
    from warehouse.dictionary import dictionary
    from warehouse.formats import described

    return dictionary(_HEAD + described(formats, DATA))


def described_files(folder: Path, names: Iterable[str]) -> dict[str, dict[str, int | str]]:
    """Length in bytes and SHA-256 of files, by their names in the folder."""
    return {name: _described(folder / name) for name in names}


def digest_of_all(files: Mapping[str, str]) -> str:
    """The one digest of a data set: that of `release.duckdb`; without it, of the lines that sha256sum has of its files.

    Args:
        files: Name to SHA-256.
    """
    if DATA in files:
        return files[DATA]
    lines = "".join(f"{files[name]}  {name}\n" for name in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()


def known_names(names: Iterable[str]) -> set[str]:
    """Names of files, and of the folders and files on the way: what the program itself calls things."""
    return {part for name in names for part in (name, *name.split("/"))}


def manifest_event(folder: Path) -> LedgerEvent:
    """The entry that ties the manifest in ``folder`` to the register; nothing is recorded yet."""
    return LedgerEvent(kind=EventKind.RELEASE, payload=record_of(read_manifest(folder) or {}))


def place(study: Study, aside: Path, folder: Path, entry: int | None) -> None:
    """Give a folder that was made aside its name, durably; its manifest then names the entry that records it.

    Args:
        entry: Index of that entry; None: the data set is older than such entries.
    """
    for opening in study.ledger.openings([] if entry is None else [entry]):
        write_manifest(aside, with_entry(read_manifest(aside) or {}, opening))
    for inside in (*(path for path in aside.iterdir() if path.is_dir()), aside):
        sync_folder(inside)
    aside.rename(folder)
    sync_folder(folder.parent)


def settle_releases(study: Study) -> None:
    """Bring the folders to what the register says, after a build was killed: the caller holds the build lock.

    A data set that was recorded and not yet named is named; one of which a file is gone has ended; what lies in the
    folder of one that has ended goes.
    """
    with study.ledger.lock():
        for release in releases(study.ledger.entries()):
            folder, why = study.releases / release.name, release.why
            if release.stands:
                if _is_whole(folder, release) or _is_named(study, release):
                    continue
                why = "lost"
                study.record(ended_event(study, release.name, why))
            if holds_more(folder):
                leave_manifest(study, release.name, folder, str(why))
                _remove_all_but_manifest(folder)
        for left in unfinished(study):
            shutil.rmtree(left)


def _described(path: Path) -> dict[str, int | str]:
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _is_whole(folder: Path, release: Release) -> bool:
    return all((folder / name).is_file() for name in release.files)


def _is_named(study: Study, release: Release) -> bool:
    """Name a data set that was recorded just before its build was killed; False where its files are gone."""
    for aside in unfinished(study):
        manifest = read_manifest(aside) or {}
        known = (manifest.get("name"), manifest.get("sha256")) == (release.name, release.sha256)
        if known and _is_whole(aside, release):
            shutil.rmtree(study.releases / release.name, ignore_errors=True)
            place(study, aside, study.releases / release.name, release.manifest)
            return True
    return False


def _remove_all_but_manifest(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != MANIFEST:
            path.unlink()
    sync_folder(folder)

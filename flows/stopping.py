"""Stops use at once: data sets leave their names, the register says why, and then they are destroyed.

Set aside, record, destroy. Whoever is killed in between leaves data sets that stand under no name, and the next command
settles it: they are destroyed where the register says why, and back under their names where it does not.
"""

import json
import shutil
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from consent.register import read_register
from consent.storage.files import write_durably
from consent.storage.leaf import decode
from flows.releases import affected, ended_event, leave_manifest, recorded, unfinished
from flows.study import STOPPING, Study
from schemas.ledger import LedgerEvent
from vault.files import make_folder, remove, sync_folder

ASIDE = ".stopped"
"""Folder beside the data sets in which they wait for the register."""


@dataclass(frozen=True)
class Gone:
    """What a stop took away.

    Attributes:
        files: Names of the files of the data set for analysis.
        releases: Names of the data sets that were made to hand on.
        held: Files that a program has open, and which one: it can read on until it closes them.
        stayed: Names of what is still there, because a program holds it (Windows).
    """

    files: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    stayed: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that went."""
        return (*self.files, *self.releases)


NOTHING = Gone()


Look = Callable[[], tuple[bool, Sequence[str]]]
"""Tells whether the data set for analysis goes, and which data sets to hand on."""


def record_and_stop(
    study: Study,
    events: Sequence[LedgerEvent] | Callable[[int], Sequence[LedgerEvent]],
    why: str,
    *,
    research: bool = True,
    releases: Sequence[str] = (),
    look: Look | None = None,
) -> tuple[list[int], Gone]:
    """Record ``events`` and take data sets away, under one lock: no run can publish in between, and none is waited for.

    Args:
        events: What was asked, or what tells it from the index of the first entry; the end of each data set is recorded
            with them, in one batch.
        why: ``withdrawal``, ``change``, ``mark`` or ``retention``.
        research: Whether the data set for analysis goes.
        releases: Names of the data sets to hand on that go.
        look: Tells both instead; asked again under the lock where the register grew meanwhile, so that no data set is
            made in between that nobody looked at.
    Returns:
        The indexes of ``events``, and what went.
    Raises:
        What recording raises: then every data set stands under its name as before.
    """
    head = study.ledger.head()
    if look is not None:
        research, releases = look()
    with study.ledger.lock():
        settle(study)
        if look is not None and study.ledger.head() != head:
            research, releases = look()
        asked = events(study.ledger.head()[0]) if callable(events) else events
        batch = [*asked, *(ended_event(study, name, why) for name in releases)]
        doomed = [*(_data_files(study) if research else ()), *(study.releases / name for name in releases)]
        doomed += unfinished(study) if research or releases else []
        _begin(study, batch, why, releases)
        try:
            stayed = [path for path in doomed if not _set_aside(path)]
            indexes = study.append(batch)
        except BaseException:
            settle(study)
            raise
    # Looked for while the files still have a name, and not under the lock, which is held for milliseconds.
    held = _held([*stayed, *(path.parent / ASIDE / path.name for path in doomed)])
    settle(study)
    names = tuple(path.name for path in stayed)
    files = tuple(path.name for path in doomed if path.parent == study.research.parent and path.name not in names)
    ended = tuple(name for name in releases if name not in names)
    return indexes[: len(asked)], Gone(files, ended, held, names)


def end_outdated(study: Study) -> Gone:
    """End the data sets to hand on that show more than today's choices allow.

    Whoever may not read the register records a change without being able to tell what it touches; the next run can.
    """
    stand = [release for release in recorded(study) if release.stands]
    if not stand:
        return NOTHING
    now, entries = study.register(), study.ledger.entries()
    names = []
    for release in stand:
        since = {event.participant for index, event in now.events if index > release.entry}
        since |= {person for index, mark in now.passages if index > release.entry for person in mark.participants}
        if release.name in affected(study, read_register(entries[: release.entry]), now, since):
            names.append(release.name)
    return record_and_stop(study, [], "change", research=False, releases=names)[1] if names else NOTHING


def settle(study: Study) -> None:
    """End a stop that was interrupted; usually there is none. The caller may hold the register's lock.

    Raises:
        LedgerDamaged: the register does not hold together; everything is left as it is.
    """
    if not (study.folder / STOPPING).is_file():
        return
    with study.ledger.lock():
        begun = _state(study)
        if begun is None:
            return
        if _is_recorded(study, begun):
            _finish(study, begun)
        else:
            _put_back(study)


def remove_data_sets(study: Study) -> tuple[str, ...]:
    """Delete the data set that ``run`` built, and what an interrupted build left; gives the names of what went."""
    doomed = _data_files(study)
    for path in doomed:
        _delete(path)
    return tuple(path.name for path in doomed)


def _data_files(study: Study) -> list[Path]:
    """The data set for analysis, with hidden files of builds in hand."""
    return sorted(study.research.parent.glob("*.duckdb*"))


def _begin(study: Study, batch: Sequence[LedgerEvent], why: str, releases: Sequence[str]) -> None:
    state = {
        "size": study.ledger.head()[0],
        "kinds": [event.kind for event in batch],
        "key": study.keyring.signer.key_id,
        "why": why,
        "releases": list(releases),
    }
    write_durably(study.folder / STOPPING, json.dumps(state).encode())


def _is_recorded(study: Study, begun: dict[str, Any]) -> bool:
    """Whether the batch that was to be recorded stands in the register: these kinds, one after another, by this key."""
    head, kinds = study.ledger.head()[0], begun["kinds"]
    leaves = (decode(data) for data in study.ledger.leaves(begun["size"], head))
    since = [(leaf.kind, leaf.key) for leaf in leaves if leaf]
    wanted = [(kind, begun["key"]) for kind in kinds]
    return any(since[at : at + len(kinds)] == wanted for at in range(len(since)))


def _state(study: Study) -> dict[str, Any] | None:
    """What an interrupted stop had begun; None where another command has ended it meanwhile."""
    with suppress(FileNotFoundError):
        return dict(json.loads((study.folder / STOPPING).read_bytes()))
    return None


def _set_aside(path: Path) -> bool:
    """Take a file or folder from its name; False where it stays because a program holds it (Windows)."""
    aside = path.parent / ASIDE
    make_folder(aside)
    _delete(aside / path.name)
    try:
        path.rename(aside / path.name)
    except PermissionError:
        return False
    except FileNotFoundError:
        return True
    sync_folder(path.parent)
    return True


def _put_back(study: Study) -> None:
    for folder in (study.research.parent, study.releases):
        for path in _inside(folder / ASIDE):
            if not (folder / path.name).exists():
                path.rename(folder / path.name)
        _clear(folder)
    remove(study.folder / STOPPING)


def _finish(study: Study, begun: dict[str, Any]) -> None:
    for name in begun["releases"]:
        leave_manifest(study, name, study.releases / ASIDE / name, str(begun["why"]))
    for folder in (study.research.parent, study.releases):
        _clear(folder)
    remove(study.folder / STOPPING)


def _clear(folder: Path) -> None:
    if (folder / ASIDE).is_dir():
        shutil.rmtree(folder / ASIDE)
        sync_folder(folder)


def _inside(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _delete(path: Path) -> None:
    if path.is_dir():  # where DuckDB lays what does not fit into memory
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _held(paths: Iterable[Path]) -> tuple[str, ...]:
    """Which programs have which of the files open, a folder's files included."""
    wanted = {str(path.resolve()): path.name for path in paths}
    found = {line for process in psutil.process_iter(["name"]) for line in _holds(process, wanted)}
    return tuple(sorted(found))


def _holds(process: psutil.Process, wanted: dict[str, str]) -> Collection[str]:
    try:
        opened = [file.path for file in process.open_files()]
    except psutil.Error:
        return ()  # it ended meanwhile, or is somebody else's
    here = {name for path, name in wanted.items() for file in opened if file == path or file.startswith(f"{path}/")}
    return [f"{name}: open in {process.info['name']} (process {process.pid})" for name in here]

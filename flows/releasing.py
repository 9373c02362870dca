"""Makes data sets to hand on, and builds one anew that a choice has ended: its successor, without what went."""

import re
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from consent.decision import permitted
from consent.storage.files import sync_folder, write_durably
from flows.bridging import bridges_of, require_reviewed
from flows.build import (
    TRIES,
    decisions_hold,
    derived,
    involved,
    load_aside,
    name_table,
    nothing_recorded_since,
    prepare,
    record_and_place,
)
from flows.build import redact as redact_session
from flows.gate import check_made
from flows.plan import states_of
from flows.progress import Progress
from flows.releases import (
    DATA,
    MANIFEST,
    Release,
    ended_event,
    leave_manifest,
    next_name,
    read_manifest,
    releases,
    unfinished,
    without_successor,
    write_manifest,
)
from flows.risks import Groups, PublicPassage, counted, groups_in, public_passages
from flows.roles import require
from flows.study import Study
from flows.worker import Ready, SessionState, Worker
from schemas.consent import LEVEL_ORDER, ConsentDecision, Level
from schemas.deidentified import NameTable
from schemas.errors import ChathamError, RefusedByConsent, UsageError
from schemas.ledger import EventKind, LedgerEvent
from schemas.provenance import Provenance
from schemas.purposes import PURPOSES

if TYPE_CHECKING:
    from warehouse.load import BuildReport

DICTIONARY = "data-dictionary.md"
COMMANDS = frozenset({"make", "sent", "recall", "list", "answer", "diff", "bridges", "accept-bridge", "hide-bridge"})
"""Words that stand where a data set's name stands, so that none can be called so."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_HEAD = """\
# Data dictionary

What stands in `release.duckdb`. The same sentences lie in the file itself, as comments of its tables, views, macros and
columns. Views can be read wherever the file is attached; macros work in a client that opened it, or that said `USE`.

Any DuckDB client from version 1.2 on opens the file; open it read-only. Times are in seconds, places in text in
codepoints. Where somebody in it changes what they allow, you are asked to destroy your copy and given another.
"""


@dataclass(frozen=True)
class Wanted:
    """A data set to be made.

    Attributes:
        follows: The data set whose place it takes.
    """

    name: str
    purpose: str
    follows: str | None = None


@dataclass(frozen=True)
class Made:
    """A data set that was made: its folder, digest, and counts of rows; and what in it may lead to somebody.

    Attributes:
        groups: Small groups of people who share what is said of them.
        passages: Passages of people who are not named that stand in public as they were said.
    """

    name: str
    folder: Path
    sha256: str
    sessions: tuple[str, ...]
    counts: Mapping[str, int]
    groups: Groups
    passages: tuple[PublicPassage, ...]


def make_release(study: Study, name: str, purpose: str, progress: Progress) -> Made:
    """Make a data set from every session, for one purpose, as today's choices allow.

    Raises:
        UsageError: the name or purpose cannot be used, or a session has not been run yet.
        RefusedByConsent: choices changed during each try. CheckFailed: a name still stood; nothing was made.
        Busy, MissingKey, DiskFull.
    """
    require(study, "release make")
    require_purpose(purpose)
    with study.building():
        settle_releases(study)
        _require_free(study, name)
        worker = Worker(study, progress)
        return _make(worker, told(worker), Wanted(name, purpose))


def rebuild_ended(worker: Worker) -> list[str]:
    """Build the successor of every data set that has ended and has none; usually there is none to build.

    The caller holds the build lock. One that fails is noted in ``worker.failures``, and the next run tries again.

    Returns:
        Names of the new data sets.
    """
    settle_releases(worker.study)
    waiting = without_successor(releases(worker.study.ledger.entries()))
    states = states_of(worker) if waiting else []
    return [name for release in waiting for name in _rebuilt(worker, release, states)]


def settle_releases(study: Study) -> None:
    """Bring the folders to what the register says, after a build was killed: the caller holds the build lock.

    A data set that was recorded and not yet named is named; one of which nothing is left has ended; what lies in the
    folder of one that has ended goes.
    """
    with study.ledger.lock():
        for release in releases(study.ledger.entries()):
            folder = study.releases / release.name
            if release.stands and not (folder / DATA).is_file():
                _name_or_end(study, release)
            elif not release.stands and _holds_more(folder):
                leave_manifest(study, release.name, folder, str(release.why))
                _remove_all_but_manifest(folder)
        for left in unfinished(study):
            shutil.rmtree(left)


def _make(worker: Worker, states: Sequence[SessionState], wanted: Wanted) -> Made:
    """Redact for the purpose, check, load, record and name; made again where a choice changes meanwhile."""
    names = name_table(worker, states)
    for _ in range(TRIES + 1):
        ready = ready_for(worker, states, names, wanted.purpose)
        made = _publish(worker, ready, wanted) if len(ready) == len(states) else None
        if made is not None:
            return made
        worker.progress.say("a choice changed meanwhile; starting over with what it allows")
    raise RefusedByConsent(
        f"choices changed during each of {TRIES + 1} builds, so the data set was not made",
        hint="Give the command again when the recording of choices is done.",
    )


def ready_for(worker: Worker, states: Sequence[SessionState], names: NameTable, purpose: str) -> list[Ready]:
    """The sessions redacted for a purpose; fewer than ``states`` where a choice changes meanwhile."""
    for state in states:
        if prepare(worker, state, names, purpose) is None:
            redact_session(worker, state.store, names, purpose)
    return [one for state in states if (one := prepare(worker, state, names, purpose))]


def _publish(worker: Worker, ready: Sequence[Ready], wanted: Wanted) -> Made | None:
    """Make the folder aside, then record and name it; None where consent changed meanwhile."""
    study = worker.study
    head = study.ledger.head()
    if not decisions_hold(worker, ready, wanted.purpose):
        return None
    worker.progress.step(f"putting data set {wanted.name} together")
    aside = study.releases / f".{wanted.name}.{secrets.token_hex(4)}.tmp"
    try:
        facts = _filled(worker, ready, wanted, head, aside)
        placed = facts is not None and record_and_place(
            worker,
            ready,
            wanted.purpose,
            head,
            aside / DATA,
            events=lambda: [*derived(worker, ready, wanted.purpose), _event(facts, _shown(ready, wanted.purpose))],
            place=lambda: _place(aside, study.releases / wanted.name),
        )
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return _made(study, facts) if facts is not None and placed else None


def _filled(
    worker: Worker, ready: Sequence[Ready], wanted: Wanted, head: tuple[int, str], aside: Path
) -> dict[str, Any] | None:
    """``_fill``; None where something recorded meanwhile took the half-built folder away."""
    try:
        return _fill(worker, ready, wanted, head, aside)
    except (ChathamError, OSError):
        if nothing_recorded_since(worker.study, head):
            raise
        return None


def _fill(worker: Worker, ready: Sequence[Ready], wanted: Wanted, head: tuple[int, str], aside: Path) -> dict[str, Any]:
    """Write the files of a data set into the folder ``aside``.

    Returns:
        What its manifest says; and what in it may lead to somebody, which is not for whoever is given a copy.
    """
    from warehouse.dictionary import dictionary
    from warehouse.logical import logical_hash

    require_reviewed(bridges_of(worker, ready, wanted.purpose), wanted.purpose)
    aside.mkdir(mode=0o700, parents=True)
    report, provenance = load_aside(worker, ready, wanted.purpose, head, aside / DATA)
    sessions = sorted(one.state.intake.session.session for one in ready)
    facts = _facts(wanted, report, provenance, sessions, logical_hash(aside / DATA))
    page = dictionary(_HEAD)
    write_durably(aside / DICTIONARY, page.encode())
    write_manifest(aside, facts)
    worker.progress.step(f"looking for names in everything that was written of {wanted.name}")
    check_made(worker, ready, report, aside, files={DATA, DICTIONARY, MANIFEST}, pages=[page])
    passages = tuple(public_passages(worker, ready, wanted.purpose))
    return {**facts, "groups": groups_in(aside / DATA), "passages": passages}


def _facts(
    wanted: Wanted, report: "BuildReport", provenance: Provenance, sessions: list[str], logical: str
) -> dict[str, Any]:
    return {
        "name": wanted.name,
        "purpose": wanted.purpose,
        "sessions": sessions,
        "sha256": report.sha256,
        "logical": logical,
        "counts": dict(report.counts),
        "decisions": provenance.decisions_sha256,
        "follows": wanted.follows,
        "made_at": provenance.made_at,
        "register": {"size": provenance.ledger_size, "root": provenance.ledger_root},
        "code_version": provenance.code_version,
        "models": dict(provenance.models),
    }


def _event(facts: Mapping[str, Any], people: Sequence[str]) -> LedgerEvent:
    members = ("name", "purpose", "sessions", "sha256", "logical", "counts", "decisions", "follows")
    risk = counted(facts["groups"], facts["passages"])
    payload = {"type": "release", **{member: facts[member] for member in members}, "people": list(people), "risk": risk}
    return LedgerEvent(kind=EventKind.RELEASE, payload=payload)


def _shown(ready: Sequence[Ready], purpose: str) -> list[str]:
    """Who speaks or is named in the data set: everybody of whom these choices let anything be shown."""
    found = set()
    for one in ready:
        for decisions in (one.decisions.decisions, *(passage.decisions for passage in one.decisions.passages)):
            found |= {p for p in involved(one) if p in decisions and _shows(decisions[p], purpose)}
    return sorted(found)


def _shows(decision: ConsentDecision, purpose: str) -> bool:
    """Whether a decision lets words stand, or something of the person where others name them."""
    return permitted(decision, purpose) or LEVEL_ORDER.index(decision.level) < LEVEL_ORDER.index(Level.UNNAMED)


def _place(aside: Path, folder: Path) -> None:
    sync_folder(aside)
    aside.rename(folder)
    sync_folder(folder.parent)


def _made(study: Study, facts: Mapping[str, Any]) -> Made:
    name = str(facts["name"])
    folder, counts = study.releases / name, dict(facts["counts"])
    return Made(
        name, folder, str(facts["sha256"]), tuple(facts["sessions"]), counts, facts["groups"], facts["passages"]
    )


def told(worker: Worker) -> list[SessionState]:
    """Every session, all of them run; raises UsageError, or what is wrong with one of them."""
    states = states_of(worker)
    for failure in worker.failures.values():
        raise failure
    waiting = [state.intake.session.session for state in states if state.facts is None]
    if waiting or not states:
        which = f"{len(waiting)} of {len(states)} sessions have" if waiting else "no session has"
        raise UsageError(f"{which} not been run, so no data set was made", hint="Run them first: chatham run.")
    return states


def _rebuilt(worker: Worker, release: Release, everything: Sequence[SessionState]) -> list[str]:
    """Build the successor of one data set from those of its sessions that this study still has."""
    states = [state for state in everything if state.intake.session.session in release.sessions]
    if any(state.facts is None or state.store.opaque in worker.failures for state in states):
        worker.progress.say(f"data set {release.name} is built again once all of its sessions are run")
        return []
    if not states:
        return []
    name = next_name(release.name, _taken(worker.study))
    try:
        _make(worker, states, Wanted(name, release.purpose, release.name))
    except ChathamError as error:
        worker.failed(f"data set {name}", error)
        return []
    worker.progress.say(f"data set {name} takes the place of {release.name}")
    return [name]


def _name_or_end(study: Study, release: Release) -> None:
    """Name a data set that was recorded just before its build was killed; where it is gone, record that it ended."""
    for aside in unfinished(study):
        manifest = read_manifest(aside) or {}
        if (manifest.get("name"), manifest.get("sha256")) == (release.name, release.sha256) and (
            aside / DATA
        ).is_file():
            shutil.rmtree(study.releases / release.name, ignore_errors=True)
            _place(aside, study.releases / release.name)
            return
    study.record(ended_event(study, release.name, "lost"))


def _holds_more(folder: Path) -> bool:
    return folder.is_dir() and any(path.name != MANIFEST for path in folder.iterdir())


def _remove_all_but_manifest(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != MANIFEST:
            path.unlink()
    sync_folder(folder)


def require_purpose(purpose: str) -> None:
    """Refuse a purpose that is none; raises UsageError."""
    if purpose not in PURPOSES:
        raise UsageError("--purpose is none of the known ones", hint=f"Use one of: {', '.join(PURPOSES)}.")


def _require_free(study: Study, name: str) -> None:
    """Refuse a name that is none, says who somebody is, or is taken."""
    from deidentification.api import name_in

    if not _NAME.fullmatch(name) or name in COMMANDS:
        raise UsageError(
            "the data set's name cannot be used", hint="Give up to 40 letters, digits, - and _, such as paper-1."
        )
    if name_in(name, study.table()):
        raise UsageError(
            "the data set's name holds a participant's name", hint="Give it another; it is seen by others."
        )
    if name.casefold() in {one.casefold() for one in _taken(study)}:
        raise UsageError(
            f"there is, or was, a data set called {name}; one that was made is never changed", hint="Give another name."
        )


def _taken(study: Study) -> set[str]:
    """Names of every data set there ever was, and of whatever else lies there."""
    lying = {path.name for path in study.releases.iterdir()} if study.releases.is_dir() else set()
    return lying | {release.name for release in releases(study.ledger.entries())}

"""Data sets made to hand on: which stand, which a choice ends, and what stays of one that has ended."""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from consent.manifest import TYPE
from consent.register import Register
from consent.storage.files import write_durably
from consent.storage.leaf import decode
from consent.storage.openings import Opening
from flows.facts import Published
from flows.settings import utc_now
from flows.study import Study
from flows.tightening import Comparison, Quotes, Shares
from schemas.deidentified import QuoteState
from schemas.identifiers import ParticipantId, SessionId
from schemas.ledger import EventKind, LedgerEntry, LedgerEvent
from schemas.roster import Person

MANIFEST = "manifest.json"
DATA = "release.duckdb"
DUCKDB = ("duckdb",)
"""The formats of a data set where nothing is said of them."""
WHYS = ("withdrawal", "change", "mark", "retention", "lost")
"""Why a data set may end."""

_SUCCESSOR = re.compile(r"^(?P<base>.+)\.(?P<number>[0-9]{1,6})$")
_STAYS = ("name", "sha256", "logical", "decisions", "counts")


@dataclass(frozen=True)
class Release:
    """One data set as the register tells of it.

    Attributes:
        entry: Index of the entry that recorded it.
        people: Who speaks or is named in it.
        quotes: Who of them may be quoted from it, and how at most; None: its entry does not say so.
        counts: Table to rows, and ``withheld`` to utterances without words.
        formats: In which it is written.
        files: Names of the files that hold its rows, and their digests.
        follows: The data set whose place it took.
        manifest: Index of the entry that holds its manifest's digest; None: it is older than such entries.
        ended_at, why: When and why it ended; None: it stands.
        ended_entry: Index of the entry that says so.
    """

    entry: int
    name: str
    purpose: str
    sessions: tuple[SessionId, ...]
    people: tuple[ParticipantId, ...]
    sha256: str
    counts: Mapping[str, int]
    made_at: datetime
    quotes: Quotes | None = None
    formats: tuple[str, ...] = DUCKDB
    files: Mapping[str, str] = field(default_factory=dict)
    follows: str | None = None
    manifest: int | None = None
    ended_at: datetime | None = None
    why: str | None = None
    ended_entry: int | None = None

    @property
    def stands(self) -> bool:
        """Whether it may be used today."""
        return self.ended_at is None


def releases(entries: Iterable[LedgerEntry]) -> list[Release]:
    """Every data set that was made to hand on, in the order in which they were recorded."""
    found: dict[str, Release] = {}
    for entry in entries:
        if entry.kind is not EventKind.RELEASE or entry.payload is None:
            continue
        said = entry.payload
        if said.get("type") == "release":
            found.setdefault(str(said["name"]), _read(entry, said))
        elif said.get("type") == TYPE and (made := found.get(str(said["name"]))) and made.manifest is None:
            found[made.name] = replace(made, manifest=entry.index)
        elif said.get("type") == "release_ended" and str(said["name"]) in found:
            found[str(said["name"])] = _ended(found[str(said["name"])], entry.index, said)
    return list(found.values())


def recorded(study: Study) -> list[Release]:
    """``releases`` of a study's register, of which only the entries about data sets are opened: a withdrawal waits."""
    ledger = study.ledger
    return releases(_entry(opening) for opening in ledger.openings(ledger.indexes(EventKind.RELEASE)))


def _entry(opening: Opening) -> LedgerEntry:
    leaf = decode(opening.leaf)
    minute = leaf.minute if leaf else ""
    return LedgerEntry(index=opening.index, kind=EventKind.RELEASE, minute=minute, payload=json.loads(opening.payload))


def standing(study: Study) -> list[str]:
    """Names of the data sets that stand, sorted; a user who may not read the register sees those on the disk."""
    if study.may_open_consent:
        return sorted(release.name for release in recorded(study) if release.stands)
    if not study.releases.is_dir():
        return []
    return sorted(path.name for path in study.releases.iterdir() if _is_shown(path) and not _has_ended(path))


def affected(study: Study, before: Register, after: Register, people: Iterable[ParticipantId]) -> list[str]:
    """Names of the standing data sets that show more than the choices of ``after`` allow, sorted.

    Args:
        before, after: The register without and with what is recorded now.
        people: Who said something now; for a marked passage whoever it concerns.
    Returns:
        For a user who may not read the register, which cannot be compared then: all that stand.
    """
    if not study.may_open_consent:
        return standing(study)
    compared, shares = Comparison(before, after, set(people)), _sharing(study)
    return sorted(one.name for one in recorded(study) if one.stands and shows_more(one, compared, shares))


def shows_more(release: Release, compared: Comparison, shares: Shares) -> bool:
    """Whether a data set shows more, in any of its sessions, than is allowed after what was compared."""
    return any(
        compared.hides_more(session, release.purpose, release.people, shares, release.quotes)
        for session in release.sessions
    )


def analysis_affected(study: Study, before: Register, after: Register, people: Iterable[ParticipantId]) -> bool:
    """Whether the data set for analysis, if there is one, shows more than the choices of ``after`` allow.

    Args:
        before, after, people: As for ``affected``.
    """
    compared, shares, held = Comparison(before, after, set(people)), _sharing(study), set(after.by_participant)
    return study.research.is_file() and any(
        compared.hides_more(session, "analyse", held, shares, _quotes(study)) for session in before.sessions
    )


def _quotes(study: Study) -> Quotes | None:
    """Who may be quoted from the data set for analysis; None: this user cannot tell, or it was made before that."""
    published = study.vault.get_study("published-analyse", Published) if study.may_run else None
    return published.quotes if published is not None and published.is_file(study.research.stat()) else None


def ended_event(study: Study, name: str, why: str) -> LedgerEvent:
    """The entry that ends a data set; nothing is recorded yet.

    Args:
        why: One of ``WHYS``.
    Raises:
        ValueError: it is none of them.
    """
    if why not in WHYS:
        raise ValueError(f"a data set does not end for {why}")
    sha256, counts = _what_it_was(study, name)
    payload = {
        "type": "release_ended",
        "name": name,
        "why": why,
        "at": utc_now().isoformat(timespec="seconds"),
        "sha256": sha256,
        "counts": counts,
    }
    return LedgerEvent(kind=EventKind.RELEASE, payload=payload)


def leave_manifest(study: Study, name: str, aside: Path, why: str) -> None:
    """Leave of an ended data set what it was, in counts and digests, and when and why it ended.

    Args:
        name: The data set's; its folder is made anew.
        aside: The folder that holds its files now; where its manifest cannot be read, less is left.
    """
    was = read_manifest(aside) or read_manifest(study.releases / name) or {}
    stays: dict[str, Any] = {"name": name} | {member: was[member] for member in _STAYS if member in was}
    stays |= {"ended": was.get("ended") or utc_now().isoformat(timespec="seconds"), "why": was.get("why") or why}
    write_manifest(study.releases / name, stays)


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """What a data set's manifest says; None where there is none that can be read."""
    with suppress(OSError, ValueError):
        read = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return read if isinstance(read, dict) else None
    return None


def write_manifest(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write a data set's manifest, durably."""
    write_durably(folder / MANIFEST, (json.dumps(facts, indent=2, sort_keys=True) + "\n").encode())


def holds_more(folder: Path) -> bool:
    """Whether anything but a manifest lies in the folder of a data set."""
    return folder.is_dir() and any(path.name != MANIFEST for path in folder.iterdir())


def unfinished(study: Study) -> list[Path]:
    """Folders of data sets in the making, or left by a build that was killed; a withdrawal takes these away too."""
    return sorted(study.releases.glob(".*.tmp"))


def without_successor(found: Collection[Release]) -> list[Release]:
    """Those that have ended and whose place no other has taken, in the order in which they were made."""
    followed = {release.follows for release in found}
    return [release for release in found if not release.stands and release.name not in followed]


def next_name(name: str, taken: Collection[str]) -> str:
    """What the data set is called that takes the place of ``name``: ``NAME.2``, ``NAME.3``, ..."""
    base = base_name(name)
    numbers = [int(found["number"]) for one in taken if (found := _SUCCESSOR.match(one)) and found["base"] == base]
    return f"{base}.{max([1, *numbers]) + 1}"


def base_name(name: str) -> str:
    """The name without its number: what its first maker called it."""
    found = _SUCCESSOR.match(name)
    return found["base"] if found else name


def _read(entry: LedgerEntry, said: Mapping[str, Any]) -> Release:
    return Release(
        entry=entry.index,
        name=str(said["name"]),
        purpose=str(said["purpose"]),
        sessions=tuple(said["sessions"]),
        people=tuple(said["people"]),
        sha256=str(said["sha256"]),
        counts=dict(said["counts"]),
        made_at=datetime.fromisoformat(entry.minute),
        quotes=_read_quotes(said.get("quotes")),
        # What was recorded before there were other formats says nothing of them.
        formats=tuple(said.get("formats", DUCKDB)),
        files=dict(said.get("files", {DATA: said["sha256"]})),
        follows=said.get("follows"),
    )


def _read_quotes(said: Mapping[str, Sequence[ParticipantId]] | None) -> Quotes | None:
    """Person to state, of state to people; the most protective word stands where somebody is in two."""
    if said is None:
        return None
    return {person: state for state in QuoteState for person in said.get(state, ())}


def _ended(release: Release, index: int, said: Mapping[str, Any]) -> Release:
    """The release as ended; what was said first holds."""
    if not release.stands:
        return release
    return replace(release, ended_at=datetime.fromisoformat(str(said["at"])), why=str(said["why"]), ended_entry=index)


def _is_shown(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith(".")


def _has_ended(folder: Path) -> bool:
    """Whether nothing but the manifest of an ended data set lies there; a manifest in doubt ends nothing."""
    return "ended" in (read_manifest(folder) or {}) and not holds_more(folder)


def _sharing(study: Study) -> Shares:
    """Whether two people's roles are said alike; who may not read the matching table takes it that they are."""
    if not study.may_run:
        return lambda _one, _other: True

    @cache
    def people() -> dict[str, Person]:
        return study.table().by_id()

    def shares(one: ParticipantId, other: ParticipantId) -> bool:
        first, second = people().get(one), people().get(other)
        if first is None or second is None:
            return True
        return (first.role_as, first.organisation_as) == (second.role_as, second.organisation_as)

    return shares


def _what_it_was(study: Study, name: str) -> tuple[str | None, dict[str, int]]:
    """Digest and counts of a data set: as the register has it, else as its own manifest says."""
    if study.may_open_consent:
        for release in recorded(study):
            if release.name == name:
                return release.sha256, dict(release.counts)
    was = read_manifest(study.releases / name) or {}
    return was.get("sha256"), dict(was.get("counts") or {})

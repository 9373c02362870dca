"""The files a session was taken in from: deleted once they are safely here, and listed until somebody says they are."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from flows.roles import refuse_service, require
from flows.settings import utc_now
from flows.study import Study
from schemas.errors import UsageError
from schemas.ledger import EventKind, LedgerEntry, LedgerEvent
from schemas.recording import Rule

UNKNOWN, NONE, DELETED = "unknown", "none", "deleted"
"""What is known of copies in a cloud: nothing, that there were none, that they are deleted."""


@dataclass(frozen=True)
class Original:
    """A file that was taken in, and the SHA-256 of its bytes as they were read."""

    path: Path
    sha256: str


@dataclass(frozen=True)
class Originals:
    """What the register says of a session's originals: how many there were, how many are deleted, and cloud copies."""

    session: str
    files: int
    deleted: int = 0
    cloud: str = UNKNOWN


@dataclass(frozen=True)
class Unconfirmed:
    """A session of which an original may still lie somewhere.

    Attributes:
        files: How many originals nobody has confirmed deleted.
        cloud: ``unknown`` where nobody has said whether copies in a cloud are gone, else ``none`` or ``deleted``.
    """

    session: str
    files: int
    cloud: str


@dataclass(frozen=True)
class Deletion:
    """How many originals were deleted, and why each of the others was left."""

    deleted: int
    left: tuple[str, ...] = ()


def originals_event(study: Study, said: Originals) -> LedgerEvent:
    """The entry that says what is known of a session's originals."""
    payload = {
        "type": "originals",
        "session": said.session,
        "files": said.files,
        "deleted": said.deleted,
        "cloud": said.cloud,
        "by": study.keyring.user,
        "at": utc_now().isoformat(),
    }
    return LedgerEvent(kind=EventKind.INGEST, payload=payload)


def standing(entries: Iterable[LedgerEntry]) -> dict[str, Originals]:
    """What the register says of every session's originals, by session, in the order they were taken in."""
    found: dict[str, Originals] = {}
    for entry in entries:
        payload = entry.payload
        if entry.kind is not EventKind.INGEST or payload is None:
            continue
        session, kind = str(payload.get("session")), payload.get("type")
        if kind == "session" and payload.get("rule") != Rule.OFF_THE_RECORD:
            # Older registers say nothing of originals: a session had a file for each track, or one transcript.
            found[session] = Originals(session, max(1, len(payload.get("tracks") or ())))
        elif kind == "originals":
            found[session] = Originals(session, payload["files"], payload["deleted"], payload["cloud"])
    return found


def unconfirmed(entries: Iterable[LedgerEntry]) -> list[Unconfirmed]:
    """Every session of which an original, or a copy of it in a cloud, is not confirmed deleted."""
    return [
        Unconfirmed(one.session, one.files - one.deleted, one.cloud)
        for one in standing(entries).values()
        if one.deleted < one.files or one.cloud == UNKNOWN
    ]


def delete_originals(study: Study, session: str, originals: Sequence[Original]) -> Deletion:
    """Delete the files a session was taken in from, and record how many went.

    A file that is not, byte for byte, what was taken in stays; so does one that would live on under another name.
    """
    left = []
    for number, original in enumerate(originals, start=1):
        why = _delete(original)
        if why:
            left.append(f"file {number} of {len(originals)} {why}")
    gone = len(originals) - len(left)
    study.record(originals_event(study, Originals(session, len(originals), gone)))
    return Deletion(gone, tuple(left))


def show_originals(study: Study, session: str | None) -> list[Originals]:
    """What is known of one session's originals, or of all that are not confirmed deleted.

    Raises:
        MissingKey: this user's role may not read the register. UsageError: no such session.
    """
    require(study, "session originals")
    known = standing(study.ledger.entries())
    if session is not None:
        return [_of(known, session)]
    return [known[one.session] for one in unconfirmed(study.ledger.entries())]


def confirm_originals(study: Study, session: str, *, deleted: str | None, cloud: str | None) -> Originals:
    """Record what a person says they did with a session's originals.

    Args:
        deleted: How many of the files are deleted by now, or ``all``; None: as before.
        cloud: ``none`` (there were no copies in a cloud) or ``deleted``; None: as before.
    Raises:
        MissingKey, UsageError: as for ``show_originals``, or a value that is none.
    """
    require(study, "session originals")
    refuse_service(study, "says what was deleted")
    before = _of(standing(study.ledger.entries()), session)
    after = replace(before, deleted=_count(before, deleted), cloud=_cloud(before, cloud))
    study.record(originals_event(study, after))
    return after


def _of(known: dict[str, Originals], session: str) -> Originals:
    if session not in known:
        raise UsageError(
            "this study has no session of that id with files taken in", hint="Check the id; nothing was recorded."
        )
    return known[session]


def _count(before: Originals, deleted: str | None) -> int:
    if deleted is None:
        return before.deleted
    if deleted == "all":
        return before.files
    if not deleted.isdecimal() or int(deleted) > before.files:
        raise UsageError(
            f"--deleted is no number from 0 to {before.files}",
            hint=f"Say how many of the {before.files} files that were taken in are deleted by now, or all.",
        )
    return int(deleted)


def _cloud(before: Originals, cloud: str | None) -> str:
    if cloud is None:
        return before.cloud
    if cloud not in (NONE, DELETED):
        raise UsageError(
            "--cloud is neither none nor deleted",
            hint="Say none where there never was a copy in a cloud, and deleted where it is gone from there.",
        )
    return cloud


def _delete(original: Original) -> str | None:
    """Delete one file; gives why it was left, None where it is gone."""
    path = original.path
    try:
        if path.is_symlink():
            return "is a link to another place; delete what it leads to"
        with path.open("rb") as file:
            there = os.fstat(file.fileno())
            same = hashlib.file_digest(file, "sha256").hexdigest() == original.sha256
        if not same:
            return "is not what was taken in any more"
        if there.st_nlink > 1:
            return "has a second name on this disk"
        if not os.path.samestat(there, path.stat()):
            return "was replaced meanwhile"
        path.unlink()
    except FileNotFoundError:
        return "is not where it was"
    except OSError:
        return "may not be deleted by you, or is in use"
    return None

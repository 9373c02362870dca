"""Incidents: something went wrong with people's words or names; recorded, sealed, for those who must act on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flows.people import participant_ids
from flows.roles import require
from flows.settings import utc_now
from flows.study import Study
from schemas.errors import UsageError
from schemas.identifiers import is_session_id
from schemas.ledger import EventKind, LedgerEvent

LONGEST_CHARACTERS = 2000


@dataclass(frozen=True)
class Incident:
    """One incident as recorded.

    Attributes:
        entry: Its index in the register; None before it is recorded.
        what: In the reporter's words.
        at: When it happened or was noticed, ISO 8601 with a zone.
        participants: Whom it concerns.
        session: Which session it concerns, if one.
        recorded_by: The user who reported it.
    """

    what: str
    at: str
    participants: tuple[str, ...] = ()
    session: str | None = None
    recorded_by: str = ""
    entry: int | None = None


def add_incident(
    study: Study, what: str, *, at: datetime, participants: Sequence[str] = (), session: str | None = None
) -> int:
    """Record an incident; gives its index in the register.

    Raises:
        UsageError: nothing is said, a time to come, or a participant or session that this study does not have.
    """
    require(study, "incident add")
    said = " ".join(what.split())
    if not said or len(said) > LONGEST_CHARACTERS:
        raise UsageError(
            f"--what is empty or longer than {LONGEST_CHARACTERS} characters", hint="Say in a few lines what happened."
        )
    if at > utc_now() + timedelta(minutes=5):
        raise UsageError("--at lies in the future", hint="Give the time when it happened or was noticed.")
    if unknown := set(participants) - set(participant_ids(study)):
        raise UsageError(
            f"--participant names {len(unknown)} participant(s) who are not in the roster",
            hint="Write their ids, such as P07, or leave them out.",
        )
    if session is not None and not _has_session(study, session):
        raise UsageError("--session names a session that this study does not have", hint="Check its id.")
    payload = {
        "type": "incident",
        "what": said,
        "at": at.isoformat(),
        "participants": sorted(set(participants)),
        "session": session,
        "recorded_by": study.keyring.user,
    }
    return study.record(LedgerEvent(kind=EventKind.INCIDENT, payload=payload))


def list_incidents(study: Study) -> list[Incident]:
    """Every incident, oldest first; raises MissingKey for who may not open the register's entries."""
    require(study, "incident list")
    entries = (entry for entry in study.ledger.entries() if entry.kind is EventKind.INCIDENT and entry.payload)
    return [_read(entry.index, entry.payload or {}) for entry in entries]


def _has_session(study: Study, session: str) -> bool:
    if not is_session_id(session):
        return False
    return session in study.register().sessions if study.may_open_consent else study.vault.session(session).exists()


def _read(index: int, said: dict[str, object]) -> Incident:
    people = said.get("participants")
    return Incident(
        what=str(said.get("what", "")),
        at=str(said.get("at", "")),
        participants=tuple(str(one) for one in people) if isinstance(people, list) else (),
        session=str(said["session"]) if said.get("session") else None,
        recorded_by=str(said.get("recorded_by", "")),
        entry=index,
    )

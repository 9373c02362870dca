"""Short ways to write forms, sessions and events in tests, and a register read from them as from a ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from consent.choosing.forms import DEFAULTS
from consent.register import Register, read_register, to_ledger_event
from schemas.consent import (
    Choice,
    ConsentEvent,
    ConsentKind,
    Form,
    FormPermission,
    Mark,
    Passage,
    Permission,
    Reach,
    Use,
)
from schemas.ledger import EventKind, LedgerEntry, LedgerEvent
from schemas.recording import Rule, Session, Standing, local_day


@dataclass(frozen=True)
class Recorded:
    """A session that has sound recordings."""

    session: Session


@dataclass(frozen=True)
class Destroyed:
    """The words that withdrawal number ``withdrawal`` (its place in the list) spoke of were destroyed."""

    withdrawal: int
    minute: str = "2026-06-30T12:00Z"


Entry = ConsentEvent | Passage | Form | Session | Recorded | Destroyed


def register_of(entries: Sequence[Entry]) -> Register:
    """A register read from ledger entries that hold ``entries`` in this order, from index 0."""
    return read_register(_ledger_entry(index, entry) for index, entry in enumerate(entries))


def _ledger_entry(index: int, entry: Entry) -> LedgerEntry:
    if isinstance(entry, Destroyed):
        return LedgerEntry(index=index, kind=EventKind.ERASE, minute=entry.minute, refs=(entry.withdrawal,))
    event = _recorded(entry.session) if isinstance(entry, Recorded) else to_ledger_event(entry)
    return LedgerEntry(index=index, kind=event.kind, minute="2026-01-01T00:00Z", form=event.form, payload=event.payload)


def _recorded(session: Session) -> LedgerEvent:
    return to_ledger_event(session, tracks=["0" * 64])


def form(
    version: str = "2026-1",
    *,
    kind: str = "participant",
    not_asked: Sequence[str] = ("archive",),
    asks: dict[str, FormPermission] | None = None,
    **fields: Any,
) -> Form:
    """A form with the usual defaults that does not ask about archiving."""
    permissions = {**DEFAULTS, **{Permission(name): how for name, how in (asks or {}).items()}}
    permissions |= {Permission(name): FormPermission(asked="not_asked") for name in not_asked}
    return Form.model_validate(
        {
            "version": version,
            "sha256": (version.encode().hex() + "0" * 64)[:64],
            "language": "en",
            "kind": kind,
            "permissions": permissions,
            "approvals": ("H26-00001",),
            **fields,
        }
    )


def session(
    name: str,
    start: str,
    zone: str = "America/Vancouver",
    *,
    cycle: str | None = None,
    rule: Rule = Rule.OPEN,
    kind: str = "session",
    **standings: str,
) -> Session:
    """A session; ``start`` is a time with its zone, or a date where no more is known."""
    timed = datetime.fromisoformat(start) if "T" in start else None
    return Session(
        session=name,
        kind=kind,
        start=timed,
        day=local_day(timed, zone) if timed else date.fromisoformat(start),
        zone=zone,
        cycle=cycle,
        rule=rule,
        standings={person: Standing(standing) for person, standing in standings.items()},
    )


def reach_of(text: str) -> Reach:
    """``study``, ``session:s1`` ..."""
    kind, _, name = text.partition(":")
    return Reach.model_validate({"kind": kind, "id": name or None})


def _event(kind: ConsentKind, person: str, at: str, reach: str, said: dict[str, str], **fields: Any) -> ConsentEvent:
    choices = []
    for name, value in said.items():
        dimension, _, use = name.partition("_") if name.startswith("level_") else (name, "", "")
        choices.append(Choice(dimension=dimension, value=value, use=Use(use) if use else None))
    return ConsentEvent(
        participant=person,
        event=kind,
        at=datetime.fromisoformat(at),
        reach=reach_of(reach),
        choices=tuple(choices),
        **fields,
    )


def consent(
    person: str,
    at: str,
    level: str = "named",
    *,
    reach: str = "study",
    form: str = "2026-1",
    applies: str | None = None,
    given_by: str = "self",
    **said: str,
) -> ConsentEvent:
    """Somebody signs a form."""
    said = {"level": level, **said}
    return _event(ConsentKind.CONSENT, person, at, reach, said, form=form, applies=applies, given_by=given_by)


def change(
    person: str, at: str, *, reach: str = "study", applies: str | None = None, form: str | None = None, **said: str
) -> ConsentEvent:
    """Somebody changes what they chose."""
    return _event(ConsentKind.CHANGE, person, at, reach, said, applies=applies, form=form)


def reaffirm(person: str, at: str, form: str) -> ConsentEvent:
    """Somebody goes over to another form."""
    return _event(ConsentKind.REAFFIRM, person, at, "study", {}, form=form)


def withdraw(person: str, at: str, data: str, *, reach: str = "study") -> ConsentEvent:
    """Somebody withdraws."""
    return _event(ConsentKind.WITHDRAW, person, at, reach, {}, data=data)


def undo(person: str, at: str, *, reach: str = "study") -> ConsentEvent:
    """Somebody takes a withdrawal back."""
    return _event(ConsentKind.UNDO, person, at, reach, {})


def decline(person: str, at: str, *, reach: str = "study") -> ConsentEvent:
    """Somebody says no when asked."""
    return _event(ConsentKind.DECLINE, person, at, reach, {})


def passage(
    name: str,
    of: str,
    mark: str,
    *people: str,
    start_s: float = 600.0,
    end_s: float = 720.0,
    community: str | None = None,
    at: str = "2026-03-20T12:00-07:00",
) -> Passage:
    """Part of a session is marked."""
    return Passage(
        passage=name,
        session=of,
        start_s=start_s,
        end_s=end_s,
        mark=Mark(mark),
        participants=people,
        community=community,
        at=datetime.fromisoformat(at),
    )

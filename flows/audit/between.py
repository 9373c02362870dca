"""Question 9: whether a person's words were used after they withdrew."""

from typing import Any

from consent.choosing.reach import Target, starts_after
from consent.telling import tell
from flows.audit.answers import Answer, verdict
from flows.audit.facts import Facts
from flows.audit.withdrawals import undone
from flows.audit.words import count, local
from flows.reports.document import Block, Table, Text
from schemas.consent import ConsentEvent, ConsentKind
from schemas.ledger import EventKind, LedgerEntry
from schemas.purposes import PURPOSES, permitted
from schemas.recording import Session, local_day

USES = (EventKind.OUTPUT, EventKind.QUOTE_APPROVAL)
"""Entries that name those whose words are used."""


def in_between(facts: Facts) -> Answer:
    """9 · Nothing processed between withdrawal and erasure."""
    back = undone(facts)
    windows = [_window(facts, index, event, back) for index, event in facts.withdrawals]
    differing = [row for row in facts.rechecked.values() if not row]
    wrong = [row for row in windows if row["used"]]
    made = sum(row["made_meanwhile"] for row in windows)
    return Answer(
        question="Was nothing of a person's words used after they withdrew?",
        verdict=verdict(wrong=bool(wrong), unknown=bool(differing and windows)),
        answer=_q9_line(windows, wrong, made, bool(differing)),
        explanation="For every data set made after a withdrawal, this report decides once more, from the entries that "
        "came before it, whether the person's words were allowed in it, and it looks for any other use of them."
        + _rechecked(facts),
        evidence=windows,
        blocks=_window_table(windows),
    )


def _rechecked(facts: Facts) -> str:
    if facts.voices is None:
        return " Whether a data set was really made from these choices, the team's own report checks as well."
    same = sum(facts.rechecked.values())
    if not facts.rechecked:
        return ""
    return (
        f" For {same} of the {count(len(facts.rechecked), 'session')} in the present data set it worked out anew the "
        "choices of everybody in it: they are the very ones that the data set was made from."
    )


def _q9_line(windows: list[dict[str, Any]], wrong: list[dict[str, Any]], made: int, differing: bool) -> str:
    if not windows:
        return "Yes. Nobody has withdrawn so far."
    if wrong:
        return f"No. After {count(len(wrong), 'withdrawal')} an entry speaks of a use of the person's words."
    if differing:
        return (
            "Not yet known. The choices that a session was made from could not be worked out again: the list of "
            "participants has changed since. Run chatham run, then make this report again."
        )
    early = sum(row["made_before_recorded"] for row in windows)
    said = f"Words of sessions were made ready for use {count(made, 'time')} after that, always without theirs."
    if not early:
        return f"Yes. {said}"
    return (
        f"Yes, from the moment it was recorded. {said} Before it was recorded, and after they had asked, it was done "
        f"{count(early, 'time')}: then theirs could still be used."
    )


def _window(facts: Facts, index: int, event: ConsentEvent, back: dict[int, int]) -> dict[str, Any]:
    erased = facts.register.erased.get(index)
    end = erased[0] if erased else back.get(index, len(facts.entries))
    inside = [(entry, payload) for entry, payload in facts.derived if index < entry.index < end]
    used = [
        f"{payload.get('session')} on {local(facts.recorded(entry.index), facts.zone)}"
        for entry, payload in inside
        if _against(facts, index, event, entry, payload)
    ]
    early = [
        entry
        for entry, payload in facts.derived
        if entry.index < index and facts.recorded(entry.index) > event.at and _uses(facts, event, entry, payload)
    ]
    named = [
        entry
        for entry in facts.of(*USES, EventKind.RELEASE, EventKind.SENT)
        if index < entry.index < end and _is_use(facts, index, event, entry)
    ]
    return {
        "entry": index,
        "participant": event.participant,
        "from": local(facts.recorded(index), facts.zone),
        "until": local(erased[1], facts.zone) if erased else "taken back" if index in back else "today",
        "made_before_recorded": len(early),
        "made_meanwhile": len(inside),
        "used": [*used, *(tell(entry.kind, entry.payload or {}) for entry in named)],
    }


def _uses(facts: Facts, event: ConsentEvent, entry: LedgerEntry, payload: dict[str, Any]) -> bool:
    """Whether the register, as it stood before ``entry``, let it use words that the withdrawal covers."""
    session = facts.register.sessions.get(str(payload.get("session")))
    purpose = str(payload.get("purpose"))
    if session is None or purpose not in PURPOSES or not _covers(event, session):
        return False
    return permitted(facts.decision(event.participant, session, PURPOSES[purpose].uses[0], before=entry.index), purpose)


def _against(facts: Facts, index: int, event: ConsentEvent, entry: LedgerEntry, payload: dict[str, Any]) -> bool:
    """Whether ``entry`` could use words that the withdrawal covers, though no later signature let them in again."""
    if not _uses(facts, event, entry, payload):
        return False
    session = facts.register.sessions[str(payload["session"])]
    return not any(
        index < later < entry.index and other.event is ConsentKind.CONSENT and _covers(other, session)
        for later, other in facts.events(event.participant)
    )


def _covers(event: ConsentEvent, session: Session) -> bool:
    """Whether an entry speaks of a session's words; `stop` speaks of later sessions alone."""
    inside = Target(session).narrowness(event.reach) is not None
    return inside and (event.data != "stop" or starts_after(event, session))


def _is_use(facts: Facts, index: int, event: ConsentEvent, entry: LedgerEntry) -> bool:
    """Whether an entry speaks of a use of words after their withdrawal."""
    payload = entry.payload or {}
    if payload.get("type") == "release":
        made = ({"session": one, "purpose": payload.get("purpose")} for one in payload.get("sessions") or ())
        return any(_against(facts, index, event, entry, one) for one in made)
    if payload.get("type") == "sent":
        return _held(facts, event.participant, str(payload.get("release")), entry.index)
    return entry.kind in USES and _names(entry, event.participant) and not _published_before(facts, index, payload)


def _held(facts: Facts, person: str, name: str, before: int) -> bool:
    """Whether a data set with the person in it had already been taken away when a copy of it was handed over."""
    return any(
        one.name == name and person in one.people and one.ended_entry is not None and one.ended_entry < before
        for one in facts.releases
    )


def _published_before(facts: Facts, index: int, payload: dict[str, Any]) -> bool:
    """Whether an output came out before the withdrawal, and only its entry after it."""
    day = payload.get("published_on")
    return isinstance(day, str) and day < local_day(facts.recorded(index), facts.zone).isoformat()


def _names(entry: LedgerEntry, person: str) -> bool:
    payload = entry.payload or {}
    if payload.get("type") == "take_down":
        return False
    people = payload.get("participants")
    return payload.get("participant") == person or (isinstance(people, list) and person in people)


def _window_table(windows: list[dict[str, Any]]) -> list[Block]:
    if not windows:
        return [Text("There is nothing to show.")]
    cells = [
        [
            row["participant"],
            f"{row['from']} to {row['until']}",
            count(row["made_before_recorded"], "time"),
            count(row["made_meanwhile"], "time"),
            "; ".join(row["used"]) or "none",
        ]
        for row in windows
    ]
    return [
        Table(
            [
                "Participant",
                "Withdrawn",
                "Made with theirs, after the asking and before the record",
                "Made since",
                "Use of theirs",
            ],
            cells,
        )
    ]

"""Withdrawals as the register has them: when use stopped, who confirmed what, what was destroyed or taken back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from consent.choosing.closures import taken_back
from consent.storage.leaf import decode
from flows.study import Study
from schemas.consent import ConsentEvent, ConsentKind, Form
from schemas.ledger import EventKind, LedgerEntry


@dataclass(frozen=True)
class Confirmation:
    """The second yes.

    Attributes:
        index: Of its entry.
        by: The user who confirmed.
        key: Id of the key that signed the entry.
        written: Whether ``by`` was only said to have confirmed, on the participant's written request.
        alone: Whether the study had one person, who confirmed what they had recorded.
    """

    index: int
    at: datetime
    by: str
    key: str
    written: bool
    alone: bool


@dataclass(frozen=True)
class Withdrawal:
    """One withdrawal as the register has it.

    Attributes:
        index: Of its entry.
        key: Id of the key that signed the entry.
        confirmation: The newest second yes that counts.
        erased: Index of the entry that says it was carried out.
    """

    index: int
    event: ConsentEvent
    key: str
    stopped_at: datetime
    confirmation: Confirmation | None = None
    erased: int | None = None
    undone: bool = False

    @property
    def open(self) -> bool:
        """Whether it stands and was not carried out."""
        return self.erased is None and not self.undone

    @property
    def waits(self) -> bool:
        """Whether words are still to be destroyed for it."""
        return self.open and self.event.destroy_on is not None

    def due(self, now: datetime) -> bool:
        """Whether its day has come."""
        return self.waits and self.event.destroy_on is not None and self.event.destroy_on <= now


def withdrawals(study: Study, participant: str | None = None) -> list[Withdrawal]:
    """Every withdrawal (of one participant), in ledger order.

    Raises:
        MissingKey: this user may not read what people chose.
    """
    study.require_consent()
    register, entries = study.register(), study.ledger.entries()
    back = taken_back(register)
    keys = signers(study, [entry.index for entry in entries if entry.kind in _SIGNED])
    return [
        Withdrawal(
            index=index,
            event=event,
            key=keys[index],
            stopped_at=_stopped_at(event, datetime.fromisoformat(entries[index].minute)),
            confirmation=_confirmation(index, entries, keys),
            erased=register.erased[index][0] if index in register.erased else None,
            undone=index in back,
        )
        for index, event in register.events
        if event.event is ConsentKind.WITHDRAW and participant in (None, event.participant)
    ]


_SIGNED = frozenset({EventKind.WITHDRAW, EventKind.ERASE_ATTEST})


def signers(study: Study, indexes: Iterable[int]) -> dict[int, str]:
    """Entry to the id of the key that signed it."""
    leaves = {index: decode(next(study.ledger.leaves(index, index + 1))) for index in indexes}
    return {index: leaf.key for index, leaf in leaves.items() if leaf}


def _stopped_at(event: ConsentEvent, minute: datetime) -> datetime:
    """When use stopped. An entry bears its minute alone, which may have begun before somebody asked in it."""
    return event.at if minute <= event.at < minute + timedelta(minutes=1) else minute


def _confirmation(withdrawal: int, entries: Sequence[LedgerEntry], keys: dict[int, str]) -> Confirmation | None:
    """The newest confirmation that counts: somebody else's, or one that says why it is not."""
    yes = [_read_confirmation(entry, keys) for entry in entries if withdrawal in entry.refs]
    recorder = str((entries[withdrawal].payload or {}).get("recorded_by"))
    # A name as well as a key: whoever lost a passphrase is let in again under the same name with another key.
    counting = [one for one in yes if one and _counts(one, keys[withdrawal], recorder)]
    return counting[-1] if counting else None


def _counts(yes: Confirmation, key: str, recorder: str) -> bool:
    return yes.written or yes.alone or (yes.key != key and yes.by.casefold() != recorder.casefold())


def _read_confirmation(entry: LedgerEntry, keys: dict[int, str]) -> Confirmation | None:
    said = entry.payload or {}
    if said.get("type") != "confirmation":
        return None
    return Confirmation(
        index=entry.index,
        at=datetime.fromisoformat(str(said.get("at") or entry.minute)),
        by=str(said.get("by", "")),
        key=keys[entry.index],
        written=said.get("written_request") is True,
        alone=said.get("alone") is True,
    )


def due(study: Study) -> list[tuple[str, str, datetime]]:
    """Withdrawals whose words are still to be destroyed: participant, reach, date; soonest first."""
    waiting = [one.event for one in withdrawals(study) if one.waits]
    rows = [(event.participant, str(event.reach), event.destroy_on) for event in waiting if event.destroy_on]
    return sorted(rows, key=lambda row: row[2])


def form_of(study: Study, participant: str, before: int | None = None) -> Form | None:
    """The form that the participant signed last; what it promises about withdrawing is shown to whoever records one.

    Args:
        before: Index of an entry; only what was recorded before it counts.
    """
    register = study.register()
    said = register.by_participant.get(participant, ())
    events = [event for index, event in said if before is None or index < before]
    forms = [form for event in events if (form := register.form_of(event)) is not None]
    return forms[-1] if forms else None

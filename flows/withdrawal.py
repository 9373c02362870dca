"""Withdrawals: stopped at once, for every use; taken back, or destroyed on a printed date after a second yes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from consent.choosing.closures import undone_by
from consent.register import to_ledger_event
from consent.storage.leaf import decode
from flows.own import OWN, refuse_own
from flows.people import is_known
from flows.releases import Release, affected, recorded, standing
from flows.roles import require
from flows.settings import utc_now
from flows.stopping import Gone, record_and_stop
from flows.study import Study
from flows.users import people_of
from schemas.consent import ConsentEvent, ConsentKind, Form, Reach, Use
from schemas.errors import BadInput, MissingKey, RefusedByConsent, UsageError
from schemas.ledger import EventKind, LedgerEntry, LedgerEvent

LONGEST_DAYS = 31


@dataclass(frozen=True)
class Stopped:
    """What was recorded: when use stopped, until when it can be undone, and what went."""

    participant: str
    reach: str
    data: str
    at: datetime
    destroy_on: datetime | None
    index: int
    gone: Gone


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


def parse_days(text: str) -> int:
    """Days of ``7d`` or ``7``.

    Raises:
        UsageError: it is none, or longer than a month.
    """
    match = re.fullmatch(r"(\d{1,3})d?", text.strip())
    if match is None or int(match[1]) > LONGEST_DAYS:
        raise UsageError(
            f"--destroy-after is no number of days up to {LONGEST_DAYS}", hint="Write a number of days, such as 7d."
        )
    return int(match[1])


def parse_use(text: str | None) -> Use | None:
    """The use that a withdrawal is of; raises UsageError for all but ``recording``."""
    if text not in (None, Use.RECORDING):
        raise UsageError(
            "--use is none that can be withdrawn from alone",
            hint="Use recording, for the voice alone; for another use, record a change of choices.",
        )
    return None if text is None else Use.RECORDING


def withdrawal_event(
    study: Study,
    participant: str,
    *,
    data: str,
    reach: Reach,
    days: int,
    at: datetime | None,
    method: str | None,
    use: Use | None = None,
) -> ConsentEvent:
    """The event of a withdrawal; ``stop`` destroys nothing and so has no date.

    Raises:
        UsageError: ``data`` is none of the known ones. BadInput: the participant is not in the roster.
        MissingKey: the participant is the user themselves.
    """
    if data not in ("erase", "keep_deidentified", "stop"):
        raise UsageError("--data is none of the known ones", hint="Use erase, keep_deidentified or stop.")
    if use is not None and data == "keep_deidentified":
        raise UsageError("a voice cannot be kept de-identified", hint="Use --data erase with --use recording.")
    refuse_own(study, [participant], OWN)
    if not is_known(study, participant):
        raise BadInput("that participant is not in the roster", hint="Check the id: P and digits, such as P07.")
    asked = at or utc_now()
    if asked > utc_now() + timedelta(minutes=5):
        raise UsageError("--at lies in the future", hint="Give the time when the person asked.")
    return ConsentEvent(
        participant=participant,
        event=ConsentKind.WITHDRAW,
        at=asked,
        reach=reach,
        data=data,
        destroy_on=None if data == "stop" else utc_now() + timedelta(days=days),
        method=method,
        recorded_by=study.keyring.user,
        use=use,
    )


def stop_use(study: Study, event: ConsentEvent) -> Stopped:
    """Record a withdrawal and take the data sets away: well under a second, and no run is waited for."""
    [index], gone = record_and_stop(study, [to_ledger_event(event)], "withdrawal", releases=doomed(study, event))
    return Stopped(
        participant=event.participant,
        reach=str(event.reach),
        data=event.data or "",
        at=event.at,
        destroy_on=event.destroy_on,
        index=index,
        gone=gone,
    )


def doomed(study: Study, event: ConsentEvent) -> list[str]:
    """The data sets to hand on that a withdrawal ends.

    Where words are to be destroyed, every one that holds the person, told from its own entry: that takes milliseconds
    however long the register is. Somebody who may not read the register takes them all away. Where somebody withdraws
    their voice alone, none: no data set holds sound.
    """
    if event.use is not None:
        return []
    if not study.may_open_consent:
        return standing(study)
    if event.data == "stop":
        before = study.register()
        return affected(study, before, before.with_events([event]), [event.participant])
    return sorted(one.name for one in recorded(study) if one.stands and _holds(one, event))


def _holds(release: Release, event: ConsentEvent) -> bool:
    """Whether a data set may hold words that a withdrawal is of; where that is not told from its entry alone, yes."""
    named = event.reach.kind in ("session", "writing")
    return event.participant in release.people and (not named or event.reach.id in release.sessions)


def withdrawals(study: Study, participant: str | None = None) -> list[Withdrawal]:
    """Every withdrawal (of one participant), in ledger order.

    Raises:
        MissingKey: this user may not read what people chose.
    """
    study.require_consent()
    register, entries = study.register(), study.ledger.entries()
    back = {w for person in register.by_participant.values() for w in undone_by(register, person).values()}
    keys = _signers(study, [entry.index for entry in entries if entry.kind in _SIGNED])
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


def _signers(study: Study, indexes: Iterable[int]) -> dict[int, str]:
    """Entry to the id of the key that signed it."""
    leaves = {index: decode(next(study.ledger.leaves(index, index + 1))) for index in indexes}
    return {index: leaf.key for index, leaf in leaves.items() if leaf}


def _stopped_at(event: ConsentEvent, minute: datetime) -> datetime:
    """When use stopped. An entry bears its minute alone, which may have begun before somebody asked in it."""
    return event.at if minute <= event.at < minute + timedelta(minutes=1) else minute


def _confirmation(withdrawal: int, entries: Iterable[LedgerEntry], keys: dict[int, str]) -> Confirmation | None:
    """The newest confirmation that counts: somebody else's, or one that says why it is not."""
    yes = [_read_confirmation(entry, keys) for entry in entries if withdrawal in entry.refs]
    counting = [one for one in yes if one and (one.key != keys[withdrawal] or one.written or one.alone)]
    return counting[-1] if counting else None


def _read_confirmation(entry: LedgerEntry, keys: dict[int, str]) -> Confirmation | None:
    said = entry.payload or {}
    if said.get("type") != "confirmation":
        return None
    return Confirmation(
        index=entry.index,
        at=datetime.fromisoformat(str(said["at"])),
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


def undo(study: Study, participant: str, *, reach: Reach | None = None, at: datetime | None = None) -> Withdrawal:
    """Take a withdrawal back: the latest that stands, or the latest of ``reach``.

    Returns:
        The withdrawal that was taken back. The data sets come back with the next run.
    Raises:
        UsageError: none stands. RefusedByConsent: the words are destroyed already, or that has begun.
        MissingKey: the participant is the user themselves, or the user's role may not.
    """
    require(study, "consent undo")
    refuse_own(study, [participant], OWN)
    with study.ledger.lock():
        fits = [one for one in withdrawals(study, participant) if reach is None or one.event.reach == reach]
        standing_ones = [one for one in fits if one.open]
        if not standing_ones:
            raise _nothing_to_undo(fits)
        _refuse_begun(study, standing_ones[-1])
        taken_back = ConsentEvent(
            participant=participant,
            event=ConsentKind.UNDO,
            at=at or utc_now(),
            reach=standing_ones[-1].event.reach,
            recorded_by=study.keyring.user,
        )
        study.record(to_ledger_event(taken_back))
    return standing_ones[-1]


def _nothing_to_undo(fits: list[Withdrawal]) -> UsageError | RefusedByConsent:
    gone = [one for one in fits if one.erased is not None]
    if gone:
        return RefusedByConsent(
            "the words were destroyed already, and nothing brings them back",
            hint="If the person wishes to take part again, record a new consent.",
        )
    return UsageError("that participant has no withdrawal that stands", hint="See chatham consent history.")


def _refuse_begun(study: Study, one: Withdrawal) -> None:
    """A destruction that has begun is ended, not undone: some of the words are gone."""
    if any(job.withdrawal == one.index for job in study.vault.erasures.all()):
        raise RefusedByConsent(
            "the destruction of these words has begun, so it can only be ended",
            hint="End it with chatham retention --dispose; a new consent brings the person back.",
        )


def confirm(study: Study, participant: str, *, reach: Reach | None = None) -> list[Withdrawal]:
    """Record the second yes to the destruction of a participant's words, for each withdrawal that waits for it.

    Returns:
        The participant's withdrawals that wait for their day or are due, confirmed all of them.
    Raises:
        UsageError: nothing waits. MissingKey: the user recorded the withdrawal themselves and is not alone, or is the
            participant, or may not.
    """
    require(study, "consent confirm")
    refuse_own(study, [participant], "confirms their own withdrawal")
    with study.ledger.lock():
        waiting = [
            one for one in withdrawals(study, participant) if one.waits and (reach is None or one.event.reach == reach)
        ]
        if not waiting:
            raise UsageError(
                "no withdrawal of that participant waits to be confirmed", hint="See chatham retention for what is due."
            )
        alone = len(people_of(study)) == 1
        events = [_confirmed(study, one, alone) for one in waiting if one.confirmation is None]
        study.append(events)
    return [one for one in withdrawals(study, participant) if one.index in {first.index for first in waiting}]


def _confirmed(study: Study, one: Withdrawal, alone: bool) -> LedgerEvent:
    own = one.key == study.keyring.signer.key_id
    if own and not alone:
        raise MissingKey(
            "you recorded this withdrawal, so somebody else confirms that the words are destroyed",
            hint=f"Ask another user to run: chatham consent confirm {one.event.participant}",
        )
    if study.keyring.user not in {user.name for user in people_of(study)}:
        raise MissingKey(
            "a second person confirms, and this user is no person of the team",
            hint="Ask an assistant, investigator or ethics officer.",
        )
    return confirmation_event(one.index, one.event.participant, study.keyring.user, alone=own and alone)


def written_confirmation(study: Study, stopped: Stopped, name: str) -> None:
    """Record that ``name`` confirmed a destruction that the participant asked for in writing, to be done at once.

    Raises:
        UsageError, MissingKey: ``name`` is no other person of the study, or is the participant.
    """
    event = confirmation_event(stopped.index, stopped.participant, name, written=True, alone=len(people_of(study)) == 1)
    study.record(event)


def require_second(study: Study, participant: str, name: str, *, days: int, data: str) -> None:
    """Refuse a second person who is none, and one for what is not to be destroyed today.

    Raises:
        UsageError: no such person in this study, or there is a day to wait for.
        MissingKey: the acting user, or the participant, is named.
    """
    if days != 0 or data == "stop":
        raise UsageError(
            "--confirmed-by goes with words that are to be destroyed today",
            hint="Add --destroy-after 0, or leave it out: the second person then runs chatham consent confirm.",
        )
    people = {user.name: user for user in people_of(study)}
    if name not in people:
        raise UsageError("--confirmed-by names nobody of this study", hint="See the users with chatham user list.")
    if name == study.keyring.user and len(people) > 1:
        raise MissingKey("nobody is their own second person", hint="Name the other person who confirmed it.")
    if people[name].participant == participant:
        raise MissingKey("nobody confirms their own withdrawal", hint="Name another person of the study.")


def confirmation_event(
    index: int, participant: str, by: str, *, written: bool = False, alone: bool = False
) -> LedgerEvent:
    """The entry of a second yes to withdrawal number ``index``."""
    payload = {
        "type": "confirmation",
        "participant": participant,
        "withdrawal": index,
        "by": by,
        "written_request": written,
        "alone": alone,
        "at": utc_now().isoformat(timespec="seconds"),
    }
    return LedgerEvent(kind=EventKind.ERASE_ATTEST, payload=payload, refs=(index,))


def form_of(study: Study, participant: str) -> Form | None:
    """The form that the participant signed last; what it promises about withdrawing is shown to whoever records one."""
    register = study.register()
    events = [event for _, event in register.by_participant.get(participant, ())]
    forms = [form for event in events if (form := register.form_of(event)) is not None]
    return forms[-1] if forms else None

"""Withdrawals: stopped at once, for every use; taken back, or destroyed on a printed date after a second yes."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from consent.register import to_ledger_event
from flows.confirming import written_confirmation
from flows.own import OWN, refuse_own
from flows.people import is_known
from flows.releases import Release, affected, recorded, standing
from flows.roles import require
from flows.settings import utc_now
from flows.stopping import Gone, record_and_stop
from flows.study import Study
from flows.withdrawn import Withdrawal, withdrawals
from schemas.consent import ConsentEvent, ConsentKind, Reach, Use
from schemas.errors import BadInput, RefusedByConsent, UsageError
from schemas.ledger import LedgerEvent

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
    use: Use | None = None


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


def stop_use(study: Study, event: ConsentEvent, confirmed_by: str | None = None) -> Stopped:
    """Record a withdrawal and take the data sets away: well under a second, and no run is waited for.

    Args:
        confirmed_by: The second person, on the participant's written request; recorded in the same instant.
    """

    def entries(first: int) -> list[LedgerEvent]:
        yes = [written_confirmation(study, first, event.participant, confirmed_by)] if confirmed_by else []
        return [to_ledger_event(event), *yes]

    [index, *_], gone = record_and_stop(study, entries, "withdrawal", look=lambda: (True, doomed(study, event)))
    return Stopped(
        participant=event.participant,
        reach=str(event.reach),
        data=event.data or "",
        at=event.at,
        destroy_on=event.destroy_on,
        index=index,
        gone=gone,
        use=event.use,
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
            withdrawal=standing_ones[-1].index,
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

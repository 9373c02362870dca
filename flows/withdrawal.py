"""The first step of a withdrawal: stopped at once, for every use; destroyed on a printed date after a second yes."""

import re
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta

from consent.register import to_ledger_event
from flows.own import OWN, refuse_own
from flows.people import participant_ids
from flows.settings import utc_now
from flows.study import Study
from schemas.consent import ConsentEvent, ConsentKind, Reach
from schemas.errors import BadInput, UsageError

LONGEST_DAYS = 31


@dataclass(frozen=True)
class Stopped:
    """What was recorded: when use stopped, until when it can be undone, and which files went."""

    participant: str
    reach: str
    data: str
    at: datetime
    destroy_on: datetime | None
    removed: tuple[str, ...]


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


def withdrawal_event(
    study: Study, participant: str, *, data: str, reach: Reach, days: int, at: datetime | None, method: str | None
) -> ConsentEvent:
    """The event of a withdrawal; ``stop`` destroys nothing and so has no date.

    Raises:
        UsageError: ``data`` is none of the known ones. BadInput: the participant is not in the roster.
        MissingKey: the participant is the user themselves.
    """
    if data not in ("erase", "keep_deidentified", "stop"):
        raise UsageError("--data is none of the known ones", hint="Use erase, keep_deidentified or stop.")
    refuse_own(study, [participant], OWN)
    if participant not in participant_ids(study):
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
    )


def stop_use(study: Study, event: ConsentEvent) -> Stopped:
    """Record a withdrawal and take the data sets away, under one lock: no run can publish in between.

    The whole of it takes well under a second and waits for no run.
    """
    with study.ledger.lock():
        study.record(to_ledger_event(event))
        removed = remove_data_sets(study)
    return Stopped(
        participant=event.participant,
        reach=str(event.reach),
        data=event.data or "",
        at=event.at,
        destroy_on=event.destroy_on,
        removed=removed,
    )


def remove_data_sets(study: Study) -> tuple[str, ...]:
    """Delete the data set that ``run`` built, and what an interrupted build left; gives the names of what went."""
    removed = []
    for path in sorted(study.research.parent.glob("*.duckdb*")):  # hidden ones, of builds in hand, included
        if path.is_dir():  # where DuckDB lays what does not fit into memory
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        removed.append(path.name)
    return tuple(removed)


def due(study: Study) -> list[tuple[str, str, datetime]]:
    """Withdrawals whose words are still to be destroyed: participant, reach, date; soonest first."""
    register = study.register()
    waiting: dict[tuple[str, str], datetime] = {}
    for index, event in register.events:
        place = (event.participant, str(event.reach))
        if event.event is ConsentKind.WITHDRAW and event.destroy_on is not None and index not in register.erased:
            waiting[place] = event.destroy_on
        elif event.event is ConsentKind.UNDO:
            waiting.pop(place, None)
    return sorted(((*place, date) for place, date in waiting.items()), key=lambda item: item[2])

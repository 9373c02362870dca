"""Questions 7 and 8: whether withdrawals were honoured, and whether it is as easy to withdraw as to consent."""

from datetime import date, datetime, timedelta
from typing import Any

from consent.choosing.cells import REQUIRED
from consent.choosing.closures import undone_by
from flows.audit.answers import Answer, verdict
from flows.audit.facts import Facts
from flows.audit.told import entries_of, told_table
from flows.audit.words import count, delay, listed, local
from flows.reports.document import Block, Heading, Table
from flows.withdrawal import LONGEST_DAYS
from schemas.consent import ConsentEvent
from schemas.ledger import EventKind
from schemas.recording import local_day

_DATA = {
    "erase": "delete my words",
    "keep_deidentified": "keep de-identified words only",
    "stop": "use nothing from now on",
}
_LATEST = timedelta(days=LONGEST_DAYS)


def undone(facts: Facts) -> dict[int, int]:
    """Index of each withdrawal that was taken back, to the entry that took it back."""
    found = {}
    for person in {event.participant for _, event in facts.withdrawals}:
        for undo, withdrawal in undone_by(facts.register, facts.events(person)).items():
            found[withdrawal] = undo
    return found


def honoured(facts: Facts) -> Answer:
    """7 · Withdrawals honoured: asked, stopped, destroyed; and what could not be recalled."""
    rows = withdrawal_rows(facts)
    late = [row for row in rows if row["overdue"] or row["late"] or row["slow"]]
    waiting = [row for row in rows if row["fate"] == "waits for its day"]
    return Answer(
        question="Was every withdrawal honoured, and in time?",
        verdict=verdict(wrong=bool(late)),
        answer=_q7_line(rows, late, waiting),
        explanation="Use stops for everything once a withdrawal is recorded; the words are destroyed on a day that "
        f"the person is told, after a second person confirms, and never later than {LONGEST_DAYS} days.",
        evidence=[*rows, *entries_of(facts, EventKind.SENT, EventKind.OUTPUT, EventKind.ERASE_ATTEST)],
        blocks=[*_withdrawal_table(rows), *_not_recalled(facts, rows)],
    )


def _q7_line(rows: list[dict[str, Any]], late: list[dict[str, Any]], waiting: list[dict[str, Any]]) -> str:
    if not rows:
        return "Yes. Nobody has withdrawn so far."
    if any(row["slow"] for row in late):
        slow = sum(row["slow"] for row in late)
        return f"No. {count(slow, 'withdrawal')} recorded more than {LONGEST_DAYS} days after the asking; use went on."
    if late:
        return f"No. {count(len(late), 'withdrawal')} past the day on which the words had to be destroyed."
    slowest = max(rows, key=lambda row: int(row["asked_to_stopped_minutes"]))
    said = f"Yes. {count(len(rows), 'withdrawal')}; use stopped as soon as it was recorded, "
    said += f"{slowest['asked_to_stopped']} after the asking{' at most' if len(rows) > 1 else ''}."
    return said + (
        f" {count(len(waiting), 'withdrawal waits', 'withdrawals wait')} for the day of destruction." if waiting else ""
    )


def withdrawal_rows(facts: Facts) -> list[dict[str, Any]]:
    """Every withdrawal: when asked, stopped, destroyed; the delays; and whether it is overdue."""
    back = undone(facts)
    return [_row(facts, index, event, index in back) for index, event in facts.withdrawals]


def _row(facts: Facts, index: int, event: ConsentEvent, taken_back: bool) -> dict[str, Any]:
    stopped, erased = facts.recorded(index), facts.register.erased.get(index)
    due = event.destroy_on
    destroyed = erased[1] if erased else None
    limit = None if due is None else min(due, stopped + _LATEST)
    open_still = limit is not None and destroyed is None and not taken_back
    return {
        "entry": index,
        "participant": event.participant,
        "reach": str(event.reach),
        "wish": _DATA.get(event.data or "", "stop every use"),
        "asked_on": local(event.at, facts.zone),
        "stopped_on": local(stopped, facts.zone),
        "asked_to_stopped": delay(stopped - event.at),
        "asked_to_stopped_minutes": max(0, int((stopped - event.at).total_seconds() // 60)),
        "destroy_on": local(due, facts.zone) if due else None,
        "destroyed_on": local(destroyed, facts.zone) if destroyed else None,
        "stopped_to_destroyed_days": (destroyed - stopped).days if destroyed else None,
        "fate": _fate(event, destroyed, taken_back),
        "overdue": open_still and limit is not None and _day(limit, facts) < _day(facts.now, facts),
        "slow": stopped - event.at > _LATEST,
        "late": limit is not None and destroyed is not None and destroyed > limit + timedelta(days=1),
    }


def _day(moment: datetime, facts: Facts) -> date:
    return local_day(moment, facts.zone)


def _fate(event: ConsentEvent, destroyed: datetime | None, taken_back: bool) -> str:
    if destroyed:
        return "destroyed"
    if taken_back:
        return "taken back"
    return "waits for its day" if event.destroy_on else "stopped; nothing to be destroyed"


def _withdrawal_table(rows: list[dict[str, Any]]) -> list[Block]:
    if not rows:
        return []
    cells = [
        [
            row["participant"],
            f"{row['wish']} ({row['reach'].replace(':', ' ')})",
            row["asked_on"],
            f"{row['stopped_on']} ({row['asked_to_stopped']})",
            row["destroy_on"] or "–",
            "OVERDUE" if row["overdue"] else row["destroyed_on"] or row["fate"],
        ]
        for row in rows
    ]
    return [Table(["Participant", "Asked to", "Asked on", "Use stopped", "To be destroyed on", "Destroyed"], cells)]


def _not_recalled(facts: Facts, rows: list[dict[str, Any]]) -> list[Block]:
    gone = entries_of(facts, EventKind.SENT, EventKind.OUTPUT, EventKind.ERASE_ATTEST)
    none = (
        "No copy was handed over and nothing was published, as far as the register knows: nothing in this version "
        "records it yet. What was published outside of it stands in no table here."
    )
    if not rows:
        return []
    return [Heading("What could not be recalled", 4), told_table(gone, none)]


def steps(facts: Facts) -> Answer:
    """8 · Steps needed to withdraw against steps needed to consent; and whether people were told how."""
    silent = [
        form.version
        for form in facts.register.forms.values()
        if form.kind == "participant" and not form.iso27560.get("withdrawal_method")
    ]
    needed = len(REQUIRED)
    rows = [
        ["What the person does", "reads a form and signs it, or says so", "says so, in any way; no form is needed"],
        ["What the team records", "one row of a sheet or one command", "one row of a sheet or one command"],
        ["What that row must hold", count(needed, "cell"), count(needed, "cell")],
        ["Before it can be recorded", "the form must be registered", "nothing"],
        ["Who may record it", "anybody of the team", "anybody of the team"],
        ["Second person", "none", "none to stop; one to confirm the destruction"],
        ["Takes effect", "when the data set is next built", "at once: the data set is taken away"],
        ["Can be undone", "at any time, by withdrawing", "until the day of destruction"],
    ]
    names = ("step", "to_consent", "to_withdraw")
    return Answer(
        question="Is it as easy to withdraw as it was to consent?",
        verdict=verdict(unknown=bool(silent) or not facts.register.forms),
        answer=_q8_line(silent, bool(facts.register.forms)),
        explanation="The destruction of words has a second step, by a second person, on a printed day: it cannot be "
        "undone. The person has nothing to do for it, and no use goes on meanwhile.",
        evidence=[
            *(dict(zip(names, row, strict=True)) for row in rows),
            *({"form_without_a_way_to_withdraw": version} for version in silent),
        ],
        blocks=[Table(["", "To consent", "To withdraw"], rows)],
    )


def _q8_line(silent: list[str], any_form: bool) -> str:
    same = "Each takes one step of the person and one entry by the team; to withdraw needs no form."
    if not any_form:
        return "Not yet known. No form is registered, so nobody can tell what people are told of withdrawing."
    if silent:
        return f"Not yet known. {same} But the register does not say how people are told to withdraw: {listed(silent)}."
    return f"Yes. {same}"

"""Questions 7 and 8: whether withdrawals were honoured, and whether it is as easy to withdraw as to consent."""

from datetime import date, datetime, timedelta
from typing import Any

from consent.choosing.cells import REQUIRED
from consent.choosing.closures import undone_by
from flows.audit.answers import Answer, verdict
from flows.audit.destruction import Certified, certified, confirmed
from flows.audit.elsewhere import not_recalled, owed
from flows.audit.facts import Facts
from flows.audit.words import count, delay, listed, local
from flows.reports.document import Block, Table
from flows.withdrawal import LONGEST_DAYS
from schemas.consent import ConsentEvent, Use
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
    late = [row for row in rows if row["overdue"] or row["late"] or row["slow"] or row["unconfirmed"]]
    open_elsewhere = owed(facts)
    kept_late = [row for row in open_elsewhere if row["late"]]
    return Answer(
        question="Was every withdrawal honoured, and in time?",
        verdict=verdict(wrong=bool(late or kept_late)),
        answer=_q7_line(rows, late, kept_late),
        explanation="Use stops for everything once a withdrawal is recorded; the words are destroyed on a day that "
        f"the person is told, after a second person confirms, and never later than {LONGEST_DAYS} days.",
        evidence=[*rows, *open_elsewhere],
        blocks=[*_withdrawal_table(rows), *not_recalled(facts, open_elsewhere)],
    )


def _q7_line(rows: list[dict[str, Any]], late: list[dict[str, Any]], kept_late: list[dict[str, Any]]) -> str:
    if not (rows or kept_late):
        return "Yes. Nobody has withdrawn so far."
    if any(row["slow"] for row in late):
        slow = sum(row["slow"] for row in late)
        return f"No. {count(slow, 'withdrawal')} recorded more than {LONGEST_DAYS} days after the asking; use went on."
    if any(row["unconfirmed"] for row in late):
        bare = sum(row["unconfirmed"] for row in late)
        return f"No. The words of {count(bare, 'withdrawal')} were destroyed without a second person's yes."
    if late:
        return f"No. {count(len(late), 'withdrawal')} past the day on which the words had to be destroyed."
    if kept_late:
        things = count(len(kept_late), "thing")
        return f"No. {things} outside of the study's folder had to be taken back by a day that is past (see below)."
    slowest = max(rows, key=lambda row: int(row["asked_to_stopped_minutes"]))
    said = f"Yes. {count(len(rows), 'withdrawal')}; use stopped as soon as it was recorded, "
    said += f"{slowest['asked_to_stopped']} after the asking{' at most' if len(rows) > 1 else ''}."
    return said + _q7_rest(rows)


def _q7_rest(rows: list[dict[str, Any]]) -> str:
    waiting = sum(row["fate"] == "waits for its day" for row in rows)
    unsigned = sum(row["fate"] == "destroyed" and row["signatures_missing"] != 0 for row in rows)
    said = f" {count(waiting, 'withdrawal waits', 'withdrawals wait')} for the day of destruction." if waiting else ""
    if unsigned:
        said += f" {count(unsigned, 'certificate')} of destruction not signed by everybody who has to."
    return said


def withdrawal_rows(facts: Facts) -> list[dict[str, Any]]:
    """Every withdrawal: when asked, stopped, destroyed; the delays; and whether it is overdue."""
    back = undone(facts)
    return [_row(facts, index, event, index in back) for index, event in facts.withdrawals]


def _row(facts: Facts, index: int, event: ConsentEvent, taken_back: bool) -> dict[str, Any]:
    stopped, erased = facts.recorded(index), facts.register.erased.get(index)
    yes, paper = confirmed(facts, index), certified(facts, index)
    due = event.destroy_on
    destroyed = erased[1] if erased else None
    limit = None if due is None else min(due, stopped + _LATEST)
    open_still = limit is not None and destroyed is None and not taken_back
    return {
        "entry": index,
        "participant": event.participant,
        "reach": str(event.reach),
        "wish": _wish(event),
        "asked_on": local(event.at, facts.zone),
        "stopped_on": local(stopped, facts.zone),
        "asked_to_stopped": delay(stopped - event.at),
        "asked_to_stopped_minutes": max(0, int((stopped - event.at).total_seconds() // 60)),
        "destroy_on": local(due, facts.zone) if due else None,
        "confirmed_on": local(yes.at, facts.zone) if yes else None,
        "confirmed_by": yes.by if yes else None,
        "confirmation": yes.how if yes else None,
        "unconfirmed": destroyed is not None and yes is None,
        "destroyed_on": local(destroyed, facts.zone) if destroyed else None,
        "stopped_to_destroyed_days": (destroyed - stopped).days if destroyed else None,
        "fate": _fate(event, destroyed, taken_back),
        "certificate": paper.number if paper else None,
        "signatures": paper.signed if paper else None,
        "signatures_missing": paper.missing if paper else None,
        "certified": _certified(paper) if destroyed else None,
        "overdue": open_still and limit is not None and _day(limit, facts) < _day(facts.now, facts),
        "slow": stopped - event.at > _LATEST,
        "late": limit is not None and destroyed is not None and destroyed > limit + timedelta(days=1),
    }


def _wish(event: ConsentEvent) -> str:
    if event.use is Use.RECORDING:
        return "delete my voice" if event.data != "stop" else "record my voice no more"
    return _DATA.get(event.data or "", "stop every use")


def _certified(paper: Certified | None) -> str:
    if paper is None:
        return "no certificate"
    missing = f", {count(paper.missing, 'signature')} missing" if paper.missing else ""
    return f"certificate {paper.number}: signed by {paper.signed}{missing}"


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
            _confirmed_cell(row),
            _destroyed_cell(row),
        ]
        for row in rows
    ]
    return [Table(["Participant", "Asked to", "Asked on", "Use stopped", "Confirmed", "Destroyed"], cells)]


def _confirmed_cell(row: dict[str, Any]) -> str:
    if row["confirmed_on"]:
        return f"{row['confirmed_on']} ({row['confirmed_by']}; {row['confirmation']})"
    if row["unconfirmed"]:
        return "NOT CONFIRMED"
    return "not yet" if row["fate"] == "waits for its day" else "–"


def _destroyed_cell(row: dict[str, Any]) -> str:
    if row["overdue"]:
        return f"OVERDUE: was to be done by {row['destroy_on']}"
    if row["destroyed_on"]:
        return f"{row['destroyed_on']} ({row['certified']})"
    return f"to be done by {row['destroy_on']}" if row["fate"] == "waits for its day" else str(row["fate"])


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

"""The page for the yearly renewal: what happened in a period, and how things stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flows.audit.drawing import levels_now, levels_picture, over_time_picture
from flows.audit.elsewhere import owed
from flows.audit.facts import Facts
from flows.audit.told import entries_of, told_table
from flows.audit.withdrawals import withdrawal_rows
from flows.audit.words import count, day, listed
from flows.reports.document import Block, Heading, Note, Table, Text, literal
from schemas.consent import ConsentKind, State
from schemas.ledger import EventKind
from schemas.recording import local_day

OUTPUTS = (EventKind.RELEASE, EventKind.SENT, EventKind.OUTPUT)
_KINDS = {
    "enrolled": "came into the list of participants",
    "consented": "signed a form for the first time",
    "declined": "declined",
    "withdrew": "withdrew",
    "changed": "changed their choices",
    "went_over": "went over to another form",
}


@dataclass(frozen=True)
class Period:
    """A period of whole days, both ends within it."""

    start: date
    end: date

    def holds(self, moment: date) -> bool:
        """Whether a day lies within it."""
        return self.start <= moment <= self.end


def renewal(facts: Facts, period: Period) -> dict[str, Any]:
    """The page as facts: who came and went in the period, changes, incidents, outputs, and the numbers of today.

    People count on the day on which they asked; entries on the day on which they were recorded.
    """
    people = {name: sorted(_people(facts, period, name)) for name in _KINDS}
    changes = [event for _, event in facts.register.events if event.event is ConsentKind.CHANGE]
    return {
        "from": period.start.isoformat(),
        "to": period.end.isoformat(),
        **people,
        "changes": sum(period.holds(local_day(event.at, facts.zone)) for event in changes),
        "destroyed": sorted(_destroyed(facts, period)),
        "waiting_to_be_destroyed": _waiting(facts),
        "sessions": [session.session for session in facts.sessions if period.holds(session.day)],
        "incidents": _entries(facts, period, EventKind.INCIDENT),
        "outputs": _entries(facts, period, *OUTPUTS),
        "to_be_taken_back": owed(facts),
        "openings": len(_entries(facts, period, EventKind.ACCESS)),
        "backups": len(_entries(facts, period, EventKind.BACKUP)),
        "originals_not_confirmed": [one.session for one in facts.originals],
        "in_the_list": len(facts.people),
        "take_part": sum(decision.state is State.CONSENTED for decision in facts.states.values()),
        "levels": levels_now(facts),
    }


def renewal_blocks(facts: Facts, page: dict[str, Any], title: str) -> Sequence[Block]:
    """The page, for people."""
    start, end = day(date.fromisoformat(page["from"])), day(date.fromisoformat(page["to"]))
    rows = [[words, str(len(page[name])), listed(page[name])] for name, words in _KINDS.items()]
    rows.append(["had their words destroyed", str(len(page["destroyed"])), listed(page["destroyed"])])
    waiting = page["waiting_to_be_destroyed"]
    picture = over_time_picture(facts)
    return [
        Text(f"For the study **{literal(title)}**, from {start} to {end}. Approvals: {', '.join(facts.approvals)}."),
        Note(
            f"{page['take_part']} of {page['in_the_list']} people in the list take part today. In this period "
            f"{len(page['consented'])} signed for the first time, {len(page['declined'])} declined and "
            f"{len(page['withdrew'])} withdrew; {count(page['changes'], 'change')} of choices."
        ),
        Heading("People"),
        Table(["In this period", "How many", "Who"], rows, numbers=(1,)),
        *([Text(f"Use stopped, destruction still to come: {listed(set(waiting))}.")] if waiting else []),
        Heading("Sessions"),
        Text(f"Held in this period: {', '.join(page['sessions']) or 'none'}."),
        Heading("Incidents"),
        told_table(page["incidents"], "No incident is in the register."),
        Heading("What was handed on or published"),
        told_table(
            page["outputs"],
            "No data set was made to hand on, none was handed over and nothing was published.",
        ),
        *_left(page),
        Heading("How things stand today"),
        levels_picture(facts),
        Table(["Shown as", "People"], [[name, str(number)] for name, number in page["levels"].items()], numbers=(1,)),
        *([picture] if picture else []),
    ]


def _left(page: dict[str, Any]) -> Sequence[Block]:
    """How much is still to be taken back, and what else a board asks about custody, a line each."""
    late = sum(row["late"] for row in page["to_be_taken_back"])
    overdue = f", {late} of them overdue" if late else ""
    originals = page["originals_not_confirmed"]
    unconfirmed = f" Originals not confirmed deleted: session {', '.join(originals)}." if originals else ""
    return [
        Text(f"Still to be taken back today: {count(len(page['to_be_taken_back']), 'thing')}{overdue}."),
        Heading("Custody"),
        Text(
            f"In this period people of the team opened protected material {count(page['openings'], 'time')}, and "
            f"{count(page['backups'], 'entry', 'entries')} about backups came into the register.{unconfirmed}"
        ),
    ]


def _people(facts: Facts, period: Period, name: str) -> set[str]:
    if name == "enrolled":
        return {p for p, moment in facts.enrolled.items() if period.holds(local_day(moment, facts.zone))}
    kind = {
        "consented": ConsentKind.CONSENT,
        "declined": ConsentKind.DECLINE,
        "withdrew": ConsentKind.WITHDRAW,
        "changed": ConsentKind.CHANGE,
        "went_over": ConsentKind.REAFFIRM,
    }[name]
    found = set()
    for person in facts.people:
        moments = [event.at for _, event in facts.events(person) if event.event is kind]
        counted = moments[:1] if name == "consented" else moments
        if any(period.holds(local_day(moment, facts.zone)) for moment in counted):
            found.add(person)
    return found


def _destroyed(facts: Facts, period: Period) -> set[str]:
    return {
        event.participant
        for index, event in facts.withdrawals
        if index in facts.register.erased and period.holds(local_day(facts.register.erased[index][1], facts.zone))
    }


def _waiting(facts: Facts) -> list[str]:
    return [row["participant"] for row in withdrawal_rows(facts) if row["fate"] == "waits for its day"]


def _entries(facts: Facts, period: Period, *kinds: EventKind) -> list[dict[str, Any]]:
    rows = entries_of(facts, *kinds)
    return [row for row in rows if period.holds(local_day(facts.recorded(row["entry"]), facts.zone))]

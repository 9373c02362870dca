"""Questions 3 and 4: how each consent was given and by whom it was recorded, and every change since."""

from datetime import datetime
from typing import Any

from consent.telling import tell
from flows.audit.answers import Answer, verdict
from flows.audit.consents import standing
from flows.audit.facts import Facts
from flows.audit.words import count, delay, given_by, local, method, persons
from flows.reports.document import Heading, Table, Text
from schemas.consent import ConsentEvent, ConsentKind


def how_given(facts: Facts) -> Answer:
    """3 · How consent was given, and who recorded it."""
    rows = [_given_row(facts, index, event) for index, event in facts.consents]
    own = [row for row in rows if row["own"]]
    missing = [row for row in rows if row["way"] == "not recorded"]
    if own:
        line = f"No. {count(len(own), 'signature was', 'signatures were')} recorded by the person it speaks of."
    elif missing:
        line = f"Not yet known for {len(missing)} of {count(len(rows), 'signature')}: the way is not recorded."
    else:
        line = f"Yes. The way and the recorder of each of the {count(len(rows), 'signature')} are recorded."
    kept = sum(row["evidence"] for row in rows)
    return Answer(
        question="Is it recorded how each consent was given, and who recorded it?",
        verdict=verdict(wrong=bool(own), unknown=bool(missing)),
        answer=line,
        explanation=f"With {kept or 'none'} of them a signed form or another proof was recorded. "
        "Each entry is signed by the key of whoever recorded it; members of the team are numbered, not named.",
        evidence=rows,
        blocks=[
            Table(
                ["Participant", "Given on", "Recorded", "Way", "Given by", "Proof kept", "Recorded by"],
                [
                    [
                        row["participant"],
                        row["given_on"],
                        f"{row['recorded_on']} ({row['delay']})",
                        row["way"],
                        row["given_by"],
                        "yes" if row["evidence"] else "no",
                        row["recorded_by"],
                    ]
                    for row in rows
                ],
            )
        ],
    )


def _given_row(facts: Facts, index: int, event: ConsentEvent) -> dict[str, Any]:
    key = facts.signed_by[index] if index < len(facts.signed_by) else ""
    member, recorded = facts.members.get(key), facts.recorded(index)
    return {
        "entry": index,
        "participant": event.participant,
        "given_on": local(event.at, facts.zone),
        "recorded_on": local(recorded, facts.zone),
        "delay": delay(recorded - event.at),
        "way": method(event.method),
        "given_by": given_by(event.given_by),
        "evidence": event.evidence_sha256 is not None,
        "recorded_by": facts.recorder(index),
        "own": member is not None and member.participant == event.participant,
    }


def every_change(facts: Facts) -> Answer:
    """4 · Every change, and the level at any date."""
    rows = [row for person in facts.people for row in _changes(facts, person)]
    later = [row for row in rows if not row["first"]]
    lines = [_timeline_row(facts, person) for person in facts.people if facts.events(person)]
    return Answer(
        question="Can every change be seen, and what each person had chosen on any day?",
        verdict=verdict(unknown=bool(facts.register.unread)),
        answer=_q4_line(facts, later),
        explanation="A change never overwrites what was said before; it is a new entry, and what is used follows it.",
        evidence=[*rows, *lines],
        blocks=[
            Heading("The level on any day", 4),
            Text("How each person is shown when their words are analysed. Each level holds until the next date."),
            Table(["Participant", "Level, from when on"], [[row["participant"], row["said"]] for row in lines]),
            Heading("Every entry about a choice", 4),
            Table(["Participant", "What was said", "Recorded on"], _change_cells(rows)),
        ],
    )


def _q4_line(facts: Facts, later: list[dict[str, Any]]) -> str:
    if facts.register.unread:
        return "Not yet known. Some entries could not be opened by whoever made this report."
    who = len({row["participant"] for row in later})
    return f"Yes. {count(len(later), 'change')} after the first answer, by {persons(who)}."


def _changes(facts: Facts, person: str) -> list[dict[str, Any]]:
    rows = []
    for place, (index, event) in enumerate(facts.events(person)):
        entry = facts.entries[index]
        rows.append(
            {
                "entry": index,
                "participant": person,
                "deed": str(event.event),
                "said": tell(entry.kind, entry.payload or {}),
                "recorded_on": local(facts.recorded(index), facts.zone),
                "first": place == 0 and event.event in (ConsentKind.CONSENT, ConsentKind.DECLINE),
            }
        )
    return rows


def _change_cells(rows: list[dict[str, Any]]) -> list[list[str]]:
    return [[row["participant"], row["said"], row["recorded_on"]] for row in rows]


def _timeline_row(facts: Facts, person: str) -> dict[str, Any]:
    steps = [(moment, standing(decision)) for moment, decision in facts.timelines[person]]
    return {
        "participant": person,
        "levels": [{"from": moment.isoformat(), "level": words} for moment, words in steps],
        "said": " → ".join(f"{_day(facts, moment)}: {words}" for moment, words in steps),
    }


def _day(facts: Facts, moment: datetime) -> str:
    return local(moment, facts.zone)

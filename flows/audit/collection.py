"""Questions 5 and 6: whether consent came before collection, and what was made of the words, with which models."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flows.audit.answers import Answer, verdict
from flows.audit.facts import SIGNINGS, Facts
from flows.audit.words import count, day, language, listed, local, persons
from flows.reports.document import Block, Heading, Table, Text
from schemas.consent import State
from schemas.identifiers import by_number
from schemas.purposes import PURPOSES, permitted
from schemas.recording import Rule, Session, local_day

_PURPOSES = {
    "analyse": "analysis",
    "quote_research": "quotes in research",
    "quote_practice": "quotes in practice",
    "archive": "the archive",
}
_RULES = {Rule.OPEN: "open", Rule.CHATHAM_HOUSE: "Chatham House", Rule.OFF_THE_RECORD: "off the record"}


def before_collection(facts: Facts) -> Answer:
    """5 · Consent before collection, and the speech of people who were never asked."""
    rows = [_session_row(facts, session) for session in facts.sessions]
    unasked = _unasked(facts)
    overdue = [row for row in unasked if row["overdue"]]
    blind = facts.voices is None and any(row["not_covered"] for row in rows)
    return Answer(
        question="Did consent come before any use, and does speech of people who were never asked go in time?",
        verdict=verdict(wrong=bool(overdue), unknown=blind),
        answer=_q5_line(rows, unasked, overdue, blind),
        explanation="A form signed on the day of a session covers it. Who signs later stays out of earlier sessions, "
        "unless they said that everything they ever said may be used. Speech of people who were never asked is heard "
        f"only to find out who it is, and must go {count(facts.never_asked_days, 'day')} after it was taken in.",
        evidence=[*rows, *unasked],
        blocks=[_sessions_table(rows), *_unasked_table(facts, unasked)],
    )


def _q5_line(rows: list[dict[str, Any]], unasked: list[dict[str, Any]], overdue: list[Any], blind: bool) -> str:
    if overdue:
        sessions = ", ".join(row["session"] for row in overdue)
        return f"No. Speech of people who were never asked is past the day on which it had to go ({sessions})."
    if blind:
        return (
            "Not yet known. Nothing from before a person agreed is used; but whether people who had not been asked "
            "speak in a recording, only the team can see, in a report that it makes itself."
        )
    later = {person for row in rows for person in row["signed_later"]}
    said = "Yes. Nothing that anybody said before they agreed is used."
    if later:
        said += f" {persons(len(later))} signed after a session; it stays withheld for them ({listed(later)})."
    if unasked:
        said += f" In {count(len(unasked), 'session')} people speak who were not asked; nothing of theirs is used."
    return said


def _session_row(facts: Facts, session: Session) -> dict[str, Any]:
    groups: dict[str, list[str]] = {
        name: [] for name in ("before", "covered_later", "signed_later", "withdrawn", "declined", "not_asked")
    }
    for person in facts.people:
        groups[_group(facts, session, person)].append(person)
    taken = facts.taken_in.get(session.session)
    return {
        "session": session.session,
        "held_on": day(session.day),
        "rule": _RULES[session.rule],
        "taken_in": local(taken[1], facts.zone) if taken else None,
        **groups,
        "not_covered": len(groups["signed_later"]) + len(groups["not_asked"]) + len(groups["declined"]),
    }


def _group(facts: Facts, session: Session, person: str) -> str:
    decision = facts.decision(person, session)
    if decision.state in (State.STOPPED, State.ERASED):
        return "withdrawn"
    if decision.state is State.DECLINED:
        return "declined"
    days = [local_day(event.at, session.zone) for _, event in facts.signings(person) if event.event in SIGNINGS[:1]]
    if decision.state is not State.CONSENTED:
        return "signed_later" if days and min(days) > session.day else "not_asked"
    return "before" if min(days, default=session.day) <= session.day else "covered_later"


def _sessions_table(rows: list[dict[str, Any]]) -> Block:
    return Table(
        [
            "Session",
            "Held on",
            "Taken in",
            "Agreed before or that day",
            "Agreed later, for everything they ever said",
            "Signed later: withheld",
            "Withdrew",
            "Declined or not asked: withheld",
        ],
        [
            [
                row["session"],
                row["held_on"],
                "no file: off the record"
                if row["rule"] == _RULES[Rule.OFF_THE_RECORD]
                else row["taken_in"] or "not recorded",
                str(len(row["before"])),
                listed(row["covered_later"]),
                listed(row["signed_later"]),
                listed(row["withdrawn"]),
                listed([*row["declined"], *row["not_asked"]]),
            ]
            for row in rows
        ],
        caption="Everybody in the list of participants, held against each session, whether they were there or not.",
        numbers=(3,),
    )


def _unasked(facts: Facts) -> list[dict[str, Any]]:
    """Speech of people never asked, and voices that are nobody's, by session; empty where the reader may not know."""
    rows = []
    for session in facts.sessions:
        voices, taken = (facts.voices or {}).get(session.session), facts.taken_in.get(session.session)
        if voices is None or taken is None:
            continue
        people = [
            person
            for person in by_number(voices.people or ())
            if facts.decision(person, session).state is State.NOT_ASKED
        ]
        if people or voices.unknown:
            rows.append(_fate(facts, session, people, voices.unknown, taken[1]))
    return rows


def _fate(facts: Facts, session: Session, people: list[str], unknown: int, taken: datetime) -> dict[str, Any]:
    until = taken + timedelta(days=facts.never_asked_days)
    return {
        "session": session.session,
        "not_asked_speakers": people,
        "unknown_voices": unknown,
        "must_go_by": local_day(until, facts.zone).isoformat(),
        "must_go_by_said": local(until, facts.zone),
        "overdue": until < facts.now,
    }


def _unasked_table(facts: Facts, rows: list[dict[str, Any]]) -> list[Block]:
    heading = Heading("Speech of people who were never asked", 4)
    if facts.voices is None:
        return [heading, Text("Whoever made this report may not open sessions; the team's own report lists it here.")]
    unheard = [name for name, voices in facts.voices.items() if voices.people is None]
    waiting = [Text(f"Nobody has listened yet to: {', '.join(sorted(unheard))}.")] if unheard else []
    if not rows:
        return [heading, Text("There is none in the sessions that were listened to."), *waiting]
    cells = [
        [
            row["session"],
            listed(row["not_asked_speakers"]),
            str(row["unknown_voices"]),
            "withheld from every use; nobody but the team may look, to find out who it is",
            row["must_go_by_said"] + (": OVERDUE" if row["overdue"] else ""),
        ]
        for row in rows
    ]
    columns = [
        "Session",
        "People not asked",
        "Voices of nobody known",
        "What happens to it",
        "Ask them, or destroy it by",
    ]
    return [heading, Table(columns, cells, numbers=(2,)), *waiting]


def each_derived_item(facts: Facts) -> Answer:
    """6 · Each derived item's consent, model and configuration."""
    rows = [_derived_row(facts, place) for place in range(len(facts.derived))]
    bare = [row for row in rows if not row["complete"]]
    question = "For everything made from people's words, is it recorded whose consent, which model and which settings?"
    if not rows:
        return Answer(question, verdict(unknown=True), "Not yet known. Nothing has been made from anybody's words yet.")
    line = f"Yes. {count(len(rows), 'entry', 'entries')}, one for each time a session's words were made ready for use."
    return Answer(
        question=question,
        verdict=verdict(wrong=bool(bare)),
        answer=f"No. {count(len(bare), 'entry does', 'entries do')} not say all of it." if bare else line,
        explanation="An entry is written before the words can be used; if it cannot be written, nothing is published. "
        "Its seals pin the choices of everybody in the session, the settings and the words themselves (see the annex).",
        evidence=[{name: value for name, value in row.items() if name != "digests"} for row in rows],
        blocks=[
            Table(
                ["Session", "Made on", "For", "Speech recognised by", "Might be used", "Turns", "Withheld", "Masked"],
                [
                    [
                        row["session"],
                        row["made_on"],
                        row["purpose"],
                        row["model"],
                        persons(row["permitted"]),
                        *(str(row[name]) for name in ("utterances", "withheld", "redactions")),
                    ]
                    for row in rows
                ],
                caption="'Might be used': people in the register whose choices at that moment allowed it, "
                "whether they were there or not.",
                numbers=(5, 6, 7),
            )
        ],
        annex=[_digests(rows)],
    )


def _derived_row(facts: Facts, place: int) -> dict[str, Any]:
    entry, payload = facts.derived[place]
    session = facts.register.sessions.get(str(payload.get("session")))
    purpose = str(payload.get("purpose"))
    counts = payload.get("counts") or {}
    digests = {name: str(payload.get(name) or "") for name in ("decisions", "key", "digest")}
    return {
        "entry": entry.index,
        "session": str(payload.get("session")),
        "language": language(session.language) if session else None,
        "made_on": local(facts.recorded(entry.index), facts.zone),
        "purpose": _PURPOSES.get(purpose, purpose),
        "model": _model(payload.get("model")),
        "permitted": permitted_then(facts, session, purpose, entry.index) if session else 0,
        **{name: int(counts.get(name, 0)) for name in ("utterances", "withheld", "redactions")},
        "complete": session is not None and purpose in PURPOSES and all(digests.values()),
        "digests": digests,
    }


def permitted_then(facts: Facts, session: Session, purpose: str, index: int) -> int:
    """How many people's choices allowed the use of their words, as the register stood before entry ``index``."""
    if purpose not in PURPOSES:
        return 0
    use = PURPOSES[purpose].uses[0]
    return sum(permitted(facts.decision(person, session, use, before=index), purpose) for person in facts.people)


def _model(text: object) -> str:
    """Name of a speech model without the folder it lies in, which may name a person."""
    if not isinstance(text, str) or not text:
        return "nothing: a transcript was handed in"
    return Path(text.rpartition(" ")[0] or text).name


def _digests(rows: list[dict[str, Any]]) -> Block:
    cells = [
        [str(row["entry"]), row["session"], *(row["digests"][name] for name in ("decisions", "key", "digest"))]
        for row in rows
    ]
    return Table(
        ["Entry", "Session", "Choices", "Settings", "Words"], cells, caption="Question 6: what each entry pins."
    )

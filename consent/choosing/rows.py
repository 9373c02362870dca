"""Turns the rows of a consent sheet into events: all of them, or none and a list of every bad row."""

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random

from consent.choosing.asking import to_be_asked
from consent.choosing.cells import COLUMNS, REQUIRED, Rules, read_row, row_digest
from consent.choosing.reach import Target, form_kind, starts_from
from consent.choosing.replay import replay
from consent.decision import decide
from consent.register import Register
from schemas.consent import ConsentEvent, ConsentKind, Form, State, Use
from schemas.errors import BadInput
from schemas.identifiers import ParticipantId

__all__ = ["COLUMNS", "REQUIRED", "RowsRead", "one_event", "read_consent_rows", "shuffled"]

Row = tuple[int, Mapping[str, str]]
"""Line number in the file, and column name to text."""
_MOST_LISTED = 200


@dataclass(frozen=True)
class RowsRead:
    """What a sheet comes to.

    Attributes:
        events: In the file's order, each with its row's digest.
        skipped: Rows identical to one already recorded, or to an earlier one of the same file.
        notes: What the person who imports should know, by line.
    """

    events: tuple[ConsentEvent, ...]
    skipped: int
    notes: tuple[str, ...]


def read_consent_rows(
    rows: Sequence[Row],
    register: Register | None,
    known_participants: AbstractSet[ParticipantId],
    *,
    forms: Mapping[str, Form] | None = None,
    team: AbstractSet[ParticipantId] = frozenset(),
    evidence: Callable[[str], str] | None = None,
    recorded_by: str | None = None,
    now: datetime | None = None,
) -> RowsRead:
    """Check every row and give the events to record.

    Args:
        rows: The sheet's rows in file order; `COLUMNS` are the columns they may have.
        register: What is recorded so far; None for a user who may not open it (then what only earlier entries can
            show is left to the decision, which fails closed).
        known_participants: The roster's ids.
        forms: Registered forms by version, oldest first; by default the register's.
        team: Participants who sign the team agreement where a row names no form.
        evidence: Gives the SHA-256 of the evidence a cell names, or raises `consent.choosing.cells.CellFault`.
        recorded_by: Used where the sheet has none.
        now: No row may lie after it.
    Raises:
        BadInput: one line for every problem, by line and column; nothing is to be recorded.
    """
    rules = _rules(register, known_participants, forms)
    rules.team, rules.evidence, rules.recorded_by, rules.now = team, evidence, recorded_by, now
    sheet = _Sheet(rules, register)
    _check_columns(rows)
    for line, cells in rows:
        sheet.read(line, cells)
    if sheet.problems:
        raise _refusal(sheet.problems)
    events = tuple(event for _, event in sheet.events)
    return RowsRead(events, sheet.skipped, tuple(_notes(sheet.events, register)))


def one_event(
    cells: Mapping[str, str],
    register: Register | None,
    known_participants: AbstractSet[ParticipantId],
    *,
    forms: Mapping[str, Form] | None = None,
    team: AbstractSet[ParticipantId] = frozenset(),
    recorded_by: str | None = None,
    now: datetime | None = None,
) -> RowsRead:
    """One event typed at the command line, checked as a row is; its ``row`` is empty, so saying it twice counts twice.

    Args:
        cells: Column name to text, as in a sheet; `undo` may stand in ``event``.
    Raises:
        BadInput: one line for every problem, by column.
    """
    rules = _rules(register, known_participants, forms)
    rules.team, rules.recorded_by, rules.now = team, recorded_by, now
    _check_columns([(0, cells)])
    read = read_row(cells, rules, tuple(ConsentKind))
    if read.event is None:
        raise _refusal([(0, column, words) for column, words in read.problems])
    return RowsRead((read.event,), 0, tuple(_notes([(0, read.event)], register)))


def shuffled(events: Iterable[ConsentEvent], random: Random) -> list[ConsentEvent]:
    """The events in an order that tells nothing of the file's, between people; each person's own keep theirs.

    Kinds come in rounds (all that is signed, then all that is changed, ...). If a person's changes only had to follow
    what they signed, those of one who stands late would crowd at the end, and so be known to belong together.

    Args:
        random: `random.SystemRandom()` outside tests.
    """
    rounds: dict[tuple[int, int], list[ConsentEvent]] = {}
    last: dict[ParticipantId, tuple[int, int]] = {}
    for event in events:
        turn, before = last.get(event.participant, (0, 0))
        kind = list(ConsentKind).index(event.event)
        place = (turn + (kind < before), kind)
        last[event.participant] = place
        rounds.setdefault(place, []).append(event)
    return [event for place in sorted(rounds) for event in _mixed(rounds[place], random)]


def _mixed(events: Sequence[ConsentEvent], random: Random) -> list[ConsentEvent]:
    order = [event.participant for event in events]
    random.shuffle(order)
    queues: dict[ParticipantId, list[ConsentEvent]] = {}
    for event in reversed(events):
        queues.setdefault(event.participant, []).append(event)
    return [queues[participant].pop() for participant in order]


class _Sheet:
    """A sheet being read, row by row."""

    def __init__(self, rules: Rules, register: Register | None) -> None:
        self.rules = rules
        self.events: list[tuple[int, ConsentEvent]] = []
        self.problems: list[tuple[int, str, str]] = []
        self.skipped = 0
        recorded = register.events if register is not None else ()
        self.rows = {event.row for _, event in recorded if event.row is not None}
        self.latest: dict[str, datetime] = {}

    def read(self, line: int, cells: Mapping[str, str]) -> None:
        read = read_row(cells, self.rules)
        row = row_digest(cells)
        if row in self.rows:
            self.skipped += 1
        else:
            self.problems += [(line, column, words) for column, words in read.problems]
        self._check_order(line, cells.get("participant", "").strip(), read.at)
        if row not in self.rows and read.event is not None:
            self._accept(line, read.event.model_copy(update={"row": row}))
        self.rows.add(row)

    def _check_order(self, line: int, participant: str, at: datetime | None) -> None:
        if at is None:
            return
        if participant in self.latest and at < self.latest[participant]:
            self.problems.append(
                (line, "at", "is earlier than this person's row above: put their rows in order of time")
            )
        self.latest[participant] = at

    def _accept(self, line: int, event: ConsentEvent) -> None:
        self.events.append((line, event))
        form = self.rules.forms.get(event.form or "")
        if event.event in (ConsentKind.CONSENT, ConsentKind.REAFFIRM) and form is not None:
            self.rules.signed[event.participant] = form


def _rules(register: Register | None, known: AbstractSet[ParticipantId], forms: Mapping[str, Form] | None) -> Rules:
    registered = forms if forms is not None else register.forms if register is not None else {}
    rules = Rules(known=known, forms=registered)
    if register is not None:
        rules.passages = {passage.passage for _, passage in register.passages}
        for _, event in register.events:
            form = register.form_of(event)
            if event.event in (ConsentKind.CONSENT, ConsentKind.REAFFIRM) and form is not None:
                rules.signed[event.participant] = form
    return rules


def _check_columns(rows: Sequence[Row]) -> None:
    """Refuse unknown columns by their place: a header that is missing would otherwise put a name in the message."""
    unknown = [(place, name) for place, name in enumerate(rows[0][1], start=1) if name not in COLUMNS] if rows else []
    missing = [column for column in REQUIRED if rows and column not in rows[0][1]]
    lines = [f"line 1: column {place} is not known{_meant(name)}" for place, name in unknown]
    lines += [f"line 1: the column {column} is missing" for column in missing]
    if lines:
        raise BadInput(
            "\n".join(["the sheet's columns are not right; nothing was recorded:", *lines]),
            hint=f"Columns may be: {', '.join(COLUMNS)}.",
        )


def _meant(name: str) -> str:
    near = difflib.get_close_matches(str(name).strip().lower(), COLUMNS, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _refusal(problems: list[tuple[int, str, str]]) -> BadInput:
    problems.sort(key=lambda problem: problem[0])
    bad = len({line for line, _, _ in problems})
    lines = [f"line {line}, column {column}: {words}" for line, column, words in problems if line]
    lines += [f"{column}: {words}" for line, column, words in problems if not line]
    what = f"{bad} {'row is' if bad == 1 else 'rows are'} not right; none was recorded:"
    rest = [f"... and {len(lines) - _MOST_LISTED} more"] if len(lines) > _MOST_LISTED else []
    return BadInput(
        "\n".join([what, *lines[:_MOST_LISTED], *rest]),
        hint="Correct what is listed, then import the whole file again.",
    )


def _notes(events: Sequence[tuple[int, ConsentEvent]], register: Register | None) -> Iterable[str]:
    """What only the register can show: words that stay withheld, choices that change nothing, questions to ask."""
    if register is None:
        return
    first = max((index for index, _ in (*register.events, *register.passages)), default=-1) + 1
    lines = {first + offset: line for offset, (line, _) in enumerate(events)}
    after = register.with_events([event for _, event in events])
    for line, event in events:
        where = f"line {line}: " if line else ""
        for note in _notes_on(event, after):
            yield where + note
    for participant in dict.fromkeys(event.participant for _, event in events):
        for question in to_be_asked(after, participant):
            if question.loosened_by in lines:
                line = lines[question.loosened_by]
                where = f"line {line}: " if line else ""
                kept = "one use" if question.kept_reach.kind == "study" else str(question.kept_reach)
                yield f"{where}{question.dimension} stays as it was for {kept}; ask {participant} whether that is meant"


def _notes_on(event: ConsentEvent, after: Register) -> Iterable[str]:
    signed = any(
        other.event is ConsentKind.CONSENT and after.form_of(other) is not None
        for _, other in after.by_participant.get(event.participant, ())
    )
    if event.event is ConsentKind.CHANGE and not signed:
        yield f"{event.participant} has signed no form; nothing is used until they do"
    form = after.form_of(event) if event.event in (ConsentKind.CONSENT, ConsentKind.REAFFIRM) else None
    ends = [end for end in (form.approval_expires if form else ()) if end is not None]
    if any(end < event.at.date().isoformat() for end in ends):
        yield f"the approval of form {event.form} ended on {min(ends)}, before this was signed; ask the ethics board"
    if event.reach.kind in ("session", "writing") and event.reach.id not in after.sessions:
        yield "the session named is not in this study yet"
    if event.event is ConsentKind.CONSENT and event.applies != "all":
        before = sum(1 for _ in _left_withheld(event, after))
        if before:
            sessions, stay = ("session", "stays") if before == 1 else ("sessions", "stay")
            yield f"{before} {sessions} before this form {stay} withheld; add applies=all if the form says so"
    if event.event is ConsentKind.CHANGE and event.applies is None and _reaches_back(event, after):
        yield "it names words from before it: what it loosens there counts only with applies=all"


def _left_withheld(event: ConsentEvent, after: Register) -> Iterable[str]:
    for name, session in after.sessions.items():
        if Target(session).narrowness(event.reach) is None or starts_from(event, session, tightens=False):
            continue
        own = after.by_participant.get(event.participant, ())
        kind = form_kind(session, event.participant)
        if replay(after, own, Target(session), Use.ANALYSIS, kind).state is State.NOT_ASKED:
            yield name


def _reaches_back(event: ConsentEvent, after: Register) -> bool:
    """Whether the event would allow more of a session before it if it applied to all that was ever said."""
    names = {passage.passage: passage.session for _, passage in after.passages}
    session = after.sessions.get(names.get(event.reach.id or "", event.reach.id or ""))
    if event.reach.kind not in ("session", "writing", "passage") or session is None:
        return False
    passage = event.reach.id if event.reach.kind == "passage" else None
    to_all = event.model_copy(update={"applies": "all"})
    reaching = replace(after, events=tuple((i, to_all if e is event else e) for i, e in after.events))
    return any(
        decide(after, event.participant, session=session, use=use, passage=passage).digest()
        != decide(reaching, event.participant, session=session, use=use, passage=passage).digest()
        for use in Use
    )

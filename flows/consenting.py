"""Records what people chose, and says what each of them allows: the consent commands over an open study."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import SystemRandom

from consent.choosing import cells
from consent.choosing.rows import COLUMNS, REQUIRED, one_event, read_consent_rows, shuffled
from consent.decision import decide, decide_session
from consent.register import Register, to_ledger_event
from consent.sentences import LEVEL_WORDS, explain, history, reasons
from flows.facts import StageFacts, current
from flows.forms import registered_forms
from flows.own import OWN, refuse_own, refuse_own_rows
from flows.people import evidence_digest, participant_ids
from flows.releases import affected, analysis_affected, standing
from flows.settings import utc_now
from flows.sheets import read_sheet
from flows.stopping import NOTHING, Gone, record_and_stop
from flows.study import Study
from flows.withdrawal import doomed
from schemas.consent import ConsentDecision, ConsentEvent, ConsentKind, Reach, Use
from schemas.errors import BadInput, UsageError
from schemas.recording import Session, Standing, local_day

_BY_HAND = ("consent", "change", "reaffirm", "decline")


@dataclass(frozen=True)
class Recorded:
    """How many events were recorded, how many were there already, what a person should know, and what went for it."""

    recorded: int
    skipped: int
    notes: tuple[str, ...] = ()
    gone: Gone = NOTHING


@dataclass(frozen=True)
class Said:
    """One thing one participant asked, as typed at the command line."""

    participant: str
    event: str
    at: str | None = None
    level: str | None = None
    levels: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    organisation: str | None = None
    credit: str | None = None
    form: str | None = None
    reach: str = "study"
    applies: str | None = None
    method: str | None = None
    given_by: str = "self"
    evidence: Path | None = None


@dataclass(frozen=True)
class Shown:
    """What a participant allows, as facts and in sentences."""

    facts: dict[str, object]
    sentences: tuple[str, ...]


def import_sheet(study: Study, path: Path, *, preview: bool = False) -> Recorded:
    """Record a sheet's rows, all or none; in the ledger they are shuffled between people.

    Raises:
        BadInput: every bad row, by line and column; none was recorded. MissingKey: a row is about the user themselves.
    """
    rows = read_sheet(path, required=REQUIRED, known=COLUMNS)
    refuse_own_rows(study, rows)
    read = read_consent_rows(
        rows,
        study.register() if study.may_open_consent else None,
        set(participant_ids(study)),
        forms=None if study.may_open_consent else registered_forms(study),
        team=_team(study),
        evidence=lambda cell: _evidence(path.parent / cell),
        recorded_by=study.keyring.user,
        now=utc_now(),
    )
    events = [_with_date(study, event) for event in shuffled(read.events, SystemRandom())]
    gone = NOTHING if preview else _record(study, events)
    return Recorded(len(events), read.skipped, read.notes, gone)


def record_one(study: Study, said: Said, *, preview: bool = False) -> Recorded:
    """Record one event; the notes say what it changes in which sessions."""
    if said.event not in _BY_HAND:
        raise UsageError(
            "--event is none of the known ones",
            hint=f"Use one of: {', '.join(_BY_HAND)}; a withdrawal is recorded with chatham consent withdraw.",
        )
    refuse_own(study, [said.participant], OWN)
    register = study.register() if study.may_open_consent else None
    event, notes = _event(study, said, register)
    changes = what_changes(study, event) if study.may_run else []
    gone = NOTHING if preview else _record(study, [event])
    return Recorded(0 if preview else 1, 0, (*changes, *notes), gone)


def what_changes(study: Study, event: ConsentEvent) -> list[str]:
    """In which sessions, taken in so far, the person's decision would become another one; one sentence each."""
    before, after = study.register(), study.register().with_events([event])
    lines = []
    for store in study.sessions():
        session = store.intake().session
        old, new = (_analysis(register, session, event.participant) for register in (before, after))
        if old.digest() != new.digest():
            facts = store.get_stage("facts", current(StageFacts), StageFacts)
            lines.append(f"{session.session}: {_differs(old, new)}{_where(facts, event.participant)}")
    return lines


def show(study: Study, participant: str, *, at: str | None, use: str, reach: str) -> Shown:
    """What a participant allows: for the study as of now, for one session, or for one passage."""
    study.require_consent()
    study.require_readable()
    known(study, participant)
    register, moment = study.register(), parse_at(at)
    if use not in list(Use):
        raise UsageError("--use is none of the known ones", hint=f"Use one of: {', '.join(Use)}.")
    target = parse_reach(study, reach)
    session, passage = _session_of(study, register, target, participant)
    decision = decide(register, participant, session=session, use=Use(use), passage=passage, at=moment)
    if target.kind == "cycle":
        decision = decision.model_copy(update={"reach": target})
    facts: dict[str, object] = {
        "participant": participant,
        "use": decision.use,
        "reach": str(target),
        "state": decision.state,
        "level": decision.level,
        "organisation": decision.organisation,
        "permissions": dict(sorted(decision.permissions.items())),
        "events": list(decision.events),
    }
    behind = reasons(register, decision)
    return Shown(facts, (*explain(decision), *(["Because of:", *(f"  {line}" for line in behind)] if behind else [])))


def history_of(study: Study, participant: str) -> list[str]:
    """Everything a participant asked, in order, in sentences."""
    study.require_consent()
    study.require_readable()
    known(study, participant)
    return history(study.register(), participant)


def known(study: Study, participant: str) -> None:
    """Refuse an id that is not in the roster."""
    if participant not in participant_ids(study):
        raise BadInput("that participant is not in the roster", hint="Check the id: P and digits, such as P07.")


def parse_at(text: str | None) -> datetime | None:
    """An instant as typed, None where nothing was; raises UsageError where it has no zone or is no time."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise UsageError("--at is no time with its zone", hint="Write it like 2026-03-04T09:00-08:00.")
    return moment


def parse_reach(study: Study, text: str) -> Reach:
    """A reach as typed; sessions and passages must be known."""
    try:
        reach = cells.parse_reach(text)
    except cells.CellFault:
        raise UsageError(
            "--reach is none of the known ones", hint="Use study, cycle:N, session:ID, writing:ID or passage:ID."
        ) from None
    named = study.may_open_consent and reach.kind in ("session", "writing", "passage")
    if named and reach.id not in _ids(study.register(), reach.kind):
        raise _unknown(reach)
    return reach


def require_there(study: Study, reach: Reach) -> None:
    """Refuse a reach within which nothing lies yet: of what is to be destroyed, it would be a slip of the pen.

    Raises:
        UsageError: there is no such session, cycle or passage, or this user cannot tell.
    """
    if reach.kind != "study" and not study.may_open_consent:
        _check_blindly(study, reach)
    elif reach.kind != "study" and reach.id not in _ids(study.register(), reach.kind):
        raise _unknown(reach)


def _unknown(reach: Reach) -> UsageError:
    return UsageError(f"--reach names a {reach.kind} that this study does not have", hint="Check its id.")


def _check_blindly(study: Study, reach: Reach) -> None:
    """A reach by somebody who may not read the register: a mistyped one would be taken for what the person asked."""
    if reach.kind in ("cycle", "passage"):
        raise UsageError(
            f"your role cannot tell whether there is such a {reach.kind}",
            hint="Name sessions one by one, the whole study, or ask an assistant to record it.",
        )
    if not study.vault.session(reach.id or "").exists():
        raise _unknown(reach)


def _ids(register: Register, kind: str) -> set[str]:
    if kind == "passage":
        return {passage.passage for _, passage in register.passages}
    if kind == "cycle":
        return {session.cycle for session in register.sessions.values() if session.cycle is not None}
    return {name for name, session in register.sessions.items() if session.kind == kind}


def _event(study: Study, said: Said, register: Register | None) -> tuple[ConsentEvent, tuple[str, ...]]:
    row = {
        "participant": said.participant,
        "at": said.at or utc_now().isoformat(timespec="seconds"),
        "event": said.event,
        "level": said.level or "",
        "organisation": said.organisation or "",
        "credit": said.credit or "",
        "form": said.form or "",
        "reach": said.reach,
        "applies": said.applies or "",
        "method": said.method or "",
        "given_by": said.given_by,
        **_pairs(said.levels, "level_", "--level-for"),
        **_pairs(said.permissions, "", "--permission"),
    }
    if said.reach != "study":
        parse_reach(study, said.reach)
    digest = evidence_digest(said.evidence) if said.evidence is not None else None
    ids = set(participant_ids(study))
    try:
        read = one_event(
            row,
            register,
            ids,
            forms=None if register else registered_forms(study),
            team=_team(study),
            recorded_by=study.keyring.user,
            now=utc_now(),
        )
    except BadInput as error:
        _, *faults = error.message.splitlines()
        raise BadInput(f"nothing was recorded: {'; '.join(faults)}", hint="Correct it and run it again.") from None
    return read.events[0].model_copy(update={"evidence_sha256": digest}), read.notes


def _team(study: Study) -> set[str]:
    """Who signs the team agreement where no form is named; a user who may not see the roster must name the form."""
    if not study.may_run:
        return set()
    return {person.participant for person in study.table().people if person.standing in (Standing.HOST, Standing.TEAM)}


def _evidence(path: Path) -> str:
    """SHA-256 of the evidence that a sheet's cell names, a file beside the sheet."""
    try:
        return evidence_digest(path)
    except BadInput as error:
        raise cells.CellFault(error.message) from None


def _pairs(texts: Sequence[str], prefix: str, option: str) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or prefix + name not in COLUMNS:
            raise UsageError(f"{option} is not NAME=VALUE with a known name", hint="Write it like quote_practice=yes.")
        pairs[prefix + name] = value
    return pairs


def _with_date(study: Study, event: ConsentEvent) -> ConsentEvent:
    """Give a withdrawal of a sheet the date on which its words are to be destroyed."""
    if event.event is not ConsentKind.WITHDRAW or event.data == "stop" or event.destroy_on is not None:
        return event
    return event.model_copy(update={"destroy_on": utc_now() + timedelta(days=study.config.destroy_after_days)})


def _record(study: Study, events: Sequence[ConsentEvent]) -> Gone:
    """Record events in one batch; the data sets that show more than these allow go in the same instant."""
    if not events:
        return NOTHING
    withdrawn = any(event.event is ConsentKind.WITHDRAW for event in events)
    recorded = [to_ledger_event(event) for event in events]
    why = "withdrawal" if withdrawn else "change"
    return record_and_stop(study, recorded, why, look=lambda: _goes(study, events))[1]


def _goes(study: Study, events: Sequence[ConsentEvent]) -> tuple[bool, list[str]]:
    """Whether the data set for analysis goes for what is recorded now, and which data sets to hand on.

    Whoever may not read the register cannot tell whether a change hides more, so everything goes for one.
    """
    withdrawn = [event for event in events if event.event is ConsentKind.WITHDRAW]
    research, names = bool(withdrawn), {name for event in withdrawn for name in doomed(study, event)}
    if not study.may_open_consent:
        changed = any(event.event in (ConsentKind.CHANGE, ConsentKind.DECLINE) for event in events)
        return (True, standing(study)) if changed else (research, sorted(names))
    before, people = study.register(), {event.participant for event in events}
    after = before.with_events(events)
    names |= set(affected(study, before, after, people))
    return research or analysis_affected(study, before, after, people), sorted(names)


def _analysis(register: Register, session: Session, participant: str) -> ConsentDecision:
    return decide_session(register, session.session, [participant], "analyse").decisions[participant]


def _differs(old: ConsentDecision, new: ConsentDecision) -> str:
    parts = []
    if (old.state, old.level) != (new.state, new.level):
        parts.append(f"{_standing(old)} becomes {_standing(new)}")
    changed = [name for name in new.permissions if old.permissions.get(name) != new.permissions[name]]
    parts += [f"{name.replace('_', ' ')}: {new.permissions[name]}" for name in sorted(changed)]
    if old.organisation != new.organisation:
        parts.append(f"employer {new.organisation}")
    return ", ".join(parts) or "other entries count now"


def _standing(decision: ConsentDecision) -> str:
    return LEVEL_WORDS[decision.level] if decision.state == "consented" else decision.state.replace("_", " ")


def _where(facts: StageFacts | None, participant: str) -> str:
    if facts is None:
        return " (not yet run)"
    roles = [
        word for word, people in (("speaks", facts.people), ("is mentioned", facts.mentioned)) if participant in people
    ]
    return f" ({' and '.join(roles)})" if roles else " (neither speaks nor is mentioned)"


def _session_of(study: Study, register: Register, target: Reach, participant: str) -> tuple[Session | None, str | None]:
    """The session a question is about; for a cycle, one of it that would start now."""
    if target.kind in ("session", "writing"):
        return register.sessions[target.id or ""], None
    if target.kind == "passage":
        mark = next(passage for _, passage in register.passages if passage.passage == target.id)
        return register.sessions[mark.session], mark.passage
    if target.kind == "cycle":
        return _session_now(study, target.id or "", participant), None
    return None, None


def _session_now(study: Study, cycle: str, participant: str) -> Session:
    now, zone = utc_now(), study.config.timezone
    person = study.vault.roster.person(participant) if study.may_run else None
    standings = {participant: person.standing} if person else {}
    return Session(session="_" * 32, start=now, day=local_day(now, zone), zone=zone, cycle=cycle, standings=standings)

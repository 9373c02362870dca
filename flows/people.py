"""Records people and what they chose: roster, forms, consent events, passage marks. One event or all of a sheet."""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom

from consent.register import Register, to_ledger_event
from flows.facts import StageFacts, current
from flows.own import refuse_own
from flows.releases import affected, analysis_affected, standing
from flows.roles import refuse_service, require
from flows.roster_rows import ROSTER_COLUMNS, is_turned, person_of, row_problems
from flows.settings import utc_now
from flows.sheets import Row, read_sheet
from flows.stopping import record_and_stop
from flows.study import Study
from schemas.consent import ConsentKind, Mark, Passage
from schemas.errors import BadInput, RefusedByConsent, UsageError
from schemas.identifiers import COMMUNITY_PATTERN, by_number
from schemas.ledger import EventKind, LedgerEvent
from schemas.roster import Contact, Person


@dataclass(frozen=True)
class RosterResult:
    """How many people of a roster file were new, changed, and as before, and whose names were turned round."""

    added: int
    changed: int
    unchanged: int
    turned: int = 0


def import_roster(study: Study, path: Path) -> RosterResult:
    """Import people; all rows or none. Somebody without a made-up name gets one drawn, kept from then on.

    The register first: one entry for each new or changed person, in an order drawn at random.

    Raises:
        MissingKey: the user is no investigator. BadInput: every bad row, by line and column; none was imported.
    """
    require(study, "roster import")
    refuse_service(study, "imports the roster")
    sheet = read_rows(path)
    people_of(sheet)  # what is wrong with the file by itself is told before the study is asked
    with study.lock("roster"):
        before, strangers = study.table().people, third_parties(study)
        rows = people_of(sheet, before, strangers)
        chosen = {person.participant for person, _ in rows if person.pseudonym}
        _refuse_erased(study, [person.participant for person, _ in rows])
        people, contacts = draw_names(rows, before, strangers)
        changed = study.vault.roster.changed_by(people, contacts, chosen=chosen)
        known = enrolled(study)
        events = [_enrolled(person, "added") for person in people if person.participant not in known]
        events += [_enrolled(person, "changed") for person in people if person.participant in changed & known]
        SystemRandom().shuffle(events)
        study.append(events)
        counts = study.vault.roster.import_people(people, contacts, chosen=chosen)
        return RosterResult(*counts, turned=turned_round(sheet))


def _refuse_erased(study: Study, participants: Sequence[str]) -> None:
    """A roster that somebody kept outside must not bring back who asked to be removed; a new consent may.

    Raises:
        RefusedByConsent: naming the rows; nobody was imported.
    """
    begun = {job.participant for job in study.vault.erasures.all() if job.scope.whole}
    gone = set(participants) & (erased_people(study.register()) | begun)
    if gone:
        raise RefusedByConsent(
            f"nobody was imported: all that is known of {', '.join(sorted(gone))} was destroyed at their own wish",
            hint="Delete their rows from the file, and older copies of it. If they take part again, record their new "
            "consent first.",
        )


def erased_people(register: Register) -> set[str]:
    """Everybody of whom everything was destroyed, and who has not signed again since."""
    gone = set()
    for person, events in register.by_participant.items():
        done = [
            register.erased[index][0]
            for index, event in events
            if index in register.erased and event.reach.kind == "study" and event.use is None
        ]
        signed = [index for index, event in events if event.event is ConsentKind.CONSENT]
        if done and max(signed, default=-1) < max(done):
            gone.add(person)
    return gone


def _enrolled(person: Person, action: str) -> LedgerEvent:
    """The entry of one person's enrolment: no name stands in it, sealed as it is."""
    payload = {"type": "enrol", "action": action, "participant": person.participant, "standing": str(person.standing)}
    return LedgerEvent(kind=EventKind.ENROL, payload=payload)


def enrolled(study: Study) -> set[str]:
    """Everybody whom the register has as enrolled; older entries name several people each."""
    found: set[str] = set()
    for entry in study.ledger.entries():
        if entry.kind is EventKind.ENROL and entry.payload:
            found |= {*entry.payload.get("participants", ()), entry.payload.get("participant")} - {None}
    return found


def participant_ids(study: Study) -> list[str]:
    """Ids of everybody in the study, with those of whom nothing is left but the register's entries.

    The ethics officer, who has no list of them, reads all of them from the register.
    """
    if not study.may_open_consent:
        return study.participants()
    known = set(study.register().by_participant)
    return by_number(known | set(study.participants() if study.may_see_ids else enrolled(study)))


def is_known(study: Study, participant: str) -> bool:
    """Whether an id is anybody's; told from the list of participants where it stands there, which is quick."""
    return (study.may_see_ids and participant in study.participants()) or participant in participant_ids(study)


def third_parties(study: Study) -> tuple[str, ...]:
    """Names of people outside the roster who were found in the study's sessions, folded; none for who may not run."""
    if not study.may_run:
        return ()
    told = [store.get_stage("facts", current(StageFacts), StageFacts) for store in study.sessions()]
    return tuple(sorted({name for facts in told if facts for name, whose in facts.surfaces if not whose}))


def read_rows(path: Path) -> list[Row]:
    """The rows of a roster file; raises BadInput where it is no such table."""
    return read_sheet(path, required=("participant", "full_name"), known=ROSTER_COLUMNS)


def people_of(
    rows: Sequence[Row], before: Sequence[Person] = (), strangers: Sequence[str] = ()
) -> list[tuple[Person, Contact]]:
    """People and contacts of a roster's rows, checked.

    Args:
        before: Everybody whom the study knows; nobody's made-up name may be theirs.
        strangers: Names of third parties, likewise.
    Raises:
        BadInput: names every bad row by line and column, never a cell's text.
    """
    problems = [problem for line, row in rows for problem in row_problems(line, row)]
    seen: dict[str, int] = {}
    for line, row in rows:
        first = seen.setdefault(row["participant"], line)
        if first != line:
            problems.append(f"line {line}, column participant: the same id stands in line {first}")
    people = [] if problems else [(line, person_of(row)) for line, row in rows]
    problems += _borne(people, before, strangers)
    if problems:
        raise BadInput(
            "\n".join(["the roster is not right; nobody was imported:", *problems]),
            hint="Correct what is listed, then import the whole file again.",
        )
    contacts = [Contact(participant=row["participant"], email=row.get("email") or None) for _, row in rows]
    return list(zip((person for _, person in people), contacts, strict=True))


def turned_round(rows: Sequence[Row]) -> int:
    """How many full names of a roster's rows are written with the last name first."""
    return sum(is_turned(row) for _line, row in rows)


def told_turned(count: int) -> list[str]:
    """What is said of names that were turned round; no line where none was."""
    if not count:
        return []
    names = "1 name" if count == 1 else f"{count} names"
    return [f"{names} written last name first {'was' if count == 1 else 'were'} turned round."]


def _borne(people: Sequence[tuple[int, Person]], before: Sequence[Person], strangers: Sequence[str]) -> list[str]:
    """Chosen made-up names that are not one person's alone, by line; never whose they are too."""
    from deidentification.api import borne

    new = {person.participant for _, person in people}
    everybody = [*(person for _, person in people), *(other for other in before if other.participant not in new)]
    found = ((line, borne(person, everybody, strangers)) for line, person in people)
    return [f"line {line}, column pseudonym: {why}; choose another made-up name" for line, why in found if why]


def draw_names(
    rows: Sequence[tuple[Person, Contact]], before: Sequence[Person], strangers: Sequence[str] = ()
) -> tuple[list[Person], list[Contact]]:
    """Give everybody without a made-up name one that is nobody's; names drawn before are kept."""
    from deidentification.api import draw_pseudonyms

    old = {person.participant: person for person in before}
    people = [_keep_drawn(person, old.get(person.participant)) for person, _ in rows]
    new_ids = {person.participant for person in people}
    others = [person for person in before if person.participant not in new_ids]
    taken = {
        name for person in others for name in (person.pseudonym, person.public_pseudonym, person.full_name) if name
    }
    drawn = draw_pseudonyms([*others, *people], taken.union(strangers))
    by_id = {person.participant: person for person in drawn}
    return [by_id[person.participant] for person in people], [contact for _, contact in rows]


def _keep_drawn(person: Person, before: Person | None) -> Person:
    if before is None:
        return person
    kept = {
        "secret": before.secret,
        "pseudonym": person.pseudonym or before.pseudonym,
        "public_pseudonym": before.public_pseudonym,
    }
    return person.model_copy(update=kept)


def mark_passage(study: Study, session: str, begin: str, end: str, mark: str) -> Passage:
    """Record what somebody said of a part of a session.

    Args:
        begin, end: ``34:10`` or ``1:02:03`` from the session's start.
        mark: ``off_the_record``, ``reports:P07``, ``joint:P01,P02``, ``community:NAME`` ...
    Raises:
        UsageError: an unknown session or mark, or times that are none.
    """
    if study.may_open_consent and session not in study.register().sessions:
        raise UsageError("this study has no session of that id", hint="Check the id; nothing was recorded.")
    start_s, end_s = _clock(begin, "--from"), _clock(end, "--to")
    if end_s <= start_s:
        raise UsageError("--to is not after --from", hint="Give the passage's start and end as minutes:seconds.")
    kind, _, detail = mark.partition(":")
    if kind not in list(Mark):
        raise UsageError("--as is none of the known marks", hint=f"Use one of: {', '.join(Mark)}.")
    people, community = _mark_detail(study, Mark(kind), detail)
    refuse_own(study, people, "marks passages about themselves")
    passage = Passage(
        passage=secrets.token_hex(6),
        session=session,
        start_s=start_s,
        end_s=end_s,
        mark=Mark(kind),
        participants=people,
        community=community,
        at=utc_now(),
        recorded_by=study.keyring.user,
    )
    _record_mark(study, passage)
    return passage


def _record_mark(study: Study, passage: Passage) -> None:
    """Record a mark; the data sets that show more than it allows go in the same instant."""
    event = to_ledger_event(passage)
    record_and_stop(study, [event], "mark", look=lambda: _goes(study, passage))


def _goes(study: Study, passage: Passage) -> tuple[bool, list[str]]:
    """Whether the data set for analysis goes for a mark, and which others; all, for who may not read the register."""
    if not study.may_open_consent:
        return True, standing(study)
    before = study.register()
    after, people = before.with_passage(passage), passage.participants
    return analysis_affected(study, before, after, people), affected(study, before, after, people)


def _mark_detail(study: Study, mark: Mark, detail: str) -> tuple[tuple[str, ...], str | None]:
    if mark is Mark.COMMUNITY:
        if not re.fullmatch(COMMUNITY_PATTERN, detail):
            raise UsageError("--as community needs the community's name", hint="Write --as community:NAME.")
        return (), detail
    people = tuple(item.strip() for item in detail.split(",") if item.strip())
    known = set(participant_ids(study))
    if unknown := [item for item in people if item not in known]:
        raise UsageError(
            f"--as names {len(unknown)} participant(s) who are not in the roster",
            hint="Write their ids, such as joint:P01,P02 or reports:P07.",
        )
    if mark in (Mark.JOINT, Mark.REPORTS) and not people:
        raise UsageError(f"--as {mark} needs participants", hint="Write joint:P01,P02 or reports:P07.")
    return people, None


def _clock(text: str, option: str) -> float:
    match = re.fullmatch(r"(?:(\d{1,2}):)?(\d{1,3}):([0-5]?\d(?:\.\d+)?)", text.strip())
    if match is None:
        raise UsageError(f"{option} is no time", hint="Write minutes:seconds, such as 34:10, or hours:minutes:seconds.")
    return int(match[1] or 0) * 3600 + int(match[2]) * 60 + float(match[3])


def evidence_digest(path: Path) -> str:
    """SHA-256 of the file that shows consent was given; the file itself is not taken in.

    Raises:
        BadInput: there is no such file, or it is empty.
    """
    try:
        data = path.read_bytes()
    except OSError:
        raise BadInput("the evidence file cannot be read", hint="Check the path as you typed it.") from None
    if not data:
        raise BadInput("the evidence file is empty", hint="Check that it was saved or scanned whole.")
    return hashlib.sha256(data).hexdigest()

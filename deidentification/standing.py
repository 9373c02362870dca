"""How some people are shown in one session, as one digest: with it a result is known to hold under another roster."""

from collections import Counter
from collections.abc import Collection, Iterable

from deidentification.company import Company
from deidentification.names import Names
from deidentification.text import joined
from schemas.consent import LEVEL_ORDER, SessionDecisions
from schemas.identifiers import Digest, ParticipantId
from schemas.policy import Policy
from schemas.recording import Session
from schemas.records import digest_of
from schemas.roster import Person


def standing(
    people: Iterable[ParticipantId],
    decisions: SessionDecisions,
    session: Session,
    company: Company,
    policy: Policy,
    kept: Collection[ParticipantId] = (),
) -> Digest:
    """Everything by which the roster bears on a session's redaction, but that nobody else's name stands in it.

    Args:
        people: Everybody who speaks or is named in the session, or may be.
        decisions: Of everybody in the roster: who shares a role or a place is counted among those who consented.
        company: Of the roster.
    """
    names = Names(company, decisions, session, frozenset(kept))
    rows = {one: _row(names, person) for one in sorted(people) if (person := names.person(one)) is not None}
    employers = Counter(joined(person.organisation) for person in company.table.people if person.organisation)
    shared = sorted(employer for employer, count in employers.items() if count >= policy.shared_employer)
    return digest_of([rows, shared])


def _row(names: Names, person: Person) -> list[object]:
    shown = [[*names.columns(person, level).items()] for level in LEVEL_ORDER]
    labels = [names.label(person, names.level(person, level)) for level in LEVEL_ORDER]
    texts = [names.generalised(text) for text in (person.role_as, person.organisation_as, person.place_as)]
    return [person.digest(), labels, [names.level(person, level) for level in LEVEL_ORDER], texts, shown]

"""What a session's redaction rests on: everybody's decisions, how each person concerned is shown, and its key."""

from collections.abc import Iterable, Sequence
from functools import partial

from consent.decision import decide_session
from flows.facts import StageFacts, redacted_key
from flows.worker import Worker
from schemas.consent import SessionDecisions, permits_name
from schemas.identifiers import Digest
from schemas.recording import Intake
from schemas.records import digest_of


def decisions_for(
    worker: Worker, session: str, purpose: str, people: set[str] | None = None, *, also: Iterable[str] = ()
) -> SessionDecisions:
    """What people allow in one session, as the ledger stands now.

    Args:
        people: Participants; None: everybody in the roster, and everybody of whom words are kept.
        also: Further ones, with None: people who speak or are named in the session and were erased since.
    """
    everybody = {*(person.participant for person in worker.table.people), *worker.kept, *also}
    return decide_session(worker.study.register(), session, everybody if people is None else people, purpose)


def standing_of(worker: Worker, intake: Intake, concerned: set[str], decisions: SessionDecisions) -> Digest:
    """How everybody concerned is shown in a session, under today's roster.

    Args:
        decisions: Of everybody.
    """
    from deidentification.api import standing

    policy = worker.study.config.policy
    return standing(concerned, decisions, intake.session, worker.company, policy, worker.kept)


def company_of(worker: Worker, session: str, purpose: str, involved: set[str]) -> Digest:
    """What bears on a session of the choices of people who are not in it: who of those in it is like whom.

    Attributes stand beside a label only where somebody else who consented has the same. Whoever that may be is asked
    one by one until one is found: mostly the first or second, where asking everybody takes a tenth of a second.

    Args:
        involved: Everybody who speaks or is named in the session, or may be.
    """
    company, people = worker.company, worker.company.table.by_id()
    consents = partial(_consents, worker, session, purpose)
    told = {one: company.told(people[one], consents) for one in sorted(involved) if one in people}
    return digest_of([session, purpose, told])


def _consents(worker: Worker, session: str, purpose: str, participant: str) -> bool:
    """Whether somebody takes part in a session at all; remembered until the register grows."""
    head = worker.study.ledger.head()
    if worker.consenting[0] != head:
        worker.consenting = (head, {})
    known, key = worker.consenting[1], (session, purpose, participant)
    if key not in known:
        decided = decide_session(worker.study.register(), session, {participant}, purpose)
        known[key] = permits_name(decided.decisions[participant])
    return known[key]


def key_of(
    worker: Worker,
    intake: Intake,
    stage: StageFacts,
    touching: str,
    touched: Sequence[str],
    decisions: SessionDecisions,
) -> str:
    """Key of a session's redaction under today's choices.

    Args:
        touching: Digest of the rows of the study name table that are said in it.
        touched: Everybody whom they name.
    """
    involved = {*stage.people, *stage.mentioned, *touched}
    policy = worker.study.config.policy
    company = company_of(worker, intake.session.session, decisions.purpose, involved)
    return redacted_key(stage, touching, decisions, company, involved, worker.shown_table, policy, intake, worker.kept)

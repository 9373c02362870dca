"""What a session's redaction rests on: everybody's decisions, how each person concerned is shown, and its key."""

from collections.abc import Iterable, Sequence

from consent.decision import decide_session
from flows.facts import StageFacts, redacted_key
from flows.worker import Worker
from schemas.consent import SessionDecisions
from schemas.identifiers import Digest
from schemas.recording import Intake


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
    return standing(concerned, decisions, intake.session, worker.table, policy, worker.kept)


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
    return redacted_key(stage, touching, decisions, involved, worker.table, policy, intake, worker.kept)

"""What a run has to do, told from small facts alone: no words are read, no model and no Prefect is loaded."""

from collections.abc import Sequence

from flows.facts import StageFacts, attributed_key, current, names_key
from flows.kept import kept_in
from flows.steps import languages_of, may_listen, recogniser_versions
from flows.worker import SessionState, Worker
from schemas.errors import UsageError
from schemas.recording import Intake
from vault.sessions import SessionStore


def states_of(worker: Worker) -> list[SessionState]:
    """Every session as a run finds it; the ones that must be left out are noted as failed.

    Raises:
        LedgerDamaged: entries are known to be missing. MissingKey: an entry that may hold a choice cannot be opened.
    """
    worker.study.require_whole_register()
    states = [look(worker, store) for store in worker.study.sessions()]
    _leave_out_named_ids(worker, states)
    return states


def look(worker: Worker, store: SessionStore) -> SessionState:
    """How far a session's stages still hold."""
    intake = store.intake()
    facts = store.get_stage("facts", current(StageFacts), StageFacts)
    return SessionState(store, intake, facts if facts and _holds(worker, store, intake, facts) else None)


def _holds(worker: Worker, store: SessionStore, intake: Intake, facts: StageFacts) -> bool:
    policy = worker.study.config.policy
    allowed = {track.track for track in intake.tracks if may_listen(worker, intake, track)}
    if not allowed <= set(facts.heard):
        return False  # somebody has allowed since what they had not
    if facts.attributed_key != attributed_key(intake, facts.heard, worker.table, policy, kept_in(store)):
        return False
    versions = recogniser_versions(languages_of(worker, intake.session), worker.study.config.names)
    return (
        facts.names_key == names_key(facts.attributed, intake, worker.table, policy, versions)
        and store.has_stage("attributed", facts.attributed_key)
        and store.has_stage("names", facts.names_key)
    )


def _leave_out_named_ids(worker: Worker, states: Sequence[SessionState]) -> None:
    """Leave out a session whose id holds the name of somebody in the roster; intake could not see that."""
    from deidentification.api import name_in

    for number, state in enumerate(states, start=1):
        if name_in(state.intake.session.session, worker.table):
            worker.failed(
                state.store.opaque,
                UsageError(
                    f"the id of session number {number} holds a participant's name, so the session is left out",
                    hint="Add the session again under another id.",
                ),
            )

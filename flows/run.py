"""``chatham run``: look first what there is to do, and start Prefect only if there is something."""

from collections.abc import Sequence

from flows.build import prepare, unite_names
from flows.facts import Published
from flows.name_models import require_models, told_without_model
from flows.plan import states_of
from flows.progress import Progress, clock
from flows.published import PURPOSE, stands
from flows.releasing import rebuild_ended
from flows.servers import stop_left_behind
from flows.settings import prepare_prefect
from flows.steps import languages_of
from flows.stopping import end_outdated
from flows.study import Study
from flows.study_policy import record_policy
from flows.worker import Ready, SessionState, Worker
from schemas.errors import ChathamError, UsageError

DISCRETION = "asks for discretion"
MOST_TOLD = 12
"""Places told in one line."""
Row = dict[str, object]
"""``session``, ``speakers``, ``utterances``, ``withheld``, ``redactions``, ``leaks``, ``reused``; further ``remade``
(the steps done again), ``doubtful`` (names masked until looked at) and ``notes`` (what a person should look at)."""


def run_study(study: Study, wanted: Sequence[str], progress: Progress) -> tuple[list[Row], Worker]:
    """Do whatever is not done, for the sessions that are named (all, where none is), and build ``research.duckdb``.

    Returns:
        One row per session of the data set; and the worker, whose ``failures`` tell what was left out.
    Raises:
        Busy, MissingKey, MissingTool, RefusedByConsent, UsageError.
    """
    study.require_run()
    with study.building():
        worker = Worker(study, progress)
        states = states_of(worker)
        _end_outdated(study, progress)
        untold = _untold(states, wanted)
        _look_at_name_models(worker, states, bool(untold))
        record_policy(study)
        if not states:
            return [], worker
        if not untold and _nothing_to_do(worker, states):
            progress.say("Nothing has changed; the data set stands as it is.")
        else:
            _run_in_prefect(worker, untold)
        rebuild_ended(worker)
        return rows(worker), worker


def _look_at_name_models(worker: Worker, states: Sequence[SessionState], needed: bool) -> None:
    """Say which languages have none; where names are to be looked for, refuse to begin without one that is chosen."""
    languages = sorted({one for state in states for one in languages_of(worker, state.intake.session)})
    for line in told_without_model(languages, worker.study.config.names):
        worker.progress.say(line)
    if needed:
        require_models(languages, worker.study.config.names)


def _end_outdated(study: Study, progress: Progress) -> None:
    """End the data sets that a choice recorded by intake outdated; the run then makes the ones that follow them."""
    for name in end_outdated(study).releases:
        progress.say(f"{name} showed more than is allowed now: it was taken away")


def rows(worker: Worker) -> list[Row]:
    """What the run says of each session in the data set, counts only."""
    return [_row(worker, one) for one in worker.ready]


def _row(worker: Worker, one: Ready) -> Row:
    session, facts = one.state.intake.session.session, one.facts
    remade = worker.remade.get(session, [])
    return {
        "session": session,
        "speakers": facts.speakers,
        "utterances": facts.utterances,
        "withheld": facts.withheld,
        "redactions": facts.redactions,
        "leaks": 0,
        "reused": not remade,
        "remade": remade,
        "doubtful": facts.doubtful,
        "notes": [*one.stage.notes, *_asked(facts.discretion)],
    }


def _asked(begins: Sequence[float]) -> list[str]:
    """Where somebody asks for discretion, for a person to look at; what is meant only a person can tell."""
    if not begins:
        return []
    places = ", ".join(clock(begin) for begin in begins[:MOST_TOLD])
    more = f" and in {len(begins) - MOST_TOLD} more turns" if len(begins) > MOST_TOLD else ""
    return [f"somebody {DISCRETION} at {places}{more}"]


def _untold(states: Sequence[SessionState], wanted: Sequence[str]) -> list[SessionState]:
    known = {state.intake.session.session for state in states}
    if missing := [name for name in wanted if name not in known]:
        raise UsageError(
            f"this study has no session of {'that id' if len(missing) == 1 else f'{len(missing)} of those ids'}",
            hint="Add it first with chatham session add, or check the id.",
        )
    return [state for state in states if state.facts is None and (not wanted or state.intake.session.session in wanted)]


def _nothing_to_do(worker: Worker, states: Sequence[SessionState]) -> bool:
    """Whether the published data set is the one these sessions make today; only small facts are read."""
    told = [state for state in states if state.facts and state.store.opaque not in worker.failures]
    names = unite_names(told)
    ready = [one for one in (prepare(worker, state, names, PURPOSE) for state in told) if one]
    worker.ready = ready
    return len(ready) == len(told) and stands(worker, ready, names, PURPOSE)


def is_current(study: Study) -> bool:
    """Whether ``research.duckdb`` stands and is what a run would make today; nothing is made.

    Raises:
        LedgerDamaged: entries are known to be missing. MissingKey: an entry that may hold a choice cannot be opened.
    """
    worker = Worker(study, Progress(quiet=True))
    states = states_of(worker)
    return bool(states) and not _untold(states, ()) and _nothing_to_do(worker, states)


def _run_in_prefect(worker: Worker, untold: Sequence[SessionState]) -> None:
    """Hand the sessions to the flow; what failed inside comes back as the error it was."""
    prepare_prefect(worker.study.folder)
    stop_left_behind(worker.study.folder)
    from flows.pipeline import run
    from flows.tasks import StepError, take_failure, use_worker

    use_worker(worker)
    try:
        run([state.store.opaque for state in untold])
    except StepError:
        raise take_failure() from None
    finally:
        use_worker(None)


def unreviewed(study: Study) -> int:
    """How many places of the data set that stands may join two labels of one person and were looked at by nobody."""
    published = study.vault.get_study(f"published-{PURPOSE}", Published)
    return published.bridges if published is not None and study.research.is_file() else 0


def first_failure(worker: Worker) -> ChathamError | None:
    """The error of the first session that was left out, in words for a person; None where all went well."""
    for failure in worker.failures.values():
        if isinstance(failure, ChathamError):
            return failure
        return ChathamError(
            f"a session failed inside Chatham ({type(failure).__name__}) and was left out",
            hint="Run again; if it fails again, send this line to the maintainers.",
        )
    return None

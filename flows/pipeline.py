"""The flows that go over all sessions: one local run of everything, and the build alone for a lab with workers."""

from flows import build as building
from flows.plan import states_of
from flows.releasing import rebuild_ended
from flows.session import tell
from flows.tasks import StepError, current_worker, step, story, take_failure


@story
def run(recordings: list[str]) -> int:
    """Tell each recording's story, then build ``research.duckdb`` from those that did not fail.

    Args:
        recordings: Opaque ids of the sessions to tell; the build takes in every session whose names are found.
    Returns:
        Number of sessions published.
    """
    for recording in recordings:
        try:
            tell(recording)
        except StepError:
            current_worker().failed(recording, take_failure())
    return build_all()


@story
def build() -> int:
    """Build ``research.duckdb`` from every session whose names are found, and the data sets that a choice ended."""
    with current_worker().study.building():
        published = build_all()
        rebuild_ended(current_worker())
        return published


def build_all() -> int:
    """The build as both flows do it: a session that fails is left out, and the others are published."""
    worker = current_worker()
    states = [state for state in states_of(worker) if state.facts]
    worker.ready = building.build(worker, states, redact_one=_redact_or_leave_out)
    return len(worker.ready)


def _redact_or_leave_out(recording: str) -> None:
    try:
        redact(recording)
    except StepError:
        current_worker().failed(recording, take_failure())


@step
def redact(recording: str) -> str:
    """Turns → words that may leave the vault, as today's choices allow, past the leak gate."""
    worker = current_worker()
    return building.redact(worker, worker.recording(recording), worker.names)

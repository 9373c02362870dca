"""What somebody decides of bridges between two labels of one person: shown by place, and recorded for good."""

from flows.bridging import ENTRY, Found, bridges_of
from flows.build import unite_names
from flows.handing_on import one_line
from flows.progress import Progress
from flows.published import PURPOSE
from flows.releasing import ready_for, require_purpose, told
from flows.roles import refuse_service, require
from flows.study import Study
from flows.worker import Worker
from schemas.deidentified import BridgeReview
from schemas.errors import RefusedByConsent, UsageError


def list_bridges(study: Study, progress: Progress, purpose: str = PURPOSE) -> list[Found]:
    """Every bridge that a data set for ``purpose`` would have today, with what was decided of it.

    Raises:
        UsageError: the purpose is none, or a session has not been run. RefusedByConsent: a choice changed meanwhile.
        Busy, MissingKey.
    """
    require(study, "release bridges")
    require_purpose(purpose)
    with study.building():
        return _found(Worker(study, progress), purpose)


def review_bridge(
    study: Study, progress: Progress, bridge: str, *, accepted: bool, reason: str, purpose: str = PURPOSE
) -> Found:
    """Record what somebody decided of a bridge, with who, when and why; what was decided before stays beside it.

    Args:
        bridge: Its id.
        accepted: It joins nothing and may stand; else it stays hidden in every data set.
        reason: One line.
    Returns:
        The bridge as it stands now.
    Raises:
        UsageError: no data set for ``purpose`` has such a bridge, or the reason says nothing. As ``list_bridges``.
    """
    require(study, "release accept-bridge")
    refuse_service(study, "decides what may stand in a data set")
    require_purpose(purpose)
    why = one_line(reason, "--reason")
    with study.building():
        worker = Worker(study, progress)
        found = next((one for one in _found(worker, purpose) if one.id == bridge), None)
        if found is None:
            raise UsageError(
                "no bridge has that id", hint=f"See them with chatham release bridges --purpose {purpose}."
            )
        made = found.bridge
        record = BridgeReview(
            bridge=found.id, participant=made.participant, utterance=made.utterance, accepted=accepted, reason=why
        )
        store = study.vault.session(made.session)
        with study.lock(store.opaque):
            store.append_entry(ENTRY, record)
        return next(one for one in _found(worker, purpose) if one.id == bridge)


def _found(worker: Worker, purpose: str) -> list[Found]:
    states = told(worker)
    worker.names = names = unite_names(states)
    ready = ready_for(worker, states, names, purpose)
    if len(ready) < len(states):
        raise RefusedByConsent("a choice changed meanwhile", hint="Give the command again.")
    return bridges_of(worker, ready, purpose)

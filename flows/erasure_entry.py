"""The register's entry about a destruction, told from the job that carried it out; and what a person is to look at."""

from collections.abc import Iterable

from consent.storage.leaf import MAX_REFS
from flows.scoping import covered_by
from flows.settings import utc_now
from flows.study import Study
from flows.users import people_of
from flows.withdrawn import withdrawals
from schemas.consent import ConsentEvent, Mark
from schemas.identifiers import SessionId
from schemas.ledger import EventKind, LedgerEvent
from schemas.speech import KeptWords
from vault.erasure import Erased, Scope
from vault.erasures import Job


def entry_of(study: Study, job: Job) -> int | None:
    """The register's entry about a job that was stopped right after it."""
    erasures = (entry for entry in study.ledger.entries() if entry.kind is EventKind.ERASE and entry.payload)
    return next((entry.index for entry in erasures if (entry.payload or {}).get("job") == job.id), None)


def erasure_event(study: Study, job: Job) -> LedgerEvent:
    """The entry that says what was destroyed, in counts and digests; nothing is recorded yet."""
    payload = _payload(study, job, sessions_of(study, job))
    return LedgerEvent(kind=EventKind.ERASE, payload=payload, refs=_carried_out(study, job))


def discard_event(study: Study, session: str, gone: Erased) -> LedgerEvent:
    """The entry that says that a session goes whole; none of its files is opened: one may be why it cannot be run."""
    job = Job(
        id="",
        scope=Scope(sessions=(session,)),
        data="erase",
        reason="retention",
        by=study.keyring.user,
        begun_at=utc_now(),
        done=(gone,),
    )
    whole = {"job": None, "unknown_voices": False, "whole_session": True}
    return LedgerEvent(kind=EventKind.ERASE, payload=_payload(study, job, [session]) | whole)


def _payload(study: Study, job: Job, sessions: Iterable[SessionId]) -> dict[str, object]:
    event = _event_of(study, job)
    return {
        "type": "erasure",
        "job": job.id,
        "participant": job.participant,
        "withdrawal": job.withdrawal,
        "reach": str(event.reach) if event else f"session:{(job.scope.sessions or ('',))[0]}",
        "data": job.data,
        "use": "recording" if job.scope.voice_only else None,
        "reason": job.reason,
        "by": job.by,
        "confirmed_by": job.confirmed_by,
        "written_request": job.written_request,
        "alone": len(people_of(study)) == 1,
        "at": utc_now().isoformat(timespec="seconds"),
        "scope": job.scope.model_dump(mode="json"),
        "sessions": list(sessions),
        "unknown_voices": job.participant is None,
        "kept": _kept(study, job),
        "sound_alikes": None if job.sound_alikes is None else len(job.sound_alikes),
        "sound_alike_places": [[session, int(second)] for session, second in job.sound_alikes or ()],
        "stores": [one.model_dump(mode="json") for one in job.done if one.items or one.keys],
    }


def _carried_out(study: Study, job: Job) -> tuple[int, ...]:
    """The withdrawals that the job carries out: its own, and others for which nothing is left to destroy."""
    own = [one for one in withdrawals(study, job.participant) if one.index == job.withdrawal]
    others = [one.index for one in own for one in covered_by(study, one, job.scope)]
    return tuple(sorted([*(one.index for one in own), *others[: MAX_REFS - 1]]))


def _event_of(study: Study, job: Job) -> ConsentEvent | None:
    return next((event for index, event in study.register().events if index == job.withdrawal), None)


def sessions_of(study: Study, job: Job) -> tuple[SessionId, ...]:
    """Ids of the sessions in which something was removed."""
    touched = {one.store for one in job.done if one.items}
    stores = [store for store in study.vault.sessions() if store.exists() and store.name in touched]
    return tuple(sorted(store.intake().session.session for store in stores))


def reported(study: Study, job: Job) -> tuple[tuple[str, float, float], ...]:
    """Passages marked as reporting the person, within what was destroyed."""
    marks = (mark for _, mark in study.register().passages if mark.mark is Mark.REPORTS)
    return tuple(
        (mark.session, mark.start_s, mark.end_s)
        for mark in marks
        if job.participant in mark.participants and job.scope.covers(mark.session)
    )


def _kept(study: Study, job: Job) -> int:
    """How many words of the person stay, de-identified."""
    if not job.scope.keep:
        return 0
    kept = [store.latest("kept", KeptWords) for store in study.vault.sessions() if store.exists()]
    turns = (turn for one in kept if one for turn in one.turns if turn.participant == job.participant)
    return sum(len(turn.words) for turn in turns)

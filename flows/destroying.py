"""The second step of a withdrawal: one store after another, then new keys, the register's entry, the certificate.

Killed anywhere, it is begun again and ends the same: what is done is ticked in the locked store (``vault.erasures``).
What a retention date ends goes the same way.
"""

import secrets
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from flows.carrying import carry_over, fresh
from flows.certificate import MadeCertificate
from flows.certifying import issue
from flows.erasure_entry import entry_of, erasure_event, reported, sessions_of
from flows.keeping import keep_words
from flows.own import refuse_themselves
from flows.progress import Progress
from flows.scoping import scope_of
from flows.settings import utc_now
from flows.stores import all_stores
from flows.study import Study
from flows.withdrawn import Withdrawal, withdrawals
from flows.worker import Worker
from schemas.errors import CheckFailed, MissingKey, RefusedByConsent
from schemas.speech import Attributed, KeptWords
from vault.epoch import begin_epoch
from vault.erasure import Erased, Scope, Store
from vault.erasures import Job
from vault.roster import RosterStore
from vault.sessions import SessionStore


@dataclass(frozen=True)
class Destroyed:
    """What was destroyed.

    Attributes:
        participant: Whose words; None: of voices that nobody knows.
        entry: Index of the register's entry.
        items: How many things were removed, blanked or replaced.
        sessions: Ids of the sessions in which something was.
        signatures_wanted: How many more people are to sign the certificate.
        sound_alikes: Where something still sounds like their name, session and second: a person listens there.
        reported: Passages in which others report what they did or said, session, start and end in seconds: withheld,
            and for a person to look at.
    """

    participant: str | None
    entry: int
    items: int
    sessions: tuple[str, ...]
    certificate: MadeCertificate
    signatures_wanted: int
    sound_alikes: tuple[tuple[str, float], ...]
    reported: tuple[tuple[str, float, float], ...]


def destroy(study: Study, withdrawal: Withdrawal, progress: Progress) -> Destroyed:
    """Carry out a withdrawal whose day has come and that a second person confirmed.

    Raises:
        RefusedByConsent: it is not due, not confirmed, or does not stand.
        MissingKey: the user is no investigator. Busy: a build is under way.
        CheckFailed: a session was never run, so nobody knows which words are whose.
    """
    require_investigator(study)
    refuse_themselves(study, [withdrawal.event.participant], "destroys their own words")
    with study.building():
        job = _job_of(study, withdrawal.index) or _new_job(study, withdrawal, progress)
        return carry_out(study, job, progress)


def require_ready(withdrawal: Withdrawal) -> None:
    """Refuse a withdrawal that is not to be carried out today; raises RefusedByConsent."""
    who, day = withdrawal.event.participant, withdrawal.event.destroy_on
    if not withdrawal.waits or day is None:
        raise RefusedByConsent(
            f"no words of {who} wait to be destroyed for this withdrawal", hint="See chatham retention for what is due."
        )
    if withdrawal.confirmation is None:
        raise RefusedByConsent(
            f"a second person has not confirmed that the words of {who} are destroyed",
            hint=f"Ask somebody else of the study to run: chatham consent confirm {who}",
        )
    if not withdrawal.due(utc_now()):
        raise RefusedByConsent(
            f"the words of {who} are to be destroyed on {day:%Y-%m-%d}; until then the withdrawal can be taken back",
            hint="Wait for that day, then run: chatham retention --dispose",
        )


def carry_out(study: Study, job: Job, progress: Progress) -> Destroyed:
    """Do what is left of a job, in order, ticking each step. The caller holds the build lock."""
    job = erase_everywhere(study, job, progress)
    if not job.epoch_done:
        progress.step("new keys for everything that stays")
        study.go_on_with(begin_epoch(study.folder / "keys", study.keyring))
        job = job.model_copy(update={"epoch_done": True})
        study.vault.erasures.save(job)
    entry = entry_of(study, job)
    if entry is None:
        entry = study.record(erasure_event(study, job))
    issued = issue(study, entry)
    study.vault.erasures.end(job)
    return Destroyed(
        participant=job.participant,
        entry=entry,
        items=sum(one.items for one in job.done),
        sessions=sessions_of(study, job),
        certificate=issued.made,
        signatures_wanted=issued.wanted,
        sound_alikes=job.sound_alikes or (),
        reported=reported(study, job),
    )


def erase_everywhere(study: Study, job: Job, progress: Progress) -> Job:
    """Let every store remove what the job names, and carry over what that leaves as it was."""
    stores = _stores(study, job.reason, progress)
    while stores:
        store = stores.pop(0)
        if store.name in {one.store for one in job.done}:
            continue
        if isinstance(store, RosterStore) and (late := _late_sessions(study, job, progress)):
            stores = [*late, store, *stores]  # taken in since this began
            continue
        if isinstance(store, RosterStore) and job.scope.whole and job.sound_alikes is None:
            job = job.model_copy(update={"sound_alikes": _sound_alikes(study, job)})
            study.vault.erasures.save(job)
        progress.step(f"removing from: {_called(store)}")
        with _alone_with(study, store):
            done = _erased(store, job)
        if isinstance(store, SessionStore) and not store.exists():
            continue  # never taken in whole: nothing of it stays, and one of the same id may come yet
        job = job.model_copy(update={"done": (*job.done, done)})
        study.vault.erasures.save(job)
    carry_over(Worker(study, progress), job.fresh, job.participant if job.scope.whole else None)
    return job


def apply_erasure(study: Study, payload: Mapping[str, Any], progress: Progress) -> tuple[tuple[Erased, ...], list[str]]:
    """Erase once more, in material that is put back from a backup, what the register says was destroyed.

    Args:
        study: Not yet anybody's: nothing is recorded, and no keys are changed.
        payload: Of the register's entry about the erasure.
    Returns:
        What each store did; and ids of sessions that were left out whole, since they had never been listened to when
        the backup was made, so that nobody can tell whose words are in them.
    """
    job = Job(
        id=secrets.token_hex(8),
        participant=payload["participant"],
        withdrawal=payload.get("withdrawal"),
        scope=Scope.model_validate(payload["scope"]),
        data=payload["data"],
        reason=payload["reason"],
        by=study.keyring.user,
        confirmed_by=payload.get("confirmed_by"),
        written_request=bool(payload.get("written_request")),
        begun_at=utc_now(),
        fresh=fresh(Worker(study, progress)),
        done=(),
    )
    done, left_out = [], []
    for store in _stores(study, job.reason, progress):
        try:
            done.append(_erased(store, job))
        except CheckFailed:
            if not isinstance(store, SessionStore):
                raise
            left_out.append(store.intake().session.session)
            store.discard()
    # As the destruction itself did, so that other people's words keep their places and what is coded stays on them.
    carry_over(Worker(study, progress), job.fresh, job.participant if job.scope.whole else None)
    study.vault.erasures.end(job)
    return tuple(done), left_out


def unfinished_jobs(study: Study) -> list[Job]:
    """Destructions that were begun and not ended."""
    return study.vault.erasures.all() if study.may_run else []


def require_investigator(study: Study) -> None:
    """Refuse everybody else: with the words, the roster and the study's keys are changed. Raises MissingKey."""
    if "investigator" not in study.keyring.roles:
        raise MissingKey(
            "only an investigator can destroy words: the roster and the study's keys are changed with them",
            hint="Ask an investigator to run: chatham retention --dispose",
        )


def _new_job(study: Study, withdrawal: Withdrawal, progress: Progress) -> Job:
    """A job for a withdrawal, begun under the register's lock: nobody can take the withdrawal back meanwhile."""
    require_ready(withdrawal)
    scope = scope_of(study, withdrawal)
    if scope.sessions == () and not scope.parts:
        raise RefusedByConsent(
            f"this withdrawal reaches nothing that there is ({withdrawal.event.reach})",
            hint="Take it back with chatham consent undo, and record it with the right reach.",
        )
    held = require_run(study, scope, progress)
    study.ledger.require_writable()
    with study.ledger.lock():
        [now] = [one for one in withdrawals(study, withdrawal.event.participant) if one.index == withdrawal.index]
        require_ready(now)
        return begin(
            study,
            held,
            participant=now.event.participant,
            withdrawal=now.index,
            scope=scope,
            data=now.event.data or "erase",
            reason="withdrawal",
            confirmed_by=now.confirmation.by if now.confirmation else None,
            written_request=bool(now.confirmation and now.confirmation.written),
        )


def begin(study: Study, held: tuple[str, ...], *, scope: Scope, **what: Any) -> Job:
    """Begin a job.

    Args:
        held: What ``require_run`` gave just before.
        what: Its further members, but id, user and time.
    """
    job = Job(
        id=secrets.token_hex(8), by=study.keyring.user, begun_at=utc_now(), fresh=held, done=(), scope=scope, **what
    )
    study.vault.erasures.begin(job)
    return job


def require_run(study: Study, scope: Scope, progress: Progress) -> tuple[str, ...]:
    """Refuse before anything is removed: in a session that was never run nobody knows which words are whose.

    Returns:
        What ``flows.carrying.fresh`` tells of the sessions.
    Raises:
        CheckFailed: naming the first such session within the scope.
    """
    for store in study.sessions():
        session = store.intake().session.session
        if scope.covers(session) and not store.was_run():
            raise CheckFailed(
                f"session {session} was not run to its end, so nobody knows which words in it are whose; "
                "nothing was destroyed",
                hint="Run it first: chatham run. If it cannot be run, let it go whole: chatham retention --discard "
                f"{session}. Then do this again.",
            )
    return fresh(Worker(study, progress))


def _job_of(study: Study, withdrawal: int) -> Job | None:
    return next((job for job in study.vault.erasures.all() if job.withdrawal == withdrawal), None)


def _stores(study: Study, why: str, progress: Progress) -> list[Store]:
    worker = Worker(study, progress)

    def keep(store: SessionStore, participant: str) -> KeptWords:
        return keep_words(worker, store, participant)

    return all_stores(study, keep=keep, why=why)


def _late_sessions(study: Study, job: Job, progress: Progress) -> list[Store]:
    done = {one.store for one in job.done}
    stores = _stores(study, job.reason, progress)
    return [store for store in stores if isinstance(store, SessionStore) and store.exists() and store.name not in done]


def _called(store: Store) -> str:
    """A store's name for whoever waits: a session's own id, as far as it was taken in."""
    if isinstance(store, SessionStore) and store.exists():
        return f"session {store.intake().session.session}"
    return store.name


def _sound_alikes(study: Study, job: Job) -> tuple[tuple[str, float], ...]:
    """Where others still say something that sounds like the person's name; asked before the names are forgotten."""
    from deidentification.api import sound_alikes

    person = study.vault.roster.person(job.participant or "")
    if person is None:
        return ()
    names = (person.full_name, *person.aliases, *person.former_names)
    found = []
    for store in study.vault.sessions():
        turns = store.latest("attributed", Attributed) if store.exists() else None
        session = store.intake().session.session if turns else ""
        found += [(session, second) for second in (sound_alikes(turns, names) if turns else ())]
    return tuple(sorted(found))


def _erased(store: Store, job: Job) -> Erased:
    if job.participant is not None:
        return store.erase(job.participant, job.scope)
    if isinstance(store, SessionStore):
        return store.erase_unknown(job.scope)
    return store.erase("", job.scope)


def _alone_with(study: Study, store: Store) -> AbstractContextManager[None]:
    """No worker may have a session in hand, nor anybody import a roster, while something is removed from it."""
    if isinstance(store, SessionStore):
        return study.lock(store.opaque)
    return study.lock("roster") if isinstance(store, RosterStore) else nullcontext()

"""From names found to a data set: unite names, redact the sessions that changed, check for leaks, load, publish."""

import json
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from flows.bridging import shown_words
from flows.coding.released import released_codings
from flows.deciding import company_of, decisions_for, key_of, standing_of
from flows.facts import (
    BuildFacts,
    StageFacts,
    code_digest,
    current,
    decisions_digest,
    with_sharers,
)
from flows.gate import check_made
from flows.published import PURPOSE, remember, stands
from flows.settings import utc_now
from flows.steps import languages_of, recogniser_versions
from flows.study import Study
from flows.worker import Ready, SessionState, Worker
from schemas.deidentified import (
    DeidentifiedUtterance,
    Doubt,
    NamesFound,
    NameTable,
    RedactedSession,
    WithheldUtterance,
)
from schemas.errors import ChathamError, RefusedByConsent
from schemas.identifiers import Digest
from schemas.ledger import EventKind, LedgerEvent
from schemas.provenance import Provenance
from schemas.records import digest_of
from schemas.speech import Attributed
from vault.sessions import SessionStore

if TYPE_CHECKING:
    from warehouse.load import BuildReport

TRIES = 3


def unite_names(states: Sequence[SessionState]) -> NameTable:
    """The study name table: names found anywhere, whatever the order of processing."""
    from deidentification.api import unite

    return unite(
        NamesFound(
            session=state.intake.session.session,
            language=state.intake.session.language,
            recognisers={},
            utterances=(),
            surfaces=state.facts.surfaces if state.facts else (),
        )
        for state in states
    )


def name_table(worker: Worker, states: Sequence[SessionState]) -> NameTable:
    """The study name table, which the worker goes by from now on; tells whose made-up name it takes away."""
    names = unite_names(states)
    worker.know(names)
    for participant in worker.without_pseudonym:
        worker.progress.say(
            f"{participant}: somebody else bears the made-up name; shown as unnamed until the roster has another"
        )
    return names


def prepare(worker: Worker, state: SessionState, names: NameTable, purpose: str = PURPOSE) -> Ready | None:
    """What still holds of a session's redaction, or None where it must be redacted (again)."""
    worker.know(names)
    stage, facts = state.facts, state.store.get_stage(f"built-{purpose}", current(BuildFacts), BuildFacts)
    if stage is None or facts is None or (facts.names_table, facts.attributed) != (names.digest(), stage.attributed):
        return None
    involved = {*stage.people, *stage.mentioned, *facts.touched}
    concerned = with_sharers(involved, worker.table)
    decisions = decisions_for(worker, state.intake.session.session, purpose, concerned)
    if facts.redacted_key != key_of(worker, state.intake, stage, facts.touching, facts.touched, decisions):
        return None
    return Ready(state, stage, decisions, facts, company_of(worker, state.intake.session.session, purpose, involved))


def redact(worker: Worker, store: SessionStore, names: NameTable, purpose: str = PURPOSE) -> str:
    """Redact one session for a purpose, with the leak gate; a stored result under the same key is used again.

    Returns:
        Key of the redacted session.
    """
    from deidentification.api import redact as carry_out
    from deidentification.api import touching as rows_in

    worker.know(names)
    stage = store.stage("facts", current(StageFacts), StageFacts)
    intake = store.intake()
    session = intake.session
    attributed = store.stage("attributed", stage.attributed_key, Attributed)
    touching = rows_in(names, attributed)
    touched = tuple(sorted({participant for _, participant in touching.names if participant}))
    concerned = {*stage.people, *stage.mentioned, *touched}
    decisions = decisions_for(worker, session.session, purpose, also=concerned)
    key = key_of(worker, intake, stage, touching.digest(), touched, decisions)
    redacted = store.get_stage(f"redacted-{purpose}", key, RedactedSession)
    if redacted is None:
        worker.progress.step(f"{session.session}: de-identifying {len(attributed.utterances)} turns")
        found = store.stage("names", stage.names_key, NamesFound)
        policy = worker.study.config.policy
        redacted = carry_out(attributed, found, touching, decisions, session, worker.shown_table, policy, worker.kept)
        store.put_stage(f"redacted-{purpose}", key, redacted)
        worker.did(session.session, "redact")
    standing = standing_of(worker, intake, concerned, decisions)
    facts = _build_facts(names, stage, touching, touched, key, redacted, standing)
    store.put_stage(f"built-{purpose}", current(BuildFacts), facts)
    return key


def publish(worker: Worker, ready: Sequence[Ready], names: NameTable, purpose: str = PURPOSE) -> bool:
    """Build the data set and swap it in, unless consent changed meanwhile.

    The head is read again under the ledger lock just before the swap, and the lock is held over it: a withdrawal is
    recorded either before, and then this build is thrown away where it used a decision that changed, or after, and
    then it takes the published file away.

    Returns:
        False where a decision changed and nothing was published.
    """
    from warehouse.aside import put_in_place, remove_leftovers

    study = worker.study
    head, coded = study.ledger.head(), study.vault.codebook.get().made
    if not decisions_hold(worker, ready, purpose):
        return False
    remove_leftovers(study.research)
    aside = study.research.with_name(f".{study.research.name}.{head[0]}.tmp")
    placed: list[os.stat_result] = []

    def place(_indexes: Sequence[int]) -> None:
        put_in_place(aside, study.research)
        placed.append(study.research.stat())  # under the lock: a withdrawal may take it away right after

    try:
        report, _made_of = load_aside(worker, ready, purpose, head, aside)
        check_made(worker, ready, report, aside, files={study.research.name})
        events = partial(derived, worker, ready, purpose)
        if not record_and_place(worker, ready, purpose, head, aside, events=events, place=place):
            return False
    except (ChathamError, OSError):
        if nothing_recorded_since(study, head):
            raise
        return False  # a withdrawal recorded meanwhile took the half-built file away
    finally:
        remove_leftovers(study.research)
    remember(worker, ready, names, purpose, placed[0], coded)
    worker.contents = None  # words are kept no longer than they are needed
    return True


def nothing_recorded_since(study: Study, head: tuple[int, str]) -> bool:
    """Whether the register is as it was. A stop that has taken files away and is about to record why is waited for."""
    with study.ledger.lock():
        return study.ledger.head() == head


def record_and_place(
    worker: Worker,
    ready: Sequence[Ready],
    purpose: str,
    head: tuple[int, str],
    aside: Path,
    *,
    events: Callable[[], Sequence[LedgerEvent]],
    place: Callable[[Sequence[int]], None],
) -> bool:
    """Record a data set that was made aside and give it its name, both under the ledger lock.

    Args:
        head: The register's, before the data set was made.
        aside: What was made; a withdrawal takes it away.
        events: What is recorded of it.
        place: Gives it its name; it is told the indexes of what was recorded.
    Returns:
        False where a decision that it rests on changed meanwhile, or it was taken away: nothing was recorded.
    """
    ledger = worker.study.ledger
    while True:
        with ledger.lock():
            if ledger.head() == head:
                if not aside.exists():
                    return False  # a withdrawal that changes no decision used here took the unfinished one away
                place(ledger.append(events()))
                return True
        head = ledger.head()
        if not decisions_hold(worker, ready, purpose):
            return False


def build(
    worker: Worker, states: Sequence[SessionState], redact_one: Callable[[str], None], purpose: str = PURPOSE
) -> list[Ready]:
    """Unite names, redact what changed, publish; made again, three times at most, where a choice changes meanwhile.

    Args:
        states: Sessions whose names are found.
        redact_one: Redacts the session with this opaque id; where that fails it notes so with ``worker.failed``.
    Returns:
        The sessions published; those that failed are left out.
    Raises:
        RefusedByConsent: choices changed during each try.
    """
    names = name_table(worker, states)
    for _ in range(TRIES + 1):
        for state in states:
            if state.store.opaque not in worker.failures and prepare(worker, state, names, purpose) is None:
                redact_one(state.store.opaque)
        usable = [state for state in states if state.store.opaque not in worker.failures]
        ready = [one for one in (prepare(worker, state, names, purpose) for state in usable) if one]
        if not ready and worker.failures:
            return []  # nothing to publish: the failure is told, and what stands is left as it is
        if len(ready) == len(usable):
            if stands(worker, ready, names, purpose):
                return ready
            worker.progress.step("putting the data set together")
            if publish(worker, ready, names, purpose):
                return ready
        worker.progress.say("a choice changed meanwhile; starting over with what it allows")
    raise RefusedByConsent(
        f"choices changed during each of {TRIES + 1} builds, so nothing was published",
        hint="Run again when the recording of choices is done.",
    )


def _build_facts(
    names: NameTable,
    stage: StageFacts,
    touching: NameTable,
    touched: tuple[str, ...],
    key: str,
    redacted: RedactedSession,
    standing: Digest,
) -> BuildFacts:
    shown = [u for u in redacted.utterances if isinstance(u, DeidentifiedUtterance)]
    asking = {one.utterance for one in redacted.review if one.doubt is Doubt.DISCRETION}
    begins = {u.utterance: u.start_s for u in reversed(redacted.utterances)}
    return BuildFacts(
        names_table=names.digest(),
        attributed=stage.attributed,
        touching=touching.digest(),
        touched=touched,
        redacted_key=key,
        redacted=redacted.digest(),
        speakers=len({(u.speaker.participant, u.speaker.level) for u in shown}),
        utterances=len(redacted.utterances),
        withheld=sum(isinstance(u, WithheldUtterance) for u in redacted.utterances),
        redactions=sum(len(u.redactions) for u in shown),
        doubtful=sum(one.doubt is Doubt.NAME for one in redacted.review),
        discretion=tuple(sorted(begins[utterance] for utterance in asking)),
        gate_hits=redacted.gate_hits,
        standing=standing,
    )


def involved(one: Ready) -> set[str]:
    """Everybody who speaks or is named in a session, or may be."""
    return {*one.stage.people, *one.stage.mentioned, *one.facts.touched}


def decisions_hold(worker: Worker, ready: Sequence[Ready], purpose: str) -> bool:
    """Whether every decision that was used is still what the ledger says."""
    return all(
        _decided_now(worker, one, purpose) == _decided(worker, one)
        and company_of(worker, one.state.intake.session.session, purpose, involved(one)) == one.company
        for one in ready
    )


def _decided(worker: Worker, one: Ready) -> str:
    return decisions_digest(one.decisions, involved(one), worker.table)


def _decided_now(worker: Worker, one: Ready, purpose: str) -> str:
    concerned = involved(one)
    people = with_sharers(concerned, worker.table)
    return decisions_digest(
        decisions_for(worker, one.state.intake.session.session, purpose, people), concerned, worker.table
    )


def load_aside(
    worker: Worker, ready: Sequence[Ready], purpose: str, head: tuple[int, str], aside: Path
) -> tuple["BuildReport", Provenance]:
    """Write the data set of these sessions at ``aside``; gives what was built, and what it was made from.

    Bridges between two labels of one person are hidden in it, but for those that somebody has accepted.

    Raises:
        CheckFailed, MissingKey, DiskFull: nothing was written.
    """
    from warehouse.load import ReleasedSession, ReleaseIds
    from warehouse.load import build as load

    shown = shown_words(worker, ready, purpose)
    released = [
        ReleasedSession(session=one.state.intake.session, duration_s=one.stage.duration_s, redacted=words)
        for one, words in zip(ready, shown, strict=True)
    ]
    provenance = _provenance(worker, ready, head, purpose)
    ids = ReleaseIds(worker.study.vault.roster.study_key(), worker.secrets)
    return load(aside, released, ids, provenance, released_codings(worker, ready, shown)), provenance


def _provenance(worker: Worker, ready: Sequence[Ready], head: tuple[int, str], purpose: str) -> Provenance:
    from importlib.metadata import version

    heard = {one.state.intake.model for one in ready if one.state.intake.model}
    languages = {language for one in ready for language in languages_of(worker, one.state.intake.session)}
    speech = {_model_name(model): model.rpartition(" ")[2] for model in sorted(heard)}
    return Provenance(
        purpose=purpose,
        ledger_size=head[0],
        ledger_root=head[1],
        made_at=utc_now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        code_version=f"{version('chatham')}+{code_digest('deidentification')[:12]}",
        models={**speech, **recogniser_versions(tuple(sorted(languages)), worker.study.config.names)},
        policy_sha256=worker.study.config.policy.digest(),
        decisions_sha256=digest_of([_decided(worker, one) for one in ready]),
    )


def _model_name(model: str) -> str:
    """Name of a speech model without the folder it lies in, which may name a person."""
    return Path(model.rpartition(" ")[0]).name


def derived(worker: Worker, ready: Sequence[Ready], purpose: str) -> list[LedgerEvent]:
    """One ``derive`` event for each session whose words differ from those last recorded."""
    last: dict[str, str] = {}
    for entry in worker.study.ledger.entries():
        if entry.kind is EventKind.DERIVE and entry.payload and entry.payload.get("purpose") == purpose:
            last[entry.payload["session"]] = entry.payload["key"]
    return [
        LedgerEvent(
            kind=EventKind.DERIVE,
            payload={
                "type": "derive",
                "purpose": purpose,
                "session": one.state.intake.session.session,
                "key": one.facts.redacted_key,
                "digest": one.facts.redacted,
                "decisions": _decided(worker, one),
                "model": one.state.intake.model,
                "counts": json.loads(one.facts.model_dump_json(include={"utterances", "withheld", "redactions"})),
                "hotwords_cut": one.state.intake.hotwords_cut,
            },
        )
        for one in ready
        if last.get(one.state.intake.session.session) != one.facts.redacted_key
    ]

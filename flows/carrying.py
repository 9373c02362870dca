"""Carries results over an erasure, so that the next run redoes only what the erased person was in.

Taking somebody out of the roster changes what every session's results are filed under, and hardly any of the results.
Who said what and which names were found stay as the erasure left them; a redaction stays where it is known to come out
the same. Nothing is listened to, told apart or searched again: a search without the person would find less.
"""

import json
from collections.abc import Iterable, Sequence

from flows.build import unite_names
from flows.coding.anchored import put_turns
from flows.deciding import decisions_for, key_of, standing_of
from flows.facts import BuildFacts, StageFacts, attributed_key, code_digest, current, names_key
from flows.kept import kept_in, with_kept
from flows.plan import look
from flows.steps import facts_of, heard_tracks, languages_of, recogniser_versions
from flows.worker import SessionState, Worker
from schemas.deidentified import NamesFound
from schemas.identifiers import ParticipantId
from schemas.recording import Intake
from schemas.records import digest_of
from schemas.speech import Attributed, Transcript
from vault.sessions import SessionStore

_OPAQUE = 32
"""Letters of a session's opaque id; what else stands among those is longer."""


def fresh(worker: Worker) -> tuple[str, ...]:
    """What holds today, to be told before an erasure.

    Returns:
        Opaque ids of the sessions whose stages hold, and at the end what they hold under.
    """
    states = [look(worker, store) for store in worker.study.sessions()]
    holding = [state.store.opaque for state in states if state.facts]
    return (*holding, json.dumps({"programs": _programs(worker), "people": _people(worker)}, sort_keys=True))


def carry_over(worker: Worker, held: Sequence[str], participant: ParticipantId | None) -> int:
    """File what the erasure left under today's roster; may be run again, and goes on where it stopped.

    Args:
        worker: Opened after the erasure.
        held: What ``fresh`` told before it.
        participant: Who is no longer in the roster; None: everybody still is.
    Returns:
        How many sessions were carried over.
    """
    if not _same_otherwise(worker, held):
        return 0  # programs, settings or somebody else's entry changed meanwhile: the run does it all again
    told = [(store, store.get_stage("facts", current(StageFacts), StageFacts)) for store in worker.study.sessions()]
    worker.know(unite_names([SessionState(store, store.intake(), facts) for store, facts in told]))
    stores = [store for store, _facts in told if store.opaque in held]
    return sum(_carried(worker, store, participant) for store in stores)


def _carried(worker: Worker, store: SessionStore, participant: ParticipantId | None) -> bool:
    with worker.alone_with(store.opaque):
        intake = store.intake()
        facts = store.get_stage("facts", current(StageFacts), StageFacts)
        moved = _moved(worker, store, intake, facts) if facts else _laid_anew(worker, store, intake)
        if moved is None:
            return False
        if moved != facts:
            store.put_stage("facts", current(StageFacts), moved)
        built = [_redaction(worker, store, intake, moved, participant, purpose) for purpose in _purposes(store)]
        return moved != facts or any(built)


def _moved(worker: Worker, store: SessionStore, intake: Intake, facts: StageFacts) -> StageFacts:
    """The facts of a session from which nothing was removed, its results filed anew."""
    policy = worker.study.config.policy
    turns = attributed_key(intake, facts.heard, worker.table, policy, kept_in(store))
    names = _names_key(worker, intake, facts.attributed)
    _file(store, "attributed", turns)
    _file(store, "names", names)
    return facts.model_copy(update={"attributed_key": turns, "names_key": names})


def _laid_anew(worker: Worker, store: SessionStore, intake: Intake) -> StageFacts | None:
    """The facts of a session that the erasure changed, its kept words in their places; None where it must be run."""
    from deidentification.api import placed

    turns, found = store.latest("attributed", Attributed), store.latest("names", NamesFound)
    if turns is None or found is None:
        return None
    kept = kept_in(store)
    with_them = with_kept(turns, kept) if kept else turns
    if not store.names_fit() and (kept is None or with_them != turns):
        return None
    transcript = store.latest("transcript", Transcript) if intake.tracks else None
    key = attributed_key(intake, heard_tracks(transcript), worker.table, worker.study.config.policy, kept)
    if with_them != turns:
        put_turns(store, key, with_them, kept)
    _file(store, "attributed", key)
    names = placed(found, with_them)
    upon = with_them.digest()
    under = _names_key(worker, intake, upon)
    if names != found or not store.names_fit():
        store.put_stage("names", under, names)
    _file(store, "names", under)
    return facts_of(intake, transcript, key, with_them, upon, under, names)


def _redaction(
    worker: Worker, store: SessionStore, intake: Intake, stage: StageFacts, participant: str | None, purpose: str
) -> bool:
    """File a redaction anew where today's roster surely makes the same; gives whether it was filed."""
    facts = store.get_stage(f"built-{purpose}", current(BuildFacts), BuildFacts)
    if facts is None or facts.gate_hits:
        return False  # what the gate withheld for a name that is gone might be shown today
    concerned = {*stage.people, *stage.mentioned, *facts.touched}
    if participant in concerned or facts.attributed != stage.attributed:
        return False
    decisions = decisions_for(worker, intake.session.session, purpose, also=concerned)
    key = key_of(worker, intake, stage, facts.touching, facts.touched, decisions)
    if key == facts.redacted_key or standing_of(worker, intake, concerned, decisions) != facts.standing:
        return False
    _file(store, f"redacted-{purpose}", key)
    moved = facts.model_copy(update={"redacted_key": key})
    store.put_stage(f"built-{purpose}", current(BuildFacts), moved)
    return True


def _file(store: SessionStore, stage: str, key: str) -> None:
    if not store.has_stage(stage, key):
        store.refile_stage(stage, key)


def _purposes(store: SessionStore) -> Iterable[str]:
    return [stage.removeprefix("built-") for stage in store.stages() if stage.startswith("built-")]


def _names_key(worker: Worker, intake: Intake, attributed: str) -> str:
    versions = recogniser_versions(languages_of(worker, intake.session), worker.study.config.names)
    return names_key(attributed, intake, worker.table, worker.study.config.policy, versions)


def _same_otherwise(worker: Worker, held: Sequence[str]) -> bool:
    """Whether nothing but one entry of the roster differs from what the results were made under."""
    told = next((json.loads(one) for one in held if len(one) > _OPAQUE), None)
    if told is None or told["programs"] != _programs(worker):
        return False
    now, then = _people(worker), told["people"]
    return len(then) - len(now) in (0, 1) and set(now) <= set(then)


def _programs(worker: Worker) -> str:
    config = worker.study.config
    versions = recogniser_versions(tuple(sorted(config.languages)), config.names)
    return digest_of([config.policy.digest(), versions, code_digest("transcription"), code_digest("deidentification")])


def _people(worker: Worker) -> list[str]:
    """A digest of each entry of the roster; their secrets are in them, so that nobody can be guessed from one."""
    return [person.digest()[:_OPAQUE] for person in worker.table.people]

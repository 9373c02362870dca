"""The words that somebody who withdraws lets stay, taken from one session before anything is removed from it."""

from dataclasses import replace
from functools import partial

from consent.decision import decide_session
from consent.register import Register
from flows.worker import Worker
from schemas.consent import ConsentKind, SessionDecisions
from schemas.deidentified import NamesFound, NameTable
from schemas.errors import CheckFailed
from schemas.identifiers import ParticipantId
from schemas.speech import Attributed, KeptWords
from vault.names_known import name_spans
from vault.sessions import SessionStore


def keep_words(worker: Worker, store: SessionStore, participant: ParticipantId, purpose: str = "analyse") -> KeptWords:
    """A participant's words in one session as they stand at ``unnamed``, with no name left in them.

    What they did not allow just before they withdrew is not kept.

    Args:
        worker: Opened before the erasure: its roster still holds the person, and its name table what sessions held.
        store: A session from which nothing has been removed yet.
    Raises:
        CheckFailed: the session's last run did not reach the names in its words.
    """
    from deidentification.api import keep

    attributed, found = store.latest("attributed", Attributed), store.latest("names", NamesFound)
    session = store.intake().session
    if attributed is None or found is None or not store.names_fit():
        raise CheckFailed(
            f"session {session.session}: its last run did not reach the names in its words, so none can be kept",
            hint="Run it again with chatham run; then go on.",
        )
    decisions = _just_before(worker, session.session, participant, purpose)
    own_names = partial(name_spans, store.known(participant))
    policy = worker.study.config.policy
    names = _names(worker)
    return keep(attributed, found, names, decisions, session, worker.table, policy, participant, own_names)


def before_keeping(register: Register, participant: ParticipantId) -> Register:
    """The register without the withdrawals that are about to be carried out by keeping words.

    Others of the person stand: what they had asked to be erased or stopped is not kept.
    """
    mine = register.by_participant.get(participant, ())
    open_ones = {
        index
        for index, event in mine
        if event.event is ConsentKind.WITHDRAW and event.data == "keep_deidentified" and index not in register.erased
    }
    return replace(register, events=tuple(row for row in register.events if row[0] not in open_ones))


def _just_before(worker: Worker, session: str, participant: ParticipantId, purpose: str) -> SessionDecisions:
    people = {participant, *worker.kept, *(person.participant for person in worker.table.people)}
    return decide_session(before_keeping(worker.study.register(), participant), session, people, purpose)


def _names(worker: Worker) -> NameTable:
    """The study name table, gathered once: an erasure takes the person's rows out of one session after another."""
    from deidentification.api import unite

    if not worker.names.names:
        stores = (store for store in worker.study.vault.sessions() if store.exists())
        worker.names = unite(found for store in stores if (found := store.latest("names", NamesFound)))
    return worker.names

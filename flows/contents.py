"""The words that a data set is made of, and the bridges in them; read once for each state of the sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.sharing import Shared
from flows.worker import Ready, Worker
from schemas.deidentified import DeidentifiedUtterance, QuoteState, RedactedSession
from schemas.identifiers import ParticipantId

if TYPE_CHECKING:
    from deidentification.api import Bridge


@dataclass(frozen=True)
class Contents:
    """De-identified sessions, and every sentence in them that may join two labels of one person.

    Attributes:
        keys: What it was made under; another state of any session has another.
    """

    keys: tuple[tuple[str, str, str], ...]
    words: list[RedactedSession]
    bridges: list["Bridge"]


def contents(worker: Worker, ready: Sequence[Ready], purpose: str) -> Contents:
    """What a data set of ``ready`` for ``purpose`` is made of, its sessions in their order."""
    keys = tuple((one.state.store.opaque, purpose, one.facts.redacted_key) for one in ready)
    if worker.contents is None or worker.contents.keys != keys:
        shared, stage = Shared(), f"redacted-{purpose}"
        words = [
            sharing(one.state.store.stage(stage, one.facts.redacted_key, RedactedSession), shared) for one in ready
        ]
        worker.contents = Contents(keys, words, _bridges(worker, ready, words))
    return worker.contents


def sharing(session: RedactedSession, shared: Shared) -> RedactedSession:
    """``session`` in a fifth of the room: its turns have few speakers, decisions and ways of standing for a source."""
    for piece in session.utterances:
        if isinstance(piece, DeidentifiedUtterance):
            shared.within(
                piece,
                speaker=shared.part(piece.speaker),
                decision=shared.part(piece.decision),
                redactions=shared.parts(piece.redactions),
                spans=shared.parts(piece.spans),
            )
        elif piece.decision is not None:
            shared.within(piece, decision=shared.part(piece.decision))
    return session


def quotes_in(worker: Worker, ready: Sequence[Ready], purpose: str) -> dict[ParticipantId, QuoteState]:
    """Whose words may be quoted from a data set of ``ready``, and in which state the freest of them stand."""
    found: dict[ParticipantId, QuoteState] = {}
    for session in contents(worker, ready, purpose).words:
        for one in session.utterances:
            if isinstance(one, DeidentifiedUtterance) and one.quote is not QuoteState.NOT:
                known = found.get(one.speaker.participant, one.quote)
                found[one.speaker.participant] = min(known, one.quote, key=list(QuoteState).index)
    return found


def _bridges(worker: Worker, ready: Sequence[Ready], words: Sequence[RedactedSession]) -> "list[Bridge]":
    from deidentification.api import called, find_bridges

    called_in = {
        one.state.intake.session.session: called(one.decisions, one.state.intake.session, worker.company, worker.kept)
        for one in ready
    }
    return find_bridges(words, called_in, worker.study.config.policy.public_works)

"""Bridges between two labels of one person in a data set: found, matched with what somebody decided, and hidden."""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.contents import contents
from flows.progress import clock
from flows.worker import Ready, Worker
from schemas.deidentified import BridgeReview, DeidentifiedUtterance, RedactedSession
from schemas.errors import CheckFailed
from schemas.identifiers import SessionId
from vault.sessions import Entry, SessionStore

if TYPE_CHECKING:
    from deidentification.api import Bridge

ENTRY = "bridge"
"""Kind of the entries that hold what somebody decided."""
MOST_TOLD = 20
"""Places told in one error."""
_ID_DIGITS = 12


@dataclass(frozen=True)
class Found:
    """A bridge of a data set, its id, and what was decided of it last; None: nobody has looked at it."""

    id: str
    bridge: "Bridge"
    review: Entry[BridgeReview] | None

    @property
    def stands(self) -> bool:
        """Whether it is shown: somebody decided that it joins nothing."""
        return self.review is not None and self.review.record.accepted

    @property
    def place(self) -> str:
        """Where it is, as people look it up."""
        return f"{self.bridge.session} at {clock(self.bridge.start_s)}"


def bridges_of(worker: Worker, ready: Sequence[Ready], purpose: str) -> list[Found]:
    """Every bridge of the data set that these sessions make for ``purpose``, in their order."""
    bridges, key = contents(worker, ready, purpose).bridges, worker.study.keyring.names_key
    where = {bridge.session for bridge in bridges}
    stores = {one.state.intake.session.session: one.state.store for one in ready}
    reviewed = {session: reviews(stores[session]) for session in where}
    told = ((bridge_id(key, bridge), bridge) for bridge in bridges)
    return [Found(identity, bridge, reviewed[bridge.session].get(identity)) for identity, bridge in told]


def bridge_id(names_key: bytes, bridge: "Bridge") -> str:
    """The id of a bridge, the same whenever the data set is made; under a key, so that nobody can guess what it says.

    It holds what is joined: under other labels, or with other words that lead elsewhere, it is another bridge.
    """
    parts = [bridge.session, bridge.utterance, bridge.participant, str(bridge.own), bridge.says, *bridge.labels]
    text = "\0".join(["bridge", *parts]).encode()
    return hmac.new(names_key, text, hashlib.sha256).hexdigest()[:_ID_DIGITS]


def reviews(store: SessionStore) -> dict[str, Entry[BridgeReview]]:
    """What was decided last of each bridge of a session."""
    return {entry.record.bridge: entry for entry in store.entries(ENTRY, BridgeReview)}


def decided(ready: Iterable[Ready]) -> list[tuple[SessionId, list[tuple[str, bool]]]]:
    """By session, what was decided of its bridges: what a data set shows rests on it."""
    return [
        (
            one.state.intake.session.session,
            sorted((key, entry.record.accepted) for key, entry in reviews(one.state.store).items()),
        )
        for one in ready
    ]


def without_bridges(redacted: Sequence[RedactedSession], found: Iterable[Found]) -> list[RedactedSession]:
    """``redacted`` with every bridge hidden that nobody has accepted."""
    from deidentification.api import hide

    hidden: dict[tuple[str, str, int], list[Bridge]] = defaultdict(list)
    for one in found:
        if not one.stands:
            hidden[one.bridge.session, one.bridge.utterance, one.bridge.piece].append(one.bridge)
    sessions = {session for session, _, _ in hidden}

    def without(session: RedactedSession) -> RedactedSession:
        pieces = [
            hide(piece, [marked for bridge in here for marked in bridge.marked])
            if isinstance(piece, DeidentifiedUtterance)
            and (here := hidden.get((session.session, piece.utterance, piece.piece)))
            else piece
            for piece in session.utterances
        ]
        return session.model_copy(update={"utterances": tuple(pieces)})

    return [without(one) if one.session in sessions else one for one in redacted]


def shown_words(worker: Worker, ready: Sequence[Ready], purpose: str) -> list[RedactedSession]:
    """The words of a data set as they stand in it: de-identified, and without bridges that nobody has accepted."""
    return without_bridges(contents(worker, ready, purpose).words, bridges_of(worker, ready, purpose))


def require_reviewed(found: Iterable[Found], purpose: str) -> None:
    """Refuse to make a data set while a bridge in it was looked at by nobody.

    Raises:
        CheckFailed: with session and time of each, and no word.
    """
    waiting = [one.place for one in found if one.review is None]
    if not waiting:
        return
    more = f" and {len(waiting) - MOST_TOLD} more" if len(waiting) > MOST_TOLD else ""
    places = f"{len(waiting)} places join" if len(waiting) > 1 else "1 place joins"
    raise CheckFailed(
        f"nothing was made: {places} two labels of one person, and nobody has looked at them: "
        f"{', '.join(waiting[:MOST_TOLD])}{more}",
        hint=f"See them with chatham release bridges --purpose {purpose}, and accept or hide each.",
    )

"""What every store of personal things promises: to erase one participant, as far as asked, and to say what it did."""

from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, Protocol, Self

from pydantic import model_validator

from schemas.coding import Place, StudyCodebook
from schemas.identifiers import Digest, SessionId
from schemas.records import Record
from schemas.speech import KeptWords, Utterance

if TYPE_CHECKING:
    from vault.sessions import SessionStore

Intervals = list[tuple[float, float]]
"""Start and end in seconds, sorted, not overlapping."""

Silence = Callable[[BinaryIO, BinaryIO, Intervals], None]
"""Copies a recording from the first stream to the second, silent inside the intervals, its length unchanged."""

Keep = Callable[["SessionStore", str], KeptWords]
"""A participant's words in one session as they may stay without their name; asked before anything is removed."""

Carried = tuple[tuple[Place, ...], bool]
"""Where places in words are now, and whether every word of them is there."""

Carry = Callable[[Utterance, Utterance, tuple[Place, ...]], Carried]
"""Places in a turn's words, to the same words of that turn as it is kept."""

Clean = Callable[[StudyCodebook], StudyCodebook]
"""Takes names, and words that nobody says any more, out of what coders wrote."""


class Part(Record):
    """A stretch of one session, ``[start_s, end_s)`` in seconds from its start."""

    session: SessionId
    start_s: float
    end_s: float


class Scope(Record):
    """How far an erasure reaches; as made with no arguments, everything of the person."""

    sessions: tuple[SessionId, ...] | None = None
    """Sessions of which everything goes; None: all of them, and what lies outside sessions."""
    parts: tuple[Part, ...] = ()
    """Only these stretches; ``sessions`` is empty then."""
    voice_only: bool = False
    """The sound of their voice goes, and their words stay."""
    keep: bool = False
    """Their words stay de-identified; everything else goes."""

    @model_validator(mode="after")
    def _either_sessions_or_parts(self) -> Self:
        if self.parts and self.sessions != ():
            raise ValueError("a scope has either whole sessions or parts of some")
        return self

    @property
    def whole(self) -> bool:
        """Whether it reaches everything of the person, also outside sessions."""
        return self.sessions is None and not self.voice_only

    def covers(self, session: str) -> bool:
        """Whether it reaches into a session, or into a part of it."""
        return self.sessions is None or session in (*self.sessions, *(part.session for part in self.parts))


EVERYTHING = Scope()


class Erased(Record):
    """What one store did for one erasure."""

    store: str
    items: int
    """Things removed, blanked or replaced: recordings, utterances, mentions, entries, rows."""
    before: Digest
    """Over the store's files as they lay, encrypted."""
    after: Digest
    whole_recordings: int = 0
    """Recordings of several voices that were removed or silenced whole, because no one voice could be told in them."""
    others_scrubbed: int = 0
    """Other people's turns in which a name was replaced."""
    keys: tuple[str, ...] = ()
    """The keys that were destroyed: the first 16 hexadecimal digits of SHA-256 over each one's public half."""


class Store(Protocol):
    """A place that may hold something of a participant."""

    @property
    def name(self) -> str:
        """What a certificate calls it; nothing personal."""
        ...

    def erase(self, participant: str, scope: Scope = EVERYTHING) -> Erased:
        """Remove what ``scope`` covers of ``participant``; may be run again after a crash, and goes on from there."""
        ...

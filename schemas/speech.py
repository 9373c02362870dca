"""Words with times, and the turns they form."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import TypeVar

from pydantic import Field

from schemas.identifiers import Digest, ParticipantId, TrackId, UtteranceId
from schemas.records import Record


class Word(Record):
    """One recognised or written word. ``text`` has no surrounding spaces; punctuation stays attached."""

    text: str = Field(repr=False)
    start_s: float
    end_s: float
    confidence: float = 1.0
    """0 to 1; 1 where a person or a platform wrote it."""
    prompted: bool = False
    """A name that the recogniser was told to expect, and did not hear without being told."""


W = TypeVar("W", bound=Word)


def offsets(words: Iterable[W]) -> Iterator[tuple[int, W]]:
    """Each word and the codepoint at which it starts in the words joined by single spaces."""
    at = 0
    for word in words:
        yield at, word
        at += len(word.text) + 1


class TrackWords(Record):
    """What one recogniser heard in one track."""

    track: TrackId
    language: str
    duration_s: float
    words: tuple[Word, ...]
    flags: tuple[str, ...] = ()
    """``loop@12.3``, ``gap@60.0``, ``silence_text@3.1``, ``prompted@7.5``, ``silent``: never passed on silently."""


class Transcript(Record):
    """The words of a session as its recogniser heard them, by track."""

    model: str
    model_sha256: Digest
    settings: dict[str, str]
    tracks: tuple[TrackWords, ...]


class UtteranceState(StrEnum):
    """How far a person has looked at an utterance's words."""

    MACHINE = "machine"
    CORRECTED = "corrected"
    CHECKED = "checked"


KEPT = "kept"
"""``Voice.method`` of a voice whose words stand de-identified, since the person withdrew and let them stay."""


class Voice(Record):
    """Who a run of words belongs to, as far as known."""

    label: str = Field(repr=False)
    """Display name, voice label or track as the source has it; may be a person's name, so vault only."""
    participant: ParticipantId | None = None
    """None: nobody's words until a person decides, so withheld."""
    confidence: float = 0.0
    method: str = "none"
    """``map``, ``exact``, ``alias``, ``fuzzy``, ``none``; ``kept`` (``KEPT``) for words that somebody who withdrew let
    stay."""


class UtteranceWord(Word):
    """A word in a turn, with the other voices that may have said it."""

    near: tuple[int, ...] = ()
    """Indexes into the session's voices: other speakers whose turn overlaps or adjoins the word (0.3 s) and whom the
    transcript's own text does not rule out. The word takes the more protective of all decisions."""


class Utterance(Record):
    """One turn of one voice. ``text`` is the words joined by single spaces, and offsets count its codepoints."""

    utterance: UtteranceId
    voice: int
    """Index into the session's voices."""
    start_s: float
    end_s: float
    words: tuple[UtteranceWord, ...]
    language: str = "en"
    state: UtteranceState = UtteranceState.MACHINE
    timed: bool = True
    """False where the source gave no times at all."""

    @property
    def text(self) -> str:
        """The words joined by single spaces."""
        return " ".join(word.text for word in self.words)


class Attributed(Record):
    """A session's turns in time order, and whose voice each is."""

    voices: tuple[Voice, ...]
    utterances: tuple[Utterance, ...]
    notes: tuple[str, ...] = ()
    """What a person should look at, without names or words: ``voice 3 is nobody's``, ``track t2 is silent``."""


class KeptTurn(Record):
    """One turn of somebody who withdrew and let their words stay without their name, or what of it may stay.

    Names are not in it: another participant is a placeholder (``[P03]``), everybody else ``[PERSON]``.
    """

    participant: ParticipantId
    start_s: float
    end_s: float
    words: tuple[UtteranceWord, ...] = Field(repr=False)
    language: str
    timed: bool
    utterance: UtteranceId
    """The turn's number before the erasure; the turn keeps it."""
    beside: tuple[ParticipantId, ...] = ()
    """Whom the words' ``near`` means here: the session's voices are told anew, and indexes into them would not hold."""


class KeptWords(Record):
    """What a session keeps of people whose recordings and identities are destroyed: their de-identified turns."""

    turns: tuple[KeptTurn, ...] = ()

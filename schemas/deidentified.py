"""Names found, the study name table, redaction plans, and the words that may leave the vault."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from schemas.consent import Level
from schemas.identifiers import Digest, ParticipantId, SessionId, UtteranceId
from schemas.records import Record


class Label(StrEnum):
    """What kind of thing was found."""

    PERSON = "PERSON"
    ORGANISATION = "ORGANISATION"
    ROLE = "ROLE"
    PLACE = "PLACE"
    DATE = "DATE"
    AGE = "AGE"
    CONTACT = "CONTACT"
    LINK = "LINK"
    OTHER = "OTHER"


class Action(StrEnum):
    """What was done with it in the released text."""

    REPLACED = "replaced"
    GENERALISED = "generalised"
    MASKED = "masked"


class Certainty(StrEnum):
    """How sure a find is. Only EXACT and STRONG name the person; WEAK is masked and queued for review."""

    EXACT = "exact"
    STRONG = "strong"
    WEAK = "weak"
    MODEL = "model"


class Find(Record):
    """Something that identifies, at ``[start_char, end_char)`` codepoints of an utterance's text."""

    start_char: int
    end_char: int
    label: Label
    participant: ParticipantId | None = None
    """Whom it identifies; None for third parties and for things that are nobody's."""
    certainty: Certainty
    source: str
    """``roster``, ``spacy``, ``rampart``, ``pattern``, ``study``."""
    part: Literal["full", "first", "last", "alias", "former", "handle", "other"] = "other"
    """Which part of the person's name it is; ``other`` for everything that is no participant's name."""
    others: tuple[ParticipantId, ...] = ()
    """Further participants whom the same words may mean (a shared first name, a shared employer)."""


class UtteranceFinds(Record):
    """All finds in one utterance, in order, not overlapping (the union rule has been applied)."""

    utterance: UtteranceId
    finds: tuple[Find, ...]


class NamesFound(Record):
    """What was found in one session, before any decision."""

    session: SessionId
    language: str
    recognisers: dict[str, str]
    """Recogniser name to version; ``failed`` recognisers raise instead."""
    utterances: tuple[UtteranceFinds, ...]
    surfaces: tuple[tuple[str, str], ...] = Field(default=(), repr=False)
    """(normalised name as said, participant id or ``""`` for a third party): this session's rows of the study name
    table."""


class NameTable(Record):
    """Names found anywhere in the study, searched everywhere, whatever the order of processing."""

    names: tuple[tuple[str, str], ...] = Field(repr=False)
    """(normalised name, participant id or ``""``), sorted, no doubles."""


class Redaction(Record):
    """One replaced span, in codepoints of the *released* text. Never what was there."""

    start_char: int
    end_char: int
    label: Label
    action: Action


class SourceSpan(Record):
    """A stretch of released text and the stretch of the vault's text that it stands for."""

    start_char: int
    end_char: int
    source_start_char: int
    source_end_char: int
    kept: bool
    """True: the same codepoints; False: a replacement."""
    kept_for: ParticipantId | None = None
    """A name shown, as said or put right, because this person's level allows it; the leak gate allows no other."""
    listed: bool = False
    """Kept because a reviewed list of the policy says so: a public figure, a published work, a host organisation."""


class WithheldReason(StrEnum):
    """Why an utterance has no text."""

    NO_CONSENT = "no_consent"
    LEVEL = "level"
    PERMISSION = "permission"
    SPEAKER_UNKNOWN = "speaker_unknown"
    NEAR_OTHER_VOICE = "near_other_voice"
    LEAK = "leak"
    FAILED = "failed"


ATTRIBUTES_GO = ("place_as", "organisation_as", "role_as", "language", "tier")
"""Attributes of a speaker in the order in which they go, until what is left beside a label fits two people."""


class SpeakerShown(Record):
    """How a speaker is shown in one data set. No field identifies beyond the level."""

    participant: ParticipantId
    """Whose it is; used to mint ids, never released."""
    level: Level
    label: str = Field(repr=False)
    tightened: int
    tier: str | None = None
    role_as: str | None = None
    organisation_as: str | None = None
    place_as: str | None = None
    language: str | None = None


class QuoteState(StrEnum):
    """Whether words may be quoted, least to most protective."""

    MAY = "may_be_quoted"
    ASK = "ask_first"
    NOT = "not"


class DeidentifiedUtterance(Record):
    """Words that may leave the vault for this purpose."""

    utterance: UtteranceId
    piece: int
    """0, 1, ... where a turn was cut because part of it is under another decision."""
    start_s: float
    end_s: float
    speaker: SpeakerShown
    text: str = Field(repr=False)
    redactions: tuple[Redaction, ...]
    spans: tuple[SourceSpan, ...]
    decision: Digest
    verbatim: bool = True
    quote: QuoteState = QuoteState.NOT


class WithheldUtterance(Record):
    """A gap: how long it lasted and why, nothing else."""

    utterance: UtteranceId
    piece: int
    start_s: float
    end_s: float
    reason: WithheldReason
    participant: ParticipantId | None = None
    """Used to mint the decision id, never released."""
    decision: Digest | None = None


class Doubt(StrEnum):
    """What a person is asked to look at."""

    NAME = "name"
    """Something that may identify somebody; it is masked until then."""
    DISCRETION = "discretion"
    """A phrase that asks for discretion; nothing is masked for it."""


class DoubtfulFind(Record):
    """Something that a person should look at. Vault only."""

    utterance: UtteranceId
    start_char: int
    end_char: int
    label: Label
    why: str
    doubt: Doubt = Doubt.NAME


class BridgeReview(Record):
    """What somebody decided of a sentence that may join two labels of one person. Vault only; author and time are kept
    beside it.
    """

    bridge: str
    """The bridge's id, by which it is known again."""
    participant: ParticipantId
    """Whose labels; with them the record goes."""
    utterance: UtteranceId
    """Where; with its speaker the record goes."""
    accepted: bool
    """True: it joins nothing, and stands; False: it stays hidden in every data set."""
    reason: str = Field(repr=False)


class RedactedSession(Record):
    """One session, de-identified for one purpose and past the leak gate."""

    session: SessionId
    purpose: str
    utterances: tuple[DeidentifiedUtterance | WithheldUtterance, ...]
    review: tuple[DoubtfulFind, ...] = ()
    gate_hits: int = 0
    """Utterances that the first pass of the leak gate withheld."""

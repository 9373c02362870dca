"""Which decision holds for each word of a turn, and the pieces into which that cuts the turn."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from schemas.consent import (
    LEVEL_ORDER,
    Answer,
    ConsentDecision,
    Level,
    Organisation,
    PassageDecisions,
    SessionDecisions,
    State,
    more_protective,
)
from schemas.deidentified import QuoteState, WithheldReason
from schemas.policy import Policy
from schemas.purposes import lacking, quotable
from schemas.speech import Utterance, UtteranceState, UtteranceWord, Voice, offsets

_STATES = (State.CONSENTED, State.STOPPED, State.DECLINED, State.NOT_ASKED, State.ERASED)
_ANSWERS = tuple(Answer)
_ORGANISATIONS = tuple(Organisation)
_QUOTES = tuple(QuoteState)


@dataclass(frozen=True)
class Governed:
    """What holds for a word.

    Args:
        reason: Why it is withheld; None where it is shown.
        decision: The decision that it is shown or withheld under; None where there is none.
        participant: Whose words they are taken for.
        also: Participants who may have said them too, so that their clues are looked for as well.
        covering: Indexes of the passages that the word lies in.
    """

    reason: WithheldReason | None
    decision: ConsentDecision | None
    participant: str | None
    also: tuple[str, ...] = ()
    covering: tuple[int, ...] = ()

    @cached_property
    def digest(self) -> str:
        """Of the decision; empty where there is none."""
        return self.decision.digest() if self.decision else ""

    def key(self) -> tuple[object, ...]:
        """Words with one key beside each other form one piece."""
        if self.reason is not None:
            return self.reason, self.participant
        return None, self.participant, self.digest, self.also, self.covering


@dataclass(frozen=True)
class Piece:
    """Words ``[first, stop)`` of an utterance under one decision; ``[start_char, end_char)`` of its text."""

    first: int
    stop: int
    start_char: int
    end_char: int
    governed: Governed


@dataclass
class Governor:
    """Answers for one session whose decision holds when."""

    decisions: SessionDecisions
    voices: Sequence[Voice]
    policy: Policy
    _combined: dict[tuple[str, tuple[int, ...]], ConsentDecision | None] = field(default_factory=dict)
    _lowest: dict[str, int] = field(default_factory=dict)
    _governed: dict[tuple[object, ...], tuple[Governed, tuple[object, ...]]] = field(default_factory=dict)

    def covering(self, word: UtteranceWord, timed: bool) -> tuple[int, ...]:
        """The passages that a word lies in. In a turn without times it may lie in any of them, so all hold."""
        passages = self.decisions.passages
        return tuple(i for i, passage in enumerate(passages) if not timed or _covers(passage, word))

    def decision(self, participant: str, covering: tuple[int, ...] = ()) -> ConsentDecision | None:
        """The decision of ``participant`` in the given passages: the most protective of theirs; None without one."""
        key = (participant, covering)
        if key not in self._combined:
            base = self.decisions.decisions.get(participant)
            inside = [self.decisions.passages[i].decisions.get(participant, base) for i in covering]
            self._combined[key] = self._one_label(participant, most_protective(inside or [base]))
        return self._combined[key]

    def _one_label(self, participant: str, decision: ConsentDecision | None) -> ConsentDecision | None:
        """``decision``, unnamed at least where another part of this session shows the person under a lesser level.

        A sentence that runs from a name on into a made-up name would say whose made-up name it is.
        """
        if decision is None or LEVEL_ORDER.index(decision.level) <= self._least(participant):
            return decision
        return decision.model_copy(update={"level": more_protective(decision.level, Level.UNNAMED)})

    def _least(self, participant: str) -> int:
        """Place in ``LEVEL_ORDER`` of the least protective level that somebody has anywhere in this session."""
        if participant not in self._lowest:
            parts = (self.decisions.decisions, *(passage.decisions for passage in self.decisions.passages))
            levels = [LEVEL_ORDER.index(part[participant].level) for part in parts if participant in part]
            self._lowest[participant] = min(levels)
        return self._lowest[participant]

    def speaker(self, voice: int) -> str | None:
        """Whose voice it is, None where it is nobody's or not sure enough."""
        if not 0 <= voice < len(self.voices):
            return None
        known = self.voices[voice]
        doubtful = known.method == "fuzzy" and known.confidence < self.policy.attribution_threshold
        return None if doubtful else known.participant

    def word(self, utterance: Utterance, word: UtteranceWord) -> tuple[Governed, tuple[object, ...]]:
        """What holds for one word, all voices, passages and permissions considered, and its key."""
        covering = self.covering(word, utterance.timed)
        case = (utterance.voice, utterance.state, covering, word.near, word.confidence == 0.0)
        if case not in self._governed:
            governed = self._word(*case)
            self._governed[case] = governed, governed.key()
        return self._governed[case]

    def _word(
        self, voice: int, state: UtteranceState, covering: tuple[int, ...], near: tuple[int, ...], failed: bool
    ) -> Governed:
        speaker = self.speaker(voice)
        if speaker is None:
            return Governed(WithheldReason.SPEAKER_UNKNOWN, None, None)
        own = self.decision(speaker, covering)
        reason = refused(own, self.decisions.purpose)
        if reason is not None or own is None:
            return Governed(reason, own, speaker)
        if failed:
            return Governed(WithheldReason.FAILED, own, speaker)
        return self._beside(own, speaker, state, covering, near)

    def _beside(
        self,
        own: ConsentDecision,
        speaker: str,
        state: UtteranceState,
        covering: tuple[int, ...],
        near: tuple[int, ...],
    ) -> Governed:
        others = sorted({person or "" for person in map(self.speaker, near)} - {speaker})
        combined, also = own, []
        for other in others:
            theirs = self.decision(other, covering) if other else None
            if theirs is None or refused(theirs, self.decisions.purpose) is not None:
                return Governed(WithheldReason.NEAR_OTHER_VOICE, own, speaker)
            if _stricter(theirs, own) or self._quotes_less(theirs, own, state):
                combined = _beside_stricter(combined, theirs)
                also.append(other)
        return Governed(None, combined, speaker, tuple(also), covering)

    def _quotes_less(self, theirs: ConsentDecision, own: ConsentDecision, state: UtteranceState) -> bool:
        """Whether words that may be quoted as one person's may not, or not so freely, as the other's."""
        mine, other = (quotable(decision, self.decisions.purpose, state) for decision in (own, theirs))
        return _QUOTES.index(other) > _QUOTES.index(mine)

    def pieces(self, utterance: Utterance) -> list[Piece]:
        """The turn cut wherever another decision begins to hold; together all its words."""
        pieces: list[Piece] = []
        last_key: tuple[object, ...] | None = None
        for number, (start, word) in enumerate(offsets(utterance.words)):
            governed, key = self.word(utterance, word)
            end = start + len(word.text)
            if pieces and key == last_key:
                last = pieces[-1]
                pieces[-1] = Piece(last.first, number + 1, last.start_char, end, last.governed)
            else:
                pieces.append(Piece(number, number + 1, start, end, governed))
            last_key = key
        return pieces


def refused(decision: ConsentDecision | None, purpose: str) -> WithheldReason | None:
    """Why a person's words are withheld for ``purpose``; None where they may be shown."""
    if decision is None or decision.state is not State.CONSENTED:
        return WithheldReason.NO_CONSENT
    if decision.level is Level.WITHHELD:
        return WithheldReason.LEVEL
    return WithheldReason.PERMISSION if lacking(decision, purpose) else None


def most_protective(decisions: Iterable[ConsentDecision | None]) -> ConsentDecision | None:
    """The most protective of one person's decisions, dimension by dimension; None where one is missing."""
    given = list(decisions)
    known = [decision for decision in given if decision is not None]
    if not known or len(known) < len(given):
        return None
    if len(known) == 1:
        return known[0]
    base = max(known, key=lambda d: (LEVEL_ORDER.index(d.level), d.tightened, d.digest()))
    for other in known:
        base = _combine(base, other)
    return base


def _combine(base: ConsentDecision, other: ConsentDecision) -> ConsentDecision:
    permissions = {
        p: max(base.permissions.get(p, Answer.NO), other.permissions.get(p, Answer.NO), key=_ANSWERS.index)
        for p in sorted({*base.permissions, *other.permissions})
    }
    return base.model_copy(
        update={
            "level": max(base.level, other.level, key=LEVEL_ORDER.index),
            "organisation": max(base.organisation, other.organisation, key=_ORGANISATIONS.index),
            "state": max(base.state, other.state, key=_STATES.index),
            "permissions": permissions,
            "verbatim": base.verbatim and other.verbatim,
        }
    )


def _stricter(theirs: ConsentDecision, own: ConsentDecision) -> bool:
    return (
        LEVEL_ORDER.index(theirs.level) > LEVEL_ORDER.index(own.level)
        or _ORGANISATIONS.index(theirs.organisation) > _ORGANISATIONS.index(own.organisation)
        or (own.verbatim and not theirs.verbatim)
    )


def _beside_stricter(own: ConsentDecision, theirs: ConsentDecision) -> ConsentDecision:
    """The speaker's decision where words may be another's: under a stricter level nobody is shown as their speaker.

    Between two labels of one turn the speaker would be seen changing from a name to a made-up name.
    """
    combined = _combine(own, theirs)
    if LEVEL_ORDER.index(theirs.level) > LEVEL_ORDER.index(own.level):
        return combined.model_copy(update={"level": more_protective(theirs.level, Level.UNNAMED)})
    return combined


def _covers(passage: PassageDecisions, word: UtteranceWord) -> bool:
    if word.start_s >= word.end_s:
        return passage.start_s <= word.start_s <= passage.end_s
    return passage.start_s < word.end_s and word.start_s < passage.end_s

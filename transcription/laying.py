"""Recognised words laid under somebody else's speaker times, with a guard near other voices."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from schemas.recording import Cue, CueSheet
from schemas.speech import UtteranceWord, Word
from transcription.alignment import (
    Alignment,
    Pair,
    agreement,
    align,
    clock_ahead_s,
    near_in_time,
    retimed,
)
from transcription.cue_words import ROUGH, resolution_s
from transcription.names import joined
from transcription.turns import Said

FITS = 0.3
"""Where fewer words than this share agree, the transcript belongs to another recording or language."""
SETTLED_RUN = 2
"""A single matching word ("yes") settles nothing."""


@dataclass(frozen=True)
class Laid:
    """Words with voices, and what a person should know about how they were laid."""

    said: list[Said]
    notes: tuple[str, ...] = ()


def lay(words: Sequence[Word], sheet: CueSheet, voices: Sequence[int], unknown: int, boundary_s: float) -> Laid:
    """Give each recognised word to a voice.

    A word belongs to the cue it overlaps most. Where it overlaps a cue of another voice too, or lies within
    ``boundary_s`` of one, the transcript's own text settles it (the word stands there among its neighbours), else it
    gets the other voices as ``near``. Words in no cue, and stretches the transcript does not have, are nobody's.

    Args:
        words: As recognised, in time order.
        sheet: Cues with times; their text, where they have it, is aligned with the words.
        voices: Voice index of each cue.
        unknown: Index of the voice that is nobody's.
        boundary_s: How near to another voice's cue a word is in doubt, seconds.
    """
    order = sorted(range(len(sheet.cues)), key=lambda index: sheet.cues[index].start_s)
    cues, owners = [sheet.cues[index] for index in order], [voices[index] for index in order]
    slack_s = boundary_s + resolution_s(sheet)
    if not any(cue.text for cue in cues):
        return Laid(_lay(words, cues, owners, None, unknown, slack_s))
    alignment = align(words, cues, owners)
    notes: list[str] = []
    if sheet.source in ROUGH:
        cues, slack_s = retimed(words, cues, alignment), boundary_s
    elif ahead_s := clock_ahead_s(words, cues, alignment):
        cues = [_shifted(cue, ahead_s) for cue in cues]
        slack_s += 1.0
        notes.append(f"the transcript's clock is {ahead_s:+.1f} s from the recording's; taken into account")
    alignment = near_in_time(words, cues, alignment, slack_s)
    if agreement(words, cues, alignment) < FITS:
        nobody = [Said(_with_near(word, set()), unknown) for word in words]
        return Laid(nobody, (*notes, "the transcript does not fit the recording: no word was given to anybody"))
    return Laid(_lay(words, cues, owners, alignment, unknown, slack_s), (*notes, *_surplus_note(alignment)))


def _surplus_note(alignment: Alignment) -> list[str]:
    count = len(alignment.surplus)
    return [f"{count} recognised words are not in the transcript: nobody's"] if count else []


def _lay(
    words: Sequence[Word],
    cues: Sequence[Cue],
    owners: Sequence[int],
    alignment: Alignment | None,
    unknown: int,
    slack_s: float,
) -> list[Said]:
    index = _CueIndex(cues, slack_s)
    said: list[Said] = []
    for number, word in enumerate(words):
        close = index.close_to(word)
        by_time = _by_time(word, close, cues, owners, unknown)
        others = {owners[cue] for cue in close}
        pair = alignment.pairs.get(number) if alignment else None
        if alignment and number in alignment.surplus:
            said.append(Said(_with_near(word, others - {unknown}), unknown))
        elif alignment and pair and _settled(word, pair, close, owners, alignment):
            said.append(Said(_with_near(word, set()), owners[pair.cue]))
        else:
            others |= {owners[pair.cue]} if pair else set()
            said.append(Said(_with_near(word, others - {by_time}), by_time))
    return said


class _CueIndex:
    """Finds the cues around a moment without looking at all of them."""

    def __init__(self, cues: Sequence[Cue], slack_s: float) -> None:
        self._cues = cues
        self._slack_s = slack_s
        self._starts = [cue.start_s for cue in cues]
        # The furthest end so far: going back can stop where nothing earlier reaches the word.
        self._reach: list[float] = []
        for cue in cues:
            self._reach.append(max(cue.end_s, self._reach[-1] if self._reach else 0.0))

    def close_to(self, word: Word) -> list[int]:
        """Indexes of the cues that the word touches or comes near to."""
        last = bisect_right(self._starts, word.end_s + self._slack_s)
        found: list[int] = []
        for index in range(last - 1, -1, -1):
            if self._reach[index] < word.start_s - self._slack_s:
                break
            if self._cues[index].end_s >= word.start_s - self._slack_s:
                found.append(index)
        return found[::-1]


def _by_time(word: Word, close: list[int], cues: Sequence[Cue], owners: Sequence[int], unknown: int) -> int:
    """The voice whose cue the word overlaps most; just outside every cue, the nearest one's; else nobody's."""
    if not close:
        return unknown
    return owners[max(close, key=lambda index: (_overlap_s(word, cues[index]), -index))]


def _overlap_s(word: Word, cue: Cue) -> float:
    """Seconds shared; negative where they are apart."""
    return min(word.end_s, cue.end_s) - max(word.start_s, cue.start_s)


def _settled(word: Word, pair: Pair, close: list[int], owners: Sequence[int], alignment: Alignment) -> bool:
    """Whether the text says whose word this is: it matches among neighbours, and no other voice nearby has it left."""
    if pair.run < SETTLED_RUN:
        return False
    token = joined(word.text)
    rivals = (index for index in close if owners[index] != owners[pair.cue])
    return not any(token in alignment.unheard.get(index, frozenset()) for index in rivals)


def _with_near(word: Word, near: set[int]) -> UtteranceWord:
    return UtteranceWord(
        text=word.text,
        start_s=word.start_s,
        end_s=word.end_s,
        confidence=word.confidence,
        prompted=word.prompted,
        near=tuple(sorted(near)),
    )


def _shifted(cue: Cue, seconds: float) -> Cue:
    return cue.model_copy(update={"start_s": cue.start_s + seconds, "end_s": cue.end_s + seconds})

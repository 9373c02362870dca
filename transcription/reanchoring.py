"""Carries places in a session's words over to the same words as they are heard, corrected or told anew.

A place that cannot be carried to the same words is shortened to those that can, or given up; it is never put on others.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from schemas.coding import Place
from schemas.identifiers import UtteranceId
from schemas.speech import Utterance, UtteranceWord, offsets
from transcription.names import joined

APART_S = 2.0
"""A word that is said this much earlier or later is another word, however it is spelt."""
RUN = 3
"""Without times, a word counts as the same only among so many that follow each other on both sides."""


@dataclass(frozen=True)
class _Said:
    """One word where it stands: turn, number of the word, and its first codepoint in the turn's text."""

    turn: Utterance
    number: int
    start: int

    @property
    def word(self) -> UtteranceWord:
        return self.turn.words[self.number]

    @property
    def end(self) -> int:
        return self.start + len(self.word.text)


@dataclass(frozen=True)
class Carried:
    """Where a place is now.

    Attributes:
        places: In order; none where it is lost. Several where its words now belong to several turns.
        whole: Whether every word of it is there.
    """

    places: tuple[Place, ...]
    whole: bool


class Carrier:
    """Carries places from one telling of a session's words to another; the words are compared once.

    Args:
        old: The turns on which the places lie.
        new: The turns to which they are to be carried.
    """

    def __init__(self, old: Iterable[Utterance], new: Iterable[Utterance]) -> None:
        before, after = list(_said(old)), list(_said(new))
        same = _same(before, after)
        self._order = {(one.turn.utterance, one.number): place for place, one in enumerate(after)}
        self._known = {self._order[(one.turn.utterance, one.number)] for one in same.values()}
        self._turns: dict[UtteranceId, list[tuple[_Said, _Said | None]]] = {}
        for place, one in enumerate(before):
            self._turns.setdefault(one.turn.utterance, []).append((one, same.get(place)))

    def carry(self, places: Iterable[Place]) -> Carried:
        """Where ``places`` are now; a place that lies on no word, or outside of its turn, is lost."""
        found: list[tuple[_Said, int, int]] = []
        whole, any_word = True, False
        for place in places:
            for one, now in self._turns.get(place.utterance, ()):
                first, last = max(place.start_char, one.start), min(place.end_char, one.end)
                if first >= last:
                    continue
                any_word = True
                if now is None:
                    whole = False
                else:
                    found.append((now, *_within(one, now, first, last)))
        return Carried(self._joined(found), whole and any_word)

    def _joined(self, found: Sequence[tuple[_Said, int, int]]) -> tuple[Place, ...]:
        """One place for each run of words of one turn."""
        runs: list[list[tuple[_Said, int, int]]] = []
        for one in sorted(found, key=lambda one: self._place(one[0])):
            if runs and self._goes_on(runs[-1][-1][0], one[0]):
                runs[-1].append(one)
            else:
                runs.append([one])
        return tuple(
            Place(utterance=run[0][0].turn.utterance, start_char=run[0][1], end_char=run[-1][2]) for run in runs
        )

    def _goes_on(self, last: _Said, word: _Said) -> bool:
        """Whether nothing stands between two words of one turn but what nobody had heard there before."""
        between = range(self._place(last) + 1, self._place(word))
        return last.turn.utterance == word.turn.utterance and self._known.isdisjoint(between)

    def _place(self, word: _Said) -> int:
        return self._order[(word.turn.utterance, word.number)]


def _said(turns: Iterable[Utterance]) -> Iterable[_Said]:
    for turn in turns:
        for number, (start, _) in enumerate(offsets(turn.words)):
            yield _Said(turn, number, start)


def _same(before: Sequence[_Said], after: Sequence[_Said]) -> dict[int, _Said]:
    """Number of an old word to the same word as it is now."""
    same: dict[int, _Said] = {}
    for step in Indel.opcodes([_key(one) for one in before], [_key(one) for one in after]):
        if step.tag != "equal":
            continue
        sure = step.src_end - step.src_start >= RUN
        for place, onto in zip(range(step.src_start, step.src_end), range(step.dest_start, step.dest_end), strict=True):
            if _is_same(before[place], after[onto], sure):
                same[place] = after[onto]
    return same


def _key(one: _Said) -> str:
    """A word without case, accents and punctuation; a sign as it stands."""
    return joined(one.word.text) or one.word.text


def _is_same(old: _Said, new: _Said, sure: bool) -> bool:
    if old.turn.timed and new.turn.timed:
        return abs(old.word.start_s - new.word.start_s) <= APART_S
    return sure


def _within(old: _Said, new: _Said, first: int, last: int) -> tuple[int, int]:
    """The part ``[first, last)`` of an old word in the word as it is now: the same letters, or all of it."""
    if old.word.text == new.word.text:
        return new.start + first - old.start, new.start + last - old.start
    return new.start, new.end

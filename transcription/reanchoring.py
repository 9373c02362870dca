"""Carries places in a session's words over to the same words as they are heard, corrected or told anew.

A place that cannot be carried to the same words is shortened to those that can, or given up; it is never put on others.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import Indel

from schemas.coding import Place
from schemas.identifiers import UtteranceId
from schemas.speech import Utterance, offsets
from transcription.names import joined

APART_S = 2.0
"""A word that is said this much earlier or later is another word, however it is spelt."""
ALONE_S = 0.6
"""So is one that is said this much earlier or later, and does not stand among others that are the same."""
RUN = 3
"""A word stands among others where so many follow each other on both sides; without times no other is the same."""


class _Said(NamedTuple):
    """One word where it stands: its turn, its place in the turn's text, and when it is said; None: nobody knows."""

    turn: UtteranceId
    text: str
    start: int
    at_s: float | None

    @property
    def end(self) -> int:
        return self.start + len(self.text)


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
        self._before, self._after = list(_said(old)), list(_said(new))
        self._same = _same(self._before, self._after)
        self._known = set(self._same.values())
        self._turns: dict[UtteranceId, list[int]] = {}
        for index, one in enumerate(self._before):
            self._turns.setdefault(one.turn, []).append(index)

    def carry(self, places: Iterable[Place]) -> Carried:
        """Where ``places`` are now; a place that lies on no word, or outside of its turn, is lost."""
        found: list[tuple[int, int, int]] = []
        whole, any_word = True, False
        for place in places:
            for index in self._turns.get(place.utterance, ()):
                one = self._before[index]
                first, last = max(place.start_char, one.start), min(place.end_char, one.end)
                if first >= last:
                    continue
                any_word = True
                now = self._same.get(index)
                if now is None:
                    whole = False
                else:
                    found.append((now, *_within(one, self._after[now], first, last)))
        return Carried(self._joined(sorted(found)), whole and any_word)

    def _joined(self, found: Sequence[tuple[int, int, int]]) -> tuple[Place, ...]:
        """One place for each run of words of one turn."""
        runs: list[list[tuple[int, int, int]]] = []
        for one in found:
            if runs and self._goes_on(runs[-1][-1][0], one[0]):
                runs[-1].append(one)
            else:
                runs.append([one])
        return tuple(
            Place(utterance=self._after[run[0][0]].turn, start_char=run[0][1], end_char=run[-1][2]) for run in runs
        )

    def _goes_on(self, last: int, word: int) -> bool:
        """Whether nothing stands between two words of one turn but what nobody had heard there before."""
        return self._after[last].turn == self._after[word].turn and self._known.isdisjoint(range(last + 1, word))


def _said(turns: Iterable[Utterance]) -> Iterator[_Said]:
    for turn in turns:
        for start, word in offsets(turn.words):
            yield _Said(turn.utterance, word.text, start, word.start_s if turn.timed else None)


def _same(before: Sequence[_Said], after: Sequence[_Said]) -> dict[int, int]:
    """Number of an old word to that of the same word as it is now."""
    old, new = [_key(one.text) for one in before], [_key(one.text) for one in after]
    untimed = any(one.at_s is None for one in (*before, *after))
    agreed = _agreed(old, new) if untimed else None
    same: dict[int, int] = {}
    for step in Indel.opcodes(old, new):
        if step.tag != "equal":
            continue
        sure = step.src_end - step.src_start >= RUN
        for index, onto in zip(range(step.src_start, step.src_end), range(step.dest_start, step.dest_end), strict=True):
            if _is_same(before[index], after[onto], sure and (agreed is None or (index, onto) in agreed)):
                same[index] = onto
    return _settled(same, before, after, old)


def _agreed(old: Sequence[str], new: Sequence[str]) -> set[tuple[int, int]]:
    """Words that are the same in whatever direction, and whichever with which, the two are compared.

    Without times, of words that somebody says twice and now once, nobody knows which of the two is left.
    """
    ahead = _pairs(old, new) & {(index, onto) for onto, index in _pairs(new, old)}
    back = _pairs(old[::-1], new[::-1]) & {(index, onto) for onto, index in _pairs(new[::-1], old[::-1])}
    return ahead & {(len(old) - 1 - index, len(new) - 1 - onto) for index, onto in back}


def _pairs(old: Sequence[str], new: Sequence[str]) -> set[tuple[int, int]]:
    # What begins or ends alike would be taken for the same before anything is compared: so nothing does.
    steps = Indel.opcodes(["\0<", *old, "\0>"], ["\0(", *new, "\0)"])
    return {
        (step.src_start + number - 1, step.dest_start + number - 1)
        for step in steps
        if step.tag == "equal"
        for number in range(step.src_end - step.src_start)
    }


def _settled(
    same: dict[int, int], before: Sequence[_Said], after: Sequence[_Said], keys: Sequence[str]
) -> dict[int, int]:
    """The same, but where a word is said twice in a row, and once or twice now, by when it is said.

    Args:
        keys: Of the words before.
    """
    settled: dict[int, int] = {}
    taken = set(same.values())
    for index, onto in same.items():
        free = [i for i in (index - 1, index + 1) if _has(keys, i, keys[index]) and i not in same and i not in settled]
        spare = [j for j in (onto - 1, onto + 1) if 0 <= j < len(after) and j not in taken]
        spare = [j for j in spare if _key(after[j].text) == keys[index]]
        pairs = [(index, onto), *((i, onto) for i in free), *((index, j) for j in spare)]
        first, second = (
            min(pairs, key=lambda pair: _apart_s(before[pair[0]], after[pair[1]])) if pairs[1:] else pairs[0]
        )
        settled[first] = second
        taken.add(second)
    return settled


def _has(keys: Sequence[str], index: int, key: str) -> bool:
    return 0 <= index < len(keys) and keys[index] == key


@lru_cache(maxsize=100_000)
def _key(text: str) -> str:
    """A word without case, accents and punctuation; a sign as it stands."""
    return joined(text) or text


def _is_same(old: _Said, new: _Said, sure: bool) -> bool:
    """Whether a word that is spelt alike is the same word: said at nearly the same time, or among others that are."""
    if old.at_s is None or new.at_s is None:
        return sure
    return _apart_s(old, new) <= (APART_S if sure else ALONE_S)


def _apart_s(old: _Said, new: _Said) -> float:
    """How far apart two words are said; 0 where nobody knows when."""
    return 0.0 if old.at_s is None or new.at_s is None else abs(old.at_s - new.at_s)


def _within(old: _Said, new: _Said, first: int, last: int) -> tuple[int, int]:
    """The part ``[first, last)`` of an old word in the word as it is now: the same letters, or all of it."""
    if old.text == new.text:
        return new.start + first - old.start, new.start + last - old.start
    return new.start, new.end

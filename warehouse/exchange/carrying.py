"""Carries places in a text over to another state of the same text: onto the same words, fewer of them, or none.

Words are the same only in the same turn, which is known by when it begins: two people may say the same words, and those
of one of them may be withheld in either state.
"""

import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rapidfuzz.distance import Indel

from warehouse.exchange.wording import clock_of, is_ours

RUN = 3
"""A word is the same only among so many that follow each other in both texts."""
MOST_WORDS = 60_000
"""Of one text; the table of two such texts takes 450 MB. A session of two hours has 20,000."""


class Word(NamedTuple):
    """A word where it stands: ``[start, end)`` codepoints.

    Attributes:
        ours: Whether it stands in a heading or a gap.
        clock: When its turn begins, as the heading says; None where no heading does.
    """

    text: str
    start: int
    end: int
    ours: bool
    clock: str | None


class Carried(NamedTuple):
    """Where a place is now.

    Attributes:
        places: ``[start, end)`` codepoints, in order; none where it is lost.
        whole: Whether every word of it is there, those of headings and gaps apart.
    """

    places: list[tuple[int, int]]
    whole: bool


class Carrier:
    """Carries places from one state of a text to another; the words are compared once.

    A word that may be one of several is given up, and so is one of which it cannot be told in whose turn it stands.

    Args:
        crowded: Clocks at which several turns begin, those included that the texts do not show.
    """

    def __init__(self, old: str, new: str, crowded: Iterable[str] = ()) -> None:
        self._old, self._new = words_of(old), words_of(new)
        self.too_long = max(len(self._old), len(self._new)) > MOST_WORDS
        self.headless = all(word.clock is None for word in self._old)
        self._unsure = {*crowded, *_doubled(self._old), *_doubled(self._new), None}
        self._same = {} if self.too_long else _same(self._keys("old", self._old), self._keys("new", self._new))

    def carry(self, start: int, end: int) -> Carried:
        """Where ``[start, end)`` of the old text is in the new one."""
        runs: list[list[tuple[int, int, int]]] = []
        whole = True
        for number in range(bisect_right(self._old, start, key=lambda word: word.end), len(self._old)):
            word = self._old[number]
            first, last = max(start, word.start), min(end, word.end)
            if first >= last:
                break
            now = self._same.get(number)
            if now is None:
                whole = whole and word.ours
            elif runs and now == runs[-1][-1][0] + 1:
                runs[-1].append((now, *_within(word, self._new[now], first, last)))
            else:
                runs.append([(now, *_within(word, self._new[now], first, last))])
        return Carried([(run[0][1], run[-1][2]) for run in runs], whole)

    def is_unsure(self, start: int, end: int) -> bool:
        """Whether it cannot be told of a word in ``[start, end)`` of the old text in whose turn it stands."""
        return any(one.clock in self._unsure for one in self._old if one.start < end and one.end > start)

    def _keys(self, which: str, words: Sequence[Word]) -> list[str]:
        """A key for each word: those that may be the same have the same; a word in no known turn has its own."""
        return [
            f"{which} {number}" if word.clock in self._unsure else f"{word.clock} {_key(word)}"
            for number, word in enumerate(words)
        ]


def words_of(text: str) -> list[Word]:
    """What stands between white space; a line of ours is told from words by its form and the blank line before it.

    In a text without any blank line, as some program may leave it, by its form alone.
    """
    found: list[Word] = []
    lines = text.split("\n")
    spaced = any(not line.strip() for line in lines[:-1])
    begins, after_blank, clock = 0, True, None
    for line in lines:
        alike = is_ours(line)
        ours = alike and after_blank
        if alike:  # what only has the form may be a heading that lost its blank line: whose turn it is, nobody can say
            clock = clock_of(line) if ours else None
        found += [
            Word(one[0], begins + one.start(), begins + one.end(), ours, clock) for one in re.finditer(r"\S+", line)
        ]
        begins += len(line) + 1
        after_blank = not spaced or not line.strip()
    return found


def _doubled(words: Iterable[Word]) -> Iterable[str | None]:
    """Clocks that several headings have."""
    headings = Counter(word.clock for word in words if word.ours and word.text == word.clock)
    return (clock for clock, count in headings.items() if count > 1)


def _key(word: Word) -> str:
    """A word without case, accents and punctuation; a sign as it stands."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", word.text.casefold()) if sign.isalnum())
    return plain or word.text


def agreed(old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    """Number of an old word to the number of the same word now, where it hardly can be another.

    There may be several ways to keep as many words as can be. Words are compared forwards and backwards, and the old
    with the new and the new with the old, which takes the ways that lie farthest apart; what all four say counts.
    """
    back, front = (old[::-1], new[::-1]), (old, new)
    found = _pairs(*front) & {(after, before) for before, after in _pairs(*front[::-1])}
    turned = _pairs(*back) & {(after, before) for before, after in _pairs(*back[::-1])}
    return dict(sorted(found & {(len(old) - 1 - before, len(new) - 1 - after) for before, after in turned}))


def _same(old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    """As ``agreed``, without words that stand nearly alone among others."""
    same: dict[int, int] = {}
    run: list[tuple[int, int]] = []
    for pair in [*agreed(old, new).items(), (-1, -1)]:
        if run and pair != (run[-1][0] + 1, run[-1][1] + 1):
            # A text that is not longer than a run is the same where all of it is.
            if len(run) >= min(RUN, len(old)):
                same.update(run)
            run = []
        run.append(pair)
    return same


def _pairs(old: Sequence[str], new: Sequence[str]) -> set[tuple[int, int]]:
    # What begins and ends alike would be paired before all else, in both directions; so that nothing does, other signs
    # stand around the words.
    return {
        (before - 1, after - 1)
        for step in Indel.opcodes(["<old", *old, "old>"], ["<new", *new, "new>"])
        if step.tag == "equal"
        for before, after in zip(
            range(step.src_start, step.src_end), range(step.dest_start, step.dest_end), strict=True
        )
    }


def _within(old: Word, new: Word, first: int, last: int) -> tuple[int, int]:
    """The part ``[first, last)`` of an old word in the word as it is now: the same letters, or all of it."""
    if old.text == new.text:
        return new.start + first - old.start, new.start + last - old.start
    return new.start, new.end

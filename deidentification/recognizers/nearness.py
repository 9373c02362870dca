"""Which names a word comes near to, in spelling or in sound, without comparing it with every name.

Names lie in blocks by how they begin and how long they are. A word is held against the blocks it can reach, and there
only against names that share nearly all of its letters; names that sound like it are looked up by their sound. What is
left is compared letter by letter. So the cost hardly grows with the number of names, and nothing is missed: each edit
changes one letter of a word at most.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import DamerauLevenshtein
from rapidfuzz.process import cpdist

from deidentification.recognizers.sounds import first_consonant, metaphones, sound_key

Part = Literal["full", "first", "last", "alias", "former", "handle", "other"]
Pairs = NDArray[np.int64]
"""Numbers of a word and of a form, one row for each."""
NO_PAIRS: Pairs = np.empty((0, 2), np.int64)

SPELLING = 0.80
SPELLING_SHORT = 0.86
"""Up to five letters one wrong letter is too much."""
SPELLING_FULL = 0.74
SOUND_SPELLING = 0.58
METAPHONE_SPELLING = 0.54
BOTH_SPELLING = 0.75
"""Equal in sound and this near in spelling, a short name is as good as found by spelling."""
LETTER = "letter "
ROUNDING = 1e-5
"""Similarities are rounded to it, so that 0.8 is 0.8."""
LIKELY = 0.7
LIKELY_SOUND = 0.5
"""How like a name must be that is somebody's in any case: in spelling, and where it sounds the same."""
SLOTS = 32
"""Letters are told apart by so many slots, once and twice in each; letters that share one only let more through."""


class Form(NamedTuple):
    """One way to say one person's name, folded and joined; ``nick`` where only custom says that it is theirs.

    ``turned`` where the last name stands first.
    """

    joined: str
    participant: str
    part: Part
    tokens: tuple[str, ...]
    nick: bool = False
    turned: bool = False

    @property
    def whole(self) -> bool:
        """Whether it is a name of several words, of which more may be misspelt."""
        return len(self.tokens) > 1 and self.part in ("full", "former")


class Near(NamedTuple):
    """A form that some words come near to: spelling similarity, and whether it is near in sound only."""

    form: Form
    similarity: float
    sound_only: bool


class Block(NamedTuple):
    """Names of one length that begin alike: their numbers, and for each its letters, one bit each."""

    length: int
    whole: bool
    numbers: NDArray[np.int64]
    letters: NDArray[np.uint64]


@dataclass(frozen=True)
class NearIndex:
    """Forms of names by their beginning and length, and by their sound."""

    forms: tuple[Form, ...]
    blocks: dict[str, tuple[Block, ...]]
    sounds: dict[str, tuple[int, ...]]
    codes: dict[str, tuple[int, ...]]

    @classmethod
    def of(cls, forms: Iterable[Form]) -> "NearIndex":
        """Index ``forms``."""
        known = tuple(forms)
        blocks: dict[tuple[str, int, bool], list[int]] = defaultdict(list)
        sounds: dict[str, list[int]] = defaultdict(list)
        codes: dict[str, list[int]] = defaultdict(list)
        for number, form in enumerate(known):
            for key in set(_beginnings(form.joined)):
                blocks[key, len(form.joined), form.whole].append(number)
            for sound in _sounds(form.joined):
                sounds[sound].append(number)
            for code in metaphones(form.joined):
                codes[code].append(number)
        by_key: dict[str, list[Block]] = defaultdict(list)
        for (key, length, whole), numbers in sorted(blocks.items()):
            letters = _letters([known[n].joined for n in numbers])
            by_key[key].append(Block(length, whole, np.array(numbers), letters))
        return cls(known, {k: tuple(v) for k, v in by_key.items()}, _fixed(sounds), _fixed(codes))

    def near(self, words: Sequence[str]) -> dict[str, tuple[Near, ...]]:
        """For each of ``words`` that comes near a form: those forms, spelling first, best first."""
        compared = {
            **self._compared(words, self._sounding(words), METAPHONE_SPELLING),
            **self._compared(words, self._spelled(words), SPELLING_FULL),
        }
        found: dict[str, list[Near]] = defaultdict(list)
        for (word, form), similarity in compared.items():
            near = judge(words[word], self.forms[form], similarity)
            if near is not None:
                found[words[word]].append(near)
        return {word: tuple(sorted(near, key=_best_first)) for word, near in found.items()}

    def likeliest(self, names: Sequence[str]) -> dict[str, tuple[Near, ...]]:
        """For each of ``names``, which are somebody's in any case: the forms it may be, best first."""
        every = [key for key in self.blocks if key.startswith(LETTER)]
        grouped: dict[int, list[int]] = defaultdict(list)
        for number, name in enumerate(names):
            grouped[len(name)].append(number)
        reached = [
            pairs
            for length, group in grouped.items()
            for key in every
            for pairs in self._reach(names, group, key, length, LIKELY)
        ]
        compared = {
            **self._compared(names, self._sounding(names), LIKELY_SOUND),
            **self._compared(names, np.concatenate([NO_PAIRS, *reached]), LIKELY),
        }
        found: dict[str, list[Near]] = defaultdict(list)
        for (number, form), similarity in compared.items():
            found[names[number]].append(Near(self.forms[form], round(similarity, 5), similarity < LIKELY))
        return {name: tuple(sorted(near, key=_best_first)) for name, near in found.items()}

    def _compared(self, words: Sequence[str], pairs: Pairs, least: float) -> dict[tuple[int, int], float]:
        """How similar the pairs of word and form are in spelling; those that are less similar than ``least`` go."""
        first, second = pairs[:, 0].tolist(), pairs[:, 1].tolist()
        similar = cpdist(
            [words[w] for w in first], [self.forms[f].joined for f in second],
            scorer=DamerauLevenshtein.normalized_similarity, score_cutoff=least - ROUNDING,
        )  # fmt: skip
        return {(first[i], second[i]): float(similar[i]) for i in np.flatnonzero(similar).tolist()}

    def _spelled(self, words: Sequence[str]) -> Pairs:
        """Pairs of word and form that share so many letters that their spelling may be near."""
        grouped: dict[tuple[str, int], list[int]] = defaultdict(list)
        for number, word in enumerate(words):
            for key in set(_beginnings(word)):
                if key in self.blocks:
                    grouped[key, len(word)].append(number)
        reached = [self._reach(words, group, key, length) for (key, length), group in grouped.items()]
        return np.concatenate([NO_PAIRS, *(pairs for found in reached for pairs in found)])

    def _reach(
        self, words: Sequence[str], group: list[int], key: str, length: int, least: float | None = None
    ) -> Iterator[Pairs]:
        """Pairs of one length of words with the blocks of one beginning, ``least`` similar or as a name must be."""
        letters = _letters([words[n] for n in group])
        held = np.bitwise_count(letters)
        for block in self.blocks[key]:
            longer = max(length, block.length)
            edits = _edits(longer, _spelling_needed(longer, block.whole) if least is None else least)
            if abs(length - block.length) <= edits:
                shared = np.bitwise_count(letters[:, None] & block.letters)
                rows, columns = np.nonzero(shared + edits >= held[:, None])
                yield np.column_stack([np.array(group)[rows], block.numbers[columns]])

    def _sounding(self, words: Sequence[str]) -> Pairs:
        """Pairs of word and form that sound alike."""
        pairs = [NO_PAIRS]
        for number, word in enumerate(words):
            for sound in _sounds(word):
                alike = {*self.sounds.get(sound, ()), *(f for c in metaphones(word) for f in self.codes.get(c, ()))}
                pairs.append(np.array([(number, form) for form in sorted(alike)], np.int64).reshape(-1, 2))
        return np.concatenate(pairs)


def judge(word: str, form: Form, similarity: float) -> Near | None:
    """Whether ``word`` comes near a form, given how similar the two are in spelling, 0 to 1."""
    similarity = round(similarity, 5)
    needed = _spelling_needed(max(len(word), len(form.joined)), form.whole)
    if similarity >= needed and _begin_alike(word, form.joined):
        return Near(form, similarity, False)
    # A short key ("R" for Aroha and for Laura's end alike) says too little.
    key = sound_key(word)
    if len(key) < 2 or first_consonant(word) != first_consonant(form.joined):
        return None
    if key == sound_key(form.joined) and similarity >= SOUND_SPELLING:
        return Near(form, similarity, similarity < BOTH_SPELLING)
    if similarity >= METAPHONE_SPELLING and metaphones(word) & metaphones(form.joined):
        return Near(form, similarity, True)
    return None


def _beginnings(word: str) -> tuple[str, str]:
    """What a word and a form must share one of: the class of the first consonant, or the first letter."""
    return f"consonant {first_consonant(word)}", f"{LETTER}{word[:1]}"


def _begin_alike(word: str, form: str) -> bool:
    return not set(_beginnings(word)).isdisjoint(_beginnings(form))


def _sounds(word: str) -> tuple[str, ...]:
    key = sound_key(word)
    return (key,) if len(key) > 1 else ()


def _spelling_needed(length: int, whole: bool) -> float:
    if whole:
        return SPELLING_FULL
    return SPELLING_SHORT if length <= 5 else SPELLING


def _edits(length: int, similarity: float) -> int:
    """How many edits a name of so many letters may be away, to be so similar."""
    return int((1 - similarity) * length + 1e-4)


def _letters(words: Sequence[str]) -> NDArray[np.uint64]:
    """The letters of each word as bits: one for each slot that occurs in it, another where it occurs twice."""
    return np.array([_bits(word) for word in words], np.uint64)


def _bits(word: str) -> int:
    bits = 0
    for letter in word:
        once = 1 << ord(letter) % SLOTS
        bits |= once << SLOTS if bits & once else once
    return bits


def _fixed(lists: dict[str, list[int]]) -> dict[str, tuple[int, ...]]:
    return {key: tuple(numbers) for key, numbers in lists.items()}


def _best_first(near: Near) -> tuple[bool, float, Form]:
    return near.sound_only, -near.similarity, near.form

"""Texts that coders write of a study: without names of anybody in it, and with participants' words found in them."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Generic, NamedTuple, TypeVar

from deidentification.linkage import WORDS
from deidentification.recognizers.patterns import EMAIL
from deidentification.terms import Terms
from deidentification.text import View, fold
from schemas.identifiers import SessionId, UtteranceId
from schemas.roster import MatchingTable

NAME = "[PERSON]"
CONTACT = "[CONTACT]"
NOTHING = "[withheld]"
_WORD = re.compile(r"[^\W_]+")
_PASSES = 3
"""A text whose parts only together make a name is looked at again; after so many times nothing of it is shown."""

K = TypeVar("K")


class Told(NamedTuple):
    """One turn, in every way in which it may be quoted: as it was said, without names, as it is shown."""

    session: SessionId
    utterance: UtteranceId
    texts: tuple[str, ...]


class Quote(NamedTuple, Generic[K]):
    """``[start_char, end_char)`` codepoints of a text, which are said in a turn."""

    place: K
    start_char: int
    end_char: int
    said: Told


class Names:
    """Takes the names of everybody in a study out of texts that its own team writes.

    Args:
        table: Everybody in the study.
    """

    def __init__(self, table: MatchingTable) -> None:
        self._terms = Terms.of(table)

    def without(self, text: str) -> str:
        """The text with a tag in place of each name, as the leak gate finds them, and of each address."""
        for _ in range(_PASSES):
            text = EMAIL.sub(CONTACT, text) if "@" in text else text
            places = _apart((hit.start_char, hit.end_char) for hit in self._terms.hits(View(text)))
            if not places:
                return text
            text = _tagged(text, places, NAME)
        return NOTHING


def find_quotes(texts: Mapping[K, str], told: Iterable[Told], words: int = WORDS) -> list[Quote[K]]:
    """Where texts hold ``words`` words in a row, or more, that stand in a turn; of each turn that has them.

    Args:
        told: The turns to look in; each is looked at once.
    """
    wanted: dict[tuple[str, ...], list[tuple[K, int]]] = defaultdict(list)
    tokens = {place: _words(text) for place, text in texts.items()}
    for place, said in tokens.items():
        for first, run in _runs([word for word, _, _ in said], words):
            wanted[run].append((place, first))
    found: set[tuple[K, int, int, Told]] = set()
    for turn in told if wanted else ():
        for text in turn.texts:
            for _, run in _runs([word for word, _, _ in _words(text)], words):
                for place, first in wanted.get(run, ()):
                    found.add((place, tokens[place][first][1], tokens[place][first + words - 1][2], turn))
    return list(_joined(found))


def some_words_in(texts: Iterable[str], words: int = 3) -> Callable[[str], bool]:
    """Tells of a turn whether so many words in a row of it stand in ``texts``: others need not be looked at closely."""
    wanted = {run for text in texts for _, run in _runs([word for word, _, _ in _words(text)], words)}

    def holds(text: str) -> bool:
        return any(run in wanted for _, run in _runs([word for word, _, _ in _words(text)], words))

    return holds


def says(text: str, words: str) -> bool:
    """Whether all of ``words`` stand in ``text``, one after the other, whatever their case, accents and punctuation."""
    whole, part = ([word for word, _, _ in _words(one)] for one in (text, words))
    return any(whole[first : first + len(part)] == part for first in range(len(whole) - len(part) + 1))


def withheld(text: str, places: Iterable[tuple[int, int]]) -> str:
    """The text with a tag in place of each of some stretches; those that overlap have one."""
    return _tagged(text, _apart(places), NOTHING)


def _tagged(text: str, places: list[tuple[int, int]], tag: str) -> str:
    for start, end in reversed(places):
        text = text[:start] + tag + text[end:]
    return text


def _words(text: str) -> list[tuple[str, int, int]]:
    """Folded words with their places."""
    return [(fold(match.group()), *match.span()) for match in _WORD.finditer(text)]


def _runs(words: list[str], length: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    return enumerate(zip(*(words[first:] for first in range(length)), strict=False))


def _joined(found: set[tuple[K, int, int, Told]]) -> Iterator[Quote[K]]:
    """One quote for runs that overlap."""
    by: dict[tuple[K, Told], list[tuple[int, int]]] = defaultdict(list)
    for place, start, end, turn in found:
        by[place, turn].append((start, end))
    for (place, turn), places in by.items():
        for start, end in _apart(places):
            yield Quote(place, start, end, turn)


def _apart(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The places in order, those that overlap as one."""
    apart: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if apart and start < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart

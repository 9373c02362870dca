"""Texts that coders write of a study: without names of anybody in it, and with participants' words found in them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, NamedTuple, TypeVar

from deidentification.linkage import WORDS
from deidentification.recognizers.patterns import EMAIL
from deidentification.terms import Terms
from deidentification.text import View, fold
from schemas.identifiers import ParticipantId, SessionId, UtteranceId
from schemas.roster import MatchingTable

NAME = "[PERSON]"
CONTACT = "[CONTACT]"
NOTHING = "[withheld]"
_WORD = re.compile(r"[^\W_]+")
_PASSES = 3
"""A text whose parts only together make a name is looked at again; after so many times nothing of it is shown."""

K = TypeVar("K")


class Told(NamedTuple):
    """One turn as the vault has it; ``participant`` is None where nobody knows who speaks."""

    session: SessionId
    utterance: UtteranceId
    participant: ParticipantId | None
    text: str


class Quote(NamedTuple, Generic[K]):
    """``[start_char, end_char)`` codepoints of a text, which somebody said."""

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
    """Where texts hold ``words`` words in a row, or more, that one participant says and nobody else.

    Args:
        told: Every turn of the study; each is looked at once.
    """
    wanted: dict[tuple[str, ...], list[tuple[K, int]]] = defaultdict(list)
    tokens = {place: _words(text) for place, text in texts.items()}
    for place, said in tokens.items():
        for first, run in _runs([word for word, _, _ in said], words):
            wanted[run].append((place, first))
    by: dict[tuple[str, ...], list[Told]] = defaultdict(list)
    for turn in told if wanted else ():
        for _, run in _runs([word for word, _, _ in _words(turn.text)], words):
            if run in wanted:
                by[run].append(turn)
    found: set[tuple[K, int, int, Told]] = set()
    for run, turns in by.items():
        if len({turn.participant or turn for turn in turns}) == 1:
            for place, first in wanted[run]:
                _, start, _ = tokens[place][first]
                _, _, end = tokens[place][first + words - 1]
                found |= {(place, start, end, turn) for turn in turns}
    return list(_joined(found))


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

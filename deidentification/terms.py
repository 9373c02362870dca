"""The leak gate's own list of what must not stand in released words: names of everybody in the study."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from deidentification.escapes import either_way
from deidentification.evidence import counts_for_gate
from deidentification.readings import Reading, readings
from deidentification.recognizers.roster_index import first_name, is_handle, name_tokens, name_words, single_parts
from deidentification.scripts import Embedded, derived, is_far, titled
from deidentification.text import Token, View, is_ordinary, tokens_of
from schemas.roster import MatchingTable


class Hit(NamedTuple):
    """Words of a text that are somebody's name, or part of it."""

    words: tuple[Token, ...]

    @property
    def start_char(self) -> int:
        """Where it begins, in codepoints."""
        return self.words[0].start

    @property
    def end_char(self) -> int:
        """One past its end."""
        return self.words[-1].end


NOTHING_INSIDE = Embedded.of(())


@dataclass(frozen=True)
class Terms:
    """What counts as somebody's name: whole names always, single parts where they are no ordinary words there."""

    whole: frozenset[str]
    """Joined full names, aliases of several words, handles, former names."""
    parts: dict[str, frozenset[str]]
    """Joined single parts, one-word aliases among them, to the participants who have them."""
    own: dict[str, frozenset[str]]
    """Participant to the words of the current name and aliases."""
    firsts: dict[str, frozenset[str]]
    """Participant to the words of the first name."""
    widest: int
    sequences: frozenset[tuple[str, ...]] = frozenset()
    """The names of ``whole`` as folded words."""
    embedded: Embedded = NOTHING_INSIDE
    """Names to look for inside runs of letters."""

    @classmethod
    def of(cls, table: MatchingTable) -> "Terms":
        """All terms of everybody in ``table``."""
        sequences: set[tuple[str, ...]] = set()
        parts: dict[str, set[str]] = defaultdict(set)
        own: dict[str, frozenset[str]] = {}
        firsts: dict[str, frozenset[str]] = {}
        inside: set[str] = set()
        widest = 2
        for person in table.people:
            for name in (person.full_name, *person.aliases, *person.former_names):
                words = name_tokens(name)
                widest = max(widest, len(words))
                sequences.update(_wholes(words))
                sequences.update(_hyphened(name))
                inside.update(_inside(name))
                for part in _parts(name):
                    parts[part].add(person.participant)
            own[person.participant] = _words_of(person.full_name, *person.aliases)
            firsts[person.participant] = _words_of(first_name(person))
        whole = frozenset("".join(words) for words in sequences)
        of_whom = {part: frozenset(people) for part, people in parts.items()}
        return cls(whole, of_whom, own, firsts, widest, frozenset(sequences), Embedded.of(inside))

    def hits(self, view: View, *, strict: bool = False) -> Iterable[Hit]:
        """All names in a text.

        Args:
            strict: Ordinary words count too, as in a label, where there is no sentence to tell them by.
        """
        seen = set()
        for hit in self._all_hits(view, strict):
            if (place := (hit.start_char, hit.end_char)) not in seen:
                seen.add(place)
                yield hit

    def _all_hits(self, view: View, strict: bool) -> Iterator[Hit]:
        yield from self._plain_hits(view, strict)
        for reading in readings(view, self.widest):
            if self._counts_read(reading, strict):
                yield Hit(reading.tokens)
        for place in self.embedded.places(view.text):
            yield Hit((Token(*place),))
        for way in either_way(view.text) if "\\" in view.text else ():
            yield from self._plain_hits(View(way, view.language), strict)

    def _plain_hits(self, view: View, strict: bool) -> Iterator[Hit]:
        count = len(view.tokens)
        for first in range(count):
            joined = ""
            for stop in range(first + 1, min(first + self.widest + 1, count) + 1):
                if stop - 1 > first and not view.joins[stop - 1]:
                    break
                joined += view.tokens[stop - 1].folded
                if self._counts(view, first, stop, joined, strict):
                    yield Hit(tuple(view.tokens[first:stop]))

    def _counts_read(self, reading: Reading, strict: bool) -> bool:
        """Whether a further reading of a text is a name: a part too where nothing else is written so."""
        if reading.kind.sure or reading.hyphened:
            return reading.joined in self.whole or reading.joined in self.parts
        if reading.doubtful and not strict:
            return False
        return self._counts(reading.view, reading.first, reading.stop, reading.joined, strict)

    def _counts(self, view: View, first: int, stop: int, joined: str, strict: bool) -> bool:
        if stop - first > 1:
            return joined in self.whole
        if joined in self.parts:
            return strict or counts_for_gate(view, first) or self._beside(view, first)
        return joined in self.whole and not is_ordinary(joined)

    def _beside(self, view: View, index: int) -> bool:
        """Whether another part of the same person's name stands right before or after token ``index``."""
        here = view.tokens[index].folded
        for other, joins in (
            (index - 1, view.joins[index]),
            (index + 1, index + 1 < len(view.tokens) and view.joins[index + 1]),
        ):
            word = view.tokens[other].folded if joins else here
            if word != here and self.parts[here] & self.parts.get(word, frozenset()):
                return True
        return False

    def holds_name(self, text: str, *, strict: bool = False) -> bool:
        """Whether any study name stands in ``text``."""
        return any(True for _hit in self.hits(View(text), strict=strict))


def _wholes(words: list[str]) -> Iterable[tuple[str, ...]]:
    if len(words) > 1:
        yield tuple(words)
        yield (words[-1], *words[:-1])
    if len(words) > 2:
        yield words[0], words[-1]


def _hyphened(name: str) -> Iterable[tuple[str, ...]]:
    """Each hyphenated word of a name as its pieces, which may be too short to stand for it alone ("Li-Na")."""
    pieces = (tuple(token.folded for token in tokens_of(word)) for word in name_words(name))
    return [several for several in pieces if len(several) > 1]


def _inside(name: str) -> Iterable[str]:
    """What to look for of a name inside runs of letters."""
    words = name_tokens(name)
    if not is_far("".join(words)) or is_handle(name):
        return
    yield "".join(words)
    yield from single_parts(name)
    if len(words) == 1:
        yield from derived(words[0])
    for word in (words[0], words[-1]):
        yield from titled(word)


def _parts(name: str) -> list[str]:
    return ["".join(name_tokens(name))] if is_handle(name) else single_parts(name)


def _words_of(*names: str) -> frozenset[str]:
    words = set()
    for name in names:
        tokens = [token.folded for token in tokens_of(name)]
        words.update(tokens)
        words.update("".join(t.folded for t in tokens_of(part)) for part in name.split())
        words.add("".join(tokens))
    return frozenset(words)

"""Phrases of a list, found over folded words: the cost of a text grows with its words, not with the list."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from deidentification.text import View, tokens_of

Said = TypeVar("Said")
"""What the list says of a phrase."""


@dataclass(frozen=True)
class Phrases(Generic[Said]):
    """Phrases as folded words, by their first word, the longest first."""

    by_first: dict[str, tuple[tuple[tuple[str, ...], Said], ...]]

    @classmethod
    def of(cls, entries: Iterable[tuple[str, Said]]) -> "Phrases[Said]":
        """Index phrases as they are written, each with what is said of it; of two alike the first counts."""
        return cls.of_words((tuple(token.folded for token in tokens_of(text)), said) for text, said in entries)

    @classmethod
    def of_words(cls, entries: Iterable[tuple[tuple[str, ...], Said]]) -> "Phrases[Said]":
        """As ``of``, of words that are folded already; an entry without words is none."""
        rows: dict[str, list[tuple[tuple[str, ...], Said]]] = {}
        for words, said in entries:
            if words:
                rows.setdefault(words[0], []).append((words, said))
        return cls({first: tuple(sorted(found, key=lambda row: -len(row[0]))) for first, found in rows.items()})

    def ranges(self, view: View) -> list[tuple[int, int, Said]]:
        """Where a phrase is said: start and end in codepoints, and what the list says of it; not overlapping."""
        found: list[tuple[int, int, Said]] = []
        for position, token in enumerate(view.tokens):
            if found and token.start < found[-1][1]:
                continue
            for words, said in self.by_first.get(token.folded, ()):
                stop = position + len(words)
                if tuple(t.folded for t in view.tokens[position:stop]) == words:
                    found.append((token.start, view.tokens[stop - 1].end, said))
                    break
        return found

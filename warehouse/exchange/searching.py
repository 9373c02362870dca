"""Looks for words in a text, however the white space between them was written."""

import re
import unicodedata
from functools import cached_property

_WORD = re.compile(r"\w+")


class Searched:
    """A text in which words can be looked for."""

    def __init__(self, text: str) -> None:
        self._whole = text
        words = list(re.finditer(r"\S+", text))
        self._text = " ".join(one[0] for one in words)
        self._places = [at for one in words for at in (*range(one.start(), one.end()), one.end())]

    def found(self, words: str) -> list[tuple[int, int]]:
        """``[start, end)`` codepoints of the text, everywhere where ``words`` stand; none for no words.

        Where they stand nowhere as they are written: where they do whatever their case, accents and punctuation, since
        people type, and recognisers set a comma here or there.
        """
        sought = " ".join(words.split())
        at = [one.start() for one in re.finditer(f"(?={re.escape(sought)})", self._text)] if sought else []
        return [(self._places[one], self._places[one + len(sought) - 1] + 1) for one in at] or self._alike(sought)

    def _alike(self, sought: str) -> list[tuple[int, int]]:
        wanted = [_key(one[0]) for one in _WORD.finditer(sought)]
        keys = [key for key, _, _ in self._words]
        return [
            (self._words[at][1], self._words[at + len(wanted) - 1][2])
            for at in range(len(keys) - len(wanted) + 1)
            if wanted and keys[at] == wanted[0] and keys[at : at + len(wanted)] == wanted
        ]

    @cached_property
    def _words(self) -> list[tuple[str, int, int]]:
        return [(_key(one[0]), one.start(), one.end()) for one in _WORD.finditer(self._whole)]


def _key(word: str) -> str:
    """A word without case and accents."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(sign))


def same_words(one: str, other: str) -> bool:
    """Whether two texts differ in white space alone."""
    return one.split() == other.split()


def why_not(count: int) -> str:
    """Why words that were looked for, and stand there ``count`` times, do not fit."""
    if count == 0:
        return "its words are not in this data set"
    return f"its words occur {count} times, and the table does not say which"

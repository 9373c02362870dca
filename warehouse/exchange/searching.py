"""Looks for words in a text, however the white space between them was written."""

import re


class Searched:
    """A text in which words can be looked for."""

    def __init__(self, text: str) -> None:
        words = list(re.finditer(r"\S+", text))
        self._text = " ".join(one[0] for one in words)
        self._places = [at for one in words for at in (*range(one.start(), one.end()), one.end())]

    def found(self, words: str) -> list[tuple[int, int]]:
        """``[start, end)`` codepoints of the text, everywhere where ``words`` stand; none for no words."""
        sought = " ".join(words.split())
        at = [one.start() for one in re.finditer(f"(?={re.escape(sought)})", self._text)] if sought else []
        return [(self._places[one], self._places[one + len(sought) - 1] + 1) for one in at]


def same_words(one: str, other: str) -> bool:
    """Whether two texts differ in white space alone."""
    return one.split() == other.split()


def why_not(count: int) -> str:
    """Why words that were looked for, and stand there ``count`` times, do not fit."""
    if count == 0:
        return "its words are not in this data set"
    return f"its words occur {count} times, and the table does not say which"

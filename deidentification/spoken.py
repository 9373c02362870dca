"""A text as it is heard: folded words with single spaces, so that patterns hold however a recogniser writes them."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from deidentification.text import APOSTROPHES, View

_BREAK = re.compile(r"[.!?…\n؟。！？]")
_NO_BREAK = re.compile(rf"[\s_{APOSTROPHES}\-‐‑]*")


class Spoken:
    """The words of a text, or of a part of it, folded; a comma or full stop stands where punctuation parts them.

    Apostrophes part words, as everywhere in this room: a pattern writes ``don ?t`` for "don't", "don t" and "dont".
    A blank stands before the first word and after the last.

    Args:
        view: The text.
        start, end: Codepoints of the part; None: to the end.
    """

    def __init__(self, view: View, start: int = 0, end: int | None = None) -> None:
        parts: list[str] = []
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._tokens: list[tuple[int, int]] = []
        length = 0
        for index in view.touching(start, len(view.text) if end is None else end):
            token = view.tokens[index]
            mark = _mark(view.text[self._tokens[-1][1] : token.start]) if self._tokens else ""
            parts.append(f"{mark} {token.folded}")
            self._starts.append(length + len(mark) + 1)
            length += len(parts[-1])
            self._ends.append(length)
            self._tokens.append((token.start, token.end))
        self.text = "".join(parts) + " "

    def find(self, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
        """Where ``pattern`` holds, as ``[start, end)`` codepoints of the text, in order."""
        for match in pattern.finditer(self.text):
            first, last = bisect_right(self._ends, match.start()), bisect_left(self._starts, match.end()) - 1
            if first <= last:
                yield self._tokens[first][0], self._tokens[last][1]


def _mark(gap: str) -> str:
    if _NO_BREAK.fullmatch(gap):
        return ""
    return "." if _BREAK.search(gap) else ","

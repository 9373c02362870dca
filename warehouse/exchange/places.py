"""Turns the places of other programs into codepoints of a text with LF: what they count is told from the places.

The standard counts codepoints. Some programs count UTF-16 units, and some count CR LF as two and some as one.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate

Place = tuple[int, int]
SURE = 0.9
"""A way of counting under which this share of the places begin and end with words is taken ..."""
UNLIKELY = 0.5
"""... where under the standard's fewer do than this."""


def lf(raw: str) -> str:
    """``raw`` with LF alone as line end, and without a mark of byte order."""
    return raw.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def in_codepoints(raw: str, places: Sequence[Place], *, one_for_crlf: bool) -> list[Place | None]:
    """Each place in codepoints of ``lf(raw)``; None where it lies outside of the text or holds nothing.

    Args:
        raw: The text as it stands in the file.
        one_for_crlf: Whether the program that wrote it is known to count CR LF as one.
    """
    text, raw = lf(raw), raw.removeprefix("\ufeff")
    first, *others = (_Ruler(raw, utf16, crlf) for utf16, crlf in _ways(raw, one_for_crlf))
    best = first
    if others and places:
        fits = [ruler for ruler in (first, *others) if all(ruler.holds(place) for place in places)]
        best = fits[0] if fits else first
        if _share(best, text, places) < UNLIKELY:
            best = next((other for other in fits if _share(other, text, places) >= SURE), best)
    return [best.measured(place) for place in places]


def _ways(raw: str, one_for_crlf: bool) -> list[tuple[bool, int]]:
    """Ways of counting that differ on this text, likeliest first: UTF-16 or not, and what CR LF counts."""
    wide = [False, True] if any(ord(sign) > 0xFFFF for sign in raw) else [False]
    ends = ([1, 2] if one_for_crlf else [2, 1]) if "\r\n" in raw else [1]
    return [(utf16, crlf) for utf16 in wide for crlf in ends]


class _Ruler:
    """One way of counting, on one text."""

    def __init__(self, raw: str, utf16: bool, crlf: int) -> None:
        sizes = [2 if utf16 and ord(sign) > 0xFFFF else 1 for sign in lf(raw)]
        if crlf == 2:
            for before, found in enumerate(re.finditer("\r\n", raw)):
                sizes[found.start() - before] = 2  # each before it is one sign shorter now
        self._starts = list(accumulate(sizes, initial=0))

    def holds(self, place: Place) -> bool:
        """Whether the place lies in the text."""
        return 0 <= place[0] <= place[1] <= self._starts[-1]

    def measured(self, place: Place) -> Place | None:
        """The place in codepoints; a sign that it cuts is in it whole."""
        if not self.holds(place):
            return None
        start = bisect_right(self._starts, place[0]) - 1
        end = bisect_left(self._starts, place[1])
        return (start, end) if start < end else None


def _share(ruler: _Ruler, text: str, places: Sequence[Place]) -> float:
    """The share of places that begin and end where words do."""
    measured = [ruler.measured(place) for place in places]
    return sum(one is not None and _is_clean(text, *one) for one in measured) / len(measured)


def _is_clean(text: str, start: int, end: int) -> bool:
    return not any(0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum() for at in (start, end))

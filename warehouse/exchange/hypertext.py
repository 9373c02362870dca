"""Texts as HTML and back, with places that count bytes of UTF-8 and no tags: how Taguette keeps documents."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from html import escape
from html.parser import HTMLParser
from itertools import accumulate

_HEADINGS = tuple(f"h{size}" for size in range(1, 7))
_BLOCKS = frozenset(("p", "div", "li", "tr", "pre", "table", "ul", "ol", "dl", "dt", "dd", "blockquote", *_HEADINGS))


def as_html(text: str) -> str:
    """A paragraph for what stands between blank lines, a break for any other line end."""
    paragraphs = (escape(one, quote=False).replace("\n", "<br>") for one in text.split("\n\n"))
    return "".join(f"<p>{one}</p>" for one in paragraphs)


class Counted:
    """A text whose places some program counts in bytes of UTF-8, without what was made of tags.

    Args:
        parts: The text in parts, each with whether it counts.
    """

    def __init__(self, parts: Iterable[tuple[str, bool]]) -> None:
        listed = list(parts)
        self.text = "".join(text for text, _ in listed)
        sizes = (len(sign.encode()) if counts else 0 for text, counts in listed for sign in text)
        self._starts = list(accumulate(sizes, initial=0))

    def bytes(self, start: int, end: int) -> tuple[int, int]:
        """``[start, end)`` codepoints in bytes."""
        return self._starts[start], self._starts[end]

    def codepoints(self, start: int, end: int) -> tuple[int, int] | None:
        """``[start, end)`` bytes in codepoints; a sign that is cut is in it whole. None: outside, or empty."""
        if not 0 <= start < end <= self._starts[-1]:
            return None
        # What does not count stands outside of both ends.
        return bisect_right(self._starts, start) - 1, bisect_left(self._starts, end)


def counted(text: str) -> Counted:
    """``text``, counted as what ``as_html`` makes of it: line ends are tags there."""
    return Counted((part, part != "\n") for part in re.split("(\n)", text))


def read_html(html: str) -> Counted:
    """The text of a document: paragraphs apart by a blank line, breaks as line ends; every other sign as it stands."""
    reading = _Text()
    reading.feed(html)
    reading.close()
    return Counted(reading.parts)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[tuple[str, bool]] = []
        self._ended = False

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:  # noqa: ARG002 - its form
        if tag == "br":
            self.parts.append(("\n", False))
        elif tag in _BLOCKS:
            self._block()

    def handle_endtag(self, tag: str) -> None:
        self._ended = self._ended or tag in _BLOCKS

    def handle_data(self, data: str) -> None:
        if self._ended and data.strip():
            self._block()
        self.parts.append((data, True))

    def _block(self) -> None:
        if self.parts:
            self.parts.append(("\n\n", False))
        self._ended = False

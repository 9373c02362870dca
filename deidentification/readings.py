"""Further ways to read a text, for names that its tokens do not show.

Words parted (``parting``); names that go on in the next line ("Grace" / "Young", "Wai-" / "roa"); names spelt out
("N-O-K-O-M-I-S"); and the folders of people ("Users\\grace"). Only what the tokens themselves do not give is read.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from deidentification.parting import Parted, may_be_parted, parted
from deidentification.text import ORDINARY_ZIPF, Token, View

_LONGEST = 7
"""Tokens in the longest window."""
_LEAST_LETTERS = 3
_SPELT_MOST = 24
"""Letters of the longest name that is spelt out."""
_SPELT_SURE = 4
"""A spelt-out name of fewer letters counts only where it stands apart from other letters."""
_BETWEEN = r"[ \t\u00a0.,\-‐‑–_·/]{1,3}"
_ONE = r"[^\W\d_][\u0300-\u036f]?"
_SPELT = re.compile(rf"(?<![^\W_]){_ONE}{_BETWEEN}{_ONE}{_BETWEEN}{_ONE}(?![^\W_])")
_BETWEEN_LETTERS = re.compile(_BETWEEN)
_FOLDER = re.compile(r"[\\/](?:users|home|utilisateurs|documents and settings)[\\/]+([^\\/\s\"'<>|:*?]{2,64})", re.I)
_LINE_END = re.compile(r"(?P<hyphen>[-‐‑\u00ad]?)[ \t\u00a0]?\r?\n[ \t\u00a0]?")


class Kind(Enum):
    """How a window is read."""

    PARTED = "parted"
    WRAPPED = "wrapped"
    SPELT = "spelt"
    FOLDER = "folder"

    @property
    def sure(self) -> bool:
        """Whether what is read so is a name even where it is an ordinary word."""
        return self in (Kind.SPELT, Kind.FOLDER)


class Reading(NamedTuple):
    """Tokens ``[first, stop)`` of a view that may be a name, folded and joined."""

    view: View
    first: int
    stop: int
    joined: str
    kind: Kind

    @property
    def tokens(self) -> tuple[Token, ...]:
        """The tokens it is made of."""
        return tuple(self.view.tokens[self.first : self.stop])

    @property
    def doubtful(self) -> bool:
        """Whether it is one ordinary word with another word attached: there a capital says nothing ("GraceNotes")."""
        if not isinstance(self.view, Parted) or self.stop - self.first > 1:
            return False
        return self.view.commons[self.first] >= ORDINARY_ZIPF and self.view.has_word_attached(self.first)

    @property
    def hyphened(self) -> bool:
        """Whether a line ends inside it after a hyphen, so that it may be one word."""
        return any(_ends_line(self.view, i, hyphened=True) for i in range(self.first + 1, self.stop))


def readings(view: View, widest: int) -> Iterator[Reading]:
    """All windows of ``view`` that its own tokens do not give.

    Args:
        widest: Tokens in the longest name.
    """
    longest = min(max(widest + 1, 2), _LONGEST)
    if may_be_parted(view.text):
        for way in parted(view):
            yield from _attached(way, longest)
    if "\n" in view.text:
        yield from _wrapped(view, longest)
    if _SPELT.search(view.text):
        for run in _runs_of_letters(view):
            yield from _spelt(view, run)
    if _FOLDER.search(view.text):
        yield from _folders(view, longest)


def _around(places: Iterable[int], longest: int, count: int) -> list[tuple[int, int]]:
    """Every ``[first, stop)`` of up to ``longest`` tokens in which one of ``places`` lies."""
    windows = {
        (first, stop)
        for place in places
        for first in range(max(place - longest + 1, 0), place + 1)
        for stop in range(place + 1, min(first + longest, count) + 1)
    }
    return sorted(windows)


def _reading(view: View, first: int, stop: int, kind: Kind) -> Reading:
    return Reading(view, first, stop, "".join(token.folded for token in view.tokens[first:stop]), kind)


def _attached(view: Parted, longest: int) -> Iterator[Reading]:
    for first, stop in _around(view.changed, longest, len(view.tokens)):
        inside = view.attached_at(first) or view.attached_at(stop)
        if inside and all(view.joins[first + 1 : stop]) and _is_name_sized(view, first, stop):
            yield _reading(view, first, stop, Kind.PARTED)


def _is_name_sized(view: Parted, first: int, stop: int) -> bool:
    """Whether pieces are words, and not the letters of "3rd", "B2B" and "CO2"; "Bo3" is a name with a footnote."""
    if not (view.tokens[first].folded.isalpha() and view.tokens[stop - 1].folded.isalpha()):
        return False
    letters = sum(len(token.folded) for token in view.tokens[first:stop])
    if letters >= _LEAST_LETTERS:
        return True
    alone = stop - first == 1 and not view.attached_at(first) and not view.has_word_attached(first)
    return alone and letters > 1 and view.word(first).istitle()


@dataclass(frozen=True)
class _Wrapped(View):
    """A text in which a name may go on in the next line."""

    def _joins(self, index: int) -> bool:
        return super()._joins(index) or _ends_line(self, index)


def _ends_line(view: View, index: int, *, hyphened: bool = False) -> bool:
    """Whether one line ends between token ``index`` and the one before it, and nothing else stands there."""
    gap = view.gap(index)
    match = _LINE_END.fullmatch(gap) if "\n" in gap else None
    soft = view.text[view.tokens[index - 1].end - 1] == "\u00ad"
    return match is not None and (not hyphened or soft or bool(match["hyphen"]))


def _wrapped(view: View, longest: int) -> Iterator[Reading]:
    view = _Wrapped(view.text, view.language)
    ends = {i for i in range(1, len(view.tokens)) if _ends_line(view, i)}
    for first, stop in _around(ends, longest, len(view.tokens)):
        if all(view.joins[first + 1 : stop]) and not ends.isdisjoint(range(first + 1, stop)):
            yield _reading(view, first, stop, Kind.WRAPPED)


def _runs_of_letters(view: View) -> list[range]:
    """Tokens of one letter each, with nothing between them but what stands between letters that are spelt out."""
    runs: list[range] = []
    for i, token in enumerate(view.tokens):
        if len(token.folded) != 1 or not token.folded.isalpha():
            continue
        if runs and runs[-1].stop == i and _BETWEEN_LETTERS.fullmatch(view.gap(i)):
            runs[-1] = range(runs[-1].start, i + 1)
        else:
            runs.append(range(i, i + 1))
    return [run for run in runs if len(run) >= _LEAST_LETTERS]


def _spelt(view: View, run: range) -> Iterator[Reading]:
    for first in run:
        for stop in range(first + _LEAST_LETTERS, min(first + _SPELT_MOST, run.stop) + 1):
            if stop - first >= _SPELT_SURE or _stands_apart(view, first, stop, run):
                yield _reading(view, first, stop, Kind.SPELT)


def _stands_apart(view: View, first: int, stop: int, run: range) -> bool:
    inner = {view.gap(i) for i in range(first + 1, stop)}
    outer = {view.gap(i) for i in (first, stop) if run.start < i < run.stop}
    return len(inner) == 1 and inner.isdisjoint(outer)


def _folders(view: View, longest: int) -> Iterator[Reading]:
    for match in _FOLDER.finditer(view.text):
        inside = view.touching(*match.span(1))
        for first in inside:
            for stop in range(first + 1, min(first + longest, inside.stop) + 1):
                yield _reading(view, first, stop, Kind.FOLDER)

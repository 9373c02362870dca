"""Breaks words that look alike or not into lines of one width. Pure."""

import re
from collections.abc import Callable, Iterator, Sequence

from flows.reports.document import Run

Width = Callable[[Run], float]
"""How wide a run is set, in the unit of the line."""
_PIECE = re.compile(r"\n|[^\S\n]+|\S+?(?<=[^\W\d_]-)(?=[^\W\d_])|\S+")
"""A hyphen between letters may end a line; one in a number, such as REB-2026-014, may not."""


def broken(runs: Sequence[Run], most: float, width: Width) -> list[list[Run]]:
    """Lines none of which is wider than ``most``, unless a single character is.

    Args:
        runs: A paragraph. A line feed in it ends a line.
        most: Width of a line, above 0.
        width: Measures a run.
    Returns:
        At least one line. The spaces at which a line ends are left out; nothing else is.
    """
    lines: list[list[Run]] = [[]]
    used = 0.0
    for word in _words(runs):
        if word[0].words == "\n":
            lines.append([])
            used = 0.0
            continue
        for part in _fitting(word, most, width):
            size = sum(map(width, part))
            if used and used + size > most:
                lines.append([])
                used = 0.0
            if lines[-1] or not part[0].words.isspace():
                lines[-1] += part
                used += size
    return [_joined(_without_end(line)) for line in lines]


def _words(runs: Sequence[Run]) -> Iterator[list[Run]]:
    """What may not be parted: pieces that touch each other, although they may look different."""
    word: list[Run] = []
    for run in runs:
        for piece in _PIECE.findall(run.words):
            if word and (piece.isspace() or word[-1].words.isspace() or word[-1].words.endswith("-")):
                yield word
                word = []
            word.append(run._replace(words=piece))
    if word:
        yield word


def _fitting(word: list[Run], most: float, width: Width) -> Iterator[list[Run]]:
    if word[0].words.isspace() or sum(map(width, word)) <= most:
        yield word
        return
    part: list[Run] = []
    for run in word:
        for letter in run.words:
            one = run._replace(words=letter)
            if part and sum(map(width, part)) + width(one) > most:
                yield part
                part = []
            part = _joined([*part, one])
    yield part


def _without_end(line: list[Run]) -> list[Run]:
    while line and line[-1].words.isspace():
        line = line[:-1]
    return line


def _joined(line: list[Run]) -> list[Run]:
    joined: list[Run] = []
    for run in line:
        if joined and joined[-1][1:] == run[1:]:
            joined[-1] = run._replace(words=joined[-1].words + run.words)
        else:
            joined.append(run)
    return joined

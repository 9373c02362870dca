"""Phrases of the roster as a tree of words, and where they are said in a text, however many there are."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from deidentification.recognizers.clue_phrases import AND, OF, Gap, Steps
from deidentification.text import View
from schemas.deidentified import Label

_SIGN = re.compile(r"[ \t\u00a0,&+/|()\[\]’'–-]{1,5}")
_STOP = re.compile(r"[.!?:][,)]?[ \t\u00a0]?")
_MOST_SMALL = 3
LONG = 3
"""In a phrase of so many words a comma may stand where the roster has none."""


class Said(NamedTuple):
    """A phrase that is said in tokens ``[first, stop)`` of a text, and whose it is."""

    first: int
    stop: int
    label: Label
    people: tuple[str, ...]


@dataclass
class Node:
    """What may follow the words that lead here, and whose phrases end here."""

    following: dict[str, dict[Gap, "Node"]] = field(default_factory=dict)
    ends: dict[Label, tuple[str, ...]] = field(default_factory=dict)

    def add(self, steps: Steps, label: Label, people: Iterable[str]) -> None:
        """Put a phrase in."""
        node = self
        for gap, word in steps:
            node = node.following.setdefault(word, {}).setdefault(gap, Node())
        node.ends[label] = tuple(sorted({*node.ends.get(label, ()), *people}))

    def said_at(self, view: View, first: int) -> Iterator[Said]:
        """Phrases that begin with token ``first``; those that differ only in their signs are one."""
        found: dict[tuple[int, Label], set[str]] = {}
        for stop, node in self._paths(view, first):
            for label, people in node.ends.items():
                found.setdefault((stop, label), set()).update(people)
        for (stop, label), whose in found.items():
            yield Said(first, stop, label, tuple(sorted(whose)))

    def _paths(self, view: View, first: int) -> Iterator[tuple[int, "Node"]]:
        begun = self.following.get(view.tokens[first].folded)
        paths = [(first, node, 1, False) for node in begun.values()] if begun else []
        while paths:
            at, node, length, loose = paths.pop()
            if node.ends and (not loose or length >= LONG):
                yield at + 1, node
            for said, to in _next(view, at) if node.following else ():
                for gap, child in node.following.get(view.tokens[to].folded, {}).items():
                    if said & gap or said is Gap.SIGN:
                        paths.append((to, child, length + 1, loose or not said & gap))


def _next(view: View, at: int) -> Iterator[tuple[Gap, int]]:
    """Tokens that may be the next word of a phrase after token ``at``, and what stands between."""
    gap = _between(view, at + 1)
    if gap:
        yield gap, at + 1
    if not gap & (Gap.JOIN | Gap.SIGN):
        return
    for words, kind, most in ((AND, Gap.AND, 1), (OF, Gap.OF, _MOST_SMALL)):
        to = at + 1
        while to <= at + most and view.tokens[to].folded in words and _between(view, to + 1) & (Gap.JOIN | Gap.SIGN):
            to += 1
        if to > at + 1:
            yield kind, to


def _between(view: View, index: int) -> Gap:
    """What stands before token ``index``; nothing that may stand in a phrase at the end of a sentence."""
    if index >= len(view.tokens):
        return Gap(0)
    if view.joins[index]:
        return Gap.JOIN
    gap = view.gap(index)
    if _SIGN.fullmatch(gap):
        return Gap.SIGN
    return Gap.STOP if _STOP.fullmatch(gap) else Gap(0)

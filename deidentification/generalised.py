"""Phrases of the policy that stand in more general words where somebody is protected: events, places, projects."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from deidentification.phrases import Phrases
from deidentification.recognizers.quasi import without_article
from deidentification.text import View, tokens_of
from schemas.deidentified import Find, Label
from schemas.policy import Policy, Wording

_KEEPS = (Label.CONTACT, Label.LINK, Label.PERSON)
"""What reaches beyond a phrase as one of these is no phrase: the hospital in "Marie Saint-Luc" is none."""


@dataclass(frozen=True)
class Spoken:
    """A phrase of the policy at ``[start, end)`` codepoints of an utterance, and what stands for it."""

    start: int
    end: int
    wording: Wording


@dataclass(frozen=True)
class Generalised:
    """The table ``[policy.generalise]`` as an index; each phrase also without the article that it begins with."""

    phrases: Phrases[Wording]

    @classmethod
    def of(cls, policy: Policy) -> "Generalised":
        """Index the table of ``policy``."""
        return cls(Phrases.of_words(_entries(policy)))

    def said(self, view: View, finds: Sequence[Find]) -> list[Spoken]:
        """Where the phrases are said, in order and not overlapping.

        A phrase takes in what was found as one thing with it ("Saint-Luc Hospital", where the table has "Saint-Luc").
        Where a person's name, a contact or a link goes beyond it, it is part of that and no phrase.
        """
        spoken: list[Spoken] = []
        for start, end, wording in self.phrases.ranges(view):
            touching = [f for f in finds if f.start_char < end and f.end_char > start]
            if any(f.label in _KEEPS and (f.start_char < start or f.end_char > end) for f in touching):
                continue
            widest = Spoken(
                min([start, *(f.start_char for f in touching)]), max([end, *(f.end_char for f in touching)]), wording
            )
            if spoken and widest.start < spoken[-1].end:
                spoken[-1] = replace(spoken[-1], end=max(spoken[-1].end, widest.end))
            else:
                spoken.append(widest)
        return spoken


def _entries(policy: Policy) -> Iterator[tuple[tuple[str, ...], Wording]]:
    for phrase, wording in sorted(policy.generalise.items()):
        words = tuple(token.folded for token in tokens_of(phrase))
        yield words, wording
        if bare := without_article(words):
            yield bare, wording


def inside(spoken: Iterable[Spoken], find: Find) -> bool:
    """Whether ``find`` lies in one of the phrases."""
    return any(one.start <= find.start_char and find.end_char <= one.end for one in spoken)

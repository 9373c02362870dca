"""Which protected passages stand word for word in the project's own public texts, so that a quote can be looked up."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from deidentification.text import fold
from schemas.consent import Level
from schemas.deidentified import DeidentifiedUtterance
from schemas.identifiers import SessionId, UtteranceId

WORDS = 6
"""So many words in a row that only one person says are found by whoever looks for them."""

_WORD = re.compile(r"[^\W_]+")


class Said(NamedTuple):
    """Words of one speaker.

    Attributes:
        speaker: Tells speakers apart across all texts: the participant, or the voice of a session.
        texts: What stands between replacements; nothing is compared across them.
        protected: Whether the speaker is shown below ``named`` here.
    """

    session: SessionId
    utterance: UtteranceId
    piece: int
    speaker: str
    texts: Sequence[str]
    protected: bool = False


class Linked(NamedTuple):
    """A protected passage, and the public sessions in which some of its words stand as they were said."""

    session: SessionId
    utterance: UtteranceId
    piece: int
    public: tuple[SessionId, ...]


def shown_words(session: SessionId, piece: DeidentifiedUtterance) -> Said:
    """The words of a released piece that stand in it as they were said."""
    texts: list[str] = []
    end = -1
    for span in piece.spans:
        if span.kept:
            said = piece.text[span.start_char : span.end_char]
            texts = [*texts[:-1], texts[-1] + said] if span.start_char == end else [*texts, said]
            end = span.end_char
    speaker = piece.speaker
    return Said(
        session, piece.utterance, piece.piece, speaker.participant, texts, speaker.level is not Level.NAMED
    )  # fmt: skip


def public_linkage(shown: Iterable[Said], public: Iterable[Said], words: int = WORDS) -> list[Linked]:
    """Protected passages of which ``words`` words in a row stand in a public text and are one speaker's only.

    Words that several people say, in public or in what is shown, point at nobody. The cost grows with the number of
    words, not with its square: runs of words are compared by their hashes.

    Args:
        shown: What a data set shows, of everybody.
        public: What was said in public.
    Returns:
        In the order of ``shown``.
    """
    owners: dict[int, str | None] = {}
    places: dict[int, set[SessionId]] = {}
    for said in public:
        for run in runs(said.texts, words):
            _own(owners, run, said.speaker)
            places.setdefault(run, set()).add(said.session)
    found: list[tuple[Said, list[int]]] = []
    for said in shown:
        here = [run for run in runs(said.texts, words) if run in owners]
        for run in here:
            _own(owners, run, said.speaker)
        if here and said.protected:
            found.append((said, here))
    linked = ((said, [run for run in here if owners[run] is not None]) for said, here in found)
    return [
        Linked(
            said.session, said.utterance, said.piece, tuple(sorted({place for run in here for place in places[run]}))
        )
        for said, here in linked
        if here
    ]


def runs(texts: Iterable[str], words: int) -> set[int]:
    """The hashes of all runs of ``words`` words; two different ones have one hash with odds of 1 in 10¹⁸."""
    found: set[int] = set()
    for text in texts:
        said = [word for chunk in text.split() for word in _folded(chunk)]
        found.update(map(hash, zip(*(said[first:] for first in range(words)), strict=False)))
    return found


def _own(owners: dict[int, str | None], run: int, speaker: str) -> None:
    """Note who says a run; None: several do."""
    if owners.setdefault(run, speaker) != speaker:
        owners[run] = None


@lru_cache(maxsize=50_000)
def _folded(chunk: str) -> tuple[str, ...]:
    """The words of what stands between two blanks, without case, accents and punctuation; most are said often."""
    return tuple(_WORD.findall(fold(chunk)))

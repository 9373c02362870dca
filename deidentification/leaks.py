"""The leak gate: no name of anybody in the study stands in released words, unless the plan kept it for whom it may."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from deidentification.governing import most_protective
from deidentification.levels import mention_level
from deidentification.recognizers.patterns import EMAIL
from deidentification.terms import Hit, Terms
from deidentification.text import View
from schemas.consent import Level, SessionDecisions
from schemas.deidentified import (
    DeidentifiedUtterance,
    Label,
    RedactedSession,
    SourceSpan,
    SpeakerShown,
    WithheldReason,
    WithheldUtterance,
)
from schemas.roster import MatchingTable

_TAG = re.compile(r"\[(?:" + "|".join(label.value for label in Label) + r")(?: \d+)?\]")


class Leak(NamedTuple):
    """A name that should not stand where it stands; ``start_char`` is -1 where it is the speaker's label."""

    utterance: str
    piece: int
    start_char: int
    end_char: int


def leaks(redacted: RedactedSession, table: MatchingTable, decisions: SessionDecisions) -> list[Leak]:
    """Every name in ``redacted`` that no decision allows, by position; empty is what a release needs."""
    return list(find_leaks(redacted.utterances, Terms.of(table), decisions))


def find_leaks(
    pieces: Iterable[DeidentifiedUtterance | WithheldUtterance], terms: Terms, decisions: SessionDecisions
) -> Iterator[Leak]:
    """As ``leaks``, over pieces and terms at hand."""
    labels: dict[tuple[str, Level, str], bool] = {}
    for piece in pieces:
        if isinstance(piece, WithheldUtterance):
            continue
        speaker = piece.speaker
        key = (
            speaker.participant,
            speaker.level,
            repr((speaker.label, speaker.role_as, speaker.organisation_as, speaker.place_as)),
        )
        if key not in labels:
            labels[key] = label_leaks(speaker, terms)
        if labels[key]:
            yield Leak(piece.utterance, piece.piece, -1, -1)
        yield from text_leaks(piece, terms, decisions)


def withhold(piece: DeidentifiedUtterance | WithheldUtterance) -> WithheldUtterance:
    """The gap that takes the place of a piece in which the gate found a name."""
    if isinstance(piece, WithheldUtterance):
        return piece
    return WithheldUtterance(
        utterance=piece.utterance, piece=piece.piece, start_s=piece.start_s, end_s=piece.end_s,
        reason=WithheldReason.LEAK, participant=piece.speaker.participant, decision=piece.decision,
    )  # fmt: skip


def label_leaks(speaker: SpeakerShown, terms: Terms) -> bool:
    """Whether the label or a generalised column of a speaker holds a name that the level does not allow."""
    if any(terms.holds_name(text) for text in (speaker.role_as, speaker.organisation_as, speaker.place_as) if text):
        return True
    view = View(speaker.label)
    own = _allowed_words(speaker.participant, speaker.level, terms)
    strict = speaker.level is Level.PSEUDONYM
    return any(not _made_of(hit, own) for hit in terms.hits(view, strict=strict))


def text_leaks(piece: DeidentifiedUtterance, terms: Terms, decisions: SessionDecisions) -> Iterator[Leak]:
    """Every name in the words of one piece that no decision allows where it stands."""
    # Our own tags are in capitals and would make a short text look shouted, where capitals say nothing.
    text = _TAG.sub(lambda match: match.group().lower(), piece.text)
    tags = {match.span() for match in _TAG.finditer(piece.text)}
    replaced = {(s.start_char, s.end_char) for s in piece.spans if not s.kept} & tags
    for hit in terms.hits(View(text)):
        in_tag = any(start <= hit.start_char and hit.end_char <= end for start, end in replaced)
        if not in_tag and not _allowed(hit, piece, terms, decisions):
            yield Leak(piece.utterance, piece.piece, hit.start_char, hit.end_char)
    for match in EMAIL.finditer(text) if "@" in text else ():
        yield Leak(piece.utterance, piece.piece, match.start(), match.end())


def _allowed(hit: Hit, piece: DeidentifiedUtterance, terms: Terms, decisions: SessionDecisions) -> bool:
    """Whether the plan shows every word of a hit for one and the same person, whose level allows those words."""
    spans = [_span_at(piece.spans, word.start, word.end) for word in hit.words]
    if any(span is None for span in spans):
        return False
    if all(span is not None and span.listed for span in spans):
        return True
    people = {span.kept_for for span in spans if span is not None}
    person = people.pop() if len(people) == 1 else None
    if person is None:
        return False
    return _made_of(hit, _allowed_words(person, _level(person, piece, decisions), terms))


def _span_at(spans: Sequence[SourceSpan], start: int, end: int) -> SourceSpan | None:
    at = bisect_right(spans, start, key=lambda span: span.start_char) - 1
    return spans[at] if at >= 0 and end <= spans[at].end_char else None


def _made_of(hit: Hit, allowed: frozenset[str]) -> bool:
    words = [word.folded for word in hit.words]
    return "".join(words) in allowed or allowed.issuperset(words)


def _allowed_words(participant: str, level: Level, terms: Terms) -> frozenset[str]:
    if level is Level.NAMED:
        return terms.own.get(participant, frozenset())
    return terms.firsts.get(participant, frozenset()) if level is Level.FIRST_NAME else frozenset()


def _level(participant: str, piece: DeidentifiedUtterance, decisions: SessionDecisions) -> Level:
    """The most protective level of somebody in any passage that the piece touches."""
    base = decisions.decisions.get(participant)
    inside = [
        passage.decisions.get(participant, base)
        for passage in decisions.passages
        if passage.start_s < piece.end_s and piece.start_s < passage.end_s
    ]
    return mention_level(most_protective(inside or [base]))

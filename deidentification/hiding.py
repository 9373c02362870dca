"""Hide stretches of words that are already de-identified, their redactions and the map back kept right."""

from collections.abc import Iterable, Sequence

from deidentification.offsets import Stretch
from schemas.deidentified import Action, DeidentifiedUtterance, Label, Redaction, SourceSpan


def hide(piece: DeidentifiedUtterance, marked: Iterable[tuple[Stretch, Label]]) -> DeidentifiedUtterance:
    """``piece`` with each marked stretch as the tag of its label; a replacement that it reaches into goes with it."""
    for (start, end), label in sorted(_whole(piece, marked), reverse=True):
        piece = _cut(piece, start, end, label)  # right to left, so that the offsets still to come stay valid
    return piece


def _whole(piece: DeidentifiedUtterance, marked: Iterable[tuple[Stretch, Label]]) -> list[tuple[Stretch, Label]]:
    """The stretches, grown over the replacements that they reach into, and none overlapping."""
    grown: list[tuple[Stretch, Label]] = []
    for (start, end), label in sorted(marked):
        inside = [span for span in piece.spans if not span.kept and meets(span, start, end)]
        start, end = min([start, *(s.start_char for s in inside)]), max([end, *(s.end_char for s in inside)])
        if grown and start < grown[-1][0][1]:
            (first, last), before = grown.pop()
            start, end, label = first, max(last, end), before if before == label else Label.PERSON
        grown.append(((start, end), label))
    return grown


def meets(span: SourceSpan, start: int, end: int) -> bool:
    """Whether a span has words in ``[start, end)``."""
    return span.start_char < end and span.end_char > start


def _cut(piece: DeidentifiedUtterance, start: int, end: int, label: Label) -> DeidentifiedUtterance:
    tag = f"[{label.value}]"
    by = len(tag) - (end - start)
    text = piece.text[:start] + tag + piece.text[end:]
    redactions = [one for one in piece.redactions if one.end_char <= start]
    redactions.append(Redaction(start_char=start, end_char=start + len(tag), label=label, action=Action.MASKED))
    redactions += [
        one.model_copy(update={"start_char": one.start_char + by, "end_char": one.end_char + by})
        for one in piece.redactions
        if one.start_char >= end
    ]
    spans = _spans(piece.spans, start, end, len(tag))
    return piece.model_copy(update={"text": text, "redactions": tuple(redactions), "spans": spans})


def _spans(spans: Sequence[SourceSpan], start: int, end: int, length: int) -> tuple[SourceSpan, ...]:
    """Spans of a text in which ``[start, end)`` became ``length`` codepoints; no replacement reaches across an edge."""
    by = length - (end - start)
    before = [_part(span, span.start_char, min(span.end_char, start)) for span in spans if span.start_char < start]
    inside = [
        _part(span, max(span.start_char, start), min(span.end_char, end)) for span in spans if meets(span, start, end)
    ]
    after = [_part(span, max(span.start_char, end), span.end_char) for span in spans if span.end_char > end]
    new = SourceSpan(
        start_char=start, end_char=start + length, kept=False,
        source_start_char=inside[0].source_start_char, source_end_char=inside[-1].source_end_char,
    )  # fmt: skip
    moved = [s.model_copy(update={"start_char": s.start_char + by, "end_char": s.end_char + by}) for s in after]
    return (*before, new, *moved)


def _part(span: SourceSpan, start: int, end: int) -> SourceSpan:
    """The part ``[start, end)`` of a span; of a replacement only the whole is asked for."""
    if (start, end) == (span.start_char, span.end_char):
        return span
    source = span.source_start_char + (start - span.start_char)
    return span.model_copy(
        update={
            "start_char": start,
            "end_char": end,
            "source_start_char": source,
            "source_end_char": source + (end - start),
        }
    )

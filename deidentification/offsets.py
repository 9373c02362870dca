"""From places in released text to places in the vault's text and back, so that codings can be carried across.

All places are half-open stretches of codepoints. A replacement is one thing: whoever touches it has all of it.
"""

from collections.abc import Iterator, Sequence

from schemas.deidentified import SourceSpan

Stretch = tuple[int, int]


def source_stretches(spans: Sequence[SourceSpan], start: int, end: int) -> Iterator[Stretch]:
    """Stretches of the vault's text that ``[start, end)`` of the released text stands for, in order."""
    for span in spans:
        first, last = max(span.start_char, start), min(span.end_char, end)
        if first < last and span.kept:
            offset = span.source_start_char - span.start_char
            yield first + offset, last + offset
        elif first < last:
            yield span.source_start_char, span.source_end_char


def released_stretches(spans: Sequence[SourceSpan], start: int, end: int) -> Iterator[Stretch]:
    """Stretches of the released text that stand for ``[start, end)`` of the vault's text, in order."""
    for span in spans:
        first, last = max(span.source_start_char, start), min(span.source_end_char, end)
        if first < last and span.kept:
            offset = span.start_char - span.source_start_char
            yield first + offset, last + offset
        elif first < last and span.start_char < span.end_char:
            yield span.start_char, span.end_char


def to_source(spans: Sequence[SourceSpan], start: int, end: int) -> Stretch | None:
    """The one stretch of the vault's text that covers all of released ``[start, end)``; None where it stands for none.

    Args:
        spans: Of one released piece, in order.
    """
    return _whole(list(source_stretches(spans, start, end)))


def to_released(spans: Sequence[SourceSpan], start: int, end: int) -> Stretch | None:
    """The one stretch of the released text that stands for all of the vault's ``[start, end)``.

    None where nothing of it was released in this piece: it lies outside, or was cut.
    """
    return _whole(list(released_stretches(spans, start, end)))


def _whole(stretches: Sequence[Stretch]) -> Stretch | None:
    return (stretches[0][0], stretches[-1][1]) if stretches else None

"""From places in released text to places in the vault's text and back, so that codings can be carried across.

All places are half-open stretches of codepoints. A replacement is one thing: whoever touches it has all of it.
"""

from collections.abc import Iterator, Sequence

from schemas.deidentified import SourceSpan

Stretch = tuple[int, int]


def source_stretches(spans: Sequence[SourceSpan], start: int, end: int) -> Iterator[Stretch]:
    """Stretches of the vault's text that ``[start, end)`` of the released text stands for, in order."""
    for span in spans:
        here, there = (span.start_char, span.end_char), (span.source_start_char, span.source_end_char)
        yield from _across(here, there, span.kept, start, end)


def released_stretches(spans: Sequence[SourceSpan], start: int, end: int) -> Iterator[Stretch]:
    """Stretches of the released text that stand for ``[start, end)`` of the vault's text, in order."""
    for span in spans:
        here, there = (span.source_start_char, span.source_end_char), (span.start_char, span.end_char)
        yield from _across(here, there, span.kept, start, end)


def _across(here: Stretch, there: Stretch, kept: bool, start: int, end: int) -> Iterator[Stretch]:
    """What stands ``there`` for the part of ``[start, end)`` that lies ``here``; nothing, where that is nothing."""
    first, last = max(here[0], start), min(here[1], end)
    if first < last and there[0] < there[1]:
        yield (first - here[0] + there[0], last - here[0] + there[0]) if kept else there


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

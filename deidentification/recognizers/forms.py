"""What every search for a form shares: where a pattern matches, without the signs that close a sentence."""

import re
from collections.abc import Iterator

from deidentification.recognizers.model_spans import ModelSpan
from schemas.deidentified import Label

SOURCE = "pattern"
CLOSING = ".,;:!?)]}\"'»”’ "
"""Signs that stand after a thing and are no part of it."""


def spans(pattern: re.Pattern[str], text: str, label: Label) -> Iterator[ModelSpan]:
    """Each match of ``pattern`` in ``text`` as a find of ``label``."""
    for match in pattern.finditer(text):
        yield from span(text, *match.span(), label)


def span(text: str, start: int, end: int, label: Label) -> Iterator[ModelSpan]:
    """``[start, end)`` codepoints of ``text`` as a find of ``label``; nothing where only closing signs stand there."""
    while end > start and text[end - 1] in CLOSING:
        end -= 1
    if end > start:
        yield ModelSpan(start, end, label, SOURCE)

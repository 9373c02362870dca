"""Replace stretches of a text, and say for every codepoint of the result where it comes from."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.deidentified import Action, Label, Redaction, SourceSpan


@dataclass(frozen=True)
class Edit:
    """What becomes of ``[start, end)`` of a source text; ``text`` None: kept as it is, and said to be."""

    start: int
    end: int
    text: str | None
    label: Label
    action: Action | None
    kept_for: str | None = None
    listed: bool = False


@dataclass(frozen=True)
class Rendered:
    """Released text, its redactions, and the map back."""

    text: str
    redactions: tuple[Redaction, ...]
    spans: tuple[SourceSpan, ...]


def render(source: str, start: int, end: int, edits: Sequence[Edit]) -> Rendered:
    """Apply ``edits`` to ``source[start:end]``.

    Args:
        source: The vault's text.
        start: First codepoint to release.
        end: One past the last.
        edits: In order, not overlapping, inside ``[start, end)``.
    Returns:
        The text; redactions in its codepoints; spans that cover the text and ``[start, end)`` without gap or overlap.
    Raises:
        ValueError: where edits overlap, run backwards or leave the range: then nothing may be released.
    """
    parts: list[str] = []
    redactions: list[Redaction] = []
    spans: list[SourceSpan] = []
    position, length = start, 0
    for edit in edits:
        if not position <= edit.start < edit.end <= end:
            raise ValueError("replacements overlap or leave the text")
        length = _keep(source, position, edit.start, length, parts, spans)
        text = source[edit.start : edit.end] if edit.text is None else edit.text
        parts.append(text)
        spans.append(_span(edit, length, len(text)))
        if edit.text is not None and edit.action is not None:
            redactions.append(
                Redaction(start_char=length, end_char=length + len(text), label=edit.label, action=edit.action)
            )
        length += len(text)
        position = edit.end
    _keep(source, position, end, length, parts, spans)
    return Rendered("".join(parts), tuple(redactions), tuple(spans))


def _span(edit: Edit, at: int, length: int) -> SourceSpan:
    return SourceSpan(
        start_char=at, end_char=at + length, source_start_char=edit.start, source_end_char=edit.end,
        kept=edit.text is None, kept_for=edit.kept_for, listed=edit.listed,
    )  # fmt: skip


def _keep(source: str, start: int, end: int, length: int, parts: list[str], spans: list[SourceSpan]) -> int:
    if end > start:
        parts.append(source[start:end])
        spans.append(
            SourceSpan(
                start_char=length,
                end_char=length + end - start,
                source_start_char=start,
                source_end_char=end,
                kept=True,
            )
        )
    return length + end - start

"""Spans map released text to source text completely, whatever the script."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deidentification.render import Edit, render
from schemas.deidentified import Action, Label

SCRIPTS = st.text(
    alphabet=st.one_of(st.characters(codec="utf-8"), st.sampled_from("é😀👩‍🔬\u0301\u200f\u202eאבגعربि한 '’-[]")),
    max_size=200,
)


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, int, int, list[Edit]]:
    source = draw(SCRIPTS)
    bounds = sorted(
        draw(st.lists(st.integers(0, len(source)), min_size=2, max_size=12, unique=True)) if len(source) > 1 else []
    )
    if len(bounds) < 2:
        return source, 0, len(source), []
    start, end = bounds[0], bounds[-1]
    edits = [
        Edit(
            a,
            b,
            draw(st.one_of(st.none(), st.text(min_size=1, max_size=9))),
            Label.PERSON,
            Action.MASKED,
            draw(st.sampled_from((None, "P01"))),
        )
        for a, b in pairwise(bounds)
        if draw(st.booleans())
    ]
    return source, start, end, edits


@given(edited())
def test_spans_cover_released_and_source_text_without_gap_or_overlap(case: tuple[str, int, int, list[Edit]]) -> None:
    source, start, end, edits = case
    rendered = render(source, start, end, edits)
    at, source_at = 0, start
    for span in rendered.spans:
        assert (span.start_char, span.source_start_char) == (at, source_at)
        at, source_at = span.end_char, span.source_end_char
        if span.kept:
            assert (
                rendered.text[span.start_char : span.end_char] == source[span.source_start_char : span.source_end_char]
            )
    assert (at, source_at) == (len(rendered.text), end)


@given(edited())
def test_every_redaction_points_at_its_replacement(case: tuple[str, int, int, list[Edit]]) -> None:
    source, start, end, edits = case
    rendered = render(source, start, end, edits)
    replaced = [edit.text for edit in edits if edit.text is not None]
    assert [rendered.text[r.start_char : r.end_char] for r in rendered.redactions] == replaced


def test_a_very_long_text_keeps_its_offsets() -> None:
    source = "😀 Aroha " * 50_000
    edits = [Edit(i * 8 + 2, i * 8 + 7, "[PERSON]", Label.PERSON, Action.MASKED) for i in range(50_000)]
    rendered = render(source, 0, len(source), edits)
    assert rendered.text == "😀 [PERSON] " * 50_000
    assert rendered.spans[-1].source_end_char == len(source)


def test_overlapping_replacements_are_refused() -> None:
    edits = [Edit(0, 3, "a", Label.PERSON, Action.MASKED), Edit(2, 4, "b", Label.PERSON, Action.MASKED)]
    with pytest.raises(ValueError, match="overlap"):
        render("abcdef", 0, 6, edits)

"""Places in released text and in the vault's text lead to each other, whatever the script."""

from hypothesis import assume, given
from hypothesis import strategies as st

from deidentification.api import to_released, to_source
from deidentification.render import Edit, Rendered, render
from schemas.deidentified import Action, Label
from tests.deidentification.test_render import edited

Case = tuple[str, int, int, list[Edit]]


def rendered_of(case: Case) -> Rendered:
    source, start, end, edits = case
    return render(source, start, end, edits)


def stretch_in(data: st.DataObject, length: int) -> tuple[int, int]:
    start = data.draw(st.integers(0, length - 1))
    return start, data.draw(st.integers(start + 1, length))


@given(edited(), st.data())
def test_the_same_words_stand_at_both_ends_where_nothing_was_replaced(case: Case, data: st.DataObject) -> None:
    rendered = rendered_of(case)
    kept = [span for span in rendered.spans if span.kept]
    assume(kept)
    span = data.draw(st.sampled_from(kept))
    start, end = stretch_in(data, span.end_char - span.start_char)
    here = (span.start_char + start, span.start_char + end)
    there = to_source(rendered.spans, *here)
    assert there is not None
    assert case[0][there[0] : there[1]] == rendered.text[here[0] : here[1]]
    assert to_released(rendered.spans, *there) == here


@given(edited(), st.data())
def test_a_replacement_is_taken_whole_and_nothing_beside_it(case: Case, data: st.DataObject) -> None:
    rendered = rendered_of(case)
    replaced = [span for span in rendered.spans if not span.kept]
    assume(replaced)
    span = data.draw(st.sampled_from(replaced))
    start, end = stretch_in(data, span.end_char - span.start_char)
    whole = (span.source_start_char, span.source_end_char)
    assert to_source(rendered.spans, span.start_char + start, span.start_char + end) == whole
    start, end = stretch_in(data, whole[1] - whole[0])
    assert to_released(rendered.spans, whole[0] + start, whole[0] + end) == (span.start_char, span.end_char)


@given(edited(), st.data())
def test_going_there_and_back_never_loses_a_word_that_was_marked(case: Case, data: st.DataObject) -> None:
    rendered = rendered_of(case)
    assume(rendered.text)
    here = stretch_in(data, len(rendered.text))
    there = to_source(rendered.spans, *here)
    assert there is not None
    back = to_released(rendered.spans, *there)
    assert back is not None and back[0] <= here[0] and here[1] <= back[1]
    assert to_source(rendered.spans, *back) == there


@given(edited())
def test_what_was_not_released_leads_nowhere(case: Case) -> None:
    source, start, end, _edits = case
    rendered = rendered_of(case)
    assert to_released(rendered.spans, 0, start) is None
    assert to_released(rendered.spans, end, len(source) + 1) is None
    assert to_source(rendered.spans, len(rendered.text), len(rendered.text) + 5) is None


def test_a_name_that_was_cut_to_nothing_leads_nowhere() -> None:
    rendered = render("ask Aroha now", 0, 13, [Edit(4, 9, "", Label.PERSON, Action.MASKED)])
    assert to_released(rendered.spans, 4, 9) is None
    assert to_released(rendered.spans, 0, 13) == (0, 8)

"""Places of other programs, whatever they count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.exchange.places import in_codepoints, lf

WORDS = ("ferry", "été", "😀", "👩‍👧", "שלום", "quay", "naïve")


@given(
    st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from((" ", "\r\n"))), min_size=1, max_size=12),
    st.booleans(),
    st.sampled_from((1, 2)),
    st.data(),
)
def test_places_on_words_are_found_however_they_are_counted(parts, utf16, crlf, draw):
    """Where most places would cut words if they were counted as the standard says, and none as the program does."""
    raw = "".join(word + end for word, end in parts)
    text = lf(raw)
    starts = [text.index(word, 0) for word, _ in parts]
    place = draw.draw(st.sampled_from(range(len(parts))))
    start, end = starts[place], starts[place] + len(parts[place][0])
    counts = (size(text, start, utf16, crlf), size(text, end, utf16, crlf))
    [found] = in_codepoints(raw, [counts], one_for_crlf=crlf == 1)
    if not utf16:
        assert found == (start, end)
    elif found is not None:
        assert 0 <= found[0] < found[1] <= len(text)


def size(text: str, at: int, utf16: bool, crlf: int) -> int:
    wide = sum(ord(sign) > 0xFFFF for sign in text[:at]) if utf16 else 0
    return at + wide + text[:at].count("\n") * (crlf - 1)


@pytest.mark.parametrize("place", [(-1, 3), (0, 99), (3, 3), (4, 2)])
def test_what_lies_outside_or_holds_nothing_is_nowhere(place):
    assert in_codepoints("One two", [place], one_for_crlf=False) == [None]


def test_the_standard_holds_where_nothing_speaks_against_it():
    text = "😀 ab cd ef gh"
    assert in_codepoints(text, [(2, 4), (5, 7)], one_for_crlf=False) == [(2, 4), (5, 7)]
    assert in_codepoints(text, [(3, 5), (6, 8), (9, 11), (12, 14)], one_for_crlf=False) == [
        (2, 4), (5, 7), (8, 10), (11, 13)
    ]  # fmt: skip


def test_a_text_without_places_has_none():
    assert in_codepoints("x\r\ny", [], one_for_crlf=True) == []

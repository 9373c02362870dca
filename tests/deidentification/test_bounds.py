"""Bounds are the exact ones of Clopper and Pearson: held against closed forms, fractions and their own coverage."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deidentification.bounds import at_most, one_in, upper_bound

READ = st.integers(1, 600)
FOUND = st.integers(0, 12)


def exactly_at_most(found: int, read: int, rate: float) -> Fraction:
    """The binomial tail in whole numbers, without any rounding."""
    p = Fraction(rate)
    return sum((comb(read, number) * p**number * (1 - p) ** (read - number) for number in range(found + 1)), Fraction())


def test_none_in_four_hundred_is_at_most_three_quarters_of_a_percent() -> None:
    assert 0.0074 < upper_bound(0, 400) <= 0.0075
    assert one_in(upper_bound(0, 400)) == 130


@pytest.mark.parametrize(
    ("found", "read", "bound"),
    [(0, 1, 0.95), (1, 1, 1.0), (0, 10, 0.258866), (1, 10, 0.394163), (2, 10, 0.506901), (0, 3000, 0.000998)],
)
def test_known_bounds(found: int, read: int, bound: float) -> None:
    assert upper_bound(found, read) == pytest.approx(bound, abs=2e-6)


@given(READ)
def test_where_nothing_was_found_the_bound_has_a_closed_form(read: int) -> None:
    assert upper_bound(0, read) == pytest.approx(1 - 0.05 ** (1 / read), abs=1e-10)


@given(READ)
def test_where_all_but_one_were_found_the_bound_has_a_closed_form(read: int) -> None:
    assert upper_bound(read - 1, read) == pytest.approx(0.95 ** (1 / read), abs=1e-10)


@given(READ, st.integers(0, 600))
def test_at_the_bound_the_exact_tail_is_five_percent(read: int, found: int) -> None:
    found %= read
    bound = upper_bound(found, read)
    assert float(exactly_at_most(found, read, bound)) == pytest.approx(0.05, abs=1e-7)


@given(READ, FOUND, st.floats(0.001, 0.999))
def test_the_tail_is_the_exact_one(read: int, found: int, rate: float) -> None:
    found = min(found, read)
    assert at_most(found, read, rate) == pytest.approx(float(exactly_at_most(found, read, rate)), abs=1e-9)


@given(READ, FOUND, st.integers(1, 400))
def test_who_reads_more_and_finds_no_more_knows_more(read: int, found: int, more: int) -> None:
    found = min(found, read - 1)
    assert upper_bound(found, read + more) < upper_bound(found, read)


@given(READ, FOUND)
def test_each_find_raises_the_bound_and_it_lies_above_the_rate_found(read: int, found: int) -> None:
    found = min(found, read - 1)
    assert found / read < upper_bound(found, read) < upper_bound(found + 1, read) or found + 1 == read
    assert upper_bound(read, read) == 1.0


@given(st.integers(1, 50), st.floats(0.002, 0.998))
def test_whatever_the_true_rate_nineteen_samples_in_twenty_have_a_bound_above_it(read: int, rate: float) -> None:
    covered = sum(
        comb(read, found) * rate**found * (1 - rate) ** (read - found)
        for found in range(read + 1)
        if upper_bound(found, read) >= rate
    )
    assert covered >= 0.95 - 1e-9


def test_of_nothing_read_nothing_is_known() -> None:
    assert upper_bound(0, 0) == 1.0
    assert one_in(1.0) is None


@pytest.mark.parametrize(("found", "read"), [(-1, 4), (5, 4)])
def test_more_found_than_read_is_no_question(found: int, read: int) -> None:
    with pytest.raises(ValueError, match="more were found than read"):
        upper_bound(found, read)


@given(st.floats(1e-9, 1.0))
def test_one_in_so_many_is_never_said_of_too_many(rate: float) -> None:
    number = one_in(rate)
    if number is None:
        assert rate > 0.5
    else:
        assert rate <= 1 / number
        assert number * rate > 0.8 or number < 10, "rounded down by less than a tenth"
        assert len(str(number).rstrip("0")) <= 2

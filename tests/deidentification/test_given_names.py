"""Given names and what they are short for."""

import pytest

from deidentification.given_names import given_names, other_forms


@pytest.mark.parametrize(
    ("name", "short"), [("elizabeth", "liz"), ("emmanuel", "manu"), ("christopher", "kit"), ("theophile", "theo")]
)
def test_a_short_form_and_its_name_lead_to_each_other(name: str, short: str) -> None:
    assert short in other_forms(name)
    assert name in other_forms(short)


def test_a_name_is_no_form_of_itself_and_an_unknown_one_has_none() -> None:
    assert all(name not in other_forms(name) for name in given_names())
    assert other_forms("wiremana") == ()


def test_a_name_that_has_short_forms_of_its_own_is_taken_for_nobodys_short_form() -> None:
    assert "rosemary" not in other_forms("rose")
    assert "alex" in other_forms("alexander")

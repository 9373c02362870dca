"""Exact ages as people say them, and spans of time, plans and ranges that are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deidentification.coarser import coarser_age
from deidentification.recognizers.ages import find_ages
from schemas.policy import Policy
from tests.deidentification.support import redacted, said


def ages(text: str) -> list[str]:
    return [text[s.start_char : s.end_char] for s in find_ages(text)]


@pytest.mark.parametrize(
    ("text", "found", "decade"),
    [
        ("À 47 ans, j'ai changé", "À 47 ans", "in their forties"),
        ("à quarante-sept ans elle est partie", "à quarante-sept ans", "in their forties"),
        ("a trente ans elle est partie", "trente ans", "in their thirties"),
        ("à l'âge de 47 ans", "à l'âge de 47 ans", "in their forties"),
        ("depuis l’âge de vingt et un ans", "l’âge de vingt et un ans", "in their twenties"),
        ("il travaille jusqu'à 62 ans", "jusqu'à 62 ans", "in their sixties"),
        ("deux filles âgées de 12 ans", "âgées de 12 ans", "between ten and nineteen"),
        ("j'ai fêté mes cinquante ans", "cinquante ans", "in their fifties"),
        ("pour ses 81 ans, oui", "81 ans", "in their eighties"),
        ("j'avais 30 ans alors", "30 ans", "in their thirties"),
        ("quand j'ai eu 40 ans", "40 ans", "in their forties"),
        ("ma tante a 64 ans", "64 ans", "in their sixties"),
        ("une femme de 47 ans", "47 ans", "in their forties"),
        ("un homme seul de soixante ans", "soixante ans", "in their sixties"),
        ("I am 47 years of age", "47 years of age", "in their forties"),
        ("at twenty-six years of age", "twenty-six years of age", "in their twenties"),
        ("on my forty-seventh birthday", "forty-seventh birthday", None),
        ("the forty-seventh birthday of mine", "forty-seventh birthday", None),
        ("her fiftieth birthday", "fiftieth birthday", None),
        ("mon quarante-septième anniversaire", "quarante-septième anniversaire", None),
        ("pour son 50e anniversaire", "50e anniversaire", None),
    ],
)
def test_an_age_is_found_however_it_is_said_and_said_as_its_ten_years(
    text: str, found: str, decade: str | None
) -> None:
    assert ages(text) == [found]
    assert coarser_age(found, "decade", "en") == decade


@pytest.mark.parametrize(
    "text",
    [
        "il y a 47 ans", "depuis 47 ans", "pendant dix ans", "tous les cinq ans", "un plan à 5 ans", "d'ici à dix ans",
        "l'horizon à 10 ans", "un prêt à vingt ans", "à dix ans près", "à cinq ans d'intervalle",
        "condamné à dix ans de prison", "mes dix ans d'expérience", "ses vingt ans de carrière",
        "une voisine a vingt ans de carrière", "les jeunes de 18 à 25 ans", "de dix-huit à vingt-cinq ans",
        "notre dixième anniversaire", "le 50e anniversaire de la ville", "47 years of experience",
        "five years of work", "forty-seven people", "the forty-seventh meeting",
    ],
)  # fmt: skip
def test_a_span_of_time_a_plan_or_a_range_is_no_age(text: str) -> None:
    assert ages(text) == []


@given(
    st.integers(10, 99),
    st.sampled_from([
        "À {} ans, j'ai changé", "🙂 à l'âge de {} ans", "I was {} years of age then", "mes {} ans", "l’âge de {} ans.",
    ]),
)  # fmt: skip
def test_nothing_of_any_age_stays(age: int, form: str) -> None:
    text = form.format(age)
    (found,) = find_ages(text)
    assert str(age) not in text[: found.start_char] + text[found.end_char :]
    assert coarser_age(text[found.start_char : found.end_char], "decade", "en") == coarser_age(str(age), "decade", "en")


def test_an_age_newly_found_is_said_as_exactly_as_the_policy_allows() -> None:
    text = "I am 47 years of age, on my forty-seventh birthday."
    assert said(redacted(text)) == ["I am [AGE], on my [AGE]."]
    assert said(redacted(text, policy=Policy(ages="decade"))) == ["I am [in their forties], on my [AGE]."]

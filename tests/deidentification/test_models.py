"""The real name models, few and short."""

import pytest

from deidentification.api import Recognisers, load_recognisers
from deidentification.find import Roster, find_in_texts
from schemas.deidentified import Label
from tests.deidentification.support import TABLE

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def models() -> Recognisers:
    return load_recognisers(["en", "fr-CA", "mi"])


def people(text: str, language: str, models: Recognisers) -> set[str]:
    (finds,) = find_in_texts([text], [language], Roster.of(TABLE), models)
    return {text[f.start_char : f.end_char] for f in finds if f.label is Label.PERSON}


def test_all_models_load_from_their_packages_with_their_versions(models: Recognisers) -> None:
    assert set(models.versions) == {"spacy-en", "spacy-fr", "spacy-mi", "rampart"}


def test_people_nobody_knows_are_found_in_english_and_french(models: Recognisers) -> None:
    assert people("Then Jacinda Ardern and Minister Trudeau spoke.", "en", models) == {"Jacinda Ardern", "Trudeau"}
    assert people("Ensuite Amélie Tremblay a parlé avec Jean-Luc.", "fr-CA", models) == {"Amélie Tremblay", "Jean-Luc"}


def test_names_without_capitals_are_found(models: Recognisers) -> None:
    assert people("will said that david and mark were late yesterday", "en", models) == {"will", "david", "mark"}


def test_a_name_far_into_a_long_turn_is_found_at_its_place(models: Recognisers) -> None:
    text = "we talked about the budget and the plan for the year 😀 " * 400 + "and then Jacinda Ardern left"
    (finds,) = find_in_texts([text], ["en"], Roster.of(None), models)
    assert [text[f.start_char : f.end_char] for f in finds if f.label is Label.PERSON][-1] == "Jacinda Ardern"


def test_words_that_name_nobody_are_left_alone(models: Recognisers) -> None:
    text = "Thank you, Madam Chair. Will the white paper mark a change? I hope the minister will say so."
    assert people(text, "en", models) == set()


def test_a_text_without_spaces_or_of_signs_only_breaks_nothing(models: Recognisers) -> None:
    for text in ("x" * 5_000, "😀" * 900, "", " ", "\u200f\u202e"):
        assert len(find_in_texts([text], ["en"], Roster.of(None), models)) == 1

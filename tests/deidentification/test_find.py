"""Finding names in a session: the union of all recognisers, before any decision."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deidentification.api import find_names
from deidentification.find import Roster, find_in_texts
from schemas.deidentified import Certainty, Label
from schemas.errors import CheckFailed
from tests.deidentification.support import (
    POLICY,
    SESSION,
    TABLE,
    FailingNames,
    FakeNames,
    recognisers,
    session_of,
    turn,
)

ROSTER = Roster.of(TABLE)


def found(text: str, *models: FakeNames) -> list[tuple[str, str, str | None, Certainty]]:
    (finds,) = find_in_texts([text], ["en"], ROSTER, recognisers(*models))
    return [(text[f.start_char : f.end_char], f.label.value, f.participant, f.certainty) for f in finds]


@given(
    st.lists(
        st.sampled_from(
            [
                "Aroha",
                "Ngata",
                "will",
                "Mark",
                "White's",
                "Chris",
                "Kim",
                "said.",
                "a@b.org",
                "é😀",
                "3",
                "May",
                "(Brown)",
            ]
        ),
        max_size=14,
    )
)
def test_finds_never_overlap_and_stay_inside_the_text(words: list[str]) -> None:
    text = " ".join(words)
    (finds,) = find_in_texts([text], ["en"], ROSTER, recognisers(FakeNames("Kim", "Mark White", "Ngata will", "é")))
    position = 0
    for find in finds:
        assert position <= find.start_char < find.end_char <= len(text)
        position = find.end_char


def test_a_name_that_is_a_word_counts_once_a_model_agrees() -> None:
    assert found("so will said yes") == []
    assert found("so will said yes", FakeNames("will")) == [("will", "PERSON", "P05", Certainty.EXACT)]


def test_a_models_longer_name_of_somebody_else_names_no_participant() -> None:
    assert found("I met Chris Papadopoulos", FakeNames("Chris Papadopoulos")) == [
        ("Chris Papadopoulos", "PERSON", "P06", Certainty.WEAK)
    ]


def test_first_and_last_name_of_different_people_name_neither() -> None:
    assert found("I met Chris Brown there") == [("Chris Brown", "PERSON", "P06", Certainty.WEAK)]


def test_a_model_that_takes_a_title_along_does_not_hide_it() -> None:
    assert found("so Minister Smith left", FakeNames("Minister Smith")) == [("Smith", "PERSON", None, Certainty.MODEL)]


@pytest.mark.parametrize("word", ["Chair", "Madam Chair", "Minister", "Councillor", "Kia ora", "Zoom", "Monday"])
def test_role_words_and_greetings_are_nobody(word: str) -> None:
    assert found(f"thanks {word} for that", FakeNames(word)) == []


def test_parts_of_one_name_found_apart_become_one() -> None:
    assert found("so Jacinda Ardern left", FakeNames("Jacinda", "Ardern")) == [
        ("Jacinda Ardern", "PERSON", None, Certainty.MODEL)
    ]


def test_an_address_takes_the_name_in_it() -> None:
    assert found("write aroha.ngata@example.org") == [("aroha.ngata@example.org", "CONTACT", None, Certainty.EXACT)]


def test_employer_role_and_place_of_the_roster_are_found_with_their_owner() -> None:
    assert found("the Deputy Mayor of the City of Vancouver in vancouver") == [
        ("Deputy Mayor", "ROLE", "P01", Certainty.EXACT),
        ("City of Vancouver", "ORGANISATION", "P01", Certainty.EXACT),
        ("vancouver", "PLACE", "P01", Certainty.EXACT),
    ]


def test_countries_and_continents_are_no_clue() -> None:
    assert found("in Canada and Europe and Gisborne", FakeNames("Canada", "Europe", "Gisborne", label=Label.PLACE)) == [
        ("Gisborne", "PLACE", None, Certainty.MODEL)
    ]


def test_a_failing_recogniser_fails_the_session_and_tells_no_words() -> None:
    with pytest.raises(CheckFailed, match="failing failed \\(ValueError\\)") as raised:
        find_names(session_of(turn(1, 0, "Aroha spoke")), SESSION, TABLE, POLICY, recognisers(FailingNames()))
    assert "Aroha" not in str(raised.value) and raised.value.__cause__ is None
    assert raised.value.__context__ is None


def test_a_recogniser_that_gives_too_little_fails_the_session() -> None:
    class Short(FakeNames):
        def find(self, texts: object) -> list[object]:  # type: ignore[override]
            return []

    with pytest.raises(CheckFailed, match="fewer results"):
        find_names(session_of(turn(1, 0, "Aroha spoke")), SESSION, TABLE, POLICY, recognisers(Short()))


def test_the_same_words_always_give_the_same_finds() -> None:
    session = session_of(turn(1, 0, "Aroha and Chris Brown and arowa nata met Kim Lee"))
    first = find_names(session, SESSION, TABLE, POLICY, recognisers(FakeNames("Kim Lee")))
    assert first == find_names(session, SESSION, TABLE, POLICY, recognisers(FakeNames("Kim Lee")))


def test_a_language_without_a_model_is_noted() -> None:
    from deidentification.find import Recognisers

    assert Recognisers((), ("mi",)).versions["spacy-mi"] == "none for this language"


def spacy_alone(word: str) -> FakeNames:
    return FakeNames(word, source="spacy")


@pytest.mark.parametrize("text", ["Prochaine séance le mardi.", "Merci. Bonne soirée à tous.", "Okay then."])
def test_a_sentences_first_word_that_only_one_language_knows_is_no_name(text: str) -> None:
    word = next(w for w in ("Prochaine", "Bonne", "Okay") if w in text)
    assert found(text, spacy_alone(word)) == []


def test_a_first_name_at_the_beginning_of_a_sentence_stays_a_name() -> None:
    assert found("Pierre dit oui.", spacy_alone("Pierre")) == [("Pierre", "PERSON", None, Certainty.MODEL)]
    assert found("We ask Prochaine now.", spacy_alone("Prochaine"))[0][0] == "Prochaine"


def test_a_sentences_first_word_on_which_two_models_agree_stays_a_name() -> None:
    both = found("Prochaine dit oui.", spacy_alone("Prochaine"), FakeNames("Prochaine", source="rampart"))
    assert both[0][0] == "Prochaine"

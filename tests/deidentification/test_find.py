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
    assert found("we saw will there") == []
    assert found("we saw will there", FakeNames("will")) == [("will", "PERSON", "P05", Certainty.EXACT)]


def test_a_models_longer_name_of_somebody_else_names_no_participant() -> None:
    assert found("I met Chris Papadopoulos", FakeNames("Chris Papadopoulos")) == [
        ("Chris Papadopoulos", "PERSON", "P06", Certainty.WEAK)
    ]


@pytest.mark.parametrize(
    ("text", "model", "part"),
    [
        ("Whatever Aroha decides", "Whatever Aroha", "first"),
        ("I see that Aroha lève la main", "Aroha lève", "first"),
        ("Over to Keeva Ngata now", "Keeva Ngata", "last"),
        ("We asked Aroha Gulshan then", "Aroha Gulshan", "other"),
        ("We asked Thomas Ngata then", "Thomas Ngata", "other"),
    ],
)
def test_words_beside_a_name_make_it_somebody_elses_only_if_they_may_be_names(text: str, model: str, part: str) -> None:
    (finds,) = find_in_texts([text], ["en"], ROSTER, recognisers(FakeNames(model)))
    assert [(find.participant, find.part) for find in finds] == [("P01", part)]


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


@pytest.mark.parametrize(
    ("text", "said"),
    [("Ngā mihi nui, all.", "Ngā mihi nui"), ("Franchement, non.", "Franchement"), ("Kia ora koutou.", "Kia")],
)
def test_greetings_and_discourse_words_are_nobody_whatever_the_label(text: str, said: str) -> None:
    for label in (Label.PERSON, Label.ORGANISATION, Label.PLACE):
        assert found(text, FakeNames(said, label=label, source="spacy"), FakeNames(said, label=label)) == []


@pytest.mark.parametrize("name", ["Noel Fielding", "Can Yilmaz", "Jesús Herrera", "Brendan Noel"])
def test_a_word_that_is_mostly_no_name_belongs_to_the_name_it_stands_in(name: str) -> None:
    assert found(f"We met {name} there.", FakeNames(name))[0][0] == name


@pytest.mark.parametrize("said", ["Hello Fielding", "Minister Fielding", "Thanks Fielding", "Chair Fielding"])
def test_a_greeting_or_title_is_no_part_of_a_name_inside_a_sentence_either(said: str) -> None:
    assert found(f"We met; {said} came.", FakeNames(said))[0][0] == "Fielding"


@pytest.mark.parametrize(("text", "name"), [("Kia ora Marie.", "Marie"), ("Ngā mihi, Mihi.", "Mihi.")])
def test_a_name_beside_a_greeting_stays_a_name(text: str, name: str) -> None:
    assert [hit for hit, *_rest in found(text, FakeNames(name))] == [name.strip(".")]


def test_places_and_employers_without_a_capital_are_none_where_others_have_one() -> None:
    models = (FakeNames("north ward", label=Label.PLACE), FakeNames("chat", label=Label.ORGANISATION))
    assert found("We rode to the north ward. The chat, too.", *models) == []
    assert len(found("we rode to the north ward", *models)) == 1


def test_what_a_name_leaves_of_an_employer_is_masked_only_if_it_is_more_than_a_title() -> None:
    model = FakeNames("Ms Nguyen", label=Label.ORGANISATION)
    assert [hit for hit, *_rest in found("So Ms Nguyen agreed", model)] == ["Nguyen"]


def test_a_street_is_a_place_and_with_a_number_an_address() -> None:
    model = FakeNames("Elm Street", label=Label.CONTACT)
    assert found("we met on Elm Street", model)[0][1] == "PLACE"
    assert found("we met at 12 Elm Street", model)[0][1] == "CONTACT"


def test_models_read_a_text_in_capitals_without_them() -> None:
    class Shouting(FakeNames):
        def find(self, texts: object) -> list[object]:  # type: ignore[override]
            assert texts == ["we voted on the motion, ok"]
            return [[]]

    assert found("WE VOTED ON THE MOTION, OK", Shouting()) == []


@pytest.mark.parametrize(
    "said",
    ["aroha dot ngata at riverside dot example", "gwhite at oak dot example", "a dot b at c dot example dot org"],
)
def test_a_spoken_address_is_one_contact(said: str) -> None:
    assert found(f"Write to {said} please.") == [(said, "CONTACT", None, Certainty.EXACT)]


def test_a_dot_in_ordinary_words_is_no_address() -> None:
    assert found("look at this dot here and at that point too") == []


def test_a_name_that_was_only_heard_because_it_was_told_names_nobody_for_certain() -> None:
    spoken = turn(1, 0, "then Aroha spoke to Aroha")
    words = tuple(w.model_copy(update={"prompted": n == 1}) for n, w in enumerate(spoken.words))
    attributed = session_of(spoken.model_copy(update={"words": words}))
    (entry,) = find_names(attributed, SESSION, TABLE, POLICY, recognisers()).utterances
    assert [find.certainty for find in entry.finds] == [Certainty.WEAK, Certainty.EXACT]

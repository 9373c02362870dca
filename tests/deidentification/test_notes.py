"""Coders' own texts: no name of anybody in the study stays in them, and words of participants are found."""

from hypothesis import given
from hypothesis import strategies as st

from deidentification.notes import NAME, Names, Told, find_quotes, says, withheld
from deidentification.terms import Terms
from schemas.roster import MatchingTable, Person

TABLE = MatchingTable(
    people=(
        Person(participant="P01", full_name="Maribel Quist", secret="", aliases=("Mari",)),
        Person(participant="P02", full_name="Grace Will", secret=""),
    )
)
NAMES = Names(TABLE)


def test_names_and_addresses_are_masked_and_words_stay() -> None:
    assert (
        NAMES.without("Maribel's boats, Mari.Quist@example.org and QUIST") == "[PERSON]'s boats, [CONTACT] and [PERSON]"
    )
    assert NAMES.without("With grace she will go.") == "With grace she will go."
    assert NAMES.without("Grace Will said so") == "[PERSON] said so"
    assert NAMES.without("") == ""


@given(
    st.lists(st.sampled_from(["Maribel", "Quist", "grace", "Will", "Grace", "[", "M", "ari", ".", "\n", "bel", "-"]))
)
def test_whatever_is_left_holds_no_name_and_masking_twice_is_masking_once(parts: list[str]) -> None:
    left = NAMES.without(" ".join(parts))
    assert not Terms.of(TABLE).holds_name(left)
    assert NAMES.without(left) == left


SAID = Told("S1", "u1", ("Well, the ferry is late every winter morning, and nobody says why.",))
OTHER = Told("S2", "u4", ("The ferry is late every winter, they say.", "A ship is late every winter, they say."))


def quotes(text: str, *told: Told) -> list[tuple[str, str]]:
    found = find_quotes({"memo": text}, told)
    return [(text[one.start_char : one.end_char], one.said.utterance) for one in found]


def test_six_words_in_a_row_of_one_person_are_a_quote() -> None:
    note = "She says “the FERRY is late, every winter morning”; then she leaves."
    assert quotes(note, SAID) == [("the FERRY is late, every winter morning", "u1")]
    assert quotes("the ferry is late every", SAID) == []
    assert quotes(note) == []


def test_words_that_several_people_say_are_quoted_of_each() -> None:
    assert sorted(quotes("the ferry is late every winter", SAID, OTHER)) == [
        ("the ferry is late every winter", "u1"),
        ("the ferry is late every winter", "u4"),
    ]


def test_words_are_quoted_as_they_are_shown_too() -> None:
    assert quotes("a ship is late every winter", SAID, OTHER) == [("a ship is late every winter", "u4")]


def test_words_that_one_person_says_twice_are_quoted_of_both_places() -> None:
    again = SAID._replace(session="S3", utterance="u9")
    assert sorted(turn for _, turn in quotes("ferry is late every winter morning", SAID, again)) == ["u1", "u9"]


def test_what_is_withheld_has_one_tag_for_stretches_that_overlap() -> None:
    assert withheld("abcdefgh", [(4, 6), (1, 3), (2, 5)]) == "a[withheld]gh"
    assert withheld("abc", []) == "abc"


def test_words_are_said_whatever_their_case_accents_and_marks() -> None:
    assert says("Enfin : l’Été, dit-elle.", "ete dit")
    assert not says("the ferry is late", "ferry late")


def test_a_tag_is_no_name() -> None:
    assert NAMES.without(NAME) == NAME

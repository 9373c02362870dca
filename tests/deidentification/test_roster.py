"""Roster names as people and recognisers write them."""

import pytest

from deidentification.recognizers.roster import find_likeliest, find_roster
from deidentification.recognizers.roster_index import RosterIndex, first_name, last_name
from deidentification.text import View
from schemas.deidentified import Certainty, Find
from schemas.roster import MatchingTable
from tests.deidentification.support import JEAN_LUC, TABLE, person

INDEX = RosterIndex.of(TABLE)


def found(text: str) -> list[tuple[str, str | None, Certainty]]:
    sure, _gated = find_roster([View(text)], INDEX)[0]
    return [(text[f.start_char : f.end_char], f.participant, f.certainty) for f in sure]


def finds(text: str) -> list[Find]:
    return find_roster([View(text)], INDEX)[0][0]


@pytest.mark.parametrize(
    ("text", "hit", "who"),
    [
        ("then Aroha Ngata spoke", "Aroha Ngata", "P01"),
        ("then aroha spoke", "aroha", "P01"),
        ("then Ngata, Aroha spoke", "Ngata", "P01"),
        ("Aroha's idea", "Aroha", "P01"),
        ("arohas idea was good", "arohas", "P01"),
        ("we heard ÁROHA NGATA", "ÁROHA NGATA", "P01"),
        ("jean luc agreed", "jean luc", "P04"),
        ("J. de la Fontaine agreed", "J. de la Fontaine", "P04"),
        ("siobhan o brien agreed", "siobhan o brien", "P03"),
        ("mark white agreed", "mark white", "P02"),
        ("Mr Brown agreed", "Brown", "P05"),
        ("I told Will so", "Will", "P05"),
        ("Will, you are muted", "Will", "P05"),
        ("Mark has a point", "Mark", "P02"),
    ],
)
def test_exact_names_are_found_and_put_down_to_the_right_person(text: str, hit: str, who: str) -> None:
    assert (hit, who, Certainty.EXACT) in found(text)


@pytest.mark.parametrize(
    ("text", "hit", "who"),
    [
        ("then Arohha Ngata spoke", "Arohha Ngata", "P01"),
        ("we met Siobahn", "Siobahn", "P03"),
        ("arowa nata spoke", "arowa nata", "P01"),
    ],
)
def test_misspelt_names_are_strong_hits(text: str, hit: str, who: str) -> None:
    assert found(text) == [(hit, who, Certainty.STRONG)]


@pytest.mark.parametrize(
    "text",
    [
        "will you mark the white paper with brown ink",
        "Will you come? Mark the date. White paper and brown bread.",
        "the covid rules and the chair",
        "in grace and hope we will go on",
        "SHALL WE MARK THE WHITE PAPER",
    ],
)
def test_ordinary_words_are_no_names(text: str) -> None:
    assert found(text) == []


def test_names_that_are_months_are_dates_beside_a_number() -> None:
    index = RosterIndex.of(TABLE.model_copy(update={"people": (person(9, "May Parker"),)}))
    assert find_roster([View("we meet on 3 May again")], index)[0][0] == []
    assert len(find_roster([View("we asked May again")], index)[0][0]) == 1


def test_a_shared_last_name_is_put_down_to_all_who_have_it() -> None:
    (find,) = finds("then Mr Brown spoke")
    assert (find.participant, find.others) == ("P05", ("P07",))


def test_an_ordinary_word_that_is_a_name_waits_for_a_model() -> None:
    sure, gated = find_roster([View("we saw will there")], INDEX)[0]
    assert not sure and [g.participant for g in gated] == ["P05"]


def test_a_short_form_that_only_custom_knows_names_nobody_for_certain() -> None:
    index = RosterIndex.of(TABLE.model_copy(update={"people": (person(9, "Robert Okonkwo"),)}))
    (find,) = find_roster([View("so I asked Bob about it")], index)[0][0]
    assert find.certainty is Certainty.WEAK


def test_parts_of_a_name_are_as_written_in_the_roster() -> None:
    assert (first_name(JEAN_LUC), last_name(JEAN_LUC)) == ("Jean-Luc", "de la Fontaine")
    assert first_name(person(9, "Dr Aroha Ngata")) == "Aroha"
    assert last_name(person(9, "Mike Judge")) == "Judge"


JANES = RosterIndex.of(
    TABLE.model_copy(update={"people": (person(5, "Jane Doe"), person(6, "Jane Dalrymple"), person(7, "Rose Young"))})
)


@pytest.mark.parametrize(
    "text", ["When does Jane speak?", "Does Jane agree?", "so does Jane", "when does jane speak", "DOES JANE AGREE"]
)
def test_a_word_beside_a_first_name_is_not_taken_for_the_last_name_nor_decides_between_two(text: str) -> None:
    (find,) = find_roster([View(text)], JANES)[0][0]
    assert text[find.start_char : find.end_char].lower() == "jane"
    assert {find.participant, *find.others} == {"P05", "P06"}


@pytest.mark.parametrize("text", ["I met Jane Dough there", "I met Jane Dalple there"])
def test_a_last_name_far_from_anybodys_does_not_decide_between_two(text: str) -> None:
    for find in find_roster([View(text)], JANES)[0][0]:
        assert find.certainty is Certainty.WEAK or {find.participant, *find.others} >= {"P05", "P06"}


def test_a_last_name_little_misspelt_decides() -> None:
    (find,) = find_roster([View("I met Jane Dalrimple there")], JANES)[0][0]
    assert (find.participant, find.others, find.certainty) == ("P06", (), Certainty.STRONG)


def test_a_nickname_that_the_roster_itself_gives_is_no_guess() -> None:
    people = (person(1, "Daniel Okafor", aliases=("Dan", "Danny")), person(2, "Thomas Ashdown"))
    sure, _gated = find_roster(
        [View("I spoke with Danny and with Tom.")], RosterIndex.of(MatchingTable(people=people))
    )[0]
    assert [(f.participant, f.certainty) for f in sure] == [("P01", Certainty.EXACT), ("P02", Certainty.WEAK)]


@pytest.mark.parametrize(
    ("before", "after"), [("and then we heard Aroha", "Ngata on trust"), ("I think mark", "white has it")]
)
def test_a_name_that_captions_cut_in_two_is_found_in_both(before: str, after: str) -> None:
    first, second = find_roster([View(before), View(after)], INDEX)
    (ending,), (beginning,) = first[0][-1:], second[0][:1]
    assert before[ending.start_char :].casefold() in ("aroha", "mark")
    assert after[: beginning.end_char].casefold() in ("ngata", "white")
    assert ending.participant == beginning.participant


def test_a_sentence_that_ends_before_the_next_begins_is_no_name_cut_in_two() -> None:
    first, second = find_roster([View("that was the mark."), View("White paper is next")], INDEX)
    assert (first[0], second[0]) == ([], [])


@pytest.mark.parametrize("text", ["I asked A.N. about it", "thanks AN, that helps"])
def test_initials_are_hidden_and_name_nobody_for_certain(text: str) -> None:
    (find,) = finds(text)
    assert (find.participant, find.certainty) == ("P01", Certainty.WEAK)


@pytest.mark.parametrize("text", ["we met AN hour ago", "an idea", "THANKS AN AWFUL LOT"])
def test_letters_that_nothing_shows_to_be_initials_are_none(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Didi Okafor", "we didn't know and they didn't ask"),
        ("Warren Oduya", "Weren't you there?"),
        ("Jean Abara", "It opens on Jan 5 in the hall"),
        ("Lorska Quelque", "lorsqu'on parle de quelqu'un"),
    ],
)
def test_half_a_contraction_and_a_short_month_are_near_nobodys_name(name: str, text: str) -> None:
    index = RosterIndex.of(TABLE.model_copy(update={"people": (person(9, name),)}))
    assert find_roster([View(text)], index)[0][0] == []


def test_a_short_form_that_is_an_ordinary_word_counts_only_where_it_is_used_as_a_name() -> None:
    index = RosterIndex.of(TABLE.model_copy(update={"people": (person(9, "Arthur Abara"),)}))
    assert find_roster([View("the Museum of Art is open")], index)[0][0] == []
    assert [f.certainty for f in find_roster([View("thanks Art, that helps")], index)[0][0]] == [Certainty.WEAK]


def test_a_name_turned_round_that_is_two_ordinary_words_counts_only_with_a_capital() -> None:
    index = RosterIndex.of(TABLE.model_copy(update={"people": (person(9, "Joy Small"),)}))
    assert find_roster([View("that was a small joy for us")], index)[0][0] == []
    assert [f.participant for f in find_roster([View("we asked joy small about it")], index)[0][0]] == ["P09"]
    assert find_roster([View("then came Small, Joy and others")], index)[0][0] != []


def test_a_stranger_whose_name_is_spelt_as_many_are_is_put_down_to_nobody() -> None:
    index = RosterIndex.of(
        TABLE.model_copy(update={"people": (person(9, "Jade Green"), person(8, "Fatoumata Diarra"))})
    )
    texts = ["I met jane there", "I met fatoomater there"]
    views = [View(text) for text in texts]
    found = find_likeliest(views, [[(6, 10)], [(6, 16)]], index)
    assert [[find.participant for find in one] for one in found] == [[], ["P08"]]
    assert found[1][0].certainty is Certainty.WEAK

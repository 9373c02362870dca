"""Full names as rosters write them: turned round, with titles, initials, degrees and pronouns beside them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deidentification.full_names import BRACKETS, CAPITALS, COMMAS, FORMER, NO_FIRST, read_name
from deidentification.recognizers.roster import find_roster
from deidentification.recognizers.roster_index import RosterIndex, first_name, is_handle, last_name
from deidentification.terms import Terms
from deidentification.text import View
from schemas.consent import Level
from schemas.roster import MatchingTable, Person
from tests.deidentification.support import person, redacted, said


def found(text: str, *people: Person) -> list[str]:
    sure, _gated = find_roster([View(text)], RosterIndex.of(MatchingTable(people=people)))[0]
    return [text[find.start_char : find.end_char] for find in sure]


def gated(text: str, *people: Person) -> list[str]:
    terms = Terms.of(MatchingTable(people=people))
    return [text[hit.start_char : hit.end_char] for hit in terms.hits(View(text))]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Wairoa, Nokomis", "Nokomis Wairoa"),
        ("Elgersma , Jane", "Jane Elgersma"),
        ("de la Cruz, Mary Jane", "Mary Jane de la Cruz"),
        ("Elgersma, Jane, PhD", "Jane Elgersma"),
        ("Elgersma, Dr. Jane", "Dr. Jane Elgersma"),
        ("Quist, Jr., Ada", "Ada Quist Jr."),
        ("Wairoa, Nokomis (she/her)", "Nokomis Wairoa"),
        ("Tremblay, JP", "JP Tremblay"),
        ("Ma, Yo-Yo", "Yo-Yo Ma"),
        ("Wei, Ma", "Ma Wei"),
        ("TREMBLAY Amélie", "Amélie TREMBLAY"),
        ("TREMBLAY, Amélie", "Amélie TREMBLAY"),
        ("O'BRIEN Siobhán", "Siobhán O'BRIEN"),
        ("DE LA CRUZ Maria", "Maria DE LA CRUZ"),
        ("Dr TREMBLAY Amélie", "Dr Amélie TREMBLAY"),
    ],
)
def test_a_name_written_last_name_first_is_turned_round(written: str, name: str) -> None:
    assert read_name(written) == (name, True, (), "")


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Jane Elgersma, PhD", "Jane Elgersma"),
        ("Jane Elgersma PhD", "Jane Elgersma"),
        ("Dr. Jane Elgersma, M.D., Ph.D.", "Dr. Jane Elgersma"),
        ("Jane Elgersma (she/her)", "Jane Elgersma"),
        ("Jane Elgersma (elle, iel)", "Jane Elgersma"),
        ("Jane Elgersma - they/them", "Jane Elgersma"),
        ("Ada Quist, Jr.", "Ada Quist Jr."),
        ("Jack Ma", "Jack Ma"),
        ("JACK MA", "JACK MA"),
        ("Amélie TREMBLAY", "Amélie TREMBLAY"),
        ("TREMBLAY AMÉLIE", "TREMBLAY AMÉLIE"),
        ("J.P. Tremblay", "J.P. Tremblay"),
        ("JP Tremblay", "JP Tremblay"),
        ("AJ Tremblay", "AJ Tremblay"),
        ("李明", "李明"),
        ("(Jane)", "(Jane)"),
    ],
)
def test_degrees_and_pronouns_are_no_name_and_turn_nothing_round(written: str, name: str) -> None:
    assert read_name(written) == (name, False, (), "")


def test_a_further_name_in_brackets_is_a_nickname() -> None:
    assert read_name("Wei (William) Zhang") == ("Wei Zhang", False, ("William",), "")


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("LI Tremblay", CAPITALS),
        ("LI Wei", CAPITALS),
        ("MARTIN Claude", CAPITALS),
        ("Wairoa, Nokomis, Elm", COMMAS),
        ("Jane Elgersma, City of Elm", NO_FIRST),
        ("Jane Elgersma, Director", NO_FIRST),
        ("Jane Elgersma, CUV", NO_FIRST),
        ("Jane Elgersma (née Brown)", FORMER),
        ("Jane Elgersma née Brown", FORMER),
        ("Jane Elgersma (formerly Brown)", FORMER),
        ("Jane Elgersma (CUV)", BRACKETS),
    ],
)
def test_a_name_that_may_be_read_in_two_ways_is_not_guessed(written: str, why: str) -> None:
    assert read_name(written).problem == why


@given(st.text(max_size=30))
def test_any_text_gives_a_name_and_no_letter_is_added(text: str) -> None:
    name = read_name(text).name
    assert sum(map(str.isalpha, name)) <= sum(map(str.isalpha, text))
    assert bool(name.strip()) == bool(text.strip())


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("Wairoa, Nokomis", "Nokomis", "Wairoa"),
        ("TREMBLAY Amélie", "Amélie", "TREMBLAY"),
        ("Jane Elgersma, PhD", "Jane", "Elgersma"),
        ("Jane Elgersma (she/her)", "Jane", "Elgersma"),
        ("Mary Jane de la Cruz Jr.", "Mary", "de la Cruz"),
        ("Ada Quist III", "Ada", "Quist"),
        ("Justice Mensah", "Justice", "Mensah"),
        ("Koro Wetere", "Koro", "Wetere"),
        ("Dr Justice Mensah", "Justice", "Mensah"),
        ("Chief Justice Mensah", "Justice", "Mensah"),
        ("Chief Ama Mensah", "Ama", "Mensah"),
        ("Dr Mensah", "Mensah", "Mensah"),
        ("Ms. Mensah", "Mensah", "Mensah"),
    ],
)
def test_first_and_last_name_are_found_in_whatever_the_roster_has(written: str, first: str, last: str) -> None:
    one = person(1, written)
    assert (first_name(one), last_name(one)) == (first, last)


@pytest.mark.parametrize(
    ("name", "text", "hits"),
    [
        ("Justice Mensah", "I agree with Justice on that.", ["Justice"]),
        ("Justice Mensah", "thanks justice that was great", ["justice"]),
        ("Koro Wetere", "I agree with Koro on that.", ["Koro"]),
        ("Chief Ngata", "merci à Chief pour cela", ["Chief"]),
        ("Dr Mensah", "thanks doctor that was great", []),
        ("Justice Mensah", "we want justice for the river", []),
        ("Chief Ama Mensah", "the chief said no", []),
    ],
)
def test_a_first_name_that_is_a_title_too_is_a_name(name: str, text: str, hits: list[str]) -> None:
    assert found(text, person(1, name)) == hits


@pytest.mark.parametrize("text", ["I agree with Justice on that.", "So it was Justice Mensah's idea."])
def test_the_gate_sees_a_first_name_that_is_a_title_too(text: str) -> None:
    assert "Justice" in " ".join(gated(text, person(1, "Justice Mensah")))


@pytest.mark.parametrize(
    ("alias", "handle"),
    [
        ("@noko_7", True),
        ("noko7", True),
        ("noko.wairoa", True),
        ("@noko wairoa", True),
        ("Nokomis T. Brown", False),
        ("Mary-Jo St. Clair", False),
        ("Nokomis Brown 2", False),
        ("T.Brown", False),
        ("Noko", False),
    ],
)
def test_only_a_single_word_or_an_at_sign_makes_a_handle(alias: str, handle: bool) -> None:
    assert is_handle(alias) is handle


@pytest.mark.parametrize(
    ("alias", "text", "hit"),
    [
        ("Nokomis T. Brown", "then Mr Brown said no", "Brown"),
        ("Mary-Jo St. Clair", "alors Clair a dit non", "Clair"),
        ("Nokomis Quarrie 2", "then Quarrie said no", "Quarrie"),
        ("T.Quarrie", "then Quarrie said no", "Quarrie"),
    ],
)
def test_parts_of_a_further_name_with_a_full_stop_or_a_digit_are_names(alias: str, text: str, hit: str) -> None:
    one = person(1, "Nokomis Wairoa", aliases=(alias,))
    assert hit in found(text, one)
    assert hit in gated(text, one)


def test_the_number_beside_a_further_name_is_no_name() -> None:
    one = person(1, "Nokomis Wairoa", aliases=("Nokomis Quarrie 22",))
    assert (found("we were 22 there", one), gated("we were 22 there", one)) == ([], [])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("I. Elgersma", "When I went I said I would."),
        ("A. Rahimi", "A workshop was held, and A was right."),
        ("Y. Tanaka", "Y a-t-il quelqu'un ? Y penser suffit."),
        ("O Elgersma", "O no, that was it"),
        ("J. Elgersma", "plan J is off"),
        ("Mei-Li O", "O no, that was it"),
    ],
)
def test_an_initial_alone_is_nobodys_name(name: str, text: str) -> None:
    assert found(text, person(1, name)) == []


def test_an_initial_beside_the_last_name_is_part_of_the_name() -> None:
    assert found("then I. Elgersma spoke", person(1, "I. Elgersma")) == ["I. Elgersma"]
    assert found("alors Elgersma a dit", person(1, "I. Elgersma")) == ["Elgersma"]


@pytest.mark.parametrize(
    ("name", "text", "hits"),
    [
        ("Jane Elgersma, PhD", "I finished my PhD", []),
        ("Jane Elgersma, PhD", "then Elgersma spoke of a PhD", ["Elgersma"]),
        ("Jane Elgersma (she/her)", "Then She told Her boss", []),
        ("Jane Elgersma (elle)", "et Elle a dit non", []),
        ("Jane Elgersma Jr.", "so Elgersma left", ["Elgersma"]),
        ("Jane (Wetu) Elgersma", "so Wetu left", ["Wetu"]),
    ],
)
def test_what_stands_beside_a_name_in_the_roster_is_no_name(name: str, text: str, hits: list[str]) -> None:
    assert found(text, person(1, name)) == hits
    assert gated(text, person(1, name)) == hits


@pytest.mark.parametrize("written", ["Jane Elgersma (she/her)", "Elgersma, Jane", "Jane Elgersma, PhD"])
def test_somebody_named_is_shown_as_the_current_full_name(written: str) -> None:
    table = MatchingTable(people=(person(1, written), person(2, "Ada Quist")))
    session = redacted("Hello all", "so Jane Elgersmma said", table=table, rest=Level.NAMED)
    assert [piece.speaker.label for piece in session.utterances if hasattr(piece, "speaker")] == ["Jane Elgersma"] * 2
    assert said(session)[1] == "so Jane Elgersma said"


@pytest.mark.parametrize(("written", "label"), [("Wairoa, Nokomis", "Nokomis"), ("Justice Mensah", "Justice")])
def test_a_last_name_is_never_shown_where_the_first_is_allowed(written: str, label: str) -> None:
    table = MatchingTable(people=(person(1, written), person(2, "Ada Quist")))
    session = redacted("Hello all", "I think Wairoa and Mensah know", table=table, rest=Level.FIRST_NAME)
    assert {piece.speaker.label for piece in session.utterances if hasattr(piece, "speaker")} == {label}
    assert last_name(table.people[0]) not in said(session)[1]

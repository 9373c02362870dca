"""Names that are no words of their own: attached to something, spelt out, over a line end, beside a backslash."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deidentification.find import Recognisers, Roster, find_in_texts
from deidentification.leaks import Terms
from deidentification.readings import readings
from deidentification.text import View
from schemas.deidentified import Certainty, Find
from schemas.roster import MatchingTable
from tests.deidentification.support import person

PEOPLE = (
    person(1, "Nokomis Wairoa"), person(2, "Grace Young"), person(3, "Mark Page"), person(4, "Joy Small"),
    person(5, "Ian Petrov"), person(6, "Nadia Rahimi"), person(7, "Élodie Gagnon", aliases=("Bo",)),
    person(8, "May Donald"), person(9, "Ada Okafor"),
)  # fmt: skip
TABLE = MatchingTable(people=PEOPLE)
ROSTER = Roster.of(TABLE)
TERMS = Terms.of(TABLE)


def finds(text: str, language: str = "en") -> list[Find]:
    return list(find_in_texts([text], [language], ROSTER, Recognisers(()))[0])


def found(text: str, language: str = "en") -> list[tuple[str, str | None]]:
    return [(text[f.start_char : f.end_char], f.participant) for f in finds(text, language)]


def at_gate(text: str) -> list[str]:
    return [text[hit.start_char : hit.end_char] for hit in TERMS.hits(View(text))]


ATTACHED = [
    ("The point that Nokomis3 made is right", "Nokomis", "P01"),
    ("as Nokomis¹ and others say", "Nokomis", "P01"),
    ("see Wairoa² for more", "Wairoa", "P01"),
    ("comme l'écrit Wairoa³", "Wairoa", "P01"),
    ("selon Élodie2", "Élodie", "P07"),
    ("see NokomisNotes.docx for it", "Nokomis", "P01"),
    ("it is in wairoav2.docx", "wairoa", "P01"),
    ("so Petrov2 wrote", "Petrov", "P05"),
    ("#ThanksNokomis for that", "Nokomis", "P01"),
    ("#MerciÉlodie pour tout", "Élodie", "P07"),
    ("he sent wairoa2024.pdf", "wairoa", "P01"),
    ("he sent 2024wairoa.pdf", "wairoa", "P01"),
    ("see PDFNokomis there", "Nokomis", "P01"),
    ("see NokomisWairoa3 there", "NokomisWairoa", "P01"),
    ("it is in GraceYoung.docx", "GraceYoung", "P02"),
    ("we asked Grace3 about it", "Grace", "P02"),
    ("thanks to Nokomis Wairoa4 for it", "Nokomis Wairoa", "P01"),
    ("谢谢Nokomis，今天", "Nokomis", "P01"),
    ("so Bo2 said", "Bo", "P07"),
]


@pytest.mark.parametrize(("text", "name", "who"), ATTACHED)
def test_a_name_with_a_digit_a_footnote_mark_or_a_word_attached_is_found(text: str, name: str, who: str) -> None:
    assert any(name in hit and person == who for hit, person in found(text))
    assert any(name in hit for hit in at_gate(text))


def test_what_is_attached_to_a_name_stays() -> None:
    assert found("The point that Nokomis3 made") == [("Nokomis", "P01")]
    assert finds("The point that Nokomis3 made")[0].certainty is Certainty.EXACT


@pytest.mark.parametrize(
    "text",
    [
        "COVID19 and B2B on an iPhone, the 3rd of 2024",
        "the HomePage and MarkDown and YouTube",
        "GraceNotes is a program",
        "in May2024 we met",
        "CO2 and H2O and PM10",
        "mark2 of the plan",
        "key 550e8400-e29b-41d4-1ada-44665544abcd",
        "le B2B et la 5G en 2024",
    ],
)
def test_words_with_digits_and_capitals_inside_are_no_names(text: str) -> None:
    assert [hit for hit, who in found(text) if who] == []
    assert at_gate(text) == []


@pytest.mark.parametrize("word", ["McDonald", "MacDonald", "LeDonald", "FitzDonald"])
def test_a_name_with_a_capital_inside_is_no_two_words(word: str) -> None:
    assert [reading.joined for reading in readings(View(f"at {word} then"), 4)] == []


SPELT = [
    ("My name is N-O-K-O-M-I-S.", "N-O-K-O-M-I-S", "P01"),
    ("n o k o m i s is how it is spelled", "n o k o m i s", "P01"),
    ("it is W, A, I, R, O, A", "W, A, I, R, O, A", "P01"),
    ("W.A.I.R.O.A. as in the town", "W.A.I.R.O.A", "P01"),
    ("that's w a i r o a", "w a i r o a", "P01"),
    ("N-O-K-O-M-I-S W-A-I-R-O-A", "N-O-K-O-M-I-S W-A-I-R-O-A", "P01"),
    ("ça s'écrit É-L-O-D-I-E", "É-L-O-D-I-E", "P07"),
    ("ça s'épelle g a g n o n", "g a g n o n", "P07"),
    ("it is I-A-N, not two", "I-A-N", "P05"),
    ("it is g r a c e", "g r a c e", "P02"),
]


@pytest.mark.parametrize(("text", "name", "who"), SPELT)
def test_a_name_that_is_spelt_out_is_found_whole(text: str, name: str, who: str) -> None:
    assert (name, who) in found(text)
    assert name in at_gate(text)


@pytest.mark.parametrize(
    "text",
    ["plan A, B, C and D", "U.B.C. and the U.S.A.", "l i a n e", "a, b or c", "p. ex. A. et B. et C.", "y a-t-il"],
)
def test_other_letters_in_a_row_are_no_name(text: str) -> None:
    assert (found(text), at_gate(text)) == ([], [])


LINES = [
    ("we asked Joy\nSmall about it", "Joy\nSmall", "P04"),
    ("we heard Grace\r\nYoung for an hour", "Grace\r\nYoung", "P02"),
    ("thanks to grace\nyoung for that", "grace\nyoung", "P02"),
    ("here is Wai-\nroa again", "Wai-\nroa", "P01"),
    ("voici Noko\u00ad\nmis encore", "Noko\u00ad\nmis", "P01"),
    ("as Nokomis \n Wairoa said", "Nokomis \n Wairoa", "P01"),
]


@pytest.mark.parametrize(("text", "name", "who"), LINES)
def test_a_name_that_goes_on_in_the_next_line_is_found_whole(text: str, name: str, who: str) -> None:
    assert found(text) == [(name, who)]
    assert name in at_gate(text)


@pytest.mark.parametrize(
    "text", ["such joy\n\nsmall talk", "Will you\nMark it", "full of grace.\nYoung people", "re-\nform"]
)
def test_the_end_of_a_sentence_or_an_empty_line_joins_no_name(text: str) -> None:
    assert (found(text), at_gate(text)) == ([], [])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("It is in C:\\Users\\nadia\\reports now", "nadia"),
        ("it is in /home/grace/notes", "grace"),
        ("log on as \\\\srv\\rahimi", "rahimi"),
        ("hello\\nNokomis is here", "Nokomis"),
        ("bonjour\\nnokomis est là", "nokomis"),
        ("C:\\nokomis\\t", "nokomis"),
    ],
)
def test_a_name_beside_a_backslash_is_found_whatever_the_backslash_means(text: str, name: str) -> None:
    assert name in [hit for hit, _who in found(text)]
    assert name in at_gate(text)


def test_line_breaks_of_other_programs_and_folders_hide_no_letter_of_words() -> None:
    assert found("we mark\\nthe page\\tthere in C:\\new\\report") == []


@given(
    st.lists(
        st.sampled_from(
            [*(text for text, _n, _w in [*ATTACHED, *SPELT, *LINES]), "\n", "\\n", "é", "3", "-", "李", " "]
        )
    )
)
def test_further_readings_lie_inside_the_text_and_are_what_they_say(parts: list[str]) -> None:
    text = "".join(parts)
    for reading in readings(View(text), 4):
        tokens = reading.tokens
        assert 0 <= tokens[0].start < tokens[-1].end <= len(text)
        assert reading.joined == "".join(token.folded for token in tokens)


@given(
    st.lists(
        st.sampled_from([*(text for text, _n, _w in [*ATTACHED, *SPELT, *LINES]), "\n", "\\n", ". ", "3", "-", " "])
    )
)
def test_finds_of_further_readings_do_not_overlap_and_lie_inside(parts: list[str]) -> None:
    text = "".join(parts)
    position = 0
    for find in finds(text):
        assert position <= find.start_char < find.end_char <= len(text)
        position = find.end_char

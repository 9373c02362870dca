"""Made-up names, the study name table, third parties, session ids, and lines on their own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deidentification.api import bad_pseudonym, deidentify_lines, draw_pseudonyms, find_names, name_in, unite
from deidentification.text import fold
from deidentification.third_parties import ThirdParties
from schemas.deidentified import Label
from schemas.errors import BadInput
from tests.deidentification.support import POLICY, SESSION, TABLE, FakeNames, person, recognisers, session_of, turn


def test_made_up_names_are_nobodys_and_all_different() -> None:
    people = [person(i, name) for i, name in enumerate(("Aroha Ngata", "Mark White", "Kael Dorin") * 40, start=1)]
    drawn = draw_pseudonyms(people, {"Belia"})
    made = [fold(name) for p in drawn for name in (p.pseudonym, p.public_pseudonym) if name]
    assert len(made) == len(set(made)) == 240
    assert not set(made) & {"aroha", "ngata", "mark", "white", "kael", "dorin", "belia"}


def test_a_made_up_name_is_drawn_again_alike_and_a_chosen_one_is_kept() -> None:
    people = [person(1, "Aroha Ngata", pseudonym="Juniper"), person(2, "Mark White")]
    first, second = draw_pseudonyms(people, set()), draw_pseudonyms(list(reversed(people)), set())
    assert first == list(reversed(second))
    assert first[0].pseudonym == "Juniper" and first[0].public_pseudonym
    assert draw_pseudonyms(first, set()) == first


def surfaces(session: str, text: str, *names: str) -> object:
    given_ = SESSION.model_copy(update={"session": session})
    return find_names(session_of(turn(1, 0, text)), given_, TABLE, POLICY, recognisers(FakeNames(*names)))


def test_the_study_name_table_does_not_depend_on_the_order() -> None:
    first = surfaces("s1", "I met Xanthippe Zweifel", "Xanthippe Zweifel")
    second = surfaces("s2", "then arowa nata came")
    assert unite([first, second]) == unite([second, first])  # type: ignore[list-item]
    assert unite([first, second]).names == (("arowa nata", "P01"), ("xanthippe zweifel", ""))  # type: ignore[list-item]


@pytest.mark.parametrize("word", ["Miro", "Spring", "Community"])
def test_a_false_alarm_is_not_spread_to_other_sessions(word: str) -> None:
    assert unite([surfaces("s1", f"we used {word} today", word)]).names == ()  # type: ignore[list-item]


def test_the_same_third_party_has_the_same_number() -> None:
    numbers = ThirdParties()
    said = [
        ("jacinda", "ardern"),
        ("kim",),
        ("jacinda",),
        ("ardern",),
        ("kim", "lee"),
        ("kim",),
        ("jacinda", "smith"),
        ("jacinda",),
    ]
    assert [numbers.number(words) for words in said] == [1, 2, 1, 1, 2, 2, 3, 3]


@given(st.lists(st.lists(st.sampled_from("abcd"), min_size=1, max_size=3).map(tuple), max_size=20))
def test_numbers_of_third_parties_start_at_one_and_leave_none_out(names: list[tuple[str, ...]]) -> None:
    numbers = ThirdParties()
    seen = [numbers.number(name) for name in names]
    assert set(seen) == set(range(1, max(seen, default=0) + 1))


@pytest.mark.parametrize(
    "text",
    [
        "aroha-1", "2026_ngata", "ArohaNgata2026", "interviewarohangata", "MarkWhite", "mark-white", "siobhan",
        "obrien3", "Mark", "mark1", "white-paper", "will-to-act", "WILL", "2026-brown", "GraceMarkNotes",
        "delafontaine", "jean-luc", "JeanLuc", "S1Brown", "browns-2", "mwhite_7", "bellweather", "ABCWhite",
    ],
)  # fmt: skip
def test_a_session_id_with_a_roster_name_is_told(text: str) -> None:
    assert name_in(text, TABLE)


@pytest.mark.parametrize(
    "text",
    ["2026-03-workshop", "s1", "S1", "C2-session-3", "march-2026", "cycle2-session4", "markets", "de-la-1", "willow"],
)
def test_a_session_id_of_ordinary_words_is_not(text: str) -> None:
    assert not name_in(text, TABLE)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Fredric March", "march-2026"), ("Mei Li", "li"), ("Mei Li", "March-Li"), ("Bo Andersson", "Bo1"),
        ("Grace Rose", "Rose"), ("Grace Rose", "grace-notes"), ("Pieter van der Berg", "vanderberg"),
        ("François Lefèvre-Dubois", "Dubois-2026"), ("François Lefèvre-Dubois", "lefevredubois"), ("Sam Hope", "hope"),
        ("Pieter van der Berg", "van-der-berg"), ("Māia Te Rangi-Ngata", "rangi"),
    ],
)  # fmt: skip
def test_any_part_of_a_name_is_told_in_an_id(name: str, text: str) -> None:
    assert name_in(text, TABLE.model_copy(update={"people": (person(9, name),)}))


@pytest.mark.parametrize(
    "text",
    [
        "[PERSON]", "PERSON", "Person 3", "Participant", "participant 2", "Unknown", "[policy lead, a ministry]",
        "Chair", "Speaker 2", "Withheld", "unnamed", "No_consent", "", "  ", "123", "a@b.org", " Juniper", "Juni\nper",
        "Dr", "Voice", "first_name", "Near other voice", "--", "<b>Juniper</b>",
    ],
)  # fmt: skip
def test_a_made_up_name_that_looks_like_a_tag_or_a_label_is_bad(text: str) -> None:
    assert bad_pseudonym(text)


@pytest.mark.parametrize("text", ["Juniper", "Trerlis", "Élan", "Blue Heron", "O'Malley", "Jean-Luc", "Speaker Bird"])
def test_a_made_up_name_that_is_a_name_is_good(text: str) -> None:
    assert not bad_pseudonym(text)


def test_a_drawn_name_is_never_bad() -> None:
    people = [person(i, "Kael Dorin") for i in range(60)]
    assert not any(bad_pseudonym(p.pseudonym or "") for p in draw_pseudonyms(people, set()))


def lines(*texts: str, spans: bool = False, models: tuple[FakeNames, ...] = ()) -> list[dict[str, object]]:
    given_ = [{"id": str(i), "text": text} for i, text in enumerate(texts)]
    return list(deidentify_lines(given_, TABLE, "en", spans, recognisers(*models)))


def test_lines_on_their_own_hide_everybody_in_the_roster() -> None:
    texts = ("I asked Aroha Ngata and Kim", "mail a@b.org on 3 May 2024", "Kim of the City of Vancouver left")
    assert [line["text"] for line in lines(*texts, models=(FakeNames("Kim"),))] == [
        "I asked [PERSON] and [PERSON 1]",
        "mail [CONTACT] on [DATE]",
        "[PERSON 1] of the [ORGANISATION] left",
    ]


def test_spans_of_lines_are_codepoints_with_the_participant_where_known() -> None:
    (line,) = lines("😀 arowa nata met Chris Brown and Kim", spans=True, models=(FakeNames("Kim"),))
    assert line == {"id": "0", "spans": [[2, 12, "PERSON", "P01"], [17, 28, "PERSON", None], [33, 36, "PERSON", None]]}


def test_lines_stream() -> None:
    def endless() -> object:
        number = 0
        while True:
            number += 1
            yield {"id": number, "text": "So Aroha left"}

    first = next(deidentify_lines(endless(), TABLE, "en", False, recognisers()))  # type: ignore[arg-type]
    assert first == {"id": 1, "text": "So [PERSON] left"}


def test_a_line_without_text_is_refused_by_its_number() -> None:
    with pytest.raises(BadInput, match="line 2"):
        list(deidentify_lines([{"id": 1, "text": "a"}, {"id": 2, "txt": "Aroha"}], None, "en", False, recognisers()))


def test_labels_of_lines_are_those_of_redactions() -> None:
    found = lines("I am 47 years old, call +64 21 555 1234, see www.x.org", spans=True)
    assert {span[2] for line in found for span in line["spans"]} <= {label.value for label in Label}  # type: ignore[attr-defined]

"""Made-up names, the study name table, third parties, session ids, and lines on their own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import DamerauLevenshtein
from rapidfuzz.process import cdist
from wordfreq import top_n_list

from deidentification.api import (
    bad_pseudonym,
    borne,
    deidentify_lines,
    draw_pseudonyms,
    find_names,
    name_in,
    unite,
    without_borne,
)
from deidentification.lines import BATCH
from deidentification.recognizers.sounds import sound_key
from deidentification.text import fold, tokens_of
from deidentification.third_parties import ThirdParties
from schemas.deidentified import Label, NameTable
from schemas.errors import BadInput
from schemas.roster import MatchingTable
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


FULL = ("Aroha Ngata", "Mark White", "Siobhán O'Brien", "Jean-Luc de la Fontaine", "Will Brown", "Kahurangi Stone")


def drawn_for(name: str, number: int, **fields: object) -> list[str]:
    (drawn,) = draw_pseudonyms([person(number, name, **fields)], ())
    return [fold(made) for made in (drawn.pseudonym, drawn.public_pseudonym) if made]


@given(st.sampled_from(FULL), st.integers(1, 60))
def test_a_drawn_name_does_not_begin_as_the_persons_own_names_do(name: str, number: int) -> None:
    own = [token.folded for token in tokens_of(name)]
    for made in drawn_for(name, number):
        assert made[0] not in {word[0] for word in own}
        assert sound_key(made)[:1] not in {sound_key(word)[:1] for word in own if word[0] not in "aeiou"}


def test_a_drawn_name_is_no_words_neighbour_and_near_no_place_of_the_study() -> None:
    people = [person(i, "Aroha Ngata", organisation="Brelden Trust", place="Kiovanna, Tordis") for i in range(1, 80)]
    made = {fold(name) for p in draw_pseudonyms(people, ()) for name in (p.pseudonym, p.public_pseudonym) if name}
    assert len(made) == 158
    near = {"brelden", "kiovanna", "tordis", "marnet", "driver", "carnet", "tabler"}
    for word in near:
        assert not any(DamerauLevenshtein.distance(word, name) <= 1 for name in made), word
    common = [word for word in top_n_list("en", 5000) + top_n_list("fr", 5000) if word.isascii() and len(word) > 3]
    found = cdist(sorted(made), common, scorer=DamerauLevenshtein.distance, score_cutoff=1)
    assert int((found <= 1).sum()) == 0


def test_somebody_with_very_many_names_gets_one_too() -> None:
    aliases = tuple(f"{letter}anver" for letter in "bcdfghjklmnpqrstvwxz")
    (made, public) = drawn_for("Aroha Ngata", 1, aliases=aliases)
    assert made != public and made[0] not in "an"


@pytest.mark.parametrize(
    ("chosen", "why"),
    [
        ("Reedling", None), ("Ngata", "a name of somebody"), ("Rohe Aroha", "a name of somebody"),
        ("Siobhan", "a name of somebody"), ("Will", "a name of somebody"), ("Bellweather", "a name of somebody"),
        ("Zweifel", "a name of somebody"), ("xanthippe zweifel", "a name of somebody"), ("Hood", None),
        ("Robin Hood", "a name of somebody"), ("JUNIPER", "made-up name of somebody else"),
        ("Vancouver", "an employer or a place"), ("City of Vancouver", "an employer or a place"),
    ],
)  # fmt: skip
def test_a_chosen_name_is_refused_that_somebody_else_or_a_place_bears(chosen: str, why: str | None) -> None:
    found = borne(person(2, "Mark White", pseudonym=chosen), TABLE.people, ["xanthippe zweifel", "robin hood"])
    assert (found is None) if why is None else (found and why in found)


def test_a_name_that_somebody_turns_out_to_bear_is_taken_away_and_told() -> None:
    row = person(1, "Aroha Ngata", pseudonym="Juniper", public_pseudonym="Talven")
    table = MatchingTable(people=(row, *TABLE.people[1:]))
    nobody = NameTable(names=(("juniper", "P01"), ("kim lee", "")))
    assert without_borne(table, nobody) == (table, ())
    for names in (NameTable(names=(("juniper", ""),)), NameTable(names=(("juniper hill", "P02"),))):
        shown, lost = without_borne(table, names)
        assert (lost, shown.people[0].pseudonym, shown.people[0].public_pseudonym) == (("P01",), None, "Talven")
    later = MatchingTable(people=(*table.people, person(30, "Talven Hill")))
    shown, lost = without_borne(later, NameTable(names=()))
    assert (lost, shown.people[0].public_pseudonym, shown.people[0].pseudonym) == (("P01",), None, "Juniper")


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


@pytest.mark.parametrize("number", [BATCH - 1, BATCH, BATCH + 1, 2 * BATCH])
def test_a_name_cut_in_two_is_hidden_in_both_lines_wherever_they_stand(number: int) -> None:
    texts = ["so we go on"] * (2 * BATCH + 3)
    texts[number - 1], texts[number] = "then we heard mark", "white says so"
    hidden = [line["text"] for line in lines(*texts)]
    assert hidden[number - 1 : number + 1] == ["then we heard [PERSON]", "[PERSON] says so"]
    assert [text for text in hidden if text != "so we go on"] == hidden[number - 1 : number + 1]


@pytest.mark.parametrize("count", [0, 1, BATCH, BATCH + 1, 2 * BATCH])
def test_every_line_is_given_once_and_in_order(count: int) -> None:
    assert [line["id"] for line in lines(*["yes"] * count)] == [str(i) for i in range(count)]


def test_a_line_without_text_is_refused_by_its_number() -> None:
    with pytest.raises(BadInput, match="line 2"):
        list(deidentify_lines([{"id": 1, "text": "a"}, {"id": 2, "txt": "Aroha"}], None, "en", False, recognisers()))


def test_labels_of_lines_are_those_of_redactions() -> None:
    found = lines("I am 47 years old, call +64 21 555 1234, see www.x.org", spans=True)
    assert {span[2] for line in found for span in line["spans"]} <= {label.value for label in Label}  # type: ignore[attr-defined]

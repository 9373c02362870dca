"""Employers, roles and places of the roster, as rosters write them and as people say them."""

import random
import time

import pytest

from deidentification.recognizers.quasi import ClueIndex, find_clues
from deidentification.text import View
from schemas.consent import Level
from schemas.deidentified import Label
from schemas.roster import MatchingTable
from tests.deidentification.support import person, redacted, said


def found(text: str, **row: str) -> list[tuple[str, Label]]:
    index = ClueIndex.of(MatchingTable(people=(person(1, "Nokomis Wairoa", **row),)))
    return [(text[f.start_char : f.end_char], f.label) for f in find_clues([View(text)], index)[0]]


def employers(cell: str, text: str) -> list[str]:
    return [words for words, label in found(text, organisation=cell) if label is Label.ORGANISATION]


def roles(cell: str, text: str) -> list[str]:
    return [words for words, label in found(text, role=cell) if label is Label.ROLE]


@pytest.mark.parametrize(
    ("cell", "text", "hit"),
    [
        ("Wetlands, Harbours and Coastal Affairs Agency", "at {} the rule is clear", None),
        ("Wetlands, Harbours and Coastal Affairs Agency", "at {}", "wetlands harbours and coastal affairs agency"),
        ("Wetlands Harbours and Coastal Development", "at {}", "Wetlands, Harbours, and Coastal Development"),
        ("Agence de l’Éducation, du Loisir et du Sport", "l'{} dit", "agence de l'éducation, du loisir et du sport"),
        ("Quarrie & Sons", "{} never liked it", None),
        ("Quarrie & Sons", "{} never liked it", "quarrie and sons"),
        ("Oduya et Fils", "{} a dit non", "Oduya & fils"),
        ("K&T", "people at {} say so", None),
        ("K&T", "people at {} say so", "K and T"),
        ("Calder University (CUV)", "{} never liked it", "calder university"),
        ("Calder University (CUV)", "{} never liked it", "CUV"),
        ("Calder University (CUV)", "{} never liked it", "Calder University (CUV)"),
        ("CUV - Calder University", "{} never liked it", "Calder University"),
        ("Harbour Canada / Port Canada", "{} never liked it", "Harbour Canada"),
        ("Harbour Canada / Port Canada", "{} never liked it", "Port Canada"),
        ("Ville d'Orme; Fiducie Quarrie", "la {} dit non", "fiducie quarrie"),
        ("Ville d'Orme; Fiducie Quarrie", "la {} dit non", "Ville d’Orme"),
        ("Dept. of Harbours", "people at the {} say so", None),
        ("Dept. of Harbours", "people at the {} say so", "dept of harbours"),
    ],
)  # fmt: skip
def test_an_employer_is_found_however_the_roster_and_the_speaker_set_it_apart(cell: str, text: str, hit: str) -> None:
    hit = hit or cell
    assert hit in employers(cell, text.format(hit))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("Health Canada", "That is bad for health. Canada leads"),
        ("Health Canada", "in matters of health, Canada leads"),
        ("Wetlands, Harbours Agency", "We saw the wetlands. Harbours agency is another thing"),
        ("Wetlands, Harbours Agency", "We saw the wetlands\nHarbours agency is another thing"),
        ("Wetlands, Harbours and Parks", "the wetlands are wet? harbours and parks too"),
        ("Santé Québec", "pour la santé. Québec va bien"),
        ("AT&T", "we looked at T and then left"),
        ("Health / Education", "I was in health and I was in education"),
        ("Calder Institute (Health)", "her health was good"),
        ("Harbour Agency (Canada)", "people in Canada say so"),
    ],
)
def test_words_of_an_employer_that_are_not_said_as_one_are_no_employer(cell: str, text: str) -> None:
    hits = employers(cell, text)
    # What the roster itself sets apart with " / " is an employer each; nothing else is.
    assert [hit for hit in hits if hit.lower() not in cell.lower().split(" / ")] == []


def test_a_full_stop_that_the_roster_has_not_ends_the_sentence() -> None:
    assert employers("Dept. of Harbours", "We are a dept. Of harbours I know nothing") != []
    assert employers("Dept of Harbours and Wetlands", "We saw harbours. And wetlands of the dept. Of harbours") == []


@pytest.mark.parametrize(
    ("cell", "text", "hit"),
    [
        ("Director, Wetland Policy", "As {} I wrote it", None),
        ("Director, Wetland Policy", "as {} i wrote it", "director of wetland policy"),
        ("Director, Wetland Policy", "as {} i wrote it", "wetland policy director"),
        ("Director of Wetland Policy", "As {} I wrote it", "director for wetland policy"),
        ("Directrice, politiques des marais", "comme {} je dis", "directrice des politiques des marais"),
        ("Policy & Planning Lead", "as {} I say no", "policy and planning lead"),
        ("Director / Harbourmaster", "as {} I wrote it", "harbourmaster"),
        ("Director (Harbourmaster)", "as {} I wrote it", "harbourmaster"),
        ("Chief Pilot (CPO)", "as {} I wrote it", "CPO"),
    ],
)
def test_a_role_is_found_with_its_small_words_said_otherwise(cell: str, text: str, hit: str | None) -> None:
    hit = hit or cell
    assert hit in roles(cell, text.format(hit))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("Head of Policy", "it is over my head, policy is hard"),
        ("Chair of the Board", "the chair and the board agreed"),
        ("Director, Wetland Policy", "we asked the director. Wetland policy is hard"),
    ],
)
def test_words_of_a_role_in_another_sense_are_no_role(cell: str, text: str) -> None:
    assert roles(cell, text) == []


CALDER = "Calder University of the Valley"


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("people at CUV never liked it", "CUV"),
        ("cuv never liked the idea", "cuv"),
        ("PEOPLE FROM CUV NEVER LIKED IT", "CUV"),
        ("At C.U.V. they never liked it", "C.U.V"),
        ("at c. u. v. they never liked it", "c. u. v"),
        ("at c u v a rule is a rule", "c u v"),
        ("je travaille au cuv depuis un an", "cuv"),
    ],
)
def test_an_employers_acronym_is_found_in_any_case_and_letter_by_letter(text: str, hit: str) -> None:
    assert employers(CALDER, text) == [hit]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("Wairoa Harbour Office", "who said so? THE ONE WHO SAID SO. I know who"),
        ("Wairoa Harbour Office", "who said so"),
        ("Wairoa Harbour Office", "THE PEOPLE WHO SAID SO"),
        ("Harbour Agency (BC)", "people in BC say so"),
        (CALDER, "We met C. and U. at the V"),
    ],
)
def test_letters_that_are_a_word_or_something_else_are_no_acronym(cell: str, text: str) -> None:
    assert employers(cell, text.replace("THE ONE WHO SAID SO", "so")) == []


def test_accents_of_an_acronym_do_not_matter() -> None:
    cell = "Ministère de l'Éducation, du Loisir et du Sport"
    assert employers(cell, "le MELS a dit non") == ["MELS"]
    assert employers(cell, "le M.É.L.S. a dit non") == ["M.É.L.S"]


def test_two_people_whose_employer_is_written_in_two_ways_both_own_it() -> None:
    people = (person(1, "Nokomis Wairoa", organisation="Quarrie & Sons"),
              person(2, "Ada Quist", organisation="St. Quarrie and Sons; Quarrie, Sons"))  # fmt: skip
    (find,) = find_clues([View("at Quarrie & Sons we say no")], ClueIndex.of(MatchingTable(people=people)))[0]
    assert (find.participant, find.others) == ("P01", ("P02",))


def test_an_employer_written_with_a_comma_goes_where_somebody_is_unnamed() -> None:
    people = (person(1, "Nokomis Wairoa", organisation="Wetlands, Harbours and Parks Agency",
                     organisation_as="an agency",
                     role="Director, Reeds", role_as="a manager"),
              person(2, "Ada Quist"))  # fmt: skip
    session = redacted(
        "As director of reeds I wrote it for Wetlands, Harbours and Parks Agency.", table=MatchingTable(people=people),
        rest=Level.UNNAMED,
    )  # fmt: skip
    assert said(session) == ["As [a manager] I wrote it for [an agency]."]


def test_ten_thousand_employers_that_begin_alike_do_not_slow_the_search() -> None:
    drawn = random.Random(4)  # noqa: S311 - made-up words
    names = ["".join(drawn.choices("aeioulnrstm", k=7)) for _ in range(10_000)]
    people = tuple(person(n, "Nobody Here", organisation=f"City of {name}") for n, name in enumerate(names, 1))
    index = ClueIndex.of(MatchingTable(people=people))
    view = View("the city of " * 5_000 + names[77])
    begun = time.perf_counter()
    assert find_clues([view], index)[0]
    assert time.perf_counter() - begun < 2.0

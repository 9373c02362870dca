"""Dates, ages, phrases of the policy and titles in other words stand in general terms where somebody is protected."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from deidentification.api import find_names, redact, unite
from deidentification.coarser import coarser_age, coarser_date
from deidentification.recognizers.numbers import number_of, year_of
from deidentification.recognizers.patterns import find_patterns
from schemas.consent import Level
from schemas.deidentified import DeidentifiedUtterance, Label
from schemas.policy import Policy
from schemas.roster import MatchingTable
from tests.deidentification.support import (
    SESSION,
    TABLE,
    FakeNames,
    decisions,
    person,
    recognisers,
    redacted,
    said,
    session_of,
    turn,
)

# ---------------------------------------------------------------- dates and ages


@pytest.mark.parametrize(
    ("said_date", "month", "year"),
    [
        ("3 May 2024", "May 2024", "2024"), ("May 3rd, 2024", "May 2024", "2024"), ("2024-05-03", "May 2024", "2024"),
        ("third of may", "May", None), ("May the third", "May", None), ("June 2019", "June 2019", "2019"),
        ("twenty-first of June twenty twenty four", "June 2024", "2024"), ("le 3 mai 2024"[3:], "May 2024", "2024"),
        ("vingt et un juin deux mille vingt", "June 2020", "2020"), ("premier août", "August", None),
        ("31/05/2024", "May 2024", "2024"), ("05/31/2024", "May 2024", "2024"), ("5/5/2024", "May 2024", "2024"),
        ("03/05/2024", "2024", "2024"), ("3/5/24", None, None), ("31/31/2024", None, None), ("0/0/2024", None, None),
        ("May twenty oh five", "May 2005", "2005"), ("June twenty five", "June", None),
        ("mars mille neuf cent quatre-vingt-dix-neuf", "March 1999", "1999"),
    ],
)  # fmt: skip
def test_a_date_says_its_month_or_year_where_its_words_do(said_date: str, month: str | None, year: str | None) -> None:
    assert coarser_date(said_date, "month", "en") == month
    assert coarser_date(said_date, "year", "fr") == year
    assert coarser_date(said_date, "tag", "en") is None


@given(st.dates(date(1950, 1, 1), date(2099, 12, 31)), st.sampled_from(["%d %B %Y", "%B %d, %Y", "%Y-%m-%d"]))
def test_what_is_said_of_any_date_is_never_its_day(day: date, form: str) -> None:
    assert coarser_date(day.strftime(form), "month", "en") == day.strftime("%B %Y")
    assert coarser_date(day.strftime(form), "year", "en") == day.strftime("%Y")


@pytest.mark.parametrize(
    ("age", "english", "french"),
    [
        ("47", "in their forties", "dans la quarantaine"), ("47 years old", "in their forties", "dans la quarantaine"),
        ("forty-seven years old", "in their forties", "dans la quarantaine"),
        ("quarante-sept ans", "in their forties", "dans la quarantaine"),
        ("soixante-dix-sept ans", "in their seventies", "entre 70 et 79 ans"),
        ("quatre-vingts ans", "in their eighties", "entre 80 et 89 ans"),
        ("aged nineteen", "between ten and nineteen", "entre dix et dix-neuf ans"),
        ("103 years old", "ninety or older", "quatre-vingt-dix ans ou plus"), ("6", "under ten", "moins de dix ans"),
        ("999 years old", None, None), ("50th birthday", None, None), ("un deux ans", None, None),
    ],
)  # fmt: skip
def test_an_age_says_its_ten_years(age: str, english: str | None, french: str | None) -> None:
    assert coarser_age(age, "decade", "en") == english
    assert coarser_age(age, "decade", "fr") == french
    assert coarser_age(age, "tag", "en") is None


@given(st.integers(0, 120))
def test_no_decade_is_another_than_the_ages_own(age: int) -> None:
    of_decade = coarser_age(str(min(age // 10 * 10, 90)), "decade", "fr")
    assert coarser_age(f"{age} ans", "decade", "fr") == of_decade


def test_numbers_and_years_that_are_several_or_none_are_none() -> None:
    assert [number_of(t) for t in ("", "one two", "seven forty", "vingt et un", "1000")] == [None, None, None, 21, None]
    assert [year_of(t) for t in ("1850", "twenty", "twenty two", "nineteen ninety nine", "deux mille")] == [
        *(None, None, None),
        1999,
        2000,
    ]


def test_eighty_is_an_age_in_french_too() -> None:
    text = "j'ai quatre-vingts ans"
    assert [text[s.start_char : s.end_char] for s in find_patterns(text)] == ["quatre-vingts ans"]


EXACTLY = Policy(dates="month", ages="decade")


def test_dates_and_ages_of_protected_people_are_said_as_exactly_as_the_policy_allows() -> None:
    text = "I'm 47 now, and I began on 3 May 2024."
    assert said(redacted(text, policy=EXACTLY)) == ["I'm [in their forties] now, and I began on [May 2024]."]
    assert said(redacted(text, policy=Policy(dates="year"))) == ["I'm [AGE] now, and I began on [2024]."]
    assert said(redacted(text)) == ["I'm [AGE] now, and I began on [DATE]."]
    assert said(redacted(text, policy=EXACTLY, rest=Level.NAMED)) == [text]


def test_they_are_said_in_the_language_of_the_turn() -> None:
    attributed = session_of(turn(1, 0, "j'ai 47 ans depuis le 3 mai 2024", language="fr-CA"))
    found = find_names(attributed, SESSION, TABLE, EXACTLY, recognisers())
    session = redact(attributed, found, unite([found]), decisions(), SESSION, TABLE, EXACTLY)
    assert said(session) == ["j'ai [dans la quarantaine] depuis le [mai 2024]"]
    assert [(r.label, r.action.value) for r in _shown(session).redactions] == [
        (Label.AGE, "generalised"),
        (Label.DATE, "generalised"),
    ]


def _shown(session) -> DeidentifiedUtterance:
    (shown,) = session.utterances
    assert isinstance(shown, DeidentifiedUtterance)
    return shown


def test_a_date_and_an_age_beside_a_protected_persons_name_are_theirs() -> None:
    text = "Aroha turned 47 on 3 May 2024. We began on 4 June 2023."
    levels = {"P01": Level.UNNAMED}
    assert said(redacted(text, levels=levels, rest=Level.NAMED, voice=1, policy=EXACTLY)) == [
        "[PERSON] turned [in their forties] on [May 2024]. We began on 4 June 2023."
    ]


def test_beside_somebody_whose_words_are_not_used_the_tag_stands() -> None:
    levels = {"P01": Level.WITHHELD}
    (text,) = said(redacted("Aroha came on 3 May 2024.", levels=levels, rest=Level.NAMED, voice=1, policy=EXACTLY))
    assert text == "[PERSON] came on [DATE]."


def test_half_a_date_is_no_date() -> None:
    """The other half is under another decision: what it says may not be shown here."""
    attributed = session_of(turn(1, 0, "it was 3 May 2024 then", near={4: (1,), 5: (1,)}))
    found = find_names(attributed, SESSION, TABLE, EXACTLY, recognisers())
    given_ = decisions({"P02": Level.WITHHELD})
    session = redact(attributed, found, unite([found]), given_, SESSION, TABLE, EXACTLY)
    assert said(session) == ["it was [DATE]", "near_other_voice"]


# ---------------------------------------------------------------- phrases

NO_LUC = MatchingTable(people=TABLE.people[:2])
"""Without anybody whose own name is part of the phrase."""
PHRASES = Policy.model_validate(
    {
        "generalise": {
            "the Riverton flood": "a natural disaster",
            "Saint-Luc": {"say": "a hospital", "label": "ORGANISATION"},
            "l'inondation de Rivière-Haute": "une catastrophe naturelle",
        }
    }
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("after the Riverton flood we met", "after [a natural disaster] we met"),
        ("after THE RIVERTON FLOOD we met", "after [a natural disaster] we met"),
        ("that Riverton flood changed us", "that [a natural disaster] changed us"),
        ("I trained at Saint-Luc, then at saint luc.", "I trained at [a hospital], then at [a hospital]."),
        ("après l’inondation de Riviere-Haute", "après [une catastrophe naturelle]"),
        ("the flood at Riverton", "the flood at Riverton"),
    ],
)
def test_a_phrase_of_the_policy_stands_in_general_words_in_protected_peoples_mouths(text: str, shown: str) -> None:
    assert said(redacted(text, policy=PHRASES)) == [shown]
    assert said(redacted(text, policy=PHRASES, rest=Level.NAMED)) == [text]


def test_a_phrase_goes_from_a_sentence_that_names_a_protected_person_and_stays_in_others() -> None:
    text = "Aroha lived through the Riverton flood. The Riverton flood was long ago."
    session = redacted(text, levels={"P01": Level.PSEUDONYM}, rest=Level.NAMED, voice=1, policy=PHRASES)
    assert said(session) == ["Juniper lived through [a natural disaster]. The Riverton flood was long ago."]


def test_a_phrase_is_counted_as_what_the_policy_says() -> None:
    (shown,) = redacted("After the Riverton flood, Saint-Luc closed.", policy=PHRASES).utterances
    assert isinstance(shown, DeidentifiedUtterance)
    assert [(r.label, r.action.value) for r in shown.redactions] == [
        (Label.OTHER, "generalised"),
        (Label.ORGANISATION, "generalised"),
    ]


def test_a_phrase_takes_in_what_is_one_thing_with_it() -> None:
    models = [FakeNames("Saint-Luc Hospital", label=Label.ORGANISATION)]
    text = "I work at Saint-Luc Hospital now"
    assert said(redacted(text, policy=PHRASES, models=models, table=NO_LUC)) == ["I work at [a hospital] now"]


def test_a_persons_name_is_no_phrase() -> None:
    models = [FakeNames("Marie Saint-Luc")]
    assert said(redacted("I met Marie Saint-Luc", policy=PHRASES, models=models, table=NO_LUC)) == ["I met [PERSON 1]"]


def test_an_employer_inside_a_phrase_that_stays_is_still_an_employer() -> None:
    policy = Policy.model_validate({"generalise": {"the City of Vancouver strike": "a labour dispute"}})
    text = "the City of Vancouver strike hurt us, said Aroha"
    (shown,) = said(redacted(text, levels={"P01": Level.UNNAMED}, rest=Level.NAMED, voice=1, policy=policy))
    assert shown == "[a labour dispute] hurt us, said [PERSON]"
    assert said(redacted("the City of Vancouver strike", rest=Level.NAMED, policy=policy)) == [
        "the City of Vancouver strike"
    ]


def test_a_wording_that_holds_a_name_is_not_used() -> None:
    policy = Policy.model_validate({"generalise": {"the Riverton flood": "what Ngata wrote of"}})
    assert said(redacted("the Riverton flood", policy=policy)) == ["[OTHER]"]


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("x", "must be a table"),
        ({"a": 1}, "entry 1 must be"),
        ({"a": {"as": "b"}}, "entry 1 must be"),
        ({"!!!": "a thing"}, "entry 1: the phrase has no word"),
        ({"a flood": "[x]"}, "entry 1: the wording must be one line"),
        ({"a flood": " "}, "entry 1: the wording must be one line"),
        ({"a flood": "x" * 81}, "entry 1: the wording must be one line"),
        ({"a flood": "two\nlines"}, "entry 1: the wording must be one line"),
        ({"a flood": {"say": "x", "label": "PERSON"}}, "entry 1: label must be one of"),
        ({"the Flood": "x", "THE FLOOD": "y"}, "entry 2 is the same phrase"),
        ({"the flood": "a disaster", "Riverton": "the flood town"}, "wording of entry 2 holds a phrase"),
        ({"Calder": "a university"}, "entry 1 stands in another list too"),
    ],
)
def test_an_entry_that_cannot_be_used_is_refused_by_its_number_and_never_repeated(table: object, why: str) -> None:
    with pytest.raises(ValidationError, match=why) as refused:
        Policy.model_validate({"generalise": table, "host_organisations": ["Calder"]})
    assert "flood" not in refused.value.errors()[0]["msg"].lower()


# ---------------------------------------------------------------- titles beside an employer

POSTS = MatchingTable(
    people=(
        person(1, "Aroha Ngata", organisation="City of Riverton", organisation_as="a city", role="Director of Policy",
               role_as="a director"),
        person(2, "Marc Lemieux", organisation="Ministère des Forêts", organisation_as="a ministry",
               role="Cheffe des communications", role_as="a manager"),
        person(3, "Jo Park", organisation="Harbour Trust", organisation_as="a charity", role="policy lead",
               role_as="a lead"),
        person(4, "Ines Okoro"),
    )
)  # fmt: skip
SAID_OTHERWISE = [
    (
        "The senior policy director at the City of Riverton.",
        "The [a director] at the City of Riverton.",
    ),
    ("the City of Riverton's policy director told us", "the City of Riverton's [a director] told us"),
    ("the City of Riverton director of policy and planning spoke", "the City of Riverton [a director] spoke"),
    ("my aunt is director, City of Riverton", "my aunt is [a director], City of Riverton"),
    ("an adviser and policy director to the City of Riverton", "an adviser and [a director] to the City of Riverton"),
    ("the director for policy with the City of Riverton", "the [a director] with the City of Riverton"),
    ("la directrice des politiques publiques de la City of Riverton", "la [a director] de la City of Riverton"),
    ("la responsable des communications au Ministère des Forêts", "la [a manager] au Ministère des Forêts"),
    ("the head of communications at the Ministère des Forêts", "the [a manager] at the Ministère des Forêts"),
    ("a lead on policy with Harbour Trust", "a [a lead] with Harbour Trust"),
    ("Director of Policy at the City of Riverton", "[a director] at the City of Riverton"),
]
NO_TITLE = [
    "a director worked at the City of Riverton",
    "the director said that at the City of Riverton people work",
    "they lead at Harbour Trust and they like it",
    "Harbour Trust will lead on housing",
    "Harbour Trust lead the way in this",
    "we want to lead with Harbour Trust on this",
    "the City of Riverton needs a new bridge, and the director of the museum agrees",
    "the manager at the City of Riverton came",
    "the mayor of the City of Riverton came",
    "the Director of Policy in general has much to do",
    "le ministre est venu au Ministère des Forêts",
    "nous avons rencontré la directrice, puis le Ministère des Forêts a répondu",
    "les communications du Ministère des Forêts sont claires",
    "policy at the City of Riverton is made by council",
    "the policy work of Harbour Trust leads somewhere",
    "the director of the museum met Harbour Trust",
    "the director of the museum wrote to the City of Riverton",
    "the director of the museum met with the City of Riverton",
    "la directrice du musée a écrit à la City of Riverton",
]


@pytest.mark.parametrize(("text", "shown"), SAID_OTHERWISE)
def test_a_title_beside_the_employer_is_a_clue_in_whatever_words(text: str, shown: str) -> None:
    assert said(redacted(text, table=POSTS, voice=3, levels={"P04": Level.NAMED})) == [shown]
    assert said(redacted(text, table=POSTS, voice=3, rest=Level.NAMED)) == [text]


@pytest.mark.parametrize("text", NO_TITLE)
def test_other_titles_and_other_verbs_are_nobodys(text: str) -> None:
    assert said(redacted(text, table=POSTS, voice=3, levels={"P04": Level.NAMED})) == [text]


def test_a_protected_speaker_loses_title_and_employer_both() -> None:
    text = "I'm the senior policy director at the City of Riverton"
    assert said(redacted(text, table=POSTS)) == ["I'm the [a director] at the [a city]"]

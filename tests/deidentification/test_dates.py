"""Exact dates as people, forms and programs write them, and ordinary words that look like one."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deidentification.coarser import coarser_date
from deidentification.recognizers.dates import find_dates
from schemas.policy import Policy
from tests.deidentification.support import redacted, said

MONTH_AND_YEAR = [
    ("it began on Sept 3, 2024 at noon", "Sept 3, 2024", "September 2024", "2024"),
    ("it began on Sept. 3rd, 2024 at noon", "Sept. 3rd, 2024", "September 2024", "2024"),
    ("on SEPT 3, 2024 it began", "SEPT 3, 2024", "September 2024", "2024"),
    ("we met 3 Sept 2024.", "3 Sept 2024", "September 2024", "2024"),
    ("since the 3rd of Sept 2024", "3rd of Sept 2024", "September 2024", "2024"),
    ("in Feb. 2023 we met", "Feb. 2023", "February 2023", "2023"),
    ("on Dec 3rd, nineteen eighty", "Dec 3rd, nineteen eighty", "December 1980", "1980"),
    ("on Dec 3rd.", "Dec 3rd", "December", None),
    ("on May. 3, 2024 it began", "May. 3, 2024", "May 2024", "2024"),
    ("dated 3-May-2024", "3-May-2024", "May 2024", "2024"),
    ("dated 03/Dec/2024:10", "03/Dec/2024", "December 2024", "2024"),
    ("dated 3-Dec-24", "3-Dec-24", "December", None),
    ("valid to 03MAY2024", "03MAY2024", "May 2024", "2024"),
    ("dated 2024-Nov-03", "2024-Nov-03", "November 2024", "2024"),
    ("sent 2024-05-03T10:00", "2024-05-03T10:00", "May 2024", "2024"),
    ("sent 2024-05-03T10:00:05.123+02:00, late", "2024-05-03T10:00:05.123+02:00", "May 2024", "2024"),
    ("le 3 déc. 2024 à midi", "3 déc. 2024", "December 2024", "2024"),
    ("vu le 3 sept. 2024", "3 sept. 2024", "September 2024", "2024"),
    ("le 1er févr. 2023, oui", "1er févr. 2023", "February 2023", "2023"),
    ("le 12 juil. on part", "12 juil", "July", None),
    ("le 3 sept deux mille dix-sept", "3 sept deux mille dix-sept", "September 2017", "2017"),
    ("depuis avr. 2021", "avr. 2021", "April 2021", "2021"),
    ("le dix-sept mai 2024", "dix-sept mai 2024", "May 2024", "2024"),
    ("i was born on may third nineteen eighty", "may third nineteen eighty", "May 1980", "1980"),
    ("i was born on may 3rd 1980 in town", "may 3rd 1980", "May 1980", "1980"),
    ("i was born 3 may 1980", "3 may 1980", "May 1980", "1980"),
    ("born third may nineteen eighty", "third may nineteen eighty", "May 1980", "1980"),
    ("it was may the 3rd", "may the 3rd", "May", None),
    ("we left on may 3 and on may first", "may 3", "May", None),
    ("it was may tenth", "may tenth", "May", None),
    ("in may 2024 we met", "may 2024", "May 2024", "2024"),
    ("since may twenty twenty four", "may twenty twenty four", "May 2024", "2024"),
]


@pytest.mark.parametrize(("text", "found", "month", "year"), MONTH_AND_YEAR)
def test_a_date_is_found_however_it_is_written_and_said_less_exactly(
    text: str, found: str, month: str, year: str | None
) -> None:
    first = next(find_dates(text))
    assert text[first.start_char : first.end_char] == found
    assert coarser_date(found, "month", "en") == month
    assert coarser_date(found, "year", "en") == year


@pytest.mark.parametrize(
    "text",
    [
        "you may first ask the chair", "i may second the motion", "how may third parties use it",
        "may 3rd parties use it", "we may 3 of us go", "may the first of you speak", "the third may differ",
        "it may 2", "we may twenty of us go", "you may 20 percent", "three may come", "this may first need a vote",
        "in may we meet", "Sept 30 times", "they mar the view", "Dec is cold", "nov and oct were calm",
        "vingt sept personnes", "dix-sept 10 fois", "les sept personnes", "une marche de 3 km", "a decision 3 ways",
        "version 2024-05", "the 12024-05-031 file",
    ],
)  # fmt: skip
def test_ordinary_words_and_numbers_are_no_dates(text: str) -> None:
    assert list(find_dates(text)) == []


SHORT = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec")
COURT = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")


@given(
    day=st.dates(date(1950, 1, 1), date(2099, 12, 31)),
    form=st.sampled_from([
        "{s} {d}, {y}", "{s}. {d}, {y}", "{d} {s} {y}", "{d}-{s}-{y}", "{d} {c} {y}", "{y}-{m:02}-{d:02}T09:30",
    ]),
    around=st.sampled_from([("", ""), ("on ", ", I think"), ("(", ")"), ("« le ", " »"), ("é🙂 ", ".")]),
)  # fmt: skip
def test_every_day_is_found_whole_and_its_month_is_all_that_is_said(
    day: date, form: str, around: tuple[str, str]
) -> None:
    written = form.format(s=SHORT[day.month - 1], c=COURT[day.month - 1], d=day.day, m=day.month, y=day.year)
    text = written.join(around)
    (found,) = find_dates(text)
    assert text[found.start_char : found.end_char] == written
    assert coarser_date(written, "month", "en") == day.strftime("%B %Y")


def test_a_date_with_a_short_month_is_said_as_exactly_as_the_policy_allows() -> None:
    text = "We met on Sept. 3rd, 2024 and on 3-May-2024, at 2024-05-03T10:00."
    assert said(redacted(text)) == ["We met on [DATE] and on [DATE], at [DATE]."]
    assert said(redacted(text, policy=Policy(dates="month"))) == [
        "We met on [September 2024] and on [May 2024], at [May 2024]."
    ]
    assert said(redacted(text, policy=Policy(dates="year"))) == ["We met on [2024] and on [2024], at [2024]."]

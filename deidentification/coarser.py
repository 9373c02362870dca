"""Dates and ages said less exactly, from their own words alone: "3 May 2024" is "May 2024"."""

import re
from typing import Literal, NamedTuple

from deidentification.recognizers.numbers import EN_NUMBER, EN_YEAR, FR_NUMBER, FR_YEAR, number_of, year_of
from deidentification.text import fold, words_in
from deidentification.words import EN_MONTHS, EN_SHORT_MONTHS, FR_MONTHS, FR_SHORT_MONTHS

FRENCH = "fr"
_MONTHS = {word: number % 12 + 1 for number, word in enumerate([*EN_MONTHS, *FR_MONTHS])}
_SHORT_MONTHS = EN_SHORT_MONTHS | FR_SHORT_MONTHS
_SAID = {
    "en": [month.capitalize() for month in EN_MONTHS],
    FRENCH: words_in("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
}
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})")
_YEAR_LAST = re.compile(r"(?P<one>\d{1,2})[-/.](?P<other>\d{1,2})[-/.](?P<year>\d{4})")
_MONTH = re.compile(r"[^\W\d_]+")
_YEAR = re.compile(rf"(?:(?<!\d)(?=\d)|(?<!\w))(?P<year>{EN_YEAR}|{FR_YEAR})$", re.IGNORECASE)
_YEAR_AT_FIRST = re.compile(r"(?P<year>\d{4})[-/ ]")
_TIME = re.compile(r"(?<=\d)T\d[\d:.,]*(?:Z|[+-][\d:]+)?$", re.IGNORECASE)
_AGE_LEAD = (
    r"(?:aged?|turn(?:ed|s|ing)?)\s+(?:of\s+)?|(?:[àa]\s+)?(?:l['’])?[âa]g(?:e|ée?s?|ee?s?)\s+(?:de\s+)?"
    r"|(?:jusqu['’])?à\s+"
)
_AGE = re.compile(
    rf"(?:{_AGE_LEAD})?(?P<age>\d{{1,3}}|{EN_NUMBER}|{FR_NUMBER})(?:[ -]years?[ -](?:old|of age)|\s+ans)?",
    re.IGNORECASE,
)
_AGES = {
    "en": (
        "under ten",
        "between ten and nineteen",
        "in their twenties",
        "in their thirties",
        "in their forties",
        "in their fifties",
        "in their sixties",
        "in their seventies",
        "in their eighties",
        "ninety or older",
    ),
    FRENCH: (
        "moins de dix ans",
        "entre dix et dix-neuf ans",
        "dans la vingtaine",
        "dans la trentaine",
        "dans la quarantaine",
        "dans la cinquantaine",
        "dans la soixantaine",
        "entre 70 et 79 ans",
        "entre 80 et 89 ans",
        "quatre-vingt-dix ans ou plus",
    ),
}
OLDEST = 120


class _Date(NamedTuple):
    """What a date's words say for certain; the month from 1."""

    year: int | None
    month: int | None


def coarser_date(text: str, exact: Literal["tag", "month", "year"], language: str) -> str | None:
    """The month or the year that a date lies in.

    Args:
        text: The date as said, nothing else.
        language: Of the answer: French for ``fr``, English for every other.
    Returns:
        "May 2024", "May" where no year is said, "2024"; None where the words do not say it for certain.
    """
    said = _read(text.strip())
    if exact == "tag" or said is None:
        return None
    if exact == "year" or said.month is None:
        return None if said.year is None else str(said.year)
    month = _SAID[FRENCH if language == FRENCH else "en"][said.month - 1]
    return month if said.year is None else f"{month} {said.year}"


def coarser_age(text: str, exact: Literal["tag", "decade"], language: str) -> str | None:
    """The ten years of life that an age lies in.

    Args:
        text: The age as said ("47 years old", "quarante-sept ans").
        language: As for ``coarser_date``.
    Returns:
        "in their forties", "dans la quarantaine"; None where the words are no plain age, such as a birthday.
    """
    found = _AGE.fullmatch(text.strip())
    age = number_of(found["age"]) if found else None
    if exact == "tag" or age is None or age > OLDEST:
        return None
    return _AGES[FRENCH if language == FRENCH else "en"][min(age // 10, 9)]


def _read(text: str) -> _Date | None:
    text = _TIME.sub("", text)
    if text[:1].isdigit() and not _MONTH.search(text):
        return _of_figures(text)
    found = _month(text)
    if found is None:
        return None
    end, month = found
    year = _YEAR.search(text, end) or _YEAR_AT_FIRST.match(text)
    return _Date(year_of(year["year"]) if year else None, month)


def _month(text: str) -> tuple[int, int] | None:
    """Where the only month that ``text`` names ends, and which it is, from 1; None where there is no one month."""
    words = [(match.end(), fold(match.group())) for match in _MONTH.finditer(text)]
    full = [(end, _MONTHS[word]) for end, word in words if word in _MONTHS]
    if full:
        return full[0] if len(full) == 1 else None
    # "sept" is seven too: beside a month in full it is part of a number, and after a short month part of a year.
    return next(((end, _SHORT_MONTHS[word]) for end, word in words if word in _SHORT_MONTHS), None)


def _of_figures(text: str) -> _Date | None:
    if match := _YEAR_FIRST.fullmatch(text):
        return _date(int(match["year"]), int(match["month"]), int(match["day"]))
    match = _YEAR_LAST.fullmatch(text)
    if match is None:
        return None  # of a year in two digits nobody knows which figure it is
    one, other = sorted((int(match["one"]), int(match["other"])))
    # 3/5/2024 is in March or in May, by whose custom it was written.
    return _date(int(match["year"]), one if other > 12 or one == other else None, other)


def _date(year: int, month: int | None, day: int) -> _Date | None:
    known = month is None or 1 <= month <= 12
    return _Date(year, month) if known and 1 <= day <= 31 and 1900 <= year < 2100 else None

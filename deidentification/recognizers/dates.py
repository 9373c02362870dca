"""Exact dates, in figures and in words, with months in full and short, in English and French."""

import re
from collections.abc import Iterator

from deidentification.recognizers.forms import spans
from deidentification.recognizers.model_spans import ModelSpan
from deidentification.recognizers.numbers import (
    EN_MONTH,
    EN_ORDINAL,
    EN_SHORT_MONTH,
    EN_YEAR,
    FR_DAY,
    FR_MONTH,
    FR_SHORT_MONTH,
    FR_YEAR,
)
from deidentification.text import words_in
from schemas.deidentified import Label

_FIGURE = r"[0-3]?\d(?!\d| ?%| percent)"
_OF_FOUR = r"(?:19|20)\d\d"
_TIME = r"(?:T\d\d:?\d\d(?::?\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?"
_FIGURES = (
    # A letter may stand right after a day ("2024-05-03T10:00"), a figure may not.
    rf"(?<!\d){_OF_FOUR}[-/.](?:0?[1-9]|1[0-2])[-/.](?:[0-2]?\d|3[01])(?!\d){_TIME}"
    rf"|\b[0-3]?\d[-/.][0-3]?\d[-/.](?:{_OF_FOUR}|\d\d)\b"
)

_SHORT = rf"(?:{EN_SHORT_MONTH}|{FR_SHORT_MONTH})(?![^\W\d_])\.?"
_ANY = rf"(?:{EN_MONTH}|may|{FR_MONTH}|{_SHORT})"
_PARTED = (
    # As programs and forms write them: 3-May-2024, 03/Dec/24, 3 Sept. 2024, 2024-May-03.
    rf"\b[0-3]?\d[-/. ]{{0,2}}{_ANY}(?:[-/., ]{{0,2}}{_OF_FOUR}|[-/]\d\d)(?!\d)"
    rf"|\b{_ANY}[-/][0-3]?\d[-/]{_OF_FOUR}\b|\b{_OF_FOUR}[-/ ]{_ANY}[-/ ][0-3]?\d\b"
)

_MONTH = rf"(?:(?:{EN_MONTH})\b|{EN_SHORT_MONTH}\b\.?)"
_AND_YEAR = rf"(?:,? (?:{EN_YEAR}|{FR_YEAR})\b)?"
_ENGLISH = (
    rf"\b(?:{EN_ORDINAL}|[0-3]?\d)(?: day)?(?: of)? (?:{_MONTH}|(?<=of )may\b){_AND_YEAR}"
    rf"|(?<!-)\b{_MONTH} (?:the )?(?:{EN_ORDINAL}|{_FIGURE}(?! times\b))\b{_AND_YEAR}"
    rf"|\b(?:{EN_MONTH}),? (?:of )?{EN_YEAR}\b|\b{EN_SHORT_MONTH}\b\.?,? (?:of )?{_OF_FOUR}\b"
)
_FRENCH = (
    rf"\b{FR_DAY} {FR_MONTH}\b(?: {FR_YEAR}\b)?|\b{FR_MONTH} {FR_YEAR}\b"
    # Of days in words only before a month in full: "vingt sept" is a number.
    rf"|\b(?:1er|[0-3]?\d) {FR_SHORT_MONTH}\b\.?{_AND_YEAR}|\b{FR_SHORT_MONTH}\b\.? {_OF_FOUR}\b"
)

_BEFORE_DATES = words_in(
    "on by of since until till from before after monday tuesday wednesday thursday friday saturday sunday"
)
_LED = "(?:" + "|".join(rf"(?<=\b{word} )|(?<=\b{word}, )" for word in _BEFORE_DATES) + ")"
_BEFORE_MONTHS = "(?:" + "|".join(rf"(?<=\b{word} )" for word in words_in("in of since until by before during")) + ")"
_NO_MONTH = r"(?![ -](?:part(?:y|ies)|person|people|grade\w*|time|world)\b)"
_FIGURED = r"[0-3]?\d(?:st|nd|rd|th)"
_LOWERED = (
    # "may" without its capital is a month where nothing else can stand so: "you may first", "three may come".
    rf"\bmay\.? (?:the )?(?:{EN_ORDINAL}|[0-3]?\d),? {EN_YEAR}\b|\bmay (?:the )?{_FIGURED}\b{_NO_MONTH}"
    rf"|\b(?:{EN_ORDINAL}|[0-3]?\d) may,? {EN_YEAR}\b"
    rf"|{_LED}\bmay (?:the )?(?:{EN_ORDINAL}|{_FIGURE})\b{_NO_MONTH}"
    rf"|\bmay (?!first\b|second\b){EN_ORDINAL}\b{_NO_MONTH}"
    rf"|{_BEFORE_MONTHS}\bmay,? (?:of )?{EN_YEAR}\b"
)
_DATE = re.compile(f"{_FIGURES}|{_PARTED}|{_ENGLISH}|{_LOWERED}|{_FRENCH}", re.IGNORECASE)

_IN_FIGURES = re.compile(_FIGURES, re.IGNORECASE)
_MONTH_BEGINS = re.compile(
    r"(?<![^\W\d_])(?:jan|f[ée][bv]|mar|apr|avr|ma[iy]|ju[inl]|ao[ûu]|aug|sep|oct|nov|d[ée]c)", re.IGNORECASE
)
"""How every month begins: hardly a text holds one, and the others need not be searched for words."""


def find_dates(text: str) -> Iterator[ModelSpan]:
    """Every exact date of ``text``, in order: a day of a month, or a month of a year."""
    return spans(_DATE if _MONTH_BEGINS.search(text) else _IN_FIGURES, text, Label.DATE)


def is_date(text: str) -> bool:
    """Whether ``text`` is a date and nothing else."""
    return _DATE.fullmatch(text) is not None

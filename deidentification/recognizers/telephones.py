"""Telephone numbers, in figures and spoken digit by digit, one or several beside each other."""

import re
from collections.abc import Iterator
from itertools import pairwise

import phonenumbers

from deidentification.recognizers.dates import is_date
from deidentification.recognizers.forms import SOURCE, spans
from deidentification.recognizers.model_spans import ModelSpan
from deidentification.recognizers.numbers import FR_NUMBER, FR_SMALL, any_of, number_of
from deidentification.text import tokens_of, words_in
from schemas.deidentified import Label

I = re.IGNORECASE  # noqa: E741 - re's own short name
REGIONS = ("US", "GB", "NZ", "AU", "FR")
"""Countries whose national forms are tried; numbers with + are recognised for all."""

_DIGITS = re.compile(r"(?<![\w])[+(]{0,2}\d[\d\s().\-–/]{5,}\d(?!\w)")
_BETWEEN = re.compile(r"\s*[/\n\r]\s*|\s{2,}|\s[-–]\s|\s(?=\+)")
"""What parts one number from the next; a number may also have it inside, so the whole is tried first."""
_SHAPES = re.compile(
    r"(?<![\d.-])(?:(?:\+?1[ .–-]?)?\(?[2-9]\d\d\)?[ .–-]?[2-9]\d\d[ .–-]\d{4}|(?:\+33 ?|0)[1-9](?:[ .-]?\d\d){4}"
    r"|0\d{2,4}[ -]\d{3}[ -]?\d{3,4}|\d{3}[-.]\d{4})(?![\d-]|[.]\d)"
)
"""Forms that are telephone numbers wherever they stand among figures: North American, French, other national, local."""
_CUE = re.compile(
    r"\b(?:call|ring|dial|phone|tel|telephone|cell|mobile|number|text|whatsapp|reach (?:me|us|him|her|them)"
    r"|appele[rz]|rappele[rz]|joindre|téléphone|numéro|portable|cellulaire|extension|ext)\b",
    I,
)
_KIND = re.compile(r" ?[-(,:]? ?(?:office|work|home|mobile|cell|fax|desk|bureau|portable|maison)\b", I)
"""What kind of number it is, told after it."""
_LOCAL = re.compile(r"\d{3}[-.]\d{4}")
"""A North American number without its area code; nothing else is written so."""
_YEARS = re.compile(r"(?:19|20)\d\d ?[-–/] ?(?:19|20)\d\d")

_EN_DIGIT = "(?:zero|oh|o|one|two|three|four|five|six|seven|eight|nine|double|triple|\\d{1,4})"
_FR_DIGIT = f"(?:zéro|zero|double|{FR_NUMBER}|\\d{{1,4}})"
_SPOKEN = re.compile(
    rf"\b(?:plus )?{_EN_DIGIT}(?:[ ,-]+{_EN_DIGIT}){{6,}}\b|\b(?:zéro|zero|plus)(?:[ ,-]+{_FR_DIGIT}){{4,}}\b", I
)
_FR_UNITS = words_in("zero un deux trois quatre cinq six sept huit neuf")
_FR_WORD = any_of([*FR_SMALL, "zéro", "zero", "double", "cent", "cents"])
_FR_SPOKEN = re.compile(rf"\b{_FR_WORD}(?:[ ,-]{{1,3}}(?:et )?{_FR_WORD}\b){{6,}}", I)
"""Where no zero comes first (Québec): more words for digits one after the other than any amount or year has."""
_LONE_DIGITS = 4
"""Of them so many must be digits of their own: "quatre-vingt-dix-neuf, quatre-vingt-dix-huit" are two amounts."""


def find_telephones(text: str) -> Iterator[ModelSpan]:
    """Every telephone number of ``text``, each by itself where several stand beside each other."""
    yield from spans(_SPOKEN, text, Label.CONTACT)
    for match in _FR_SPOKEN.finditer(text):
        if _is_dialled(match.group()):
            yield ModelSpan(*match.span(), Label.CONTACT, SOURCE)
    for match in _DIGITS.finditer(text):
        for start, end in _numbers(text, *match.span()):
            yield ModelSpan(start, end, Label.CONTACT, SOURCE)


def _is_dialled(said: str) -> bool:
    """Whether French number words are a telephone number, and neither a count from one on nor a few amounts."""
    words = ["", *(token.folded for token in tokens_of(said) if token.folded != "et")]
    lone = [after for before, after in pairwise(words) if after in _FR_UNITS and (number_of(before) or 0) < 10]
    values = [_FR_UNITS.index(word) for word in lone]
    counted = all(after == before + 1 for before, after in pairwise(values))
    return len(lone) >= _LONE_DIGITS and not counted


def _numbers(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The telephone numbers among the figures at ``[start, end)``: the whole, else its parts."""
    told = bool(_CUE.search(text, max(0, start - 40), start))
    if _is_phone(text, start, end, told):
        yield start, end
        return
    for part_start, part_end in _parts(text, start, end):
        if (part_start, part_end) != (start, end) and _is_phone(text, part_start, part_end, told):
            yield part_start, part_end
        else:
            shapes = (match.span() for match in _SHAPES.finditer(text, part_start, part_end))
            yield from (shape for shape in shapes if _is_phone(text, *shape, told))


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for gap in _BETWEEN.finditer(text, start, end):
        yield start, gap.start()
        start = gap.end()
    yield start, end


def _is_phone(text: str, start: int, end: int, told: bool) -> bool:
    """Whether the figures at ``[start, end)`` are a telephone number: one of a country's, or ``told`` as one."""
    digits = text[start:end]
    if not 7 <= sum(c.isdigit() for c in digits) <= 15 or is_date(digits) or _YEARS.fullmatch(digits):
        return False
    if told or _LOCAL.fullmatch(digits) or _KIND.match(text, end):
        return True
    regions: tuple[str | None, ...] = (None,) if digits.lstrip("(").startswith("+") else REGIONS
    return any(_valid(digits, region) for region in regions)


def _valid(digits: str, region: str | None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(digits, region))
    except phonenumbers.NumberParseException:
        return False  # its own way to say that these digits are no telephone number

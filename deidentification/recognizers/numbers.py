"""Numbers, days and years as they are spoken in English and French: patterns, and what they amount to."""

import re
from itertools import pairwise

from deidentification.text import fold, tokens_of, words_in
from deidentification.words import EN_MONTHS, EN_SHORT_MONTHS

EN_ORDINALS = words_in(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth thirtieth"
)
EN_TENS = words_in("twenty thirty forty fifty sixty seventy eighty ninety")
EN_UNITS = words_in("one two three four five six seven eight nine")
EN_TEENS = words_in("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
FR_SMALL = words_in(
    "un une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize vingt vingts trente "
    "quarante cinquante soixante septante octante nonante"
)


def any_of(words: list[str]) -> str:
    """A group that matches one of ``words``, longest first."""
    return "(?:" + "|".join(sorted(words, key=lambda w: (-len(w), w))) + ")"


EN_ORDINAL = rf"(?:(?:twenty|thirty)[ -]{any_of(EN_ORDINALS[:9])}|{any_of(EN_ORDINALS)}|[0-3]?\d(?:st|nd|rd|th))"
EN_NUMBER = rf"(?:{any_of(EN_TENS)}[ -]{any_of(EN_UNITS)}|{any_of(EN_TENS)}|{any_of(EN_TEENS)}|{any_of(EN_UNITS)})"
EN_YEAR = (
    r"(?:(?:19|20)\d\d|"
    rf"(?:nineteen|twenty)[ -](?:oh[ -])?{EN_NUMBER}|two thousand(?: (?:and )?{EN_NUMBER})?)"
)
EN_MONTH = any_of([m for m in EN_MONTHS if m != "may"]) + r"|(?-i:May)"
EN_SHORT_MONTH = any_of(list(EN_SHORT_MONTHS))
FR_SHORT_MONTH = "(?:janv|f[ée]vr?|avr|juil|sept|oct|nov|d[ée]c)"
FR_NUMBER = rf"(?:{any_of(FR_SMALL)}(?:(?:[ -]et)?[ -]{any_of(FR_SMALL)}){{0,3}})"
FR_MONTH = "(?:janvier|f[ée]vrier|mars|avril|mai|juin|juillet|ao[ûu]t|septembre|octobre|novembre|d[ée]cembre)"
FR_DAY = rf"(?:premier|1er|[0-3]?\d|{FR_NUMBER})"
FR_YEAR = rf"(?:(?:19|20)\d\d|deux mille(?: {FR_NUMBER})?|mille neuf cents?(?: {FR_NUMBER})?)"

_VALUES = (
    dict(zip(EN_UNITS, range(1, 10), strict=True))
    | dict(zip(EN_TEENS, range(10, 20), strict=True))
    | dict(zip(EN_TENS, range(20, 100, 10), strict=True))
    | dict(zip(FR_SMALL, (1, *range(1, 17), 20, 20, 30, 40, 50, 60, 70, 80, 90), strict=True))
    | {"six": 6}
)
_CENTURIES = {"nineteen": 1900, "twenty": 2000}


def number_of(text: str) -> int | None:
    """What a number below 1,000 amounts to, in digits or in English or French words; None where it is none."""
    words = [token.folded for token in tokens_of(text) if token.folded != "et"]
    if len(words) == 1 and re.fullmatch(r"[0-9]{1,3}", words[0]):
        return int(words[0])
    values = [_VALUES.get(word, 0) for word in words]
    if values[:2] == [4, 20]:
        values = [80, *values[2:]]
    # "forty-seven", "soixante-dix-sept": each part less than the one before, or the words are several numbers.
    falling = all(after < before for before, after in pairwise(values))
    return sum(values) if values and all(values) and falling else None


def year_of(text: str) -> int | None:
    """The year that ``text`` says, in digits or in words ("twenty oh five", "deux mille vingt"); None where none."""
    words = [word for word in re.split(r"[\s-]+", fold(text)) if word != "and"]
    if len(words) == 1 and re.fullmatch(r"(?:19|20)[0-9]{2}", words[0]):
        return int(words[0])
    if words[:2] in (["two", "thousand"], ["deux", "mille"]):
        return _counted(2000, words[2:], least=0)
    if words[:2] == ["mille", "neuf"] and words[2:3] in (["cent"], ["cents"]):
        return _counted(1900, words[3:], least=0)
    if words and words[0] in _CENTURIES:
        zero = words[1:2] == ["oh"]
        # "June twenty five" is a day rather than a year.
        return _counted(_CENTURIES[words[0]], words[2:] if zero else words[1:], least=1 if zero else 10)
    return None


def _counted(century: int, words: list[str], *, least: int) -> int | None:
    if not words:
        return century if least == 0 else None
    number = number_of(" ".join(words))
    return century + number if number is not None and least <= number < 100 else None

"""Patterns for numbers, days and years as they are spoken in English and French."""

from deidentification.text import words_in
from deidentification.words import EN_MONTHS

EN_ORDINALS = words_in(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth thirtieth"
)
EN_TENS = words_in("twenty thirty forty fifty sixty seventy eighty ninety")
EN_UNITS = words_in("one two three four five six seven eight nine")
EN_TEENS = words_in("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
FR_SMALL = words_in(
    "un une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize vingt trente "
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
FR_NUMBER = rf"(?:{any_of(FR_SMALL)}(?:(?:[ -]et)?[ -]{any_of(FR_SMALL)}){{0,3}})"
FR_MONTH = "(?:janvier|f[ée]vrier|mars|avril|mai|juin|juillet|ao[ûu]t|septembre|octobre|novembre|d[ée]cembre)"
FR_DAY = rf"(?:premier|1er|[0-3]?\d|{FR_NUMBER})"
FR_YEAR = rf"(?:(?:19|20)\d\d|deux mille(?: {FR_NUMBER})?|mille neuf cents?(?: {FR_NUMBER})?)"

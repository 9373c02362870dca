"""How a name sounds: a coarse key for what recognisers confuse, and the class of its first consonant."""

import re
from functools import lru_cache

from metaphone import doublemetaphone

from deidentification.text import words_in

_DIGRAPHS = tuple(
    tuple(pair.split(":"))
    for pair in words_in(
        "sch:S tch:S tsch:S sh:S ch:S ph:F wh:F gh: ck:K kn:N wr:R dg:S th:T rh:R bh:F mh:F qu:K ng:N ce:Se ci:Si "
        "cy:Si x:KS gn:N"
    )
)
_CLASSES = str.maketrans(
    {
        **dict.fromkeys("bp", "P"),
        **dict.fromkeys("dt", "T"),
        **dict.fromkeys("fvw", "F"),
        **dict.fromkeys("cgkq", "K"),
        **dict.fromkeys("jsz", "S"),
        **dict.fromkeys("l", "L"),
        **dict.fromkeys("mn", "N"),
        **dict.fromkeys("r", "R"),
        **dict.fromkeys("aeiouyh", ""),
    }
)
_ENDING = re.compile(r"(?<=[^aeiou])(?:er|ar|or|ah|a)$")
"""Many who say an a at the end are heard saying "er"."""
_DOUBLE = re.compile(r"(.)\1+")


@lru_cache(maxsize=50_000)
def sound_key(word: str) -> str:
    """The consonant classes of a folded word, in order, doubles once; "" for a word of vowels only."""
    word = _ENDING.sub("", word)
    for letters, sound in _DIGRAPHS:
        word = word.replace(letters, sound)
    return _DOUBLE.sub(r"\1", "".join(c for c in word.translate(_CLASSES) if c.isupper()))


@lru_cache(maxsize=50_000)
def metaphones(word: str) -> frozenset[str]:
    """The double metaphone codes of a folded word, without empty ones."""
    return frozenset(code for code in doublemetaphone(word) if code)


def first_consonant(word: str) -> str:
    """The class of the first consonant of a folded word, "" where it has none: "covid" and "david" differ."""
    return sound_key(word)[:1]

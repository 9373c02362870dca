"""A name as a roster has it, and the current name in it: first name first, without degrees, pronouns and brackets."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from deidentification.given_names import is_given_name
from deidentification.text import fold, words_set
from deidentification.words import COMPANY_WORDS, PARTICLES, PLACEHOLDERS, ROLE_WORDS, TITLES

DEGREES = words_set("""
    phd dphil edd psyd dmin pharmd md dds dvm do jd llb llm ba bs bsc bed beng bcom bcomm bfa bsn ma ms msc med meng mba
    mph mpa mpp msw mfa msn mdiv rn np rgn lpn cpa cfa pmp peng ing esq obe mbe cbe kc qc mp mla mna mep msp oc cm frsc
    rpp mcip lcsw abd
    """)
"""What follows a name and is none, folded; most are names or words too, and count in capitals only ("Jack Ma")."""
_PLAIN_DEGREES = words_set("phd dphil msc bsc mba llb llm mph psyd edd esq")
_SUFFIXES = words_set("jr sr ii iii iv")
PRONOUNS = words_set("she her hers he him his they them theirs elle elles il ils iel iels lui ia ze zir xe xem any all")
_FORMERLY = words_set("nee né née formerly former previously maiden born ex anciennement")
_BRACKETED = re.compile(r"[(\[{]([^()\[\]{}]*)[)\]}]")
_NO_FIRST_NAME = COMPANY_WORDS - {"ma", "ba", "he"} | {"of"}
_INITIALS = re.compile(r"[B-DF-HJ-NP-TV-Z]{2,3}|[A-Z]J")
"""What hardly is a name in capitals ("JP", "AJ"), as "LI" may be."""
SURNAME_LETTERS = 4
"""A word in capitals of so many letters before others is a last name ("TREMBLAY Amélie"); fewer may be initials."""

FORMER = "holds a former name; write it under former_names"
BRACKETS = "has something in brackets that is no name, degree or pronoun; put it in its own column"
COMMAS = "has more commas than one; write the first name first, without any"
NO_FIRST = "has something after the comma that is no first name; put it in its own column"
CAPITALS = (
    "begins with a word in capitals that may be a first name, a last name or initials; write the first name first, "
    "or the last name, a comma and the first name"
)


class FullName(NamedTuple):
    """The current name that a text holds.

    Args:
        name: The first name first, with titles before it and "Jr" after it; the whole text where it holds none.
        turned: Whether the text has the last name first.
        nicknames: What stands in brackets, pronouns and degrees aside; where there is no problem, a further name each.
        problem: Why it cannot be told which of its words are the name; empty where it can.
    """

    name: str
    turned: bool = False
    nicknames: tuple[str, ...] = ()
    problem: str = ""


@lru_cache(maxsize=20_000)
def read_name(text: str) -> FullName:
    """The current name in a cell ("Wairoa, Nokomis (she/her)", "TREMBLAY Amélie", "Jane Elgersma, PhD")."""
    nicknames, problem = _brackets(text)
    bare = " ".join(_words(_BRACKETED.sub(" ", text)))
    if not bare:
        return FullName(" ".join(text.split()))
    segments, suffixes = _segments(bare)
    name, turned, doubt = _turned(segments)
    whole = " ".join([name, *suffixes]).strip() or " ".join(text.split())
    return FullName(whole, turned, nicknames, problem or doubt)


def _brackets(text: str) -> tuple[tuple[str, ...], str]:
    """Further names in brackets, and what is wrong with anything else there."""
    names: list[str] = []
    problem = FORMER if _formerly(text.split()) else ""
    for inside in _BRACKETED.findall(text):
        words = inside.replace(",", " ").split()
        if all(_is_aside(word) for word in words):
            continue
        if not _is_nickname(words):
            problem = FORMER if _formerly([word.lower() for word in words]) else problem or BRACKETS
        names.append(" ".join(word for word in words if not _formerly([word.lower()])))
    return tuple(names), problem


def _formerly(words: Sequence[str]) -> bool:
    return any(word.strip(".:") in _FORMERLY for word in words)


def _is_nickname(words: Sequence[str]) -> bool:
    known = ROLE_WORDS | _NO_FIRST_NAME | PLACEHOLDERS | PRONOUNS
    plain = not _formerly([word.lower() for word in words]) and all(
        word[0].isalpha() and word[0] == word[0].upper() and not _capitals(word) for word in words
    )
    return 0 < len(words) <= 2 and plain and not any(fold(word) in known for word in words)


def _is_aside(word: str) -> bool:
    return _is_pronoun(word) or is_degree(word) or all(fold(part) in PLACEHOLDERS for part in re.split(r"[/.-]", word))


def _words(text: str) -> Iterator[str]:
    """Words without pronouns set apart by a slash, and what has no letter, where others have one."""
    words = [word for word in text.replace(",", " , ").split() if "/" not in word or not _is_pronoun(word)]
    lettered = any(any(c.isalpha() for c in word) for word in words)
    yield from (word for word in words if word == "," or not lettered or any(c.isalpha() for c in word))


def _is_pronoun(word: str) -> bool:
    parts = [fold(part) for part in re.split(r"[/,]", word) if part]
    return bool(parts) and all(part in PRONOUNS for part in parts)


def is_degree(word: str) -> bool:
    """Whether a word is a degree or office after a name, as it is written: "PhD", "M.A.", not "Ma"."""
    letters = fold(word.replace(".", "").strip(","))
    written = sum(c.isupper() for c in word) > 1 or "." in word.strip(".,")
    return letters in _PLAIN_DEGREES or (letters in DEGREES and written)


def _capitals(word: str) -> bool:
    return sum(c.isalpha() for c in word) > 1 and word.isupper() and "." not in word


def is_suffix(word: str) -> bool:
    """Whether a word is what stands after a last name and is none: "Jr", "III"."""
    return fold(word.strip(".")) in _SUFFIXES


def _segments(text: str) -> tuple[list[str], list[str]]:
    """What stands between the commas, without degrees; and "Jr" and its like apart."""
    parts = [part.split() for part in text.split(",")]
    several, shouted = _several(parts[0]), text.isupper()
    kept: list[list[str]] = [parts[0]]
    suffixes: list[str] = []
    for words in parts[1:]:
        suffixes += [word for word in words if is_suffix(word)]
        left = [word for word in words if not is_suffix(word)]
        if not all(_is_pronoun(word) or (is_degree(word) and (several or not _is_initials(word))) for word in left):
            kept.append(left)
    for words in kept:
        while len(words) > 2 and (is_suffix(words[-1]) or (is_degree(words[-1]) and not shouted)):
            last = words.pop()
            suffixes = [last, *suffixes] if is_suffix(last) else suffixes
    return [" ".join(words) for words in kept if words], suffixes


def _turned(segments: list[str]) -> tuple[str, bool, str]:
    """The first name first, whether it was turned round for that, and why not where it cannot be told."""
    if len(segments) > 2:
        return " ".join(segments), False, COMMAS
    if len(segments) == 2:
        last, first = segments
        if _no_first_name(last.split(), first.split()):
            return " ".join(segments), False, NO_FIRST
        return f"{first} {last}", True, ""
    return _capitals_turned(segments[0].split() if segments else [])


def _no_first_name(last: Sequence[str], first: Sequence[str]) -> bool:
    folded = [fold(word.strip(".")) for word in first]
    if any(word in _NO_FIRST_NAME for word in folded):
        return True
    letters = all(_capitals(word) for word in first) and not all(word.isupper() for word in last)
    return _several(last) and (letters or all(word in ROLE_WORDS for word in folded))


def _several(words: Sequence[str]) -> bool:
    return sum(fold(word.strip(".")) not in PARTICLES | TITLES for word in words) > 1


def _is_initials(word: str) -> bool:
    """Whether letters after a last name may be somebody's initials ("Tremblay, MA")."""
    return len(word) == 2 and word.isupper()


def _capitals_turned(words: list[str]) -> tuple[str, bool, str]:
    """As in "TREMBLAY Amélie": only words that stand first are in capitals, and they are no given name."""
    begin = next((at for at, word in enumerate(words) if fold(word.strip(".")) not in TITLES), len(words))
    stop = next((at for at in range(begin, len(words)) if not _capitals(words[at])), len(words))
    shouted, rest = words[begin:stop], words[stop:]
    if not shouted or not any(c.islower() for word in rest for c in word) or any(_capitals(word) for word in rest):
        return " ".join(words), False, ""
    if all(_INITIALS.fullmatch(word) for word in shouted):
        return " ".join(words), False, ""
    folded = [fold(word) for word in shouted]
    long = any(sum(c.isalpha() for c in word) >= SURNAME_LETTERS for word in shouted)
    if not long or any(is_given_name(word) for word in folded):
        return " ".join(words), False, CAPITALS
    return " ".join([*words[:begin], *rest, *shouted]), True, ""

"""What a roster's cell for employer, role or place may be said as: phrases, and what may stand between their words."""

import re
from collections.abc import Iterator, Sequence
from enum import IntFlag
from functools import lru_cache
from itertools import pairwise

from deidentification.text import ORDINARY_ZIPF, Token, commonness, joined, tokens_of, words_set
from deidentification.words import LETTERED, is_wide_place
from schemas.deidentified import Label


class Gap(IntFlag):
    """What may stand, or stands, between two words of a phrase."""

    JOIN = 1
    """What joins a name: a space, a hyphen, an apostrophe."""
    SIGN = 2
    """A comma, a slash, a bracket, ``&``."""
    AND = 4
    """"and", "et"."""
    OF = 8
    """"of", "for the", "de la"."""
    STOP = 16
    """A full stop ("Dept. of Health"), only where the roster has one."""


Steps = tuple[tuple[Gap, str], ...]
"""Folded words of a phrase, each with what may stand before it."""

AND = words_set("and et")
OF = words_set("of for the de du des d la le les l")
ARTICLES = AND | OF | words_set("a an un une pour")
_SUFFIXES = words_set("inc ltd llc limited incorporated sarl sa corp corporation co")
_SIGNS = re.compile(r"[,&+/|()\[\]]| [-–—] ")
_STOPS = re.compile(r"[.!?:]")
_SEVERAL = re.compile(r"\s*;\s*|\s+[/|]\s+|\s*\n\s*")
_BRACKETED = re.compile(r"[(\[{]([^()\[\]{}]*)[)\]}]")
_PARTED = re.compile(r"[/|]|\s[-–—]\s")
_BETWEEN_INITIALS = re.compile(r"[\s\-‐‑–—/,&+.'’]+")


@lru_cache(maxsize=50_000)
def phrases_of(text: str, label: Label) -> tuple[Steps, ...]:
    """Everything as which a cell may be said; several things in it (";", " / ", brackets) each by itself.

    What the cell itself sets apart with ";" or " / " counts whatever it is; what stands in brackets or on one side of a
    dash only where it is more than one common word.
    """
    return tuple(_phrases(text, label))


def _phrases(text: str, label: Label) -> Iterator[Steps]:
    for part, whole in _parts(text, label).items():
        tokens = tokens_of(part)
        steps = _steps(part, tokens, label)
        if not steps or (label is not Label.ROLE and is_wide_place(part)):
            continue
        if whole or (_tells(tokens) and len(joined(part)) > 2):
            yield steps
        bare = _bare(tokens)
        if len(bare) < len(tokens) and _tells(bare):
            yield _steps(part, bare, label)


def _parts(text: str, label: Label) -> dict[str, bool]:
    """Parts of a cell, and whether each is a thing of its own."""
    parts: dict[str, bool] = {}
    for part, whole in _all_parts(text, label):
        parts[part.strip()] = parts.get(part.strip(), False) or whole
    return parts


def _all_parts(text: str, label: Label) -> Iterator[tuple[str, bool]]:
    for entry in _SEVERAL.split(text):
        bare = _BRACKETED.sub(" ", entry)
        yield entry, True
        yield bare, True
        if label is Label.PLACE:
            yield from ((part, True) for part in bare.split(","))
        if label is Label.ROLE and bare.count(",") == 1:
            yield " ".join(reversed(bare.split(","))), True  # "Director, Policy" is a policy director
        for part in (*_BRACKETED.findall(entry), *_PARTED.split(bare)):
            yield part, label is Label.ROLE and part.isupper() and len(part) > 2


def _steps(text: str, tokens: Sequence[Token], label: Label) -> Steps:
    """``tokens`` of ``text`` as steps; small words that may be said otherwise are left out, but at the ends."""
    small = AND | OF if label is Label.ROLE else AND
    last = len(tokens) - 1
    kept = [n for n, token in enumerate(tokens) if n in (0, last) or token.folded not in small]
    steps: list[tuple[Gap, str]] = [(Gap.JOIN, tokens[n].folded) for n in kept[:1]]
    for before, at in pairwise(kept):
        between = text[tokens[before].end : tokens[at].start]
        gap = _gap(between, {token.folded for token in tokens[before + 1 : at]}, label)
        if gap & Gap.SIGN and 1 in (len(tokens[before].folded), len(tokens[at].folded)):
            gap &= ~Gap.JOIN  # "AT&T" is not "at t"
        steps.append((gap, tokens[at].folded))
    return tuple(steps)


def _gap(between: str, dropped: set[str], label: Label) -> Gap:
    gap = Gap.JOIN
    sign = _SIGNS.search(between) is not None
    if sign or dropped & AND:
        gap |= Gap.SIGN
    if label is Label.ORGANISATION and gap & Gap.SIGN:
        gap |= Gap.AND
    if label is Label.ROLE:
        gap |= Gap.AND if dropped & AND or re.search(r"[&+/]", between) else Gap(0)
        gap |= Gap.OF if sign or dropped & OF else Gap(0)
    return gap | (Gap.STOP if _STOPS.search(between) else Gap(0))


def _bare(tokens: list[Token]) -> list[Token]:
    """Without the article before and what says the legal form after."""
    bare = tokens[1:] if tokens[0].folded in ARTICLES else tokens
    while len(bare) > 1 and bare[-1].folded in _SUFFIXES | AND:
        bare = bare[:-1]
    return bare


def _tells(phrase: Sequence[Token]) -> bool:
    return tells([token.folded for token in phrase])


def tells(phrase: Sequence[str]) -> bool:
    """Whether a phrase is more than one common word ("Health"), which would be found in everybody's mouth."""
    return len(phrase) > 1 or (len(phrase) == 1 and commonness(phrase[0]) < ORDINARY_ZIPF)


@lru_cache(maxsize=20_000)
def acronyms_of(organisation: str) -> tuple[str, ...]:
    """Folded letters by which an organisation may be called: its initials, and what the roster has in capitals."""
    found: set[str] = set()
    for part in _parts(organisation, Label.ORGANISATION):
        letters = joined(part)
        declared = part.isupper() and 2 <= len(letters) <= 10 and all(len(w) == 1 or w.isalpha() for w in part.split())
        single = len(part.split()) == 1 or all(len(token.folded) == 1 for token in tokens_of(part))
        if declared and single and letters not in LETTERED and not is_wide_place(part):
            found.add(letters)
        words = [word for word in _BETWEEN_INITIALS.split(_BRACKETED.sub(" ", part)) if word[:1].isalpha()]
        content = (word for word in words if word.lower() not in ARTICLES)
        initials = {joined("".join(word[0] for word in chosen)) for chosen in (words, content)}
        found |= {letters for letters in initials if len(letters) >= 3}
    return tuple(sorted(found))

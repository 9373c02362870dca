"""Made-up names: of no language, nobody's in the study, and the same each time they are drawn for a person."""

import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence

from rapidfuzz.distance import DamerauLevenshtein

from deidentification.text import commonness, fold, tokens_of, words_in
from deidentification.words import PLACEHOLDERS, ROLE_WORDS
from schemas.consent import Level
from schemas.deidentified import Label, WithheldReason
from schemas.errors import CheckFailed
from schemas.roster import Person

_ONSETS = words_in("b br d dr f g gl h j k kr l m n p r s t tr v z")
_VOWELS = words_in("a e i o u ae ia io")
_MIDDLES = words_in("l ld lm ln m nd nt r rd rl rm rn rv s st sk t v x")
_ENDINGS = words_in("a an ar e el en er et ia il in io is o on or us")
_MARKS = re.compile(r"[\[\](){}<>@:;/\\|_#*=\"]")
_LABELS = (
    frozenset(fold(name) for record in (Label, Level, WithheldReason) for name in record)
    | frozenset(fold(word) for name in (*Level, *WithheldReason) for word in name.split("_"))
    | ROLE_WORDS
    | PLACEHOLDERS
)
"""Words of tags, levels, gaps, roles and of voices without a name: a name made of these alone is none."""
TOO_NEAR = 0.72
"""A made-up name this like a study name would be found as that name, or taken for it."""
TRIES = 10_000


def draw_pseudonyms(people: Sequence[Person], taken: set[str]) -> list[Person]:
    """``people`` with a made-up name and another one for public sources wherever they have none.

    The draw depends on each person's secret alone, as far as names are not taken: it can be repeated, and says nothing
    about the person without the secret.

    Args:
        people: Everybody in the study, whose names are never drawn.
        taken: Further names that may not be drawn (made-up names in use, names of erased people).
    Raises:
        CheckFailed: where no name is left.
    """
    names = {token.folded for person in people for name in _names(person) for token in tokens_of(name)}
    used = {fold(name) for name in taken} | {fold(p) for person in people for p in _pseudonyms(person)}
    drawn: dict[str, Person] = {}
    for person in sorted(people, key=lambda p: p.participant):
        made = {}
        for kind in ("pseudonym", "public_pseudonym"):
            if getattr(person, kind) is None:
                made[kind] = _draw(person.secret, kind, names, used)
                used.add(fold(made[kind]))
        drawn[person.participant] = person.model_copy(update=made)
    return [drawn[person.participant] for person in people]


def bad_pseudonym(text: str) -> bool:
    """Whether a made-up name that somebody chose would be taken for something else where it is shown.

    Tags and what looks like one ("[PERSON]"), labels of speakers ("Participant", "Speaker 2"), titles and role words
    alone ("Chair"), and whatever is no name at all (no letters, several lines, an address) are bad.
    """
    words = [token.folded for token in tokens_of(text)]
    if text != text.strip() or not text.isprintable() or not any(c.isalpha() for c in text) or _MARKS.search(text):
        return True
    return all(word in _LABELS or word.isdigit() for word in words)


def _names(person: Person) -> tuple[str, ...]:
    return (person.full_name, *person.aliases, *person.former_names)


def _pseudonyms(person: Person) -> list[str]:
    return [name for name in (person.pseudonym, person.public_pseudonym) if name]


def _draw(secret: str, kind: str, names: set[str], used: set[str]) -> str:
    for candidate in _candidates(secret, kind):
        folded = fold(candidate)
        if folded not in used and not _near(folded, names) and not _near(folded, used) and commonness(folded) == 0.0:
            return candidate
    raise CheckFailed("no made-up name is left to draw", hint="Give the people without one a name of their own choice.")


def _near(name: str, others: set[str]) -> bool:
    return any(DamerauLevenshtein.normalized_similarity(name, other) >= TOO_NEAR for other in others)


def _candidates(secret: str, kind: str) -> Iterator[str]:
    for attempt in range(TRIES):
        digest = hmac.new(secret.encode(), f"{kind}:{attempt}".encode(), hashlib.sha256).digest()
        parts = (_ONSETS, _VOWELS, _MIDDLES, _ENDINGS)
        chosen = (part[digest[i] % len(part)] for i, part in enumerate(parts))
        yield "".join(chosen).capitalize()

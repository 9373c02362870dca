"""Made-up names: of no language, nobody's in the study, and the same each time they are drawn for a person."""

import hashlib
import hmac
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from string import ascii_lowercase

import wordfreq
from rapidfuzz.distance import DamerauLevenshtein

from deidentification.recognizers.sounds import sound_key
from deidentification.terms import Terms
from deidentification.text import ORDINARY_ZIPF, commonness, fold, is_ordinary, joined, tokens_of, words_in
from deidentification.words import PLACEHOLDERS, ROLE_WORDS
from schemas.consent import Level
from schemas.deidentified import Label, NameTable, WithheldReason
from schemas.errors import CheckFailed
from schemas.roster import MatchingTable, Person

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
SHORTEST_NEAR = 4
"""Words of an employer or a place with fewer letters are near to nothing."""


def draw_pseudonyms(people: Sequence[Person], taken: Collection[str]) -> list[Person]:
    """``people`` with a made-up name and another one for public sources wherever they have none.

    The draw depends on each person's secret alone, as far as names are not taken: it can be repeated, and says nothing
    about the person without the secret. No name begins with a letter or sound with which the person's own names begin,
    is near a name, employer or place of the study, or is one letter away from an ordinary word.

    Args:
        people: Everybody in the study, whose names are never drawn.
        taken: Further names that may not be drawn (made-up names in use, names of erased people, third parties).
    Raises:
        CheckFailed: where no name is left.
    """
    names = {token.folded for person in people for name in _names(person) for token in tokens_of(name)}
    names |= {word for person in people for word in _surroundings(person)}
    used = {fold(word) for name in taken for word in (name, *name.split())}
    used |= {fold(p) for person in people for p in _pseudonyms(person)}
    drawn: dict[str, Person] = {}
    for person in sorted(people, key=lambda p: p.participant):
        made = {}
        for kind in ("pseudonym", "public_pseudonym"):
            if getattr(person, kind) is None:
                made[kind] = _draw(person, kind, names, used)
                used.add(fold(made[kind]))
        drawn[person.participant] = person.model_copy(update=made)
    return [drawn[person.participant] for person in people]


def borne(person: Person, people: Iterable[Person], strangers: Iterable[str]) -> str | None:
    """Why the made-up name that somebody chose is not theirs alone; None where it is.

    Args:
        person: With the made-up name, and their own names.
        people: Everybody in the study, with or without the person.
        strangers: Names of third parties, as said, folded.
    """
    if not person.pseudonym:
        return None
    others = [other for other in people if other.participant != person.participant]
    if _is_name(person.pseudonym, Terms.of(MatchingTable(people=(person, *others))), _words_of(strangers)):
        return "is a name of somebody in this study"
    if joined(person.pseudonym) in {joined(name) for other in others for name in _pseudonyms(other)}:
        return "is the made-up name of somebody else"
    if joined(person.pseudonym) in {joined(part) for other in (person, *others) for part in _places(other)}:
        return "is an employer or a place in the roster"
    return None


def without_borne(table: MatchingTable, names: NameTable) -> tuple[MatchingTable, tuple[str, ...]]:
    """The table without made-up names that somebody bears, and whose they were: these are shown as unnamed.

    A later row of the roster, or a person named in some session, may bear a name that was nobody's when it was chosen.

    Args:
        names: The study name table, all of it.
    """
    terms = Terms.of(table)
    rows = [_with_their_own(person, terms, names) for person in table.people]
    lost = tuple(was.participant for was, now in zip(table.people, rows, strict=True) if now != was)
    return MatchingTable(people=tuple(rows)), lost


def _with_their_own(person: Person, terms: Terms, names: NameTable) -> Person:
    strangers = _words_of(name for name, participant in names.names if participant != person.participant)
    kinds = ("pseudonym", "public_pseudonym")
    gone = [kind for kind in kinds if (name := getattr(person, kind)) and _is_name(name, terms, strangers)]
    return person.model_copy(update=dict.fromkeys(gone)) if gone else person


def _is_name(made_up: str, terms: Terms, strangers: Collection[str]) -> bool:
    """Whether a made-up name holds somebody's name: anybody's in the roster, or a word of a stranger's."""
    words = [token.folded for token in tokens_of(made_up)]
    return terms.holds_name(made_up, strict=True) or any(word in strangers for word in (*words, "".join(words)))


def _words_of(strangers: Iterable[str]) -> frozenset[str]:
    """Words by which strangers are named; ordinary words of longer names ("Robin Hood") tell nobody."""
    found: set[str] = set()
    for name in strangers:
        words = name.split()
        found |= {"".join(words), *(word for word in words if not is_ordinary(word))}
    return frozenset(found)


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


def _places(person: Person) -> list[str]:
    """Employer and place of somebody, the place also in its parts."""
    place = person.place or ""
    return [text for text in (person.organisation or "", place, *place.split(",")) if text.strip()]


def _surroundings(person: Person) -> Iterator[str]:
    for text in _places(person):
        yield from (token.folded for token in tokens_of(text) if len(token.folded) >= SHORTEST_NEAR)


def _draw(person: Person, kind: str, names: set[str], used: set[str]) -> str:
    # Somebody with many names may leave no beginning free: then those of the full name count.
    for own in (_names(person), (person.full_name,)):
        begun = {_begins(token.folded) for name in own for token in tokens_of(name)}
        letters, sounds = {letter for letter, _sound in begun}, {sound for _letter, sound in begun if sound}
        for candidate in _candidates(person.secret, kind):
            folded = fold(candidate)
            letter, sound = _begins(folded)
            if letter not in letters and sound not in sounds and _is_free(folded, names, used):
                return candidate
    raise CheckFailed("no made-up name is left to draw", hint="Give the people without one a name of their own choice.")


def _begins(folded: str) -> tuple[str, str]:
    """First letter, and the class of the consonant with which a word begins; "" before a vowel."""
    return folded[:1], "" if folded[:1] in "aeiou" else sound_key(folded)[:1]


def _is_free(folded: str, names: set[str], used: set[str]) -> bool:
    if folded in used or commonness(folded) > 0.0 or _near(folded, names) or _near(folded, used):
        return False
    return not _ordinary_words().intersection(_one_letter_away(folded))


@lru_cache(maxsize=1)
def _ordinary_words() -> frozenset[str]:
    """Ordinary English and French words, folded."""
    found: set[str] = set()
    for language in ("en", "fr"):
        words = wordfreq.top_n_list(language, 30_000)
        found |= {fold(word) for word in words if wordfreq.zipf_frequency(word, language) >= ORDINARY_ZIPF}
    return frozenset(found)


def _one_letter_away(word: str) -> Iterator[str]:
    """Every word with one letter more, less, exchanged or swapped with the next."""
    parts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    less = (before + after[1:] for before, after in parts if after)
    swapped = (before + after[1] + after[0] + after[2:] for before, after in parts if len(after) > 1)
    other = (before + letter + after[1:] for before, after in parts if after for letter in ascii_lowercase)
    more = (before + letter + after for before, after in parts for letter in ascii_lowercase)
    return chain(less, swapped, other, more)


def _near(name: str, others: set[str]) -> bool:
    return any(DamerauLevenshtein.normalized_similarity(name, other) >= TOO_NEAR for other in others)


def _candidates(secret: str, kind: str) -> Iterator[str]:
    for attempt in range(TRIES):
        digest = hmac.new(secret.encode(), f"{kind}:{attempt}".encode(), hashlib.sha256).digest()
        parts = (_ONSETS, _VOWELS, _MIDDLES, _ENDINGS)
        chosen = (part[digest[i] % len(part)] for i, part in enumerate(parts))
        yield "".join(chosen).capitalize()

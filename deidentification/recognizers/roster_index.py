"""Everybody's names as an index: joined forms to people, and a fuzzy search over many words at once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from rapidfuzz.distance import DamerauLevenshtein
from rapidfuzz.process import cdist

from deidentification.recognizers.sounds import first_consonant, metaphones, sound_key
from deidentification.text import fold, tokens_of, words_set
from deidentification.words import NICKNAMES, TITLES
from schemas.roster import MatchingTable, Person

Part = Literal["full", "first", "last", "alias", "former", "handle", "other"]

PARTICLES = words_set(
    "de da do dos du des del della di la le les van von der den ter ten te o mac mc el al bin ben ibn st"
)
SPELLING = 0.80
SPELLING_SHORT = 0.86
"""Up to five letters one wrong letter is too much."""
SPELLING_FULL = 0.74
SOUND_SPELLING = 0.58
METAPHONE_SPELLING = 0.54
BOTH_SPELLING = 0.75
"""Equal in sound and this near in spelling, a short name is as good as found by spelling."""
FUZZY_LETTERS = 4
"""Names of fewer letters are found exactly or not at all."""


class Form(NamedTuple):
    """One way to say one person's name, folded and joined; ``nick`` where only custom says that it is theirs."""

    joined: str
    participant: str
    part: Part
    tokens: tuple[str, ...]
    nick: bool = False


class Near(NamedTuple):
    """A form that some words come near to: spelling similarity, and whether it is near in sound only."""

    form: Form
    similarity: float
    sound_only: bool


def name_words(name: str) -> list[str]:
    """The words of a name as written, without titles before it ("Dr Aroha Ngata")."""
    words = name.replace(",", " ").split()
    while len(words) > 1 and fold(words[0].strip(".")) in TITLES:
        words = words[1:]
    return words


def name_tokens(name: str) -> list[str]:
    """The folded words of a name, hyphens parted, without titles before it."""
    return [token.folded for word in name_words(name) for token in tokens_of(word)]


def is_handle(alias: str) -> bool:
    """Whether another spelling is rather a handle: with an at sign, a digit, an underscore or a dot inside."""
    return alias.lstrip().startswith("@") or any(c.isdigit() or c in "_@" for c in alias) or "." in alias.strip(". ")


def first_name(person: Person) -> str:
    """The first name as it is written in the roster: the first word of the full name that is no title."""
    return next(iter(name_words(person.full_name)), person.full_name)


def last_name(person: Person) -> str:
    """The last name as it is written in the roster, with its particles; the whole name where there is but one word."""
    words = name_words(person.full_name)
    if len(words) < 2:
        return person.full_name
    start = len(words) - 1
    while start > 1 and fold(words[start - 1]) in PARTICLES:
        start -= 1
    return " ".join(words[start:])


def single_parts(name: str) -> list[str]:
    """Folded words that may stand for a name alone: hyphenated ones joined and apart, no particles or initials."""
    words = name_words(name)
    parts: list[str] = []
    for number, word in enumerate(words):
        pieces = [token.folded for token in tokens_of(word)]
        edge = number in (0, len(words) - 1)
        if len(pieces) > 1:
            parts.append("".join(pieces))
        parts.extend(
            p for p in pieces if (edge or p not in PARTICLES) and (len(p) > 2 or (len(pieces) == 1 and len(p) > 1))
        )
    return parts


def _forms_of(person: Person) -> Iterable[Form]:
    who = person.participant
    yield from _full_forms(who, person.full_name, "full")
    yield from _part_forms(person)
    for alias in person.aliases:
        yield from _alias_forms(who, alias)
    current = set(name_tokens(person.full_name))
    for former in person.former_names:
        yield from _full_forms(who, former, "former")
        yield from (_form(who, [part], "former") for part in single_parts(former) if part not in current)


def _form(who: str, tokens: Sequence[str], part: Part, nick: bool = False) -> Form:
    return Form("".join(tokens), who, part, tuple(tokens), nick)


def _full_forms(who: str, name: str, part: Part) -> Iterable[Form]:
    tokens = name_tokens(name)
    if len(tokens) < 2:
        if tokens and part == "former":
            yield _form(who, tokens, part)
        return
    yield _form(who, tokens, part)
    yield _form(who, [tokens[-1], *tokens[:-1]], part)
    if len(tokens) > 2:
        yield _form(who, [tokens[0], tokens[-1]], part)
        yield _form(who, [tokens[0], *_surname(tokens)], part)
    yield _form(who, [tokens[0][0], *_surname(tokens)], part)


def _surname(tokens: Sequence[str]) -> list[str]:
    start = len(tokens) - 1
    while start > 1 and tokens[start - 1] in PARTICLES:
        start -= 1
    return list(tokens[start:])


def _part_forms(person: Person) -> Iterable[Form]:
    who = person.participant
    first = [token.folded for token in tokens_of(first_name(person))]
    last = [token.folded for token in tokens_of(last_name(person))]
    words = name_tokens(person.full_name)
    yield _form(who, first, "first")
    yield from (_form(who, [token], "first") for token in first if len(token) > 2)
    for short in NICKNAMES.get(first[0] if first else "", ()):
        yield _form(who, [short], "first", nick=True)
    if len(words) < 2:
        return
    yield _form(who, last, "last")
    yield from (_form(who, [token], "last") for token in last if len(token) > 2 and token not in PARTICLES)
    middle = words[len(first) : len(words) - len(last)]
    yield from (_form(who, [token], "alias") for token in middle if len(token) > 1 and token not in PARTICLES)


def _alias_forms(who: str, alias: str) -> Iterable[Form]:
    tokens = name_tokens(alias)
    if not tokens:
        return
    yield _form(who, tokens, "handle" if is_handle(alias) else "alias")
    if not is_handle(alias) and len(tokens) > 1:
        yield from (_form(who, [part], "alias") for part in single_parts(alias))


@dataclass(frozen=True)
class RosterIndex:
    """Everybody's forms, exact and by first consonant."""

    exact: dict[str, tuple[Form, ...]]
    fuzzy: dict[str, tuple[Form, ...]]
    widest: int
    """Tokens in the longest form."""

    @classmethod
    def of(cls, table: MatchingTable) -> "RosterIndex":
        """Index all forms of everybody in ``table``."""
        exact: dict[str, dict[Form, None]] = defaultdict(dict)
        for person in sorted(table.people, key=lambda p: p.participant):
            # What the roster itself says comes first: a nickname written there is no guess.
            for form in sorted(_forms_of(person), key=lambda form: form.nick):
                if form.joined and not any(_same(form, other) for other in exact[form.joined]):
                    exact[form.joined][form] = None
        fuzzy: dict[str, list[Form]] = defaultdict(list)
        for joined in sorted(exact):
            for form in exact[joined]:
                if len(joined) >= FUZZY_LETTERS and not form.nick and form.part != "handle" and len(form.tokens[0]) > 1:
                    for key in _keys(joined):
                        fuzzy[key].append(form)
        widest = max((len(form.tokens) for forms in exact.values() for form in forms), default=1)
        return cls(
            {key: tuple(forms) for key, forms in exact.items()}, {key: tuple(f) for key, f in fuzzy.items()}, widest
        )

    def near(self, words: Iterable[str]) -> dict[str, tuple[Near, ...]]:
        """For each of the joined ``words`` that comes near a form: those forms, spelling first, best first."""
        groups: dict[str, list[str]] = defaultdict(list)
        for word in sorted(set(words)):
            for key in _keys(word) if len(word) >= FUZZY_LETTERS - 1 else ():
                groups[key].append(word)
        found: dict[str, set[Near]] = defaultdict(set)
        for key, group in groups.items():
            forms = self.fuzzy.get(key, ())
            for start in range(0, len(group) if forms else 0, 4096):
                for word, near in _near(group[start : start + 4096], forms):
                    found[word].add(near)
        return {word: tuple(sorted(near, key=_best_first)) for word, near in found.items()}


def _same(form: Form, other: Form) -> bool:
    return form.participant == other.participant and (
        form.part == other.part or other.part in ("full", "first", "last")
    )


def _keys(word: str) -> tuple[str, str]:
    """What a word and a form must share one of: the class of the first consonant, or the first letter."""
    return f"consonant {first_consonant(word)}", f"letter {word[0]}"


def _near(words: Sequence[str], forms: Sequence[Form]) -> Iterable[tuple[str, Near]]:
    scores = cdist(
        words, [form.joined for form in forms], scorer=DamerauLevenshtein.normalized_similarity,
        score_cutoff=METAPHONE_SPELLING, dtype=np.float32,
    )  # fmt: skip
    for row, column in zip(*np.nonzero(scores), strict=True):
        near = _judge(words[row], forms[column], float(scores[row, column]))
        if near is not None:
            yield words[row], near


def _best_first(near: Near) -> tuple[bool, float, Form]:
    return near.sound_only, -near.similarity, near.form


def _judge(word: str, form: Form, similarity: float) -> Near | None:
    # float32 rounds 0.8 down: the thresholds are meant as "at least".
    similarity = round(similarity, 5)
    if similarity >= _spelling_needed(word, form):
        return Near(form, similarity, False)
    # A short key ("R" for Aroha and for Laura's end alike) says too little.
    key = sound_key(word)
    if first_consonant(word) != first_consonant(form.joined):
        return None
    if len(key) > 1 and key == sound_key(form.joined) and similarity >= SOUND_SPELLING:
        return Near(form, similarity, similarity < BOTH_SPELLING)
    if metaphones(word) & metaphones(form.joined) and similarity >= METAPHONE_SPELLING and len(key) > 1:
        return Near(form, similarity, True)
    return None


def _spelling_needed(word: str, form: Form) -> float:
    if len(form.tokens) > 1 and form.part in ("full", "former"):
        return SPELLING_FULL
    return SPELLING_SHORT if max(len(form.joined), len(word)) <= 5 else SPELLING

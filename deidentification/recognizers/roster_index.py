"""Everybody's names as an index: joined forms to people, exact and near."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deidentification.full_names import is_suffix, read_name
from deidentification.given_names import other_forms
from deidentification.recognizers.nearness import Form, Near, NearIndex, Part
from deidentification.text import fold, tokens_of, words_set
from deidentification.words import PARTICLES, TITLES
from schemas.roster import MatchingTable, Person

FUZZY_LETTERS = 4
"""Names of fewer letters are found exactly or not at all."""
FIRST_NAMES_TOO = words_set("justice judge chief general captain colonel premier lord lady koro kuia matua whaea")
"""Titles that are first names too, folded; those by which a meeting calls many of its members are not among them."""
_WORDS_TOO = words_set("i a o y")
"""Letters that are words: alone they are nobody's name."""
_INITIAL_AND_NAME = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]{2,}(?:[-'’][^\W\d_]+)*")


def name_words(name: str) -> list[str]:
    """The words of a current name as written, first name first, without titles, degrees, pronouns and "Jr".

    A title that is a first name too ("Justice Mensah") stays where a single word would be left.
    """
    words = read_name(name).name.replace(",", " ").split()
    while len(words) > 1 and is_suffix(words[-1]):
        words = words[:-1]
    begin = 0
    while begin < len(words) - 1 and fold(words[begin].strip(".")) in TITLES:
        begin += 1
    alone = begin > 0 and begin == len(words) - 1
    return words[begin - 1 :] if alone and fold(words[begin - 1]) in FIRST_NAMES_TOO else words[begin:]


def name_tokens(name: str) -> list[str]:
    """The folded words of a name, hyphens parted, without titles before it."""
    return [token.folded for word in name_words(name) for token in tokens_of(word)]


def is_handle(alias: str) -> bool:
    """Whether another spelling is rather a handle: one word with a digit, an underscore or a dot inside, or an at sign.

    "Nokomis T. Brown" is a name, and so is "T.Brown".
    """
    alias = alias.strip()
    if alias.startswith("@"):
        return True
    if len(alias.split()) > 1 or _INITIAL_AND_NAME.fullmatch(alias):
        return False
    return any(c.isdigit() or c in "_@" for c in alias) or "." in alias.strip(". ")


def first_name(person: Person) -> str:
    """The first name as it is written in the roster: the first word of the full name that is no title."""
    return next(iter(name_words(person.full_name)), person.full_name)


def last_name(person: Person) -> str:
    """The last name as it is written in the roster, with its particles; the whole name where there is but one word."""
    words = name_words(person.full_name)
    if len(words) < 2:
        return words[0] if words else person.full_name
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
            p
            for p in pieces
            if (edge or p not in PARTICLES)
            and (len(p) > 2 or (len(pieces) == 1 and len(p) > 1))
            and (not p.isdigit() or len(words) == 1)
        )
    return [*parts, *(part for further in read_name(name).nicknames for part in single_parts(further))]


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
    yield _form(who, [tokens[-1], *tokens[:-1]], part)._replace(turned=True)
    if len(tokens) > 2:
        yield _form(who, [tokens[0], tokens[-1]], part)
        yield _form(who, [tokens[0], *_surname(tokens)], part)
    yield _form(who, [tokens[0][0], *_surname(tokens)], part)
    initials = "".join(token[0] for token in tokens if token not in PARTICLES)
    if part == "full" and len(initials) > 1:
        yield _form(who, [initials], "other")


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
    for further in read_name(person.full_name).nicknames:
        yield from _alias_forms(who, further)
    if _stands_alone(first_name(person), first) or len(words) < 2:
        yield _form(who, first, "first")
    yield from (_form(who, [token], "first") for token in first if len(token) > 2)
    for short in other_forms(first[0]) if len(first) == 1 else ():
        yield _form(who, [short], "first", nick=True)
    if len(words) < 2:
        return
    if _stands_alone(last_name(person), last):
        yield _form(who, last, "last")
    yield from (_form(who, [token], "last") for token in last if len(token) > 2 and token not in PARTICLES)
    middle = words[len(first) : len(words) - len(last)]
    yield from (_form(who, [token], "alias") for token in middle if len(token) > 1 and token not in PARTICLES)


def _stands_alone(written: str, tokens: Sequence[str]) -> bool:
    """Whether part of a name may stand for it alone: no initial ("I.", "J."), and no letter that is a word."""
    return bool(tokens) and (len("".join(tokens)) > 1 or ("." not in written and tokens[0] not in _WORDS_TOO))


def _alias_forms(who: str, alias: str) -> Iterable[Form]:
    tokens = name_tokens(alias)
    if not _stands_alone(alias, tokens):
        return
    yield _form(who, tokens, "handle" if is_handle(alias) else "alias")
    if not is_handle(alias) and len(tokens) > 1:
        yield from (_form(who, [part], "alias") for part in single_parts(alias))


@dataclass(frozen=True)
class RosterIndex:
    """Everybody's forms, exact and by first consonant."""

    exact: dict[str, tuple[Form, ...]]
    fuzzy: NearIndex
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
        fuzzy = NearIndex.of(form for joined in sorted(exact) for form in exact[joined] if _may_be_misspelt(form))
        widest = max((len(form.tokens) for forms in exact.values() for form in forms), default=1)
        return cls({key: tuple(forms) for key, forms in exact.items()}, fuzzy, widest)

    def near(self, words: Iterable[str]) -> dict[str, tuple[Near, ...]]:
        """For each of the joined ``words`` that comes near a form: those forms, spelling first, best first."""
        return self.fuzzy.near(sorted({word for word in words if len(word) >= FUZZY_LETTERS - 1}))

    def likeliest(self, names: Iterable[str]) -> dict[str, tuple[Near, ...]]:
        """For each of the joined ``names``, which are somebody's: the forms it may be, however it is spelt."""
        return self.fuzzy.likeliest(sorted({name for name in names if len(name) >= FUZZY_LETTERS - 1}))


def _may_be_misspelt(form: Form) -> bool:
    return (
        len(form.joined) >= FUZZY_LETTERS
        and not form.nick
        and form.part not in ("handle", "other")
        and len(form.tokens[0]) > 1
    )


def _same(form: Form, other: Form) -> bool:
    return form.participant == other.participant and (
        form.part == other.part or other.part in ("full", "first", "last")
    )
